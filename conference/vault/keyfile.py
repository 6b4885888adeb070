"""The keys that wrap all others: one file outside the database and its backups.

JSON lines: a first line with the format and an edition, then one line for each key, oldest first. Keys are
only appended; destroying one rewrites the file. What a disk still holds of the old file is the disk's affair:
keep it on an encrypted one.

Names: `agency/<partnership>/<agency>/<version>`, `person/<person>`, `directory/<partnership>/<version>`,
`index/<partnership>/<kind>/<version>`, `log/<partnership>/<epoch>`, `rows/<partnership>/1`, `web/secret`,
`web/sessions`.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import re
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from conference.clock import moment, now
from conference.ids import random_bytes
from conference.vault.envelope import NONCE_BYTES, TAG_BYTES, NotSealedHere
from conference.vault.errors import KeyDestroyed, KeyFileBroken, KeyMissing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conference.vault.envelope import OpenKey

FORMAT = "conference-keys-1"
KEY_BYTES = 32
_NAME = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+")


def owner_key(partnership: str, owner: str, version: int) -> str:
    """The name of a version of an owner's key; the directory is an owner too."""
    if owner == "directory":
        return f"directory/{partnership}/{version}"
    return f"agency/{partnership}/{owner}/{version}"


class KeyFile:
    """The keys of one installation. Safe for many threads and several processes.

    Made by `create` or `open`. Another process's new or destroyed keys are noticed at the next look.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._unwrapped: dict[str, OpenKey] = {}
        self._lock = threading.RLock()
        self._keys: dict[str, bytes | None] = {}  # None: destroyed
        self._header = b""
        self._end = 0  # of the last whole line
        self._stamp: tuple[int, ...] = ()

    @classmethod
    def create(cls, path: Path | str) -> KeyFile:
        """A new, empty key file that only its owner can read. Raises KeyFileBroken if there is one."""
        path = Path(path)
        fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
        try:
            _write_new(fresh, _header())
            try:
                os.link(fresh, path)  # whole or not at all, and never over another
            finally:
                fresh.unlink()
            _sync_folder(path)
        except FileExistsError:
            raise KeyFileBroken(path, "it is there already; open it, or choose another place") from None
        except OSError as error:
            raise KeyFileBroken(path, f"it cannot be made: {error.strerror}") from None
        return cls.open(path)

    @classmethod
    def open(cls, path: Path | str) -> KeyFile:
        """The key file at `path`. Raises KeyFileBroken, which says what to do."""
        keys = cls(Path(path))
        keys._refresh()
        return keys

    def __repr__(self) -> str:
        return f"KeyFile({str(self.path)!r})"

    def __reduce__(self) -> str:
        raise TypeError("keys do not travel")

    def names(self) -> list[str]:
        """The names of the keys that it holds, oldest first."""
        self._refresh()
        return [name for name, key in self._keys.items() if key is not None]

    @property
    def edition(self) -> bytes:
        """The file's first line: another as soon as any key is destroyed, the same while keys are added."""
        self._refresh()
        return self._header

    def key(self, name: str) -> bytes:
        """The 32 bytes of key `name`. Raises KeyMissing, or KeyDestroyed."""
        self._refresh()
        return self._known(name)

    def is_destroyed(self, name: str) -> bool:
        """Whether there was a key `name` that was taken away for good."""
        self._refresh()
        return name in self._keys and self._keys[name] is None

    def knows(self, name: str) -> bool:
        """Whether it held key `name` at the last look: for what is asked often, just after another look."""
        return self._keys.get(name) is not None

    def key_or_new(self, name: str) -> bytes:
        """Key `name`, made now if there is none; it is on the disk before this returns.

        Raises KeyDestroyed: a destroyed name never comes back.
        """
        with suppress(KeyMissing):
            return self.key(name)
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name for a key")
        with self._alone():
            try:
                return self._known(name)
            except KeyDestroyed:
                raise
            except KeyMissing:
                return self._make(name)

    def destroy(self, name: str) -> None:
        """Take key `name` away for good, and remember that it is gone. Doing it twice is harmless."""
        with self._alone():
            if name in self._keys and self._keys[name] is None:
                return
            lines = self.path.read_bytes()[: self._end].splitlines(keepends=True)[1:]
            kept = [line for line in lines if json.loads(line)["name"] != name]
            self._replace(b"".join([_header(), *kept, _line(name, key=None)]))
            self._refresh()

    def wrap(self, name: str, plain: bytes, aad: bytes) -> bytes:
        """`plain` under key `name`, which is made if there is none, bound to `aad`. Raises KeyDestroyed."""
        nonce = random_bytes(NONCE_BYTES)
        return nonce + AESGCM(self.key_or_new(name)).encrypt(nonce, plain, aad)

    def unwrap(self, name: str, wrapped: bytes, aad: bytes) -> bytes:
        """What `wrap` made. Raises NotSealedHere; KeyMissing, KeyDestroyed."""
        key = AESGCM(self.key(name))
        if len(wrapped) < NONCE_BYTES + TAG_BYTES:
            raise NotSealedHere
        try:
            return key.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], aad)
        except InvalidTag:
            raise NotSealedHere from None

    def unwrap_many(
        self, asked: Sequence[tuple[str, bytes, bytes]]
    ) -> list[bytes | KeyMissing | NotSealedHere]:
        """For each (name, wrapped, aad) what `unwrap` gives, or the error that it raises."""
        found: list[bytes | KeyMissing | NotSealedHere] = []
        for one in asked:
            try:
                found.append(self.unwrap(*one))
            except (KeyMissing, NotSealedHere) as error:
                found.append(error)
        return found

    def current_version(self, partnership: str, owner: str) -> int:
        """The newest version of an owner's key, destroyed or not; 1 if there is none yet."""
        self._refresh()
        version = 1
        while owner_key(partnership, owner, version + 1) in self._keys:
            version += 1
        return version

    def new_version(self, partnership: str, owner: str) -> int:
        """Make the next version of an owner's key; what older ones wrapped stays readable with them."""
        with self._alone():
            version = self.current_version(partnership, owner)
            if owner_key(partnership, owner, version) in self._keys:
                version += 1
            self._make(owner_key(partnership, owner, version))
            return version

    def remembered(self) -> dict[str, OpenKey]:
        """Unwrapped data keys that no person's key protects, by id; emptied when any key is destroyed."""
        self._refresh()
        return self._unwrapped

    def _known(self, name: str) -> bytes:
        if name not in self._keys:
            raise KeyMissing(name)
        key = self._keys[name]
        if key is None:
            raise KeyDestroyed(name)
        return key

    def _make(self, name: str) -> bytes:
        """While alone."""
        self._append(_line(name, key=base64.b64encode(random_bytes(KEY_BYTES)).decode("ascii")))
        self._refresh()
        return self._known(name)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other threads and processes from changing the file; what they changed before is read."""
        with self._lock:
            folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(folder, fcntl.LOCK_EX)
                self._refresh()
                yield
            finally:
                os.close(folder)

    def _append(self, line: bytes) -> None:
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.ftruncate(descriptor, self._end)  # what a crash left of a line was never anybody's key
            _put(descriptor, line, at=self._end)
        except BaseException:
            with suppress(OSError):
                os.ftruncate(descriptor, self._end)
            raise
        finally:
            os.close(descriptor)

    def _replace(self, content: bytes) -> None:
        fresh = self.path.with_name(self.path.name + ".new")
        with suppress(FileNotFoundError):
            fresh.unlink()  # of a process that died here; we hold the lock
        _write_new(fresh, content)
        fresh.replace(self.path)
        _sync_folder(self.path)

    def _refresh(self) -> None:
        """Read what has changed since the last look."""
        try:
            found = self.path.stat()
        except OSError as error:
            why = f"{error.strerror}; give the path of the key file that belongs to this database"
            raise KeyFileBroken(self.path, why) from None
        stamp = (
            found.st_dev,
            found.st_ino,
            found.st_size,
            found.st_mtime_ns,
            found.st_mode,
        )
        if stamp == self._stamp:
            return
        with self._lock:
            self._check_mode(found.st_mode)
            try:
                self._take(self.path.read_bytes())
            except OSError as error:
                raise KeyFileBroken(self.path, f"it cannot be read: {error.strerror}") from None
            self._stamp = stamp

    def _check_mode(self, mode: int) -> None:
        if mode & 0o077:
            why = f"others may use it (mode {mode & 0o777:o}); run `chmod 600` on it, and ask who read it"
            raise KeyFileBroken(self.path, why)

    def _take(self, content: bytes) -> None:
        end = content.rfind(b"\n") + 1
        header = content[: content.find(b"\n") + 1]
        same = bool(self._header) and header == self._header and end >= self._end
        keys = dict(self._keys) if same else {}
        start = self._end if same else len(header)
        if not same:
            self._check_header(header)
        for number, line in enumerate(content[start:end].splitlines(), start=1):
            name, key = self._parse(line, number)
            if name in keys:
                raise KeyFileBroken(self.path, f"two lines for {name}; restore it from its own backup")
            keys[name] = key
        if not same:
            self._unwrapped = {}
        self._keys, self._header, self._end = keys, header, end

    def _check_header(self, header: bytes) -> None:
        try:
            if json.loads(header)["format"] == FORMAT:
                return
        except (ValueError, TypeError, KeyError):
            pass
        why = f"it is not a key file of this program (no {FORMAT} in its first line); check the path"
        raise KeyFileBroken(self.path, why)

    def _parse(self, line: bytes, number: int) -> tuple[str, bytes | None]:
        try:
            read = json.loads(line)
            name, text = read["name"], read["key"]
            key = None if text is None else base64.b64decode(text, validate=True)
        except (ValueError, TypeError, KeyError):
            name, key = "", b""
        if (
            not isinstance(name, str)
            or not _NAME.fullmatch(name)
            or (key is not None and len(key) != KEY_BYTES)
        ):
            why = f"key line {number} is not readable; restore the file from its own backup"
            raise KeyFileBroken(self.path, why)
        return name, key


def _header() -> bytes:
    edition = base64.b64encode(os.urandom(12)).decode("ascii")  # tells a rewritten file from a longer one
    return _json({"format": FORMAT, "edition": edition})


def _line(name: str, *, key: str | None) -> bytes:
    return _json({"name": name, "key": key, "made" if key else "destroyed": moment(now())})


def _json(value: dict[str, str | None]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("ascii") + b"\n"


def _write_new(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        _put(descriptor, content, at=0)
    finally:
        os.close(descriptor)
    _sync_folder(path)


def _put(descriptor: int, content: bytes, *, at: int) -> None:
    """Write all of `content` and wait for the disk."""
    written = 0
    while written < len(content):
        written += os.pwrite(descriptor, content[written:], at + written)
    os.fsync(descriptor)


def _sync_folder(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
