"""Make every index of a partnership anew, under new keys, and destroy the old ones.

In small transactions: while it runs people are found by what is old and by what is new already. Whatever
stops it, the next run goes on after the last case that was done. When it has ended, what an old backup holds
of the indexes can be compared with nothing any more, not even by who has the key store.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from conference import inputs
from conference.cases.finding.models import IndexState, Likeness, LikenessBlock
from conference.cases.models import Case, PersonIndex
from conference.db import Database
from conference.sharing.searching.renewing import renew_case
from conference.trail import writing

KINDS = ("name-birth", "nhs-number", "address", "uprn", "likeness")
AT_ONCE = 20

Tell = Callable[[str], None]


def reindex(database: Database, partnership_id: str, *, tell: Tell) -> bool:
    """Make the indexes of a partnership anew; whether all of them are."""
    _destroy_old(database, partnership_id)
    with database.write() as session:
        _begin(session, partnership_id)
    while True:
        with database.write() as session:
            done, of = _next(session, partnership_id)
        if not done:
            break
        tell(f"{partnership_id}: {done:,} of {of:,} cases")
    with database.write() as session:
        dark = _end(session, partnership_id)
    if dark:
        tell(
            f"{partnership_id}: {dark:,} people stay under the old keys: an agency does not give its own now."
            " Run this again when it does. Until then the old index keys stay."
        )
        return False
    _destroy_old(database, partnership_id)
    tell(f"{partnership_id}: everybody is found under new index keys, and the old ones are destroyed.")
    return True


def is_behind(session: Session, partnership_id: str) -> bool:
    """Whether the indexes are of a backup from before their keys were renewed: nobody is found by them."""
    state = session.get(IndexState, partnership_id)
    version = 1 if state is None else state.version
    keys = session.info["keys"]
    return any(keys.is_destroyed(f"index/{partnership_id}/{kind}/{version}") for kind in KINDS)


def _begin(session: Session, partnership_id: str) -> None:
    """Go on where an earlier run stopped, or begin with the next version."""
    inputs.hold(session, partnership_id)
    state = session.get(IndexState, partnership_id)
    if state is None:
        state = IndexState(partnership_id=partnership_id, version=1, building=None, upto=None)
        session.add(state)
    if state.building is None:
        keys, version = session.info["keys"], state.version + 1
        while any(keys.is_destroyed(f"index/{partnership_id}/{kind}/{version}") for kind in KINDS):
            version += 1  # this database is a backup from before the keys were renewed
        state.building, state.upto = version, None
    session.flush()


def _next(session: Session, partnership_id: str) -> tuple[int, int]:
    """Do the next cases. Returns how many are done now, of how many; 0 if none was left."""
    inputs.hold(session, partnership_id)
    state = session.get_one(IndexState, partnership_id)
    of = Case.partnership_id == partnership_id
    cases = select(Case.id).where(of, Case.id > (state.upto or "")).order_by(Case.id).limit(AT_ONCE)
    ids = session.scalars(cases).all()
    for case_id in ids:
        renew_case(session, partnership_id, case_id)
        state.upto = case_id
    session.flush()
    done, every = (
        select(func.count()).where(of, Case.id <= (state.upto or "")),
        select(func.count()).where(of),
    )
    return (session.scalar(done) or 0 if ids else 0), session.scalar(every) or 0


def _end(session: Session, partnership_id: str) -> int:
    """Let the new version be the one, and drop what is left of the old; unless people would be lost by it.

    Returns how many: somebody's agency does not give its key now.
    """
    inputs.hold(session, partnership_id)
    state = session.get_one(IndexState, partnership_id)
    dark = sum(renew_case(session, partnership_id, case_id) for case_id in _with_old(session, state))
    if dark:
        state.upto = None  # the next run looks at all cases again
        session.flush()
        return dark
    for model in (PersonIndex, Likeness, LikenessBlock):
        old = model.partnership_id == partnership_id, model.version != state.building
        session.execute(delete(model).where(*old))
    state.version, state.building, state.upto = state.building or state.version, None, None
    session.flush()
    writing.record(
        session,
        "key.rotated",
        partnership=partnership_id,
        actor=None,
        agency=None,
        channel="system",
        about=("index", f"version-{state.version}"),
    )
    return 0


def _with_old(session: Session, state: IndexState) -> list[str]:
    """The cases of which an index still has rows under older keys."""
    found: set[str] = set()
    for model in (PersonIndex, Likeness):
        old = model.partnership_id == state.partnership_id, model.version != state.building
        found |= set(session.scalars(select(model.case_id).where(*old).distinct()))
    return sorted(found)


def _destroy_old(database: Database, partnership_id: str) -> None:
    """Destroy the index keys of versions before the one that counts; harmless if they are gone."""
    with database.read() as session:
        state = session.get(IndexState, partnership_id)
        before = 1 if state is None else state.version
    names = {f"index/{partnership_id}/{kind}/{old}" for kind in KINDS for old in range(1, before)}
    for name in sorted(names & set(database.keys.names())):
        database.keys.destroy(name)
