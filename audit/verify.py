"""The offline verifier: whether a folder is exactly the log that the key signed, from its entries up.

Needs no database and no application. Reads each file once and keeps one tile for each level in memory.
"""

import os
from contextlib import ExitStack
from pathlib import Path

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.errors import BadFolder, BadNote, BadTile, LogFault
from audit.export import CHECKPOINT, PARTS, VKEY, Progress
from audit.files import account_for, open_within, read_given, read_within
from audit.leaf import LEAF_LIMIT
from audit.note import NOTE_LIMIT, Note, VerifierKey
from audit.parts import PartsReader
from audit.policy import parse_policy
from audit.proof import PROOF_LIMIT, Proof
from audit.pruning import MINIMUM, cut_at, is_cut, kept_from, open_minimum
from audit.tiles import BUNDLE_LIMIT, WIDTH, Tile, decode_bundle, decode_tile, parse_path, width_at
from audit.tree import EMPTY_ROOT, HASH_BYTES, leaf_hash, subtree_root

KEY_LIMIT = 16_384


def read_key(path: Path) -> VerifierKey:
    """The verifier key in a file: one line, with or without its newline."""
    return _key(read_given(path, KEY_LIMIT), str(path))


def verify_folder(
    folder: Path,
    key_file: Path,
    *,
    previous: Path | None = None,
    policy: Path | None = None,
    parts: Path | None = None,
    progress: Progress | None = None,
) -> Checkpoint:
    """The checkpoint of the log in `folder`, all of which has been verified.

    key_file: the verifier key, which does not come from the folder if the folder is not trusted.
    previous: an earlier checkpoint, which must be of the beginning of this log.
    policy:   a tlog-policy whose quorum must have cosigned.
    parts:    a `parts.jsonl`; one that stands in the folder is verified anyway.
    A log whose front was cut under a signed minimum index is verified from there on; see `pruning`.
    Raises LogFault with the first fault found.
    """
    key_data = read_given(key_file, KEY_LIMIT)
    key = _key(key_data, str(key_file))
    checkpoint, note = open_checkpoint(read_within(folder, CHECKPOINT, NOTE_LIMIT), key)
    if policy is not None:
        parse_policy(read_given(policy, NOTE_LIMIT)).check(note, key)
    minimum = _minimum(folder, key, checkpoint.size)
    account_for(folder, lambda path: _belongs(path, checkpoint.size, minimum))
    _check_copy(folder, key, key_data)
    with ExitStack() as stack:
        readers = _parts_readers(folder, parts, stack)
        check = LogCheck(folder, _earlier(previous, key, checkpoint.size), readers)
        check.run(checkpoint, progress, minimum)
    return checkpoint


def verify_proof(
    leaf: Path, proof: Path, key_file: Path, *, policy: Path | None = None
) -> tuple[Checkpoint, int]:
    """The checkpoint whose log holds the bytes of file `leaf`, and at which index. Raises LogFault.

    policy: a tlog-policy whose quorum must have cosigned that checkpoint.
    """
    key = read_key(key_file)
    read = Proof.parse(read_given(proof, PROOF_LIMIT))
    checkpoint = read.verify(read_given(leaf, LEAF_LIMIT), key)
    if policy is not None:
        parse_policy(read_given(policy, NOTE_LIMIT)).check(Note.parse(read.checkpoint), key)
    return checkpoint, read.index


