"""Who does not give their key just now. What they hold is as if it were not there."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from sqlalchemy.orm import Session

from conference.vault.errors import KeyHeldBack
from conference.vault.keyring import Keyring


class Dark(StrEnum):
    """Why nothing of an agency's opens."""

    REVOKED = "revoked"  # it has taken its key back
    SILENT = "silent"  # whoever holds its key does not give it
    LEFT = "left"  # its key was destroyed


def dark_among(session: Session, partnership: str, owners: Iterable[str]) -> set[str]:
    """Those of `owners` (agencies, or `conference`) of whom nothing opens now."""
    keys = session.info["keys"]
    if not isinstance(keys, Keyring):
        return set()
    return {owner for owner in owners if keys.is_dark(partnership, owner)}


def must_give(session: Session, partnership: str, owner: str) -> None:
    """Raises KeyHeldBack where this agency does not give its key: what it cannot see it does not change."""
    if dark_among(session, partnership, [owner]):
        raise KeyHeldBack(owner)


def why_dark(keys: object, partnership: str, owner: str) -> Dark | None:
    """Why nothing of this agency's opens now; None if it does."""
    if not isinstance(keys, Keyring):
        return None
    known = keys.agency(partnership, owner)
    if known.has_left:
        return Dark.LEFT
    if known.is_revoked:
        return Dark.REVOKED
    return Dark.SILENT if keys.is_silent(partnership, owner) else None
