"""Names of staff, sealed under the directory's key."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress

from sqlalchemy.orm import Session

from conference.vault.datakeys import Fault, Wanted, for_opening, for_sealing
from conference.vault.envelope import (
    NotSealedHere,
    OpenKey,
    decrypt,
    encrypt,
    key_id_in,
)
from conference.vault.place import Place

UNREADABLE = "Name changed in the database"
log = logging.getLogger("conference.vault")


def seal_name(session: Session, partnership: str, staff_id: str, name: str) -> bytes:
    """What goes into the name column of `staff_id`."""
    wanted = Wanted(partnership, "directory", "", "field")
    return encrypt(for_sealing(session, {wanted: 1})[wanted], name.encode(), _place(staff_id))


def open_names(session: Session, partnership: str, sealed: Mapping[str, bytes]) -> dict[str, str]:
    """The names, by staff id; UNREADABLE for one that was changed. Asks only for a key not met before.

    Raises KeyGone.
    """
    keys = _keys(session, {key_id_in(blob) for blob in sealed.values()})
    names = {}
    for staff_id, blob in sealed.items():
        key = keys.get(key_id_in(blob))
        if isinstance(key, Fault) and key.why is not None:
            raise key.at(_place(staff_id))
        names[staff_id] = _name(key, partnership, staff_id, blob)
    return names


def _name(key: OpenKey | Fault | None, partnership: str, staff_id: str, blob: bytes) -> str:
    if isinstance(key, OpenKey) and (key.info.partnership, key.info.owner) == (partnership, "directory"):
        with suppress(NotSealedHere):
            return decrypt(key, blob, _place(staff_id)).decode()
    log.error("SealBroken", extra={"fields": {"place": str(_place(staff_id))}})
    return UNREADABLE


def _keys(session: Session, ids: set[str]) -> dict[str, OpenKey | Fault]:
    cache = session.info["keys"].remembered()
    known: dict[str, OpenKey | Fault] = {one: cache[one] for one in ids if one in cache}
    if len(known) < len(ids):
        known.update(for_opening(session, ids - known.keys(), "field"))
    return known


def _place(staff_id: str) -> Place:
    return Place("staff", staff_id, "name")
