"""Keep the indexes as what is recorded is. Values pass through here to be indexed and are not kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from typing import NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from conference import inputs
from conference.cases.finding.models import IndexState, Likeness, LikenessBlock
from conference.cases.models import PersonIndex, Record
from conference.errors import BadInput
from conference.ids import new_id
from conference.vault import index
from conference.vault.errors import KeyDestroyed, KeyMissing
from conference.vault.likeness import SLOTS, Block, Lists, indexed_tokens, short_id
from conference.vault.rows import check_row, plain

NAMES = frozenset({"identity.name", "identity.alias"})
BORN = "identity.dob"
ADDRESS = "contact.current-address"
PLACES = frozenset({ADDRESS, "contact"})
NUMBER = "identity.nhs-number"
FOUND_BY = (*sorted(NAMES), BORN, NUMBER, *sorted(PLACES))
"""The classes that somebody can be found by. A safe address is never among them."""


_STATE = "SELECT version, building, upto, row_seal FROM index_state WHERE partnership_id = "
_STATE_ON = {"sqlite": _STATE + "?", "postgresql": _STATE + "%s"}


class Holder(NamedTuple):
    """Whose an index row is: of which agency, in which case, about whom."""

    partnership_id: str
    owner: str
    case_id: str
    person_id: str


def holder_of(record: Record) -> Holder | None:
    """The holder of what a record says; none where it is about several people."""
    if len(record.subjects) != 1:
        return None
    return Holder(record.partnership_id, record.owner, record.case_id, record.subjects[0].person_id)


def state_of(session: Session, partnership_id: str) -> tuple[int, ...]:
    """The versions of the keys that somebody may be found under now, the one that new rows get last."""
    session.flush()  # as SQLAlchemy's own queries do
    connection = session.connection()
    row = connection.exec_driver_sql(_STATE_ON[connection.dialect.name], (partnership_id,)).first()
    if row is None:
        return (1,)
    version, building, upto, seal = row
    parts = (partnership_id, plain(version), plain(building), plain(upto))
    check_row(session.info["keys"], partnership_id, IndexState.__tablename__, "", parts, seal)
    return (version,) if building is None else (version, building)


def tokens_now(session: Session, partnership_id: str, make: Callable[[int], bytes]) -> list[bytes]:
    """The tokens of something under each version of the keys that counts now. make: the token under one."""
    found = []
    for version in state_of(session, partnership_id):
        with suppress(KeyDestroyed):  # a backup from before the keys were renewed
            found.append(make(version))
    return found


def lists_of(session: Session, partnership_id: str, owner: str, version: int) -> Lists:
    """The keys of an owner's lists. Raises KeyDestroyed where this version is past."""
    key = session.info["keys"].key_or_new(f"index/{partnership_id}/likeness/{version}")
    return Lists(key, partnership_id, owner)


def remember(session: Session, holder: Holder, field_id: str, class_name: str, value: str) -> None:
    """Let somebody be found by one field alone: a number, an address, the likeness of a name."""
    version = _writing(session, holder.partnership_id)
    if version is None:
        return
    for token in _tokens(session, holder.partnership_id, class_name, value, version):
        _add(session, holder, token, field_id, None, version)
    if class_name in NAMES:
        _add_likeness(session, holder, field_id, value, version)


def remember_pair(session: Session, holder: Holder, name: tuple[str, str], born: tuple[str, str]) -> None:
    """Let somebody be found by name with date of birth. name, born: (field id, value), born as YYYY-MM-DD."""
    birthday = index.birthday(born[1])
    if birthday is None:
        return
    version = _writing(session, holder.partnership_id)
    if version is None:
        return
    try:
        token = index.name_and_birth(
            session.info["keys"], holder.partnership_id, name[1], birthday, version=version
        )
    except BadInput:
        return
    _add(session, holder, token, name[0], born[0], version)


def forget_fields(session: Session, field_ids: Collection[str]) -> None:
    """Take out whatever somebody was found by because of these fields."""
    session.execute(
        delete(PersonIndex).where(
            PersonIndex.field_id.in_(field_ids) | PersonIndex.birth_field_id.in_(field_ids)
        )
    )
    names = select(Likeness).where(Likeness.field_id.in_(field_ids))
    forget_likeness(session, session.scalars(names).all())


def forget_person(session: Session, person_id: str) -> None:
    """Take out whatever somebody can be found by: nothing of them stays in any index."""
    session.execute(delete(PersonIndex).where(PersonIndex.person_id == person_id))
    forget_likeness(session, session.scalars(select(Likeness).where(Likeness.person_id == person_id)).all())


def forget_likeness(session: Session, rows: Sequence[Likeness]) -> None:
    """Take names off every list that they are on."""
    for partnership_id in sorted({row.partnership_id for row in rows}):
        inputs.hold(session, partnership_id)
    for row in rows:
        _take_off(session, row)
        session.delete(row)
    session.flush()


