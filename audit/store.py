"""Where a log is kept: what the application implements in SQL, and the same in memory."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from audit.checkpoint import Checkpoint, sign_checkpoint
from audit.errors import NotInLog
from audit.leaf import LEAF_LIMIT
from audit.note import SigningKey, VerifierKey
from audit.tree import append, leaf_hash, root


class Store(Protocol):
    """A log that can be read.

    What it gives for one place never changes; only the checkpoint moves, and only on.
    """

    def checkpoint(self) -> bytes:
        """The latest signed checkpoint, a note. All that it covers can be read from this store."""

    def node(self, level: int, index: int) -> bytes:
        """The hash of one complete subtree (see `tree`). Raises NotInLog if there is none."""

    def nodes(self, level: int, start: int, end: int) -> Sequence[bytes]:
        """The hashes of the complete subtrees of `level` from `start` up to, not including, `end`."""

    def leaves(self, start: int, end: int) -> Sequence[bytes]:
        """The leaves from `start` up to, not including, `end`, exactly as hashed, in order."""


class MemoryStore:
    """A log in memory, for tests and small tools. Signs a checkpoint after each append."""

    def __init__(self, key: SigningKey) -> None:
        """An empty log whose origin is the key's name."""
        self._key = key
        self._leaves: list[bytes] = []
        self._levels: list[list[bytes]] = []
        self._note = self._sign()

    @property
    def size(self) -> int:
        """How many leaves it holds."""
        return len(self._leaves)

    @property
    def verifier(self) -> VerifierKey:
        """The key that its checkpoints verify with."""
        return self._key.verifier

    def append(self, leaves: Iterable[bytes]) -> bytes:
        """Put `leaves` behind the others and return the new checkpoint."""
        fresh = list(leaves)
        if any(len(leaf) > LEAF_LIMIT for leaf in fresh):
            raise NotInLog(f"a leaf has more than {LEAF_LIMIT} bytes")
        for node in append(self.node, self.size, map(leaf_hash, fresh)):
            if node.level == len(self._levels):
                self._levels.append([])
            self._levels[node.level].append(node.hash)
        self._leaves += fresh
        self._note = self._sign()
        return self._note

    def checkpoint(self) -> bytes:
        """The checkpoint of the latest append."""
        return self._note

    def node(self, level: int, index: int) -> bytes:
        """The hash of one complete subtree."""
        return self.nodes(level, index, index + 1)[0]

    def nodes(self, level: int, start: int, end: int) -> Sequence[bytes]:
        """The hashes of complete subtrees of one height."""
        row = self._levels[level] if level < len(self._levels) else []
        if not 0 <= start <= end <= len(row):
            raise NotInLog(f"no nodes {start} to {end} at level {level}")
        return row[start:end]

    def leaves(self, start: int, end: int) -> Sequence[bytes]:
        """The leaves of a range."""
        if not 0 <= start <= end <= len(self._leaves):
            raise NotInLog(f"no leaves {start} to {end}")
        return self._leaves[start:end]

    def _sign(self) -> bytes:
        checkpoint = Checkpoint(self._key.name, self.size, root(self.node, self.size))
        return bytes(sign_checkpoint(checkpoint, [self._key]))
