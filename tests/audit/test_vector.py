"""The specification's test vector, to the letter."""

import audit
from audit.__main__ import main
from audit.tree import read_spans
from tests.audit import second
from tests.audit.made import ORIGIN, SEED

VKEY = "example.org/disclosures+e791f57b+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
ROOT = "NmQuc8JUCrEh46a/lUWwokmCzYMOsT080Z3jzmwCHsE="
SIGNATURE = (
    "— example.org/disclosures "
    "55H1e0iuaYl8LVtOvcaHvnuTr7WRUi2gXWI8NqnfCbfQDpzYEVEBFgccw/GAKp/5YNr/zTNDpxjkQFxix1Kv+QK8cgU=\n"
)
CHECKPOINT = f"{ORIGIN}\n3\n{ROOT}\n\n{SIGNATURE}".encode()
PROOF = b"c2sp.org/tlog-proof@v1\nindex 2\nsTeYX/SE+2ANuTEHx3sDZcgNePW0Kd7Q/Zc2HQd5mes=\n\n" + CHECKPOINT


def three(key):
    store = audit.MemoryStore(key)
    store.append([b"a", b"b", b"c"])
    return store


def test_the_key_is_written_and_read(key):
    assert str(key.verifier) == VKEY == second.vkey(ORIGIN, SEED)
    assert audit.VerifierKey.parse(VKEY) == key.verifier


def test_the_checkpoint_is_the_same_byte_for_byte(key):
    store = three(key)
    assert store.checkpoint() == CHECKPOINT
    assert second.note_ok(store.checkpoint(), VKEY)


def test_bundle_and_tile(key, tmp_path):
    audit.export_log(three(key), tmp_path / "log", key.verifier)
    assert (tmp_path / "log/tile/entries/000.p/3").read_bytes().hex() == "000161000162000163"
    tile = (tmp_path / "log/tile/0/000.p/3").read_bytes().hex()
    assert [tile[at : at + 8] for at in (0, 64, 128)] == ["022a6979", "57eb3561", "597fcb31"]
    assert [tile[at - 6 : at] for at in (64, 128, 192)] == ["24f93c", "7b6a31", "f876d8"]


def test_the_proof_of_index_2(key):
    store = three(key)
    assert bytes(audit.prove(store, 2)) == PROOF
    assert audit.Proof.parse(PROOF).verify(b"c", key.verifier).size == 3
    assert read_spans(store.node, []) == []


def test_a_folder_written_by_hand_verifies_from_the_command_line(tmp_path, capsys):
    folder = tmp_path / "log"
    for path, data in second.files([b"a", b"b", b"c"]).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    (folder / "checkpoint").write_bytes(CHECKPOINT)
    (tmp_path / "vkey").write_text(VKEY)
    (tmp_path / "leaf").write_bytes(b"c")
    (tmp_path / "c.tlog-proof").write_bytes(PROOF)
    given = ["--vkey", str(tmp_path / "vkey")]
    assert main(["verify", str(folder), *given]) == 0
    assert main(["verify-proof", str(tmp_path / "leaf"), str(tmp_path / "c.tlog-proof"), *given]) == 0
    assert ROOT in capsys.readouterr().out


def test_the_examples_of_the_c2sp_pages():
    key = audit.VerifierKey.parse("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
    note = (
        "This is an example message.\n\n— example.com/foo "
        "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
    )
    audit.Note.parse(note.encode()).verify(key)
    note = (
        "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n"
        "— quasimodo.example/salvatore "
        "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
    )
    assert bytes(audit.Note.parse(note.encode())) == note.encode()
