"""A leaf's place in the log on one small file that verifies offline. Source: C2SP tlog-proof."""

from dataclasses import dataclass
from typing import Self

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.encoding import from_base64, from_decimal, to_base64
from audit.errors import BadEncoding, BadProof
from audit.note import NOTE_LIMIT, Note, VerifierKey
from audit.store import Store
from audit.tree import HASH_BYTES, inclusion_proof, leaf_hash, verify_inclusion

PROOF_LIMIT = 2 * NOTE_LIMIT
_TITLE = "c2sp.org/tlog-proof@v1"
_STEPS_LIMIT = 63


@dataclass(frozen=True, slots=True)
class Proof:
    """A `.tlog-proof`: that a leaf stands at `index` of the log of `checkpoint` (a signed note).

    extra: opaque and not authenticated; our own proofs have none.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def __bytes__(self) -> bytes:
        """The proof as a file."""
        extra = [] if self.extra is None else [f"extra {to_base64(self.extra)}"]
        lines = [_TITLE, *extra, f"index {self.index}", *map(to_base64, self.hashes)]
        return ("\n".join(lines) + "\n\n").encode() + self.checkpoint

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """The proof in a file. Raises BadProof unless it is written in the one way."""
        if len(data) > PROOF_LIMIT:
            raise BadProof(f"proof: more than {PROOF_LIMIT} bytes")
        top, _, checkpoint = data.partition(b"\n\n")
        try:
            lines = top.decode("ascii").split("\n")
            return cls(*_fields(lines), checkpoint=checkpoint, extra=_extra(lines))
        except (UnicodeDecodeError, BadEncoding) as error:
            what = str(error) if isinstance(error, BadEncoding) else "not ASCII"
            raise BadProof(f"proof: {what}") from None

    def verify(self, leaf: bytes, key: VerifierKey) -> Checkpoint:
        """The checkpoint, signed by `key`, whose log holds exactly `leaf` at this index.

        Raises BadProof or BadNote.
        """
        checkpoint, _ = open_checkpoint(self.checkpoint, key)
        verify_inclusion(leaf_hash(leaf), self.index, checkpoint.size, self.hashes, checkpoint.root)
        return checkpoint


def prove(store: Store, index: int) -> Proof:
    """The proof for leaf `index` against the store's latest checkpoint.

    Raises NotInLog for a leaf that the checkpoint does not cover yet.
    """
    note = store.checkpoint()
    size = Checkpoint.parse(Note.parse(note).text).size
    return Proof(index, tuple(inclusion_proof(store.node, index, size)), note)


def _extra(lines: list[str]) -> bytes | None:
    if len(lines) > 1 and lines[1].startswith("extra "):
        return from_base64(lines[1].removeprefix("extra "), "extra")
    return None


def _fields(lines: list[str]) -> tuple[int, tuple[bytes, ...]]:
    rest = lines[1:]
    if rest and rest[0].startswith("extra "):
        rest = rest[1:]
    if lines[0] != _TITLE or not rest or not rest[0].startswith("index "):
        raise BadEncoding(f"not {_TITLE} and an index")
    if len(rest) - 1 > _STEPS_LIMIT:
        raise BadEncoding(f"more than {_STEPS_LIMIT} hashes")
    index = from_decimal(rest[0].removeprefix("index "), "index")
    return index, tuple(from_base64(line, "hash", HASH_BYTES) for line in rest[1:])
