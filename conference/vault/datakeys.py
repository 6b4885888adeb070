"""Find, make and unwrap data keys: always one query for however many. Private to the vault."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Insert, event, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from conference import driver
from conference.clock import now
from conference.db import WriteInReadSession, writable
from conference.ids import new_id, random_bytes
from conference.vault import nonces
from conference.vault.envelope import KeyInfo, NotSealedHere, OpenKey, open_key, unwrap, wrap, wrapping
from conference.vault.errors import KeyDark, KeyDestroyed, KeyGone, KeyMissing, KeyRevoked, SealBroken
from conference.vault.keyfile import KEY_BYTES, KeyFile, owner_key
from conference.vault.models import DataKey
from conference.vault.place import Place

MOST_SUBJECTS = 80  # what PostgreSQL takes in one index entry
SEALING = 5_218_640_973_371_226  # held, shared, by every transaction that seals; as an advisory lock
COLUMNS = (
    DataKey.id,
    DataKey.partnership_id,
    DataKey.owner,
    DataKey.subjects,
    DataKey.purpose,
    DataKey.version,
    DataKey.wrapped,
    DataKey.wrapped_by,
)


class Wanted(NamedTuple):
    """Which data key: `subjects` as `canonical` writes them, `purpose` is field or body."""

    partnership: str
    owner: str
    subjects: str
    purpose: str


class Stored(NamedTuple):
    """A data key as it is stored: what it is for, itself under all its layers, the outermost's version."""

    info: KeyInfo
    wrapped: bytes
    wrapped_by: int

    @classmethod
    def of(cls, row: Sequence[Any]) -> Stored:
        """Of the values of `COLUMNS`."""
        return cls(KeyInfo(*row[:6]), bytes(row[6]), row[7])

    def outer(self) -> tuple[str, bytes, bytes]:
        """What is to be unwrapped with which key of its owner, and what that is bound to."""
        name = owner_key(self.info.partnership, self.info.owner, self.wrapped_by)
        return name, self.wrapped, wrapping(self.info, name)


# As text: for SQLAlchemy to write out its lists takes longer than to ask it. PostgreSQL's first condition is
# met first, whatever is found: it holds off `rotation.barrier`, which waits for those who may use old keys.
_OF_KEYS = f"SELECT {', '.join(column.key for column in COLUMNS)} FROM data_key WHERE"  # noqa: S608 - ours
_HOLDING = f"(SELECT pg_advisory_xact_lock_shared({SEALING}) IS NOT NULL) AND"
_OF_ONE = ", ".join(f"json_extract(value, '$[{at}]')" for at in range(4))
_CURRENT_ON = {
    "sqlite": f"{_OF_KEYS} current AND (partnership_id, owner, purpose, subjects) IN"  # noqa: S608 - ours
    f" (SELECT {_OF_ONE} FROM json_each(?))",
    "postgresql": f"{_OF_KEYS} {_HOLDING} current"
    " AND partnership_id = ANY(%b::text[]) AND owner = ANY(%b::text[])"
    " AND purpose = ANY(%b::text[]) AND subjects = ANY(%b::text[])",
}
_NAMED_ON = {
    "sqlite": f"{_OF_KEYS} id IN (SELECT value FROM json_each(?)) AND purpose = ?",  # noqa: S608 - ours
    "postgresql": f"{_OF_KEYS} id = ANY(%b::text[]) AND purpose = %s",
}


class Fault(NamedTuple):
    """Why a data key cannot be used: the wrapping key that is not to be had; None if a wrapping is broken."""

    info: KeyInfo
    why: KeyMissing | None

    @property
    def erased(self) -> bool:
        """Whether a key that it needs was destroyed."""
        return isinstance(self.why, KeyDestroyed)

    def at(self, place: Place) -> SealBroken | KeyGone:
        """The error for a value at `place` that needs this data key."""
        if self.why is None:
            return SealBroken(place, "its data key was changed, or wrapped with another key file")
        if isinstance(self.why, KeyRevoked):
            return KeyDark(place, self.why.name, self.info.partnership, self.info.owner)
        return KeyGone(place, self.why.name, erased=self.erased)


def canonical(subjects: Iterable[str]) -> str:
    """Person ids in the one form that is stored."""
    people = sorted(set(subjects))
    if len(people) > MOST_SUBJECTS:
        raise ValueError(f"more than {MOST_SUBJECTS} people in one value")
    if any(not person or set(person) & set(" \t\n/\x1e\x1f") for person in people):
        raise ValueError("not a person's id")
    return " ".join(people)


