"""Who else may hold an agency's key: an HSM (PKCS#11), or a key service with the interface of AWS KMS.

The key itself never comes here. A holder wraps and unwraps 32 bytes or a few more, bound to what they are
for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from conference.vault.envelope import NotSealedHere
from conference.vault.errors import NotAnswering

__all__ = ["Asked", "NotAnswering", "NotSealedHere", "Opened", "Provider"]


class Asked(NamedTuple):
    """Something to unwrap. name: of the key, `agency/<partnership>/<agency>/<version>`."""

    name: str
    wrapped: bytes
    aad: bytes


Opened = bytes | NotAnswering | NotSealedHere


class Provider(Protocol):
    """One holder of keys, as the installation's settings describe it. Nothing takes longer than its timeout.

    Safe for many threads, and after a fork.
    """

    def make(self, name: str) -> None:
        """Make key `name`, or find it where the agency makes its keys itself.

        Raises ProviderWrong with what to do, NotAnswering.
        """

    def wrap(self, name: str, plain: bytes, aad: bytes) -> bytes:
        """`plain` under key `name`, bound to `aad`. Raises NotAnswering."""

    def unwrap_many(self, asked: Sequence[Asked]) -> list[Opened]:
        """What each holds, or why not. NotSealedHere only while the key is there and works."""

    def destroy(self, name: str) -> str | None:
        """Take key `name` away for good. What is left for the agency to do, in a sentence; None if nothing.

        Raises NotAnswering.
        """