class LogCheck:
    """One pass over the bundles, which rebuilds every tile above them, and the earlier root on the way."""

    def __init__(self, folder: Path, earlier: Checkpoint | None, readers: list[PartsReader]) -> None:
        """earlier: the checkpoint that must be met on the way; readers: open parts files."""
        self._folder = folder
        self._earlier = earlier
        self._readers = readers
        self._rows: list[list[bytes]] = []
        self._done: list[int] = []

    def run(self, checkpoint: Checkpoint, progress: Progress | None, minimum: int = 0) -> None:
        """Raise LogFault unless the folder's entries make up the log of `checkpoint`.

        minimum: from which index on they are there; what stands for those before is held against the root.
        """
        self._begin(checkpoint.size, minimum)
        for number in range(cut_at(None, minimum), -(-checkpoint.size // WIDTH)):
            self._bundle(Tile(None, number, width_at(None, number, checkpoint.size)))
            if progress is not None:
                progress(min((number + 1) * WIDTH, checkpoint.size), checkpoint.size)
        for level, row in enumerate(self._rows):
            if row:
                self._compare(level, row)
        if self._root() != checkpoint.root:
            raise BadTile("checkpoint: its root is not that of the entries")
        for reader in self._readers:
            reader.finish()

    def _begin(self, size: int, minimum: int) -> None:
        """Take the hashes of what was cut away from the tiles above it, which are still there."""
        for level in range(8):
            gone = cut_at(level, minimum)
            count = cut_at(level - 1, minimum) - gone * WIDTH if level else 0
            if not gone and not count:
                break
            row: list[bytes] = []
            if count:
                tile = Tile(level, gone, width_at(level, gone, size))
                row = decode_tile(read_within(self._folder, tile.path, WIDTH * HASH_BYTES), tile.width)
            self._rows.append(row[:count])
            self._done.append(gone)
        start = kept_from(minimum)
        if self._earlier is not None and 0 < self._earlier.size < start:
            raise BadFolder(f"previous checkpoint: of {self._earlier.size} entries, which were cut away")
        if self._earlier is not None and 0 < self._earlier.size == start:
            self._meet(start)

    def _meet(self, size: int) -> None:
        if self._earlier is not None and self._earlier.root != self._root():
            raise BadTile(f"previous checkpoint: its root is not that of the first {size} entries")

    def _bundle(self, tile: Tile) -> None:
        data = read_within(self._folder, tile.path, BUNDLE_LIMIT)
        try:
            leaves = decode_bundle(data, tile.width)
        except BadTile as error:
            raise BadTile(f"{tile.path}: {error}") from None
        for index, leaf in enumerate(leaves, start=tile.number * WIDTH):
            self._add(0, leaf_hash(leaf))
            if self._earlier is not None and self._earlier.size == index + 1:
                self._meet(index + 1)
            for reader in self._readers:
                reader.check(index, leaf)

    def _add(self, level: int, hashed: bytes) -> None:
        if level == len(self._rows):
            self._rows.append([])
            self._done.append(0)
        row = self._rows[level]
        row.append(hashed)
        if len(row) == WIDTH:
            self._compare(level, row)
            self._add(level + 1, subtree_root(row))
            row.clear()
            self._done[level] += 1

    def _compare(self, level: int, row: list[bytes]) -> None:
        tile = Tile(level, self._done[level], len(row))
        data = read_within(self._folder, tile.path, WIDTH * HASH_BYTES)
        if data != b"".join(row):
            raise BadTile(f"{tile.path}: {_difference(data, row)}")

    def _root(self) -> bytes:
        tail: list[bytes] = []
        for row in self._rows:
            if row or tail:
                tail = [subtree_root(row + tail)]
        return tail[0] if tail else EMPTY_ROOT


def _difference(data: bytes, row: list[bytes]) -> str:
    if len(data) != len(row) * HASH_BYTES:
        return f"{len(data)} bytes, not {len(row) * HASH_BYTES}"
    place = next(at for at, one in enumerate(row) if data[at * HASH_BYTES : (at + 1) * HASH_BYTES] != one)
    return f"hash {place} is not that of the entries below it"


def _key(data: bytes, name: str) -> VerifierKey:
    try:
        return VerifierKey.parse(data.decode("utf-8").removesuffix("\n"))
    except UnicodeDecodeError:
        raise BadNote(f"{name!a}: not UTF-8") from None
    except BadNote as error:
        raise BadNote(f"{name!a}: {error}") from None


def _minimum(folder: Path, key: VerifierKey, size: int) -> int:
    """From which index on the folder's log is kept: 0 unless a note, signed by the log, says so."""
    if not os.path.lexists(folder / MINIMUM):
        return 0
    minimum = open_minimum(read_within(folder, MINIMUM, NOTE_LIMIT), key)
    if minimum > size:
        raise BadFolder(f"{MINIMUM}: {minimum}, where the log has only {size} entries")
    return minimum


def _belongs(path: str, size: int, minimum: int) -> bool:
    """Whether the export of a log of `size` has a file at `path`: of this size, none of an earlier one."""
    if path in (CHECKPOINT, VKEY, PARTS, MINIMUM):
        return True
    try:
        tile = parse_path(path)
    except LogFault:
        return False
    return width_at(tile.level, tile.number, size) == tile.width and not is_cut(tile, minimum)


def _check_copy(folder: Path, key: VerifierKey, given: bytes) -> None:
    """A key in the folder proves nothing, yet must be the one given: the same bytes, or as we write it."""
    if os.path.lexists(folder / VKEY) and read_within(folder, VKEY, KEY_LIMIT) not in (
        given,
        f"{key}\n".encode(),
    ):
        raise BadFolder(f"{VKEY}: not the key that was given")


def _earlier(path: Path | None, key: VerifierKey, size: int) -> Checkpoint | None:
    if path is None:
        return None
    try:
        earlier, _ = open_checkpoint(read_given(path, NOTE_LIMIT), key)
    except BadNote as error:
        raise BadNote(f"previous checkpoint: {error}") from None
    if earlier.size > size:
        raise BadFolder(f"previous checkpoint: of {earlier.size} entries, where the log has only {size}")
    return earlier


def _parts_readers(folder: Path, given: Path | None, stack: ExitStack) -> list[PartsReader]:
    readers = []
    inside = folder / PARTS
    if os.path.lexists(inside):
        readers.append(PartsReader(stack.enter_context(open_within(folder, PARTS)), PARTS))
    if given is None:
        return readers
    try:
        if not (readers and given.samefile(inside)):
            readers.append(PartsReader(stack.enter_context(given.open("rb")), ascii(str(given))))
    except (OSError, ValueError):
        raise BadFolder(f"{str(given)!a}: cannot be read") from None
    return readers
