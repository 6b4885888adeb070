"""Keys in an HSM, by PKCS#11: made in the token, sensitive, not extractable. AES-256-GCM inside the token."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import pkcs11
from pkcs11 import Attribute, GCMParams, KeyType, Mechanism, ObjectClass

from conference.ids import random_bytes
from conference.vault.envelope import NONCE_BYTES, TAG_BYTES
from conference.vault.errors import ProviderWrong
from conference.vault.providers import Asked, NotAnswering, NotSealedHere, Opened
from conference.vault.providers.apart import Apart

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")
KEY_BITS = 256
_TAG_BITS = TAG_BYTES * 8
_REFUSED = (pkcs11.PinIncorrect, pkcs11.PinLocked, pkcs11.PinExpired, pkcs11.PinInvalid, pkcs11.PinLenRange)
_TEMPLATE = {
    Attribute.EXTRACTABLE: False,
    Attribute.SENSITIVE: True,
    Attribute.PRIVATE: True,
    Attribute.MODIFIABLE: False,
    Attribute.ENCRYPT: True,
    Attribute.DECRYPT: True,
    Attribute.WRAP: False,
    Attribute.UNWRAP: False,
}


@dataclass(slots=True)
class _Module:
    """One PKCS#11 library in one process. It is asked by one thread alone, so that a call can be left behind.

    round: how often it was started anew: what was open before is gone then.
    """

    path: str
    pid: int
    thread: Apart
    round: int = 0


_modules: dict[str, _Module] = {}
_lock = threading.Lock()


@dataclass(slots=True)
class Hsm:
    """One token of an HSM. pin: the file that holds its user's PIN.   timeout: seconds."""

    module: Path
    token: str
    pin: Path
    timeout: float = 2.0
    _session: pkcs11.Session | None = None
    _refused: str | None = field(default=None, repr=False)
    _opened_in: tuple[int, int] = (0, 0)
    _keys: dict[str, Any] = field(default_factory=dict)

    def make(self, name: str) -> None:
        """Make key `name` in the token. Raises ProviderWrong if there is one; NotAnswering."""
        if not self._ask(name, lambda: self._make(name)):
            raise ProviderWrong(f"The token {self.token} holds a key {name} already. Nothing was changed.")

    def wrap(self, name: str, plain: bytes, aad: bytes) -> bytes:
        """`plain` under key `name`, bound to `aad`. Raises NotAnswering."""
        return self._ask(name, lambda: self._encrypt(name, plain, aad))

    def unwrap_many(self, asked: Sequence[Asked]) -> list[Opened]:
        """What each holds, or why not."""
        if not asked:
            return []
        try:
            return self._ask(asked[0].name, lambda: [self._opened(one) for one in asked])
        except NotAnswering:
            return [NotAnswering(one.name) for one in asked]

    def destroy(self, name: str) -> str | None:
        """Destroy key `name` in the token. Raises NotAnswering."""
        self._ask(name, lambda: self._destroy(name))
        return None

    def _ask(self, name: str, call: Callable[[], T]) -> T:
        """Make a call in the module's thread, once more with all opened anew if it fails."""
        module = _module(str(self.module))
        try:
            return module.thread.ask(lambda: self._tried(module, call), self.timeout)
        except TimeoutError:
            with _lock:  # its thread hangs; the next call gets another
                if _modules.get(module.path) is module:
                    _modules.pop(module.path)
            raise NotAnswering(name) from None
        except (pkcs11.PKCS11Error, OSError, RuntimeError):
            raise NotAnswering(name) from None

    # --- in the module's thread ---

    def _tried(self, module: _Module, call: Callable[[], T]) -> T:
        try:
            self._open(module)
            return call()
        except _REFUSED:
            raise
        except (pkcs11.PKCS11Error, RuntimeError):
            self._session, self._keys = None, {}
            pkcs11.lib(module.path).reinitialize()  # or a token that was away would not be seen again
            module.round += 1
            self._open(module)
            return call()

    def _open(self, module: _Module) -> None:
        if self._session is not None and self._opened_in == (module.pid, module.round):
            return
        self._keys = {}
        pin = self.pin.read_text("utf-8").strip()
        if pin == self._refused:  # a token locks itself when it is asked too often with a wrong one
            raise pkcs11.PinIncorrect
        library = pkcs11.lib(module.path)
        if self._opened_in[0] not in {0, module.pid}:
            library.reinitialize()  # what was opened before a fork is the other process's
        token = library.get_token(token_label=self.token)
        try:
            self._session = token.open(rw=True, user_pin=pin)
        except pkcs11.UserAlreadyLoggedIn:  # another agency's key of this process is in the same token
            self._session = token.open(rw=True)
        except _REFUSED:
            self._refused = pin
            raise
        self._opened_in = (module.pid, module.round)

    def _key(self, name: str) -> Any:  # what a key can do is not in its type
        if name not in self._keys:
            assert self._session is not None  # noqa: S101 - opened before each call
            self._keys[name] = self._session.get_key(object_class=ObjectClass.SECRET_KEY, label=name)
        return self._keys[name]

    def _make(self, name: str) -> bool:
        assert self._session is not None  # noqa: S101 - opened before each call
        try:
            self._key(name)
        except pkcs11.NoSuchKey:
            self._session.generate_key(KeyType.AES, KEY_BITS, label=name, store=True, template=_TEMPLATE)
            return True
        return False

    def _encrypt(self, name: str, plain: bytes, aad: bytes) -> bytes:
        nonce = random_bytes(NONCE_BYTES)
        bound = GCMParams(nonce, aad, _TAG_BITS)
        sealed = self._key(name).encrypt(plain, mechanism=Mechanism.AES_GCM, mechanism_param=bound)
        return nonce + bytes(sealed)

    def _opened(self, one: Asked) -> Opened:
        try:
            key = self._key(one.name)
        except pkcs11.NoSuchKey:
            return NotAnswering(one.name)
        if len(one.wrapped) < NONCE_BYTES + TAG_BYTES:
            return NotSealedHere()
        bound = GCMParams(one.wrapped[:NONCE_BYTES], one.aad, _TAG_BITS)
        try:
            return bytes(
                key.decrypt(one.wrapped[NONCE_BYTES:], mechanism=Mechanism.AES_GCM, mechanism_param=bound)
            )
        except pkcs11.PKCS11Error:
            # Some say of a wrong tag only that something went wrong: whether the key works tells which it is
            self._encrypt(one.name, b"does it", b"work")
            return NotSealedHere()

    def _destroy(self, name: str) -> None:
        try:
            self._key(name).destroy()
        except pkcs11.NoSuchKey:
            return
        finally:
            self._keys.pop(name, None)


def _module(path: str) -> _Module:
    with _lock:
        known = _modules.get(path)
        if known is None or known.pid != os.getpid():
            known = _Module(path, os.getpid(), Apart("hsm"))
            _modules[path] = known
        return known
