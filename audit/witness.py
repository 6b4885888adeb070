"""What an agency runs to see that the log only ever grows: it cosigns a checkpoint, or says why not.

A witness remembers the last checkpoint of each log that it cosigned, and cosigns another only where a proof
shows it to be the same or a continuation. Source: C2SP tlog-witness. HTTP is in `witness_server`, the file
in `witness_state`.
"""

import hashlib
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from audit.checkpoint import Checkpoint, cosign
from audit.encoding import from_base64, from_decimal
from audit.errors import BadEncoding, BadNote, BadProof, LogFault
from audit.note import Note, SigningKey, VerifierKey
from audit.tree import EMPTY_ROOT, HASH_BYTES, verify_consistency

REQUEST_LIMIT = 256 * 1024
_STEPS_LIMIT = 63
_SIZE = "text/x.tlog.size"
_TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer: status, content type, body."""

    status: int
    body: bytes
    kind: str = _TEXT


@dataclass(frozen=True, slots=True)
class Request:
    """What `add-checkpoint` sends: the size that the log takes for our last, the proof from it, the note."""

    old: int
    proof: tuple[bytes, ...]
    note: Note
    checkpoint: Checkpoint


class Memory(Protocol):
    """Where the witness keeps its last checkpoint of each log."""

    def last(self, origin: str) -> bytes | None:
        """The note cosigned last for `origin`; None before the first."""

    def keep(self, origin: str, note: bytes) -> None:
        """Keep `note` as the last of `origin`; it is durable when this returns. Raises OSError."""


class Refusal(LogFault):
    """A request that is not cosigned, with its answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.body.decode("utf-8", "replace").strip())
        self.answer = answer


class Witness:
    """One key, the logs whose keys it was given, and what it has cosigned. Safe for many threads."""

    def __init__(
        self,
        key: SigningKey,
        logs: Sequence[VerifierKey],
        memory: Memory,
        *,
        clock: Callable[[], int],
        tell: Callable[[str, bytes], None],
    ) -> None:
        """Cosign for `logs` with `key`.

        clock: gives the Unix time in seconds.
        tell:  is given origin and note where a log has signed what does not go on from what it signed before.
        """
        self._key = key
        self._logs = tuple(logs)
        self._memory = memory
        self._clock = clock
        self._tell = tell
        self._turn = threading.Lock()

    def add_checkpoint(self, body: bytes) -> Answer:
        """The answer to `POST …/add-checkpoint`; a cosignature has been made durable before it is given."""
        try:
            asked = parse_request(body)
            self._check_signed(asked)
            with self._turn:  # the check and the keeping are one step, or two requests could cross
                return self._decide(asked)
        except Refusal as refusal:
            return refusal.answer

    def checkpoint(self, origin_hash: str) -> Answer:
        """The answer to `GET …/<origin hash>/checkpoint`: the last checkpoint that was cosigned."""
        for log in self._logs:
            if hashlib.sha256(log.name.encode()).hexdigest() == origin_hash:
                last = self._memory.last(log.name)
                if last is not None:
                    return Answer(200, last)
        return Answer(404, b"no checkpoint of this log\n")

    def _check_signed(self, asked: Request) -> None:
        """Raise Refusal unless a key known for this origin signed, and all signatures of such keys verify."""
        known = [key for key in self._logs if key.name == asked.checkpoint.origin]
        if not known:
            raise _refused(404, "this log is not known here")
        own = [key for key in known if any(key.owns(one) for one in asked.note.signatures)]
        if not own:
            raise _refused(403, "no signature of a key that is known for this log")
        try:
            for key in own:
                asked.note.verify(key)
        except BadNote:
            raise _refused(403, "a signature of the log does not verify") from None

    def _decide(self, asked: Request) -> Answer:
        found = asked.checkpoint
        if asked.old > found.size:
            raise _refused(400, "the old size is above that of the checkpoint")
        last = self._last(found.origin)
        if asked.old != last.size:
            raise Refusal(Answer(409, f"{last.size}\n".encode(), _SIZE))
        try:
            _check_consistent(asked, last)
        except BadProof as fault:
            with suppress(OSError):  # the evidence cannot be kept; the answer is the same
                self._tell(found.origin, bytes(asked.note))
            raise _refused(422, str(fault)) from None
        signature = cosign(asked.note, self._key, self._clock())
        trusted = tuple(one for one in asked.note.signatures if any(key.owns(one) for key in self._logs))
        self._memory.keep(found.origin, bytes(Note(asked.note.text, (*trusted, signature))))
        return Answer(200, signature.line.encode())

    def _last(self, origin: str) -> Checkpoint:
        last = self._memory.last(origin)
        if last is None:
            return Checkpoint(origin, 0, EMPTY_ROOT)
        return Checkpoint.parse(Note.parse(last).text)


def parse_request(body: bytes) -> Request:
    """What `add-checkpoint` was sent. Raises Refusal (400) for anything but its exact form."""
    try:
        top, _, rest = body.partition(b"\n\n")
        first, *lines = top.decode("ascii").split("\n")
        old = from_decimal(first.removeprefix("old "), "old size")
        proof = tuple(from_base64(line, "hash", HASH_BYTES) for line in lines)
        note = Note.parse(rest)
        asked = Request(old, proof, note, Checkpoint.read(note.text))
    except UnicodeDecodeError:
        raise _refused(400, "the proof is not ASCII") from None
    except (BadEncoding, BadNote) as fault:
        raise _refused(400, str(fault)) from None
    if not first.startswith("old ") or len(lines) > _STEPS_LIMIT:
        raise _refused(400, f"not an old size and at most {_STEPS_LIMIT} hashes")
    return asked


def _check_consistent(asked: Request, last: Checkpoint) -> None:
    """Raise BadProof unless the checkpoint is the last one, or goes on from it."""
    found = asked.checkpoint
    if found.size == 0 and found.root != EMPTY_ROOT:
        raise BadProof("root of an empty log is not that of the empty tree")
    verify_consistency(last.size, last.root, found.size, found.root, asked.proof)


def _refused(status: int, why: str) -> Refusal:
    return Refusal(Answer(status, f"{why}\n".encode()))
