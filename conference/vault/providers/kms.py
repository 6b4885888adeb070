"""Keys in a key service with the interface of AWS KMS. The agency makes them there, and may disable them.

What is wrapped is bound by the service's encryption context, which the agency can read in its own records: it
holds the key's name here, and a hash in place of the ids of people and rows.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from conference.vault.errors import ProviderWrong
from conference.vault.providers import Asked, NotAnswering, NotSealedHere, Opened

if TYPE_CHECKING:
    from pathlib import Path

SIDE_BY_SIDE = 8
STATE_HOLDS = 0.4  # seconds for which a key that was found enabled is taken for enabled
_NOT_OURS = frozenset({"InvalidCiphertextException", "IncorrectKeyException"})
_PERHAPS_NOT_OURS = "AccessDeniedException"  # also the answer for what another key sealed


@dataclass(slots=True)
class Kms:
    """One account with a key service.

    keys:        the service's own id of each version of the agency's key.
    credentials: a JSON file with `access_key_id` and `secret_access_key`.
    endpoint:    where it is; None for AWS's own in `region`.   timeout: seconds.
    """

    region: str
    keys: Mapping[int, str]
    credentials: Path
    endpoint: str | None = None
    timeout: float = 2.0
    _client: Any = None
    _workers: ThreadPoolExecutor | None = None
    _pid: int = 0
    _enabled: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def make(self, name: str) -> None:
        """Find key `name` where the agency has made it, and see that it works. Raises ProviderWrong."""
        if _version(name) not in self.keys:
            raise ProviderWrong(
                f"The agency makes its keys itself. Put the id of the one for version {_version(name)} "
                "under `keys` in the providers' file, and try again."
            )
        self.unwrap_many([Asked(name, self.wrap(name, b"does it", b"work"), b"work")])

    def wrap(self, name: str, plain: bytes, aad: bytes) -> bytes:
        """`plain` under key `name`, bound to `aad`. Raises NotAnswering."""
        try:
            self._see_enabled(name)
            answer = self._service().encrypt(
                KeyId=self._id_of(name), Plaintext=plain, EncryptionContext=_context(name, aad)
            )
        except (BotoCoreError, ClientError, OSError, ValueError, KeyError):
            raise NotAnswering(name) from None
        return bytes(answer["CiphertextBlob"])

    def unwrap_many(self, asked: Sequence[Asked]) -> list[Opened]:
        """What each holds, or why not; several are asked for side by side."""
        if len(asked) == 1:
            return [self._opened(asked[0])]
        self._service()
        assert self._workers is not None  # noqa: S101 - made with the client
        return list(self._workers.map(self._opened, asked))

    def destroy(self, name: str) -> str | None:
        """Nothing: only the agency deletes its key."""
        return f"The agency itself deletes the key {self.keys.get(_version(name), '')} in its key service."

    def _opened(self, one: Asked) -> Opened:
        try:
            self._see_enabled(one.name)
            answer = self._service().decrypt(
                KeyId=self._id_of(one.name),
                CiphertextBlob=one.wrapped or b"\0",
                EncryptionContext=_context(one.name, one.aad),
            )
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in _NOT_OURS or (code == _PERHAPS_NOT_OURS and self._works(one.name)):
                return NotSealedHere()
            return NotAnswering(one.name)
        except (BotoCoreError, OSError, ValueError, KeyError):
            return NotAnswering(one.name)
        return bytes(answer["Plaintext"])

    def _works(self, name: str) -> bool:
        """Whether the key still opens what it has just sealed."""
        try:
            of = {"KeyId": self._id_of(name), "EncryptionContext": _context(name, b"work")}
            sealed = self._service().encrypt(Plaintext=b"does it", **of)["CiphertextBlob"]
            self._service().decrypt(CiphertextBlob=sealed, **of)
        except (BotoCoreError, ClientError, OSError):
            return False
        return True

    def _see_enabled(self, name: str) -> None:
        """Raises NotAnswering for a key that was disabled, or is to be deleted."""
        key = self._id_of(name)
        if time.monotonic() - self._enabled.get(key, float("-inf")) < STATE_HOLDS:
            return
        if self._service().describe_key(KeyId=key)["KeyMetadata"]["KeyState"] != "Enabled":
            raise KeyError(key)
        self._enabled[key] = time.monotonic()

    def _id_of(self, name: str) -> str:
        return self.keys[_version(name)]

    def _service(self) -> Any:
        with self._lock:
            if self._client is None or self._pid != os.getpid():
                said = json.loads(self.credentials.read_text("utf-8"))
                patience = Config(
                    connect_timeout=self.timeout,
                    read_timeout=self.timeout,
                    retries={"total_max_attempts": 1},
                    max_pool_connections=SIDE_BY_SIDE,
                )
                self._client = boto3.client(
                    "kms",
                    region_name=self.region,
                    endpoint_url=self.endpoint,
                    aws_access_key_id=said["access_key_id"],
                    aws_secret_access_key=said["secret_access_key"],
                    config=patience,
                )
                self._workers = ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="kms")
                self._pid = os.getpid()
            return self._client


def _version(name: str) -> int:
    return int(name.rpartition("/")[2])


def _context(name: str, aad: bytes) -> dict[str, str]:
    return {"conference-key": name, "bound-to": hashlib.sha256(aad).hexdigest()}
