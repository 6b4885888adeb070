"""What can go wrong with keys and seals. No message ever holds a key or a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conference.errors import ConferenceError

if TYPE_CHECKING:
    from pathlib import Path

    from conference.vault.place import Place


CHANGED = (
    "Something that this page needs was changed in the database, so nothing of it is shown. "
    "Tell whoever runs this service."
)


class KeyFileBroken(ConferenceError):
    """The key file cannot be used; the message says why and what to do."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"key file {path}: {why}")
        self.path = path
        self.why = why


class KeyMissing(ConferenceError):
    """The key file does not hold this key."""

    why = "is not in this key file: is it the file that belongs to this database?"

    def __init__(self, name: str) -> None:
        super().__init__(f"key {name} {self.why}")
        self.name = name


class KeyDestroyed(KeyMissing):
    """The key was here and was destroyed: what it sealed is gone for good."""

    why = "was destroyed"


class KeyRevoked(KeyMissing):
    """The agency whose key it is has taken it back, or its holder does not give it: dark until it does."""

    status = 503
    why = "is not given by the agency whose key it is"
    message = "This agency's key is not given at the moment. Nothing was changed."


class SealBroken(ConferenceError):
    """A sealed value is not what was put in this place: changed, moved, or of another key file."""

    message = CHANGED

    def __init__(self, place: Place, why: str) -> None:
        super().__init__(f"{place}: {why}")
        self.place = place
        self.why = why


class RowBroken(ConferenceError):
    """A row is not as the application wrote it, or a row of its list is gone: nothing is decided on it."""

    message = CHANGED

    def __init__(self, table: str, row: str) -> None:
        super().__init__(f"{table} {row}: it was not written by this application with this key file")
        self.table = table
        self.row = row
        self.place = f"{table} {row}"


class KeyGone(ConferenceError):
    """A value can no longer be opened: a key it needs was destroyed, or is not in this key file.

    erased: True if the key file says that the key was destroyed.
    """

    status = 410

    def __init__(self, place: Place, name: str, *, erased: bool) -> None:
        why = "was destroyed" if erased else "is not in this key file: is it the file of this database?"
        super().__init__(f"{place}: key {name} {why}")
        self.place = place
        self.erased = erased


class KeyDark(KeyGone):
    """A value cannot be opened now: its owner does not give the key, or the key's holder does not answer."""

    status = 503
    message = "This agency's key is not given at the moment. What it sealed can be read again when it is."

    def __init__(self, place: Place, name: str, partnership: str, owner: str) -> None:
        super().__init__(place, name, erased=False)
        self.args = (f"{place}: key {name} {KeyRevoked.why}",)
        self.partnership = partnership
        self.owner = owner


class NotAnswering(KeyRevoked):
    """Whoever holds the key (an HSM, a key service) does not answer, or does not know it."""

    why = "is not given by what holds it"


class KeyHeldBack(ConferenceError):
    """An agency that does not give its key wants to add or change what it holds."""

    status = 409
    message = "Your agency's key is not given at the moment, so nothing can be added or changed."

    def __init__(self, owner: str) -> None:
        super().__init__(f"the key of {owner} is not given: nothing was changed")


class ProviderWrong(ConferenceError):
    """What is set for a provider of keys cannot be used; the message says why and what to do."""
