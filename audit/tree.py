"""The Merkle tree of RFC 6962: hashes, roots, proofs, and how to grow it from stored subtrees.

The hash of every *complete* subtree is kept as a node: level is its height, position its place among those of
its height, so node (0, 5) is leaf 5 and node (3, 1) covers leaves 8 to 15. A node never changes once it is
there, and whatever is asked for reads O(log n) of them.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from audit.errors import BadProof, NotInLog

Hash = bytes
Get = Callable[[int, int], Hash]
"""Reads the stored node (level, position)."""

HASH_BYTES = 32
EMPTY_ROOT: Hash = hashlib.sha256(b"").digest()


class Place(NamedTuple):
    """Where a complete subtree stands."""

    level: int
    position: int


class Node(NamedTuple):
    """A complete subtree's place and hash, as it is stored."""

    level: int
    position: int
    hash: Hash


class Span(NamedTuple):
    """The leaves from `start` up to, not including, `end`."""

    start: int
    end: int


def leaf_hash(leaf: bytes) -> Hash:
    """SHA-256(0x00 ‖ leaf)."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: Hash, right: Hash) -> Hash:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def places(span: Span) -> list[Place]:
    """The complete subtrees that make up a span that a proof or root speaks of, from left to right."""
    found, start = [], span.start
    while start < span.end:
        level = (span.end - start).bit_length() - 1
        found.append(Place(level, start >> level))
        start += 1 << level
    return found


def peaks(size: int) -> list[Place]:
    """The complete subtrees of a whole tree: all that growing it or computing its root needs to read."""
    return places(Span(0, size))


def join(hashes: Sequence[Hash]) -> Hash:
    """The hash over subtrees from left to right, each smaller than the one before."""
    joined = hashes[-1]
    for left in reversed(hashes[:-1]):
        joined = node_hash(left, joined)
    return joined


def subtree_root(hashes: Sequence[Hash]) -> Hash:
    """The root over hashes of one height (of which the last may be of a lower one); EMPTY_ROOT over none."""
    if not hashes:
        return EMPTY_ROOT
    row = list(hashes)
    while len(row) > 1:
        odd = row[-1:] if len(row) % 2 else []
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row) - 1, 2)] + odd
    return row[0]


def append(get: Get, size: int, leaf_hashes: Iterable[Hash]) -> list[Node]:
    """The nodes that come into being when `leaf_hashes` are put behind a tree of `size` leaves.

    Reads those peaks of the old tree that become part of a new node, once each. The caller stores the nodes
    and the new size together.
    """
    fresh: list[Node] = []
    waiting: dict[int, Hash] = {}  # at each level the newest left subtree, whose right one is still to come
    for index, hashed in enumerate(leaf_hashes, start=size):
        level, position, found = 0, index, hashed
        fresh.append(Node(0, index, hashed))
        while position & 1:
            left = waiting[level] if level in waiting else get(level, position - 1)
            found = node_hash(left, found)
            level, position = level + 1, position >> 1
            fresh.append(Node(level, position, found))
        waiting[level] = found
    return fresh


def root(get: Get, size: int) -> Hash:
    """The root of the tree's first `size` leaves."""
    return join([get(*place) for place in peaks(size)]) if size else EMPTY_ROOT


def inclusion_spans(index: int, size: int) -> list[Span]:
    """What each hash of an inclusion proof covers, from the leaf's sibling to the root's child.

    Raises NotInLog unless 0 <= index < size. Source: RFC 6962 section 2.1.1.
    """
    if not 0 <= index < size:
        raise NotInLog(f"leaf {index} is not in a log of {size}")
    spans, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            spans.append(Span(middle, end))
            end = middle
        else:
            spans.append(Span(start, middle))
            start = middle
    return spans[::-1]


