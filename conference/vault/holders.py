"""The keys of an installation, wherever they are, as its settings say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conference.vault.keyring import Keyring
from conference.vault.providers.reading import read

if TYPE_CHECKING:
    from conference.settings import Settings


def open_keys(settings: Settings) -> Keyring:
    """The key file with the other holders of agencies' keys. Raises KeyFileBroken, ProviderWrong."""
    return Keyring.open_with(settings.keys, read(settings.providers, settings.secrets))