def for_sealing(session: Session, wanted: Mapping[Wanted, int]) -> dict[Wanted, OpenKey]:
    """The current data key for each of `wanted`, made where there is none or it has sealed enough.

    wanted: how many values will be sealed with each.   The partnerships' rows must be in the database.
    Raises WriteInReadSession; KeyMissing if a key that is wanted cannot be unwrapped with these keys.
    """
    if not writable(session):
        raise WriteInReadSession("sealing needs a write session")
    held = _current(session, wanted)
    over = set(nonces.count(session, {held[one].info.id: values for one, values in wanted.items()}))
    if over:
        query = update(DataKey).where(DataKey.id.in_(sorted(over)), DataKey.current)
        session.connection().execute(query.values(current=False))
        for one in [one for one, key in held.items() if key.info.id in over]:
            del held[one]
        held = _current(session, wanted)
        again = {held[one].info.id: values for one, values in wanted.items() if held[one].info.id not in over}
        nonces.count(session, again)
    return {one: held[one] for one in wanted}


def for_opening(session: Session, ids: Collection[str], purpose: str) -> Mapping[str, OpenKey | Fault]:
    """The data keys `ids` that are for `purpose`, by id, each unwrapped once a session. Exactly one query."""
    connection = session.connection()
    on = connection.dialect.name
    asked = sorted(ids)
    given = (json.dumps(asked) if on == "sqlite" else asked, purpose)
    rows = connection.exec_driver_sql(_NAMED_ON[on], given)  # seen by those who count an answer's statements
    return unwrapped(session, [Stored.of(row) for row in rows])


def unwrapped(session: Session, stored: Sequence[Stored]) -> dict[str, OpenKey | Fault]:
    """Each of them by id, or why not. Only keys that no person can have erased outlast the session."""
    keys: KeyFile = session.info["keys"]
    known: dict[Stored, OpenKey] = session.info.setdefault("opened_keys", {})
    remembered = keys.remembered()  # as long as it holds a key, none of the file was destroyed
    found: dict[str, OpenKey | Fault] = {}
    asked = []
    for one in stored:
        lasting = remembered.get(one.info.id) if _is_lasting(one.info) else None
        if lasting is not None and lasting.info == one.info:
            found[one.info.id] = lasting
        elif one in known:
            found[one.info.id] = known[one]
        else:
            asked.append(one)
    for one, inner in zip(asked, keys.unwrap_many([one.outer() for one in asked]), strict=True):
        opened = found[one.info.id] = _opened(keys, one.info, inner)
        if isinstance(opened, OpenKey):
            known[one] = opened
            if _is_lasting(one.info):
                remembered[one.info.id] = opened
    return found


def forget(session: Session) -> None:
    """Drop the data keys that `session` holds."""
    session.info.pop("data_keys", None)
    session.info.pop("opened_keys", None)


def _current(session: Session, wanted: Iterable[Wanted]) -> dict[Wanted, OpenKey]:
    """This transaction's data keys, kept so that sealing many values asks once; gone if it is rolled back."""
    held: dict[Wanted, OpenKey] = session.info.setdefault("data_keys", {})
    asked = sorted(set(wanted) - held.keys())
    if not asked:
        return held
    found, dark = _find(session, asked)
    left = _leave_retired(session, found)
    missing = [one for one in asked if one not in found and one not in dark | left]
    if missing:
        _make(session, missing)
        made, also_dark = _find(session, missing)
        found, dark = found | made, dark | also_dark
    if alone := sorted(dark | left):  # for this transaction: a dark owner's opens when its key is given again
        found |= _make(session, alone, current=False)
    held.update(found)
    return held


def retired(partnership: str, owner: str, version: int) -> str:
    """The name in the key file that says: nothing new is sealed with data keys of this version."""
    return f"retired/{partnership}/{owner}/{version}"


def _leave_retired(session: Session, found: dict[Wanted, OpenKey]) -> set[Wanted]:
    """Let go of data keys that were retired and are still, or again, said to be current.

    Returns those that somebody else is just letting go of. To wait for them could be a deadlock: they may let
    go of ours next.
    """
    keys: KeyFile = session.info["keys"]  # which `_find` has just looked at
    stale = {
        one: key.info.id
        for one, key in found.items()
        if keys.knows(retired(one.partnership, one.owner, key.info.version))
    }
    if not stale:
        return set()
    those = select(DataKey.id).where(DataKey.id.in_(sorted(stale.values())))
    ours = set(session.scalars(those.with_for_update(skip_locked=True)))
    session.connection().execute(update(DataKey).where(DataKey.id.in_(sorted(ours))).values(current=False))
    for one in stale:
        del found[one]
    return {one for one, key in stale.items() if key not in ours}


