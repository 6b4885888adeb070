"""Names of staff, sealed under the directory's key."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from conference.vault.datakeys import Fault, Wanted, for_opening, for_sealing
from conference.vault.envelope import (
    NotSealedHere,
    OpenKey,
    decrypt,
    encrypt,
    key_id_in,
)
from conference.vault.errors import SealBroken
from conference.vault.place import Place


def seal_name(session: Session, partnership: str, staff_id: str, name: str) -> bytes:
    """What goes into the name column of `staff_id`."""
    wanted = Wanted(partnership, "directory", "", "field")
    return encrypt(for_sealing(session, {wanted: 1})[wanted], name.encode(), _place(staff_id))


def open_names(session: Session, partnership: str, sealed: Mapping[str, bytes]) -> dict[str, str]:
    """The names, by staff id. Asks the database only for a key that this process has not met.

    Raises SealBroken, KeyGone.
    """
    keys = _keys(session, {key_id_in(blob) for blob in sealed.values()})
    names = {}
    for staff_id, blob in sealed.items():
        key = keys.get(key_id_in(blob))
        if isinstance(key, Fault):
            raise key.at(_place(staff_id))
        if key is None or (key.info.partnership, key.info.owner) != (
            partnership,
            "directory",
        ):
            raise SealBroken(_place(staff_id), "it names a data key that is not the directory's")
        try:
            names[staff_id] = decrypt(key, blob, _place(staff_id)).decode()
        except NotSealedHere:
            raise SealBroken(_place(staff_id), "it was changed, or moved here from elsewhere") from None
    return names


def _keys(session: Session, ids: set[str]) -> dict[str, OpenKey | Fault]:
    cache = session.info["keys"].remembered()
    known: dict[str, OpenKey | Fault] = {one: cache[one] for one in ids if one in cache}
    if len(known) < len(ids):
        known.update(for_opening(session, ids - known.keys(), "field"))
    return known


def _place(staff_id: str) -> Place:
    return Place("staff", staff_id, "name")
