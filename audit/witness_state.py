"""The two files of a witness: its key, and the last checkpoint of each log that it cosigned.

The key is one line in the form of Go's `note` package, `PRIVATE+KEY+<name>+<id>+<base64(kind ‖ seed)>`, mode
600. The state is JSON, replaced whole and on the disk before an answer is given. A key whose state is gone is
refused: it could be made to cosign what contradicts what it cosigned before.
"""

import fcntl
import json
import os
import secrets
from pathlib import Path
from typing import Self

from audit.checkpoint import Checkpoint
from audit.encoding import from_base64, to_base64
from audit.errors import BadEncoding, BadFolder, BadNote
from audit.files import read_given
from audit.note import COSIGNATURE, NOTE_LIMIT, Note, SigningKey

STATE_LIMIT = 64 * NOTE_LIMIT
EVIDENCE_LIMIT = 4 * NOTE_LIMIT
SEED_BYTES = 32
_PRIVATE = "PRIVATE+KEY+"


class StateFile:
    """The state of one witness, held by one process at a time. `close` lets go of it."""

    def __init__(self, path: Path, witness: str, logs: dict[str, str], lock: int) -> None:
        self._path = path
        self._witness = witness
        self._logs = logs
        self._lock = lock

    @classmethod
    def open(cls, path: Path, witness: str) -> Self:
        """The state at `path` of the witness with this verifier key.

        Raises BadFolder where another process holds it, or it is missing, broken or another witness's.
        """
        lock = _held(path)
        try:
            return cls(path, witness, _read(path, witness), lock)
        except BaseException:
            os.close(lock)
            raise

    def last(self, origin: str) -> bytes | None:
        """The note cosigned last for `origin`."""
        note = self._logs.get(origin)
        return None if note is None else note.encode()

    def keep(self, origin: str, note: bytes) -> None:
        """Replace the file; it is on the disk when this returns. Raises OSError: then nothing is cosigned."""
        logs = {**self._logs, origin: note.decode()}
        replace(self._path, _written(self._witness, logs))
        self._logs = logs

    def refused(self, origin: str, note: bytes) -> None:
        """Put what a log should not have signed beside the state, as evidence, until the file is full."""
        path = self._path.with_name(f"{self._path.name}.refused")
        line = json.dumps({"origin": origin, "note": note.decode("utf-8", "replace")}).encode() + b"\n"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            if os.fstat(descriptor).st_size + len(line) <= EVIDENCE_LIMIT:
                os.write(descriptor, line)
                os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def close(self) -> None:
        """Let another process have it."""
        os.close(self._lock)


def key_for(path: Path, state: Path, name: str | None) -> SigningKey:
    """The witness's key; made with an empty state on the first run, for which `name` must be given.

    Raises BadFolder, BadNote.
    """
    if path.exists():
        if path.stat().st_mode & 0o077:
            raise BadFolder(f"{str(path)!a}: others may read it; run chmod 600 on it, and ask who did")
        return parse_signing_key(read_given(path, 4096).decode("ascii", "replace").removesuffix("\n"))
    if name is None:
        raise BadFolder(f"{str(path)!a}: missing; give --name to make a new witness")
    if state.exists() and _logs_of(state):
        raise BadFolder(f"{str(state)!a}: is of a witness whose key is missing; restore the key")
    seed = secrets.token_bytes(SEED_BYTES)
    key = SigningKey(name, seed, COSIGNATURE)
    replace(state, _written(str(key.verifier), {}))
    replace(path, f"{signing_key_text(key, seed)}\n".encode())
    return key


def signing_key_text(key: SigningKey, seed: bytes) -> str:
    """A key's private form, as Go's `note` package writes it."""
    kind = bytes([key.verifier.kind])
    return f"{_PRIVATE}{key.name}+{key.verifier.key_id.hex()}+{to_base64(kind + seed)}"


def parse_signing_key(text: str) -> SigningKey:
    """The key that `text` is. Raises BadNote, which never repeats what it was given."""
    parts = text.removeprefix(_PRIVATE).split("+", 2)
    if not text.startswith(_PRIVATE) or len(parts) != 3:
        raise BadNote("signing key: not PRIVATE+KEY+name+id+base64")
    try:
        material = from_base64(parts[2], "signing key", 1 + SEED_BYTES)
    except BadEncoding:
        raise BadNote("signing key: not 33 bytes in base64") from None
    key = SigningKey(parts[0], material[1:], material[0])
    if key.verifier.key_id.hex() != parts[1]:
        raise BadNote("signing key: its id does not fit name and key")
    return key


def replace(path: Path, content: bytes) -> None:
    """Put `content` at `path`, whole or not at all, mode 600; it is on the disk when this returns."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _held(path: Path) -> int:
    lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise BadFolder(f"{str(path)!a}: another process has it") from None
    return lock


def _read(path: Path, witness: str) -> dict[str, str]:
    if not path.exists():
        raise BadFolder(
            f"{str(path)!a}: missing. A witness that forgot what it cosigned must not cosign: restore it, "
            "or make a new witness with another key and have that registered"
        )
    value = _loaded(path)
    if value.get("witness") != witness:
        raise BadFolder(f"{str(path)!a}: the state of another witness")
    return _logs_of(path)


def _logs_of(path: Path) -> dict[str, str]:
    logs = _loaded(path).get("logs")
    if not isinstance(logs, dict) or not all(isinstance(one, str) for pair in logs.items() for one in pair):
        raise BadFolder(f"{str(path)!a}: not the state of a witness")
    for origin, note in logs.items():
        try:
            found = Checkpoint.parse(Note.parse(note.encode()).text)
        except BadNote as fault:
            raise BadFolder(f"{str(path)!a}: {fault}") from None
        if found.origin != origin:
            raise BadFolder(f"{str(path)!a}: a checkpoint of another log than it says")
    return logs


def _loaded(path: Path) -> dict[str, object]:
    try:
        value = json.loads(read_given(path, STATE_LIMIT))
    except ValueError:
        value = None
    if not isinstance(value, dict) or value.get("v") != 1:
        raise BadFolder(f"{str(path)!a}: not the state of a witness")
    return value


def _written(witness: str, logs: dict[str, str]) -> bytes:
    return json.dumps({"v": 1, "witness": witness, "logs": logs}, indent=1).encode() + b"\n"