def _writing(session: Session, partnership_id: str) -> int | None:
    """The version that new rows get; none in a backup from before they were renewed."""
    version = state_of(session, partnership_id)[-1]
    is_past = session.info["keys"].is_destroyed(f"index/{partnership_id}/likeness/{version}")
    return None if is_past else version


def _tokens(session: Session, partnership_id: str, class_name: str, value: str, version: int) -> list[bytes]:
    keys = session.info["keys"]
    try:
        if class_name == NUMBER:
            return [index.nhs_number(keys, partnership_id, value, version=version)]
        if class_name in PLACES:
            found = [
                index.uprn(keys, partnership_id, number, version=version) for number in index.uprns_in(value)
            ]
            if class_name == ADDRESS:
                lines, code = index.lines_of(value)
                found += [index.address(keys, partnership_id, line, code, version=version) for line in lines]
            return sorted(set(found))
    except BadInput:
        return []
    return []


def _add(
    session: Session, holder: Holder, token: bytes, field_id: str, birth_field_id: str | None, version: int
) -> None:
    session.add(
        PersonIndex(
            id=new_id("pix"),
            partnership_id=holder.partnership_id,
            token=token,
            owner=holder.owner,
            case_id=holder.case_id,
            person_id=holder.person_id,
            field_id=field_id,
            birth_field_id=birth_field_id,
            version=version,
        )
    )
    session.flush()


def _add_likeness(session: Session, holder: Holder, field_id: str, value: str, version: int) -> None:
    tokens = indexed_tokens(value)
    if not tokens:
        return
    inputs.hold(session, holder.partnership_id)  # two writers of one list would lose a name
    lists = lists_of(session, holder.partnership_id, holder.owner, version)
    labels = _put_on(session, lists, holder, version, short_id(field_id), tokens)
    places = lists.seal_places(field_id, labels)
    session.add(Likeness(**holder._asdict(), field_id=field_id, version=version, places=places))
    session.flush()


def _put_on(
    session: Session, lists: Lists, holder: Holder, version: int, name: int, tokens: Iterable[str]
) -> list[int]:
    """Put a name on lists. Returns the labels of the blocks that it is in now."""
    firsts = {lists.label(token, 0): token for token in dict.fromkeys(tokens)}
    blocks = _blocks(session, lists, firsts)
    lasts = {}
    for label, token in firsts.items():
        first = blocks.get(label, (None, Block(1, ())))[1]
        lasts[token] = lists.label(token, max(first.length, 1) - 1)
    blocks |= _blocks(session, lists, [label for label in lasts.values() if label not in firsts])
    places = []
    for label, token in firsts.items():
        last = lasts[token]
        held = _held(blocks, last)
        if len(held) >= SLOTS:
            count = blocks[label][1].length + 1
            last, held = lists.label(token, count - 1), ()
            _write(session, lists, holder, version, blocks, label, Block(count, _held(blocks, label)))
        count = blocks[label][1].length if label in blocks else 1
        _write(session, lists, holder, version, blocks, last, Block(count, (*held, name)))
        places.append(last)
    session.flush()
    return places


def _take_off(session: Session, row: Likeness) -> None:
    try:
        lists = lists_of(session, row.partnership_id, row.owner, row.version)
    except KeyMissing:
        return  # the lists cannot be read any more, by anybody
    places = lists.open_places(row.field_id, row.places)
    for label, (stored, block) in _blocks(session, lists, places).items():
        kept = tuple(one for one in block.ids if one not in {0, short_id(row.field_id)})
        stored.sealed = lists.seal(label, Block(block.length, kept))
    session.flush()


def _blocks(session: Session, lists: Lists, labels: Iterable[int]) -> dict[int, tuple[LikenessBlock, Block]]:
    found = session.scalars(select(LikenessBlock).where(LikenessBlock.label.in_(list(labels))))
    opened = ((one, lists.open(one.label, one.sealed)) for one in found)
    return {one.label: (one, block if block is not None else Block(1, ())) for one, block in opened}


def _held(blocks: dict[int, tuple[LikenessBlock, Block]], label: int) -> tuple[int, ...]:
    return tuple(one for one in blocks[label][1].ids if one) if label in blocks else ()


def _write(
    session: Session,
    lists: Lists,
    holder: Holder,
    version: int,
    blocks: dict[int, tuple[LikenessBlock, Block]],
    label: int,
    block: Block,
) -> None:
    sealed = lists.seal(label, block)
    if label in blocks:
        blocks[label][0].sealed = sealed
        blocks[label] = blocks[label][0], block
        return
    row = LikenessBlock(label=label, partnership_id=holder.partnership_id, version=version, sealed=sealed)
    session.add(row)
    blocks[label] = row, block
