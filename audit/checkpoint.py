"""What a log says of itself at one size, and what witnesses say of that.

Source: C2SP tlog-checkpoint, tlog-cosignature (Ed25519, type 0x04).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

from audit.encoding import from_base64, from_decimal, to_base64
from audit.errors import BadEncoding, BadNote
from audit.note import COSIGNATURE, Note, Signature, SigningKey, VerifierKey, sign_note
from audit.tree import EMPTY_ROOT, HASH_BYTES

_TIME_BYTES = 8
_LATEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Origin, size and root of a log. `more` are extension lines, which our own logs never write."""

    origin: str
    size: int
    root: bytes
    more: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The text that is signed."""
        return "\n".join((self.origin, str(self.size), to_base64(self.root), *self.more)) + "\n"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The checkpoint that a note's text is. Raises BadNote unless it is written in the one way."""
        found = cls.read(text)
        if found.size == 0 and found.root != EMPTY_ROOT:
            raise BadNote("checkpoint: root of an empty log is not that of the empty tree")
        return found

    @classmethod
    def read(cls, text: str) -> Self:
        """As `parse`, whatever root it gives an empty log: a witness must tell the two faults apart."""
        lines = text.split("\n")
        if len(lines) < 4 or lines.pop() or not all(lines):
            raise BadNote("checkpoint: not three lines or more, none empty")
        try:
            size, root = from_decimal(lines[1], "size"), from_base64(lines[2], "root", HASH_BYTES)
        except BadEncoding as error:
            raise BadNote(f"checkpoint: {error}") from None
        return cls(lines[0], size, root, tuple(lines[3:]))


class Cosignature(NamedTuple):
    """That a witness saw this checkpoint as the latest, consistent with all before, at Unix `time`."""

    key: VerifierKey
    time: int


def sign_checkpoint(checkpoint: Checkpoint, keys: Sequence[SigningKey]) -> Note:
    """The checkpoint as a note signed by the log's keys."""
    Checkpoint.parse(checkpoint.text)
    return sign_note(checkpoint.text, keys)


def open_checkpoint(data: bytes, key: VerifierKey) -> tuple[Checkpoint, Note]:
    """The checkpoint in a note that `key` signed for the origin of its own name, and the note.

    Raises BadNote for anything else.
    """
    note = Note.parse(data)
    note.verify(key)
    checkpoint = Checkpoint.parse(note.text)
    if checkpoint.origin != key.name:
        raise BadNote(f"checkpoint: its origin is not {key.name!a}")
    return checkpoint, note


def cosign(note: Note, key: SigningKey, time: int) -> Signature:
    """The witness's signature over a checkpoint at `time` (Unix seconds).

    The witness has checked it before.
    """
    if key.verifier.kind != COSIGNATURE or not 0 <= time <= _LATEST:
        raise BadNote("cosignature: needs a key of type 0x04 and a time from 0 to 2^63 - 1")
    stamp = time.to_bytes(_TIME_BYTES, "big")
    return Signature(key.name, key.verifier.key_id, stamp + key.sign(_message(note.text, time)))


def verify_cosignatures(note: Note, witnesses: Sequence[VerifierKey]) -> list[Cosignature]:
    """Which of `witnesses` cosigned `note`, and when.

    Signatures of others, and of unknown types, are ignored.

    Raises BadNote if one that claims to be a known witness's does not verify.
    """
    return [
        Cosignature(key, _cosigned_at(note, signature, key))
        for key in witnesses
        if key.kind == COSIGNATURE
        for signature in note.signatures
        if key.owns(signature)
    ]


def _cosigned_at(note: Note, signature: Signature, key: VerifierKey) -> int:
    stamp, signed = signature.blob[:_TIME_BYTES], signature.blob[_TIME_BYTES:]
    time = int.from_bytes(stamp, "big")
    if len(stamp) != _TIME_BYTES or time > _LATEST:
        raise BadNote(f"cosignature of {key.name!a}: not a time and a signature")
    key.verify(_message(note.text, time), signed)
    return time


def _message(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()