@event.listens_for(Session, "after_soft_rollback")
def _rolled_back(session: Session, _previous: object) -> None:
    forget(session)


def _find(session: Session, wanted: Collection[Wanted]) -> tuple[dict[Wanted, OpenKey], set[Wanted]]:
    """Those that are there, and those that are there and whose owner does not give its key."""
    wanted = set(wanted)
    connection = session.connection()
    on = connection.dialect.name
    asked = sorted((one.partnership, one.owner, one.purpose, one.subjects) for one in wanted)
    given: list[Any]
    if on == "sqlite":
        given = [json.dumps(asked)]
    else:
        given = [driver.array("TEXT", sorted(set(one))) for one in zip(*asked, strict=True)]
    rows = driver.run(connection, _CURRENT_ON[on], given)
    remembered = session.info["keys"].remembered()
    fitting, found, dark = {}, {}, set()
    for row in rows:
        known = remembered.get(row[0])
        wants = Wanted(*row[1:5])
        if wants not in wanted:
            continue  # each column fits, but not to the others
        if known is not None and known.info == row[:6] and _is_lasting(known.info):
            found[wants] = known
        else:
            fitting[wants] = Stored.of(row)
    opened = unwrapped(session, list(fitting.values())) if fitting else {}
    for wants, one in fitting.items():
        key = opened[one.info.id]
        if isinstance(key, OpenKey):
            found[wants] = key
        elif isinstance(key.why, KeyRevoked):
            dark.add(wants)
        else:
            why = "it was changed, or wrapped with another key file"
            raise key.why or SealBroken(Place("data_key", one.info.id, "wrapped"), why)
    return found, dark


def _make(session: Session, wanted: Iterable[Wanted], *, current: bool = True) -> dict[Wanted, OpenKey]:
    """New data keys. If they become current, those that are must be found again: others make some too."""
    keys: KeyFile = session.info["keys"]
    rows: list[dict[str, Any]] = []
    made = {}
    for one in wanted:
        version = keys.current_version(one.partnership, one.owner)
        info = KeyInfo(new_id("dky"), *one, version)
        people = [(name, keys.key_or_new(name)) for name in _people(info)]
        plain = random_bytes(KEY_BYTES)
        made[one] = open_key(info, plain)
        inner = wrap(plain, info, people)
        rows.append(
            {
                "id": info.id,
                "partnership_id": info.partnership,
                "owner": info.owner,
                "subjects": info.subjects,
                "purpose": info.purpose,
                "version": version,
                "wrapped": outer_layer(keys, info, inner, version),
                "wrapped_by": version,
                "current": current,
                "created_at": now(),
            }
        )
    # Another writer may have made the same key meanwhile: theirs is as good, and the caller finds it again.
    session.connection().execute(_insert(session).values(rows))
    return made


def outer_layer(keys: KeyFile, info: KeyInfo, inner: bytes, version: int) -> bytes:
    """The data key, under its people's keys already, under that version of its owner's."""
    name = owner_key(info.partnership, info.owner, version)
    return keys.wrap(name, inner, wrapping(info, name))


def _insert(session: Session) -> Insert:
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(DataKey).on_conflict_do_nothing()
    return postgresql.insert(DataKey).on_conflict_do_nothing()


def _is_lasting(info: KeyInfo) -> bool:
    return not info.subjects and (info.purpose == "body" or info.owner == "directory")


def _opened(keys: KeyFile, info: KeyInfo, inner: bytes | KeyMissing | NotSealedHere) -> OpenKey | Fault:
    """The data key `inner`, which still has its people's layers. An erasure is told before all else."""
    try:
        people = [(name, keys.key(name)) for name in _people(info)]
        if isinstance(inner, KeyMissing):
            return Fault(info, inner)
        if isinstance(inner, NotSealedHere):
            return Fault(info, None)
        return open_key(info, unwrap(inner, info, people))
    except KeyMissing as error:
        return Fault(info, error)
    except NotSealedHere:
        return Fault(info, None)


def _people(info: KeyInfo) -> list[str]:
    """The innermost wrapping keys of a data key."""
    return [f"person/{person}" for person in info.subjects.split()]
