"""The only opener of fields. Only conference.sharing may import it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session

from conference.vault.datakeys import Fault, for_opening
from conference.vault.envelope import NotSealedHere, decrypt, key_id_in
from conference.vault.errors import SealBroken
from conference.vault.place import Place


class Sealed(NamedTuple):
    """A ciphertext, and what the database says about it: whose it is and where it stands."""

    blob: bytes
    partnership: str
    owner: str
    place: Place


def open_all(session: Session, sealed: Sequence[Sealed], *, erased: str | None = None) -> list[str]:
    """The texts, in the order of `sealed`.

    erased: what to give for a value whose person was erased; None raises KeyGone.
    Asks the database exactly once, whatever is asked for, so that the number of statements says nothing.
    Raises SealBroken for a value that is not what was sealed in its place, KeyGone for a key not to be had.
    """
    keys = for_opening(session, {key_id_in(one.blob) for one in sealed}, "field")
    texts = []
    for blob, partnership, owner, place in sealed:
        key = keys.get(key_id_in(blob))
        if isinstance(key, Fault):
            if not key.erased or erased is None:
                raise key.at(place)
            texts.append(erased)
            continue
        if key is None or (key.info.partnership, key.info.owner) != (
            partnership,
            owner,
        ):
            raise SealBroken(place, "it names a data key that is not its owner's")
        try:
            texts.append(decrypt(key, blob, place).decode())
        except NotSealedHere:
            raise SealBroken(place, "it was changed, or moved here from elsewhere") from None
    session.info["openings"] = session.info.get("openings", 0) + len(sealed)
    return texts
