"""Find, make and unwrap data keys: always one query for however many. Private to the vault."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Insert, event, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from conference.clock import now
from conference.db import WriteInReadSession, writable
from conference.ids import new_id, random_bytes
from conference.vault.envelope import (
    KeyInfo,
    NotSealedHere,
    OpenKey,
    open_key,
    unwrap,
    wrap,
)
from conference.vault.errors import KeyDestroyed, KeyGone, KeyMissing, SealBroken
from conference.vault.keyfile import KEY_BYTES, KeyFile
from conference.vault.models import DataKey
from conference.vault.place import Place

VERSION = 1
MOST_SUBJECTS = 80  # what PostgreSQL takes in one index entry
_COLUMNS = (
    DataKey.id,
    DataKey.partnership_id,
    DataKey.owner,
    DataKey.subjects,
    DataKey.purpose,
    DataKey.version,
    DataKey.wrapped,
)


class Wanted(NamedTuple):
    """Which data key: `subjects` as `canonical` writes them, `purpose` is field or body."""

    partnership: str
    owner: str
    subjects: str
    purpose: str


# As text: for SQLAlchemy to write out its lists takes longer than to ask it.
_CURRENT = (
    f"SELECT {', '.join(column.key for column in _COLUMNS)} FROM data_key WHERE current"  # noqa: S608 - ours
    " AND partnership_id {one_of} AND owner {one_of} AND purpose {one_of} AND subjects {one_of}"
)
_CURRENT_ON = {
    "sqlite": _CURRENT.format(one_of="IN (SELECT value FROM json_each(?))"),
    "postgresql": _CURRENT.format(one_of="= ANY(%s)"),
}


class Fault(NamedTuple):
    """Why a data key cannot be used: the wrapping key that is missing, or a broken wrapping."""

    missing: str | None
    erased: bool

    def at(self, place: Place) -> SealBroken | KeyGone:
        """The error for a value at `place` that needs this data key."""
        if self.missing is None:
            return SealBroken(place, "its data key was changed, or wrapped with another key file")
        return KeyGone(place, self.missing, erased=self.erased)


def canonical(subjects: Iterable[str]) -> str:
    """Person ids in the one form that is stored."""
    people = sorted(set(subjects))
    if len(people) > MOST_SUBJECTS:
        raise ValueError(f"more than {MOST_SUBJECTS} people in one value")
    if any(not person or set(person) & set(" \t\n/\x1f") for person in people):
        raise ValueError("not a person's id")
    return " ".join(people)


def for_sealing(session: Session, wanted: Collection[Wanted]) -> dict[Wanted, OpenKey]:
    """The current data key for each of `wanted`, made where there is none.

    The rows of the partnerships must be in the database.
    Raises WriteInReadSession; KeyMissing if a key that is wanted cannot be unwrapped with this key file.
    """
    if not writable(session):
        raise WriteInReadSession("sealing needs a write session")
    held = _held(session)
    asked = sorted(set(wanted) - held.keys())
    if asked:
        held.update(_find(session, asked))
        missing = [one for one in asked if one not in held]
        if missing:
            _make(session, missing)
            held.update(_find(session, missing))
    return {one: held[one] for one in wanted}


def for_opening(session: Session, ids: Collection[str], purpose: str) -> Mapping[str, OpenKey | Fault]:
    """The data keys `ids` that are for `purpose`, by id, each unwrapped once. Exactly one query."""
    keys: KeyFile = session.info["keys"]
    query = select(*_COLUMNS).where(DataKey.id.in_(ids), DataKey.purpose == purpose)
    found: dict[str, OpenKey | Fault] = {}
    remembered = keys.remembered()
    for row in session.connection().execute(query):
        info = KeyInfo(*row[:6])
        try:
            found[info.id] = _unwrapped(keys, info, row.wrapped, remembered)
        except KeyMissing as error:
            found[info.id] = Fault(error.name, erased=isinstance(error, KeyDestroyed))
        except NotSealedHere:
            found[info.id] = Fault(None, erased=False)
    return found


def forget(session: Session) -> None:
    """Drop the data keys that `session` holds for sealing."""
    session.info.pop("data_keys", None)


def _held(session: Session) -> dict[Wanted, OpenKey]:
    """This transaction's data keys, kept so that sealing many values asks once; gone if it is rolled back."""
    held: dict[Wanted, OpenKey] = session.info.setdefault("data_keys", {})
    return held


