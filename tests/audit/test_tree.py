"""Roots and proofs, against the second implementation and against every small damage."""

import random

import pytest

import audit
from audit import tree
from tests.audit import second

ENTRIES = [b"entry %d" % number for number in range(601)]
MANY = 70_000


class Nodes:
    """Stored nodes, which counts how often it is read."""

    def __init__(self):
        self.kept, self.reads = {}, 0

    def __call__(self, level, position):
        self.reads += 1
        return self.kept[level, position]

    def grow(self, size, entries):
        for node in tree.append(self, size, map(tree.leaf_hash, entries)):
            assert (node.level, node.position) not in self.kept
            self.kept[node.level, node.position] = node.hash


@pytest.fixture(scope="module")
def nodes():
    kept = Nodes()
    kept.grow(0, ENTRIES)
    return kept


@pytest.fixture(scope="module")
def other():
    return second.Tree(ENTRIES)


def test_roots_of_every_size_to_600_equal_the_second_implementation(nodes, other):
    for size in range(601):
        assert tree.root(nodes, size) == other.mth(0, size)
        assert tree.subtree_root(other.d[:size]) == other.mth(0, size)


def test_inclusion_proofs_of_every_size_to_600(nodes, other):
    for size in range(1, 601):
        found = tree.root(nodes, size)
        for index in {0, 1 % size, size // 2, size - 1, (size * 7) // 11}:
            proof = tree.inclusion_proof(nodes, index, size)
            assert proof == other.path(index, 0, size)
            tree.verify_inclusion(other.d[index], index, size, proof, found)
            assert second.root_from_path(other.d[index], index, size, proof) == found


def test_every_inclusion_proof_of_some_sizes(nodes, other):
    for size in (1, 2, 3, 7, 8, 9, 255, 256, 257):
        for index in range(size):
            proof = tree.inclusion_proof(nodes, index, size)
            assert proof == other.path(index, 0, size)
            tree.verify_inclusion(other.d[index], index, size, proof, other.mth(0, size))


def test_consistency_proofs_of_every_size_to_600(nodes, other):
    for size in range(601):
        for old in {
            0,
            min(1, size),
            size // 3,
            size // 2,
            max(0, size - 1),
            size,
            1 << max(0, size.bit_length() - 1),
        }:
            if old > size:
                continue
            proof = tree.consistency_proof(nodes, old, size)
            assert proof == other.proof(old, size)
            tree.verify_consistency(old, other.mth(0, old), size, other.mth(0, size), proof)


def test_every_consistency_proof_to_70(nodes, other):
    for size in range(71):
        for old in range(size + 1):
            proof = tree.consistency_proof(nodes, old, size)
            assert proof == other.proof(old, size)
            tree.verify_consistency(old, other.mth(0, old), size, other.mth(0, size), proof)


def test_growing_in_any_steps_gives_the_same_nodes(nodes):
    steps = random.Random(1)
    for _ in range(20):
        kept, size = Nodes(), 0
        while size < len(ENTRIES):
            more = steps.choice([0, 1, 2, 3, 40, 256, 300])
            kept.grow(size, ENTRIES[size : size + more])
            size = min(size + more, len(ENTRIES))
        assert kept.kept == nodes.kept


@pytest.fixture(scope="module")
def many():
    kept = Nodes()
    kept.grow(0, (b"%d" % number for number in range(MANY)))
    return kept


def test_seventy_thousand_leaves_equal_the_second_implementation(many):
    other = second.Tree([b"%d" % number for number in range(MANY)])
    top = other.mth(0, MANY)
    assert tree.root(many, MANY) == top
    for index in (0, 255, 256, 65_535, 65_536, 69_999):
        assert tree.inclusion_proof(many, index, MANY) == other.path(index, 0, MANY)
        tree.verify_inclusion(other.d[index], index, MANY, other.path(index, 0, MANY), top)
    for old in (1, 256, 65_535, 65_536, 65_537, 69_999):
        assert tree.consistency_proof(many, old, MANY) == other.proof(old, MANY)


def test_reads_grow_with_the_logarithm_of_the_size(many):
    def reads(work):
        many.reads = 0
        work()
        return many.reads

    assert reads(lambda: tree.root(many, MANY)) <= 17
    assert reads(lambda: tree.append(many, MANY, [bytes(32)])) <= 17
    for size, needed in ((MANY, 0), (MANY - 1, 4), (65_535, 16), (65_536, 0)):
        assert reads(lambda size=size: tree.append(many, size, [bytes(32)])) == needed
    for index in range(0, MANY, 997):
        assert reads(lambda index=index: tree.inclusion_proof(many, index, MANY)) <= 2 * 17
        assert reads(lambda index=index: tree.consistency_proof(many, index, MANY)) <= 2 * 17


def damaged(proof):
    """Every proof that differs by one bit, one hash more or less, or two swapped."""
    for at, step in enumerate(proof):
        for bit in range(256):
            flipped = bytearray(step)
            flipped[bit // 8] ^= 1 << bit % 8
            yield [*proof[:at], bytes(flipped), *proof[at + 1 :]]
        yield proof[:at] + proof[at + 1 :]
        yield [*proof[:at], step[:-1], *proof[at + 1 :]]
    for at in range(len(proof) + 1):
        yield [*proof[:at], bytes(32), *proof[at:]]
    for at in range(len(proof) - 1):
        yield [*proof[:at], proof[at + 1], proof[at], *proof[at + 2 :]]


@pytest.mark.parametrize(
    ("index", "size"), [(0, 1), (0, 2), (2, 3), (5, 13), (12, 13), (100, 257), (256, 257)]
)
def test_no_damaged_inclusion_proof_verifies(nodes, other, index, size):
    proof, found = tree.inclusion_proof(nodes, index, size), other.mth(0, size)
    for bad in damaged(proof):
        with pytest.raises(audit.BadProof):
            tree.verify_inclusion(other.d[index], index, size, bad, found)
    for wrong in {*range(-1, size + 2)} - {index}:
        with pytest.raises(audit.BadProof):
            tree.verify_inclusion(other.d[index], wrong, size, proof, found)
    for leaf, root in ((other.d[index + 1], found), (other.d[index], bytes(32))):
        with pytest.raises(audit.BadProof):
            tree.verify_inclusion(leaf, index, size, proof, root)


@pytest.mark.parametrize(
    ("old", "size"), [(1, 2), (2, 3), (4, 7), (6, 7), (7, 8), (8, 13), (200, 257), (256, 257)]
)
def test_no_damaged_consistency_proof_verifies(nodes, other, old, size):
    proof, first, last = tree.consistency_proof(nodes, old, size), other.mth(0, old), other.mth(0, size)
    for bad in damaged(proof):
        with pytest.raises(audit.BadProof):
            tree.verify_consistency(old, first, size, last, bad)
    for a, b in ((bytes(32), last), (first, bytes(32)), (last, first)):
        with pytest.raises(audit.BadProof):
            tree.verify_consistency(old, a, size, b, proof)
    with pytest.raises(audit.BadProof):
        tree.verify_consistency(size + 1, first, size, last, proof)


def test_what_is_verified_equals_the_second_implementation_for_other_indexes_and_sizes(other):
    """A proof may fit a neighbouring size too: what counts is that both agree on it."""
    for size in range(1, 40):
        for index in range(size):
            proof = other.path(index, 0, size)
            for claimed in range(max(1, size - 3), size + 4):
                expected = (
                    second.root_from_path(other.d[index], index, claimed, proof) if index < claimed else None
                )
                if expected is not None:
                    tree.verify_inclusion(other.d[index], index, claimed, proof, expected)
                else:
                    with pytest.raises(audit.BadProof):
                        tree.verify_inclusion(other.d[index], index, claimed, proof, other.mth(0, size))


def test_same_size_needs_the_same_root_and_no_proof(other):
    root = other.mth(0, 5)
    tree.verify_consistency(5, root, 5, root, [])
    tree.verify_consistency(0, audit.EMPTY_ROOT, 5, root, [])
    for old, first, proof in (
        (5, bytes(32), []),
        (5, root, [bytes(32)]),
        (0, bytes(32), []),
        (0, audit.EMPTY_ROOT, [root]),
    ):
        with pytest.raises(audit.BadProof):
            tree.verify_consistency(old, first, 5, root, proof)


def test_what_is_not_in_the_log_has_no_proof(nodes):
    for index, size in ((-1, 5), (5, 5), (0, 0)):
        with pytest.raises(audit.NotInLog):
            tree.inclusion_proof(nodes, index, size)
    for old, size in ((-1, 5), (6, 5)):
        with pytest.raises(audit.NotInLog):
            tree.consistency_proof(nodes, old, size)
