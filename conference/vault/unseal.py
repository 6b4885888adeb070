"""The only opener of fields. Only conference.sharing may import it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from sqlalchemy.orm import Session

from conference.vault.datakeys import Fault, for_opening
from conference.vault.envelope import NotSealedHere, OpenKey, decrypt, decrypt_many, key_id_in
from conference.vault.errors import KeyGone, SealBroken
from conference.vault.place import Place


class Sealed(NamedTuple):
    """A ciphertext, and what the database says about it: whose it is and where it stands."""

    blob: bytes
    partnership: str
    owner: str
    place: Place


Opened = str | SealBroken | KeyGone


def open_each(session: Session, sealed: Sequence[Sealed]) -> list[Opened]:
    """The texts, in the order of `sealed`; in place of one that does not open why it does not.

    Asks the database exactly once, whatever is asked for, so that the number of statements says nothing.
    SealBroken: it is not what was sealed in its place. KeyGone: a key is not to be had.
    """
    names = [key_id_in(one.blob) for one in sealed]
    different = {*names}
    keys = for_opening(session, different, "field")
    session.info["openings"] = session.info.get("openings", 0) + len(sealed)
    if len(different) == 1:
        return _of_one_key(sealed, keys.get(names[0]))
    opened: dict[int, Opened] = {}
    for name in different:
        mine = [number for number, which in enumerate(names) if which == name]
        opened.update(zip(mine, _of_one_key([sealed[at] for at in mine], keys.get(name)), strict=True))
    return [opened[number] for number in range(len(sealed))]


def open_all(session: Session, sealed: Sequence[Sealed], *, erased: str | None = None) -> list[str]:
    """The texts, in the order of `sealed`.

    erased: what to give for a value whose person was erased; None raises KeyGone.
    Raises SealBroken for a value that is not what was sealed in its place, KeyGone for a key not to be had.
    """
    texts = []
    for one in open_each(session, sealed):
        if isinstance(one, KeyGone) and one.erased and erased is not None:
            texts.append(erased)
        elif isinstance(one, str):
            texts.append(one)
        else:
            raise one
    return texts


def _of_one_key(sealed: Sequence[Sealed], key: OpenKey | Fault | None) -> list[Opened]:
    """What that data key makes of each. All at once; one by one only if one of them does not open."""
    if isinstance(key, OpenKey):
        blobs, partnerships, owners, places = zip(*sealed, strict=True)
        if {*partnerships} == {key.info.partnership} and {*owners} == {key.info.owner}:
            with suppress(NotSealedHere):
                return [plain.decode() for plain in decrypt_many(key, blobs, places)]
    return [_one(one, key) for one in sealed]


def _one(one: Sealed, key: OpenKey | Fault | None) -> Opened:
    if isinstance(key, Fault):
        return key.at(one.place)
    if key is None or (key.info.partnership, key.info.owner) != (one.partnership, one.owner):
        return SealBroken(one.place, "it names a data key that is not its owner's")
    try:
        return decrypt(key, one.blob, one.place).decode()
    except NotSealedHere:
        return SealBroken(one.place, "it was changed, or moved here from elsewhere")