def consistency_spans(old: int, size: int) -> list[Span]:
    """What each hash of a consistency proof covers; none for an old size of 0 or of `size`.

    Raises NotInLog unless 0 <= old <= size. Source: RFC 6962 section 2.1.2; tlog-witness for an old size of
    0.
    """
    if not 0 <= old <= size:
        raise NotInLog(f"a log of {size} has no earlier size {old}")
    if old in (0, size):
        return []
    spans, start, end, whole = [], 0, size, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            spans.append(Span(middle, end))
            end = middle
        else:
            spans.append(Span(start, middle))
            start, whole = middle, False
    return ([] if whole else [Span(start, end)]) + spans[::-1]


def read_spans(get: Get, spans: Iterable[Span]) -> list[Hash]:
    """The hashes of `spans`, from stored nodes."""
    return [join([get(*place) for place in places(span)]) for span in spans]


def inclusion_proof(get: Get, index: int, size: int) -> list[Hash]:
    """The hashes that show leaf `index`, counted from 0, to be among the first `size`; leaf to root."""
    return read_spans(get, inclusion_spans(index, size))


def consistency_proof(get: Get, old: int, size: int) -> list[Hash]:
    """The hashes that show the first `old` leaves to be the beginning of the first `size`."""
    return read_spans(get, consistency_spans(old, size))


def verify_inclusion(hashed: Hash, index: int, size: int, proof: Sequence[Hash], expected: Hash) -> None:
    """Raise BadProof unless `proof` leads from leaf hash `hashed` at `index` to root `expected`.

    size: how many leaves that root covers.

    Source: RFC 9162 section 2.1.3.2.
    """
    if not 0 <= index < size:
        raise BadProof(f"leaf {index} cannot be in a log of {size}")
    at, last, found = index, size - 1, hashed
    for step in _checked(proof):
        if last == 0:
            raise BadProof("inclusion proof is too long")
        if at & 1 or at == last:
            found = node_hash(step, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, step)
        at, last = at >> 1, last >> 1
    if last:
        raise BadProof("inclusion proof is too short")
    if found != expected:
        raise BadProof("inclusion proof leads to another root")


def verify_consistency(old: int, old_root: Hash, size: int, new_root: Hash, proof: Sequence[Hash]) -> None:
    """Raise BadProof unless `proof` shows the tree of `old` leaves to be the beginning of that of `size`.

    Source: RFC 9162 section 2.1.4.2; tlog-witness: from the empty tree the proof is empty.
    """
    if not 0 <= old <= size:
        raise BadProof(f"a log of {size} has no earlier size {old}")
    if old in (0, size):
        if proof:
            raise BadProof("consistency proof is too long")
        if old_root != (new_root if old == size else EMPTY_ROOT):
            raise BadProof("same size, another root")
        return
    steps = list(_checked(proof))
    if old & (old - 1) == 0:
        steps.insert(0, old_root)
    if not steps:
        raise BadProof("consistency proof is too short")
    if _climb(old - 1, size - 1, steps) != (old_root, new_root):
        raise BadProof("consistency proof leads to another root")


def _climb(at: int, last: int, steps: list[Hash]) -> tuple[Hash, Hash]:
    """The old and the new root to which the steps of a consistency proof lead."""
    while at & 1:
        at, last = at >> 1, last >> 1
    old_found = new_found = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise BadProof("consistency proof is too long")
        if at & 1 or at == last:
            old_found, new_found = node_hash(step, old_found), node_hash(step, new_found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new_found = node_hash(new_found, step)
        at, last = at >> 1, last >> 1
    if last:
        raise BadProof("consistency proof is too short")
    return old_found, new_found


def _checked(proof: Sequence[Hash]) -> Sequence[Hash]:
    if any(len(step) != HASH_BYTES for step in proof):
        raise BadProof("a hash of the proof is not 32 bytes")
    return proof


def _split(count: int) -> int:
    """The largest power of two strictly below `count`."""
    return 1 << ((count - 1).bit_length() - 1)