@event.listens_for(Session, "after_soft_rollback")
def _rolled_back(session: Session, _previous: object) -> None:
    forget(session)


def _find(session: Session, wanted: Collection[Wanted]) -> dict[Wanted, OpenKey]:
    keys: KeyFile = session.info["keys"]
    wanted = set(wanted)
    connection = session.connection()
    as_json = connection.dialect.name == "sqlite"
    columns = zip(*((*one[:2], one.purpose, one.subjects) for one in wanted), strict=True)
    asked = [sorted(set(column)) for column in columns]
    given = tuple(json.dumps(column) if as_json else column for column in asked)
    remembered = keys.remembered()
    found = {}
    for row in connection.exec_driver_sql(_CURRENT_ON[connection.dialect.name], given):
        *of, sealed = row
        info = KeyInfo(*of)
        wants = Wanted(info.partnership, info.owner, info.subjects, info.purpose)
        if wants not in wanted:
            continue  # each column fits, but not to the others
        try:
            found[wants] = _unwrapped(keys, info, sealed, remembered)
        except NotSealedHere:
            why = "it was changed, or wrapped with another key file"
            raise SealBroken(Place("data_key", info.id, "wrapped"), why) from None
    return found


def _make(session: Session, wanted: Iterable[Wanted]) -> None:
    keys: KeyFile = session.info["keys"]
    rows: list[dict[str, Any]] = []
    for one in wanted:
        info = KeyInfo(new_id("dky"), *one, VERSION)
        layers = [(name, keys.key_or_new(name)) for name in _names(info)]
        wrapped = wrap(random_bytes(KEY_BYTES), info, layers)
        rows.append(
            {
                "id": info.id,
                "partnership_id": info.partnership,
                "owner": info.owner,
                "subjects": info.subjects,
                "purpose": info.purpose,
                "version": info.version,
                "wrapped": wrapped,
                "current": True,
                "created_at": now(),
            }
        )
    # Another writer may have made the same key meanwhile: theirs is as good, and the caller finds it again.
    session.connection().execute(_insert(session).values(rows))


def _insert(session: Session) -> Insert:
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(DataKey).on_conflict_do_nothing()
    return postgresql.insert(DataKey).on_conflict_do_nothing()


def _unwrapped(keys: KeyFile, info: KeyInfo, wrapped: bytes, remembered: dict[str, OpenKey]) -> OpenKey:
    """Raises KeyMissing, NotSealedHere. Only keys that no person can have erased are remembered.

    remembered: what `keys` remembers just now; as long as it holds a key, none of the file was destroyed.
    """
    lasting = not info.subjects and (info.purpose == "body" or info.owner == "directory")
    known = remembered.get(info.id) if lasting else None
    if known is not None and known.info == info:
        return known
    layers = [(name, keys.key(name)) for name in _names(info)]
    key = open_key(info, unwrap(wrapped, info, layers))
    if lasting:
        remembered[info.id] = key
    return key


def _names(info: KeyInfo) -> list[str]:
    """The wrapping keys of a data key, innermost first."""
    people = [f"person/{person}" for person in info.subjects.split()]
    return [*people, _owner_key(info)]


def _owner_key(info: KeyInfo) -> str:
    if info.owner == "directory":
        return f"directory/{info.partnership}/{info.version}"
    return f"agency/{info.partnership}/{info.owner}/{info.version}"
