"""`.tlog-proof` files: read as written, and no damaged one verifies."""

import pytest

import audit
from audit.__main__ import main
from tests.audit import second

ENTRIES = [b"entry %d" % number for number in range(13)]


@pytest.fixture
def store(key):
    kept = audit.MemoryStore(key)
    kept.append(ENTRIES)
    return kept


def test_every_leaf_is_proven(store, key):
    for index, entry in enumerate(ENTRIES):
        proof = audit.prove(store, index)
        assert audit.Proof.parse(bytes(proof)) == proof
        assert list(proof.hashes) == second.Tree(ENTRIES).path(index, 0, 13)
        assert proof.verify(entry, key.verifier).size == 13
    with pytest.raises(audit.NotInLog):
        audit.prove(store, 13)


def test_every_bit_of_leaf_and_proof_matters(store, key):
    data, leaf = bytes(audit.prove(store, 5)), ENTRIES[5]
    for bit in range(len(data) * 8):
        bad = bytearray(data)
        bad[bit // 8] ^= 1 << bit % 8
        with pytest.raises(audit.LogFault):
            audit.Proof.parse(bytes(bad)).verify(leaf, key.verifier)
    for end in range(len(data)):
        with pytest.raises(audit.LogFault):
            audit.Proof.parse(data[:end]).verify(leaf, key.verifier)
    for other in (b"", ENTRIES[4], leaf + b"\n", leaf[:-1]):
        with pytest.raises(audit.BadProof):
            audit.Proof.parse(data).verify(other, key.verifier)


def test_extra_data_is_read_and_not_trusted(store, key):
    proof = audit.prove(store, 5)
    more = audit.Proof(proof.index, proof.hashes, proof.checkpoint, extra=b"opaque")
    read = audit.Proof.parse(bytes(more))
    assert read == more
    assert read.verify(ENTRIES[5], key.verifier).size == 13


@pytest.mark.parametrize(
    "top",
    [
        "",
        "index 5",
        "c2sp.org/tlog-proof@v1",
        "c2sp.org/tlog-proof@v2\nindex 5",
        "c2sp.org/tlog-proof@v1\nindex 05",
        "c2sp.org/tlog-proof@v1\nindex",
        "c2sp.org/tlog-proof@v1\nindex 5\nextra AA==",
        "c2sp.org/tlog-proof@v1\nextra\nindex 5",
        "c2sp.org/tlog-proof@v1\nextra AB==\nindex 5",
        "c2sp.org/tlog-proof@v1\nindex 5\nAA==",
        "c2sp.org/tlog-proof@v1\r\nindex 5",
        "c2sp.org/tlog-proof@v1\nindex 5" + ("\n" + "A" * 43 + "=") * 64,
        "c2sp.org/tlog-proof@v1\nindex 5\né",
        "\ud800",
    ],
)
def test_what_is_not_a_proof_is_refused(top, store, key):
    with pytest.raises(audit.BadProof):
        audit.Proof.parse(top.encode("utf-8", "surrogatepass") + b"\n\n" + store.checkpoint())


def test_the_command(store, key, tmp_path, capsys):
    leaf, proof, vkey = tmp_path / "leaf", tmp_path / "x.tlog-proof", tmp_path / "vkey"
    leaf.write_bytes(ENTRIES[5])
    proof.write_bytes(bytes(audit.prove(store, 5)))
    vkey.write_text(f"{key.verifier}\n")
    arguments = ["verify-proof", str(leaf), str(proof), "--vkey", str(vkey)]
    assert main(arguments) == 0
    assert "index 5 of 13" in capsys.readouterr().out
    for path, data in ((leaf, b"x" * 70_000), (leaf, b"other"), (proof, b""), (proof, b"x" * 3_000_000)):
        kept = path.read_bytes()
        path.write_bytes(data)
        assert main(arguments) == 1
        assert capsys.readouterr().err.startswith("fault: ")
        path.write_bytes(kept)
