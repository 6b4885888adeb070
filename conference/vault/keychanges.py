"""Changes of who holds an agency's key and whether it is given. Each is durable in the key file at once."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from conference.clock import moment, now
from conference.ids import random_bytes
from conference.vault import letterbox
from conference.vault.catalogue import FILE, Agency, box_name, held_name, mark_name
from conference.vault.errors import ProviderWrong
from conference.vault.keyfile import KEY_BYTES, owner_key
from conference.vault.letterbox import BOX_AAD

if TYPE_CHECKING:
    from conference.vault.keyring import Keyring


def hand_over(keys: Keyring, partnership: str, owner: str, holder: str) -> int:
    """Make the next version of an agency's key with `holder`, one of `keys.held.providers` or the key file.

    What was sealed before stays under the versions before; rotating moves it.
    Returns the version. Raises ProviderWrong, NotAnswering; nothing is changed then.
    """
    agency = Agency(partnership, owner)
    known = keys.agency(*agency)
    if holder == FILE:
        version = known.newest + 1 if known.holders else 1
        keys.key_or_new(owner_key(*agency, version))
        return version
    if holder not in keys.held.providers:
        raise ProviderWrong(f"{holder} is not in the providers' file; known are {_names(keys)}.")
    version = known.newest + 1 if known.holders else 1
    name = owner_key(*agency, version)
    provider = keys.held.providers[holder]
    provider.make(name)
    box = letterbox.new()
    wrapped = provider.wrap(name, box.private, BOX_AAD)

    def lines() -> list[bytes]:
        if version in keys.agency(*agency).holders:
            raise ProviderWrong(f"Somebody else has just made version {version}. Look, and try again.")
        return [
            _line(box_name(agency, version), box.public, wrapped=wrapped),
            _line(held_name(agency, version, holder), random_bytes(KEY_BYTES)),
        ]

    keys.enter(lines)
    return version


def revoke(keys: Keyring, partnership: str, owner: str) -> None:
    """From now on nothing of this agency's opens. Doing it twice is harmless."""
    agency = Agency(partnership, owner)
    known = keys.agency(*agency)
    if not known.is_revoked:
        keys.key_or_new(mark_name(agency, max(known.marks, default=0) + 1))


def grant(keys: Keyring, partnership: str, owner: str) -> None:
    """The agency gives its key again. Doing it twice is harmless."""
    agency = Agency(partnership, owner)
    for number, is_there in keys.agency(*agency).marks.items():
        if is_there:
            keys.destroy(mark_name(agency, number))


def destroy_version(keys: Keyring, partnership: str, owner: str, version: int) -> str | None:
    """Take one version away for good: what is still sealed under it is lost.

    Returns what is left for the agency to do, in a sentence. Raises NotAnswering.
    """
    agency = Agency(partnership, owner)
    known = keys.agency(*agency)
    holder = known.holders.get(version)
    if holder is None or version in known.gone:
        return None
    if holder == FILE:
        keys.destroy(owner_key(*agency, version))
        return None
    left = None
    if holder in keys.held.providers:
        left = keys.held.providers[holder].destroy(owner_key(*agency, version))
    keys.destroy(box_name(agency, version))
    keys.destroy(held_name(agency, version, holder))
    return left


def leave(keys: Keyring, partnership: str, owner: str) -> list[str]:
    """Destroy every version of an agency's key. The log goes on: its part is put where nobody finds it.

    Returns what is left for the agency to do, in sentences. Raises NotAnswering; doing it again goes on.
    """
    agency = Agency(partnership, owner)
    known = keys.agency(*agency)
    last = max(known.boxes, default=0)
    if not known.boxes or known.boxes[last].wrapped is not None:
        number = max(last, known.newest) + 1
        keys.enter(lambda: [_line(box_name(agency, number), letterbox.new().public)])
    sentences = (destroy_version(keys, *agency, version) for version in known.holders)
    return [one for one in sentences if one is not None]


def _line(name: str, key: bytes, *, wrapped: bytes | None = None) -> bytes:
    said = {"name": name, "key": _text(key), "made": moment(now())}
    if wrapped is not None:
        said["wrapped"] = _text(wrapped)
    return json.dumps(said, separators=(",", ":")).encode("ascii") + b"\n"


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def _names(keys: Keyring) -> str:
    return ", ".join([FILE, *sorted(keys.held.providers)])
