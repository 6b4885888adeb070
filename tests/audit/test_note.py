"""Notes, keys, checkpoints, cosignatures and receipts: what is accepted is written in the one way."""

import pytest

import audit
from tests.audit import second
from tests.audit.made import ORIGIN, SEED, an_id

OTHER = audit.SigningKey("example.org/other", bytes(32))
WITNESS = audit.SigningKey("witness.example/w1", b"w" * 32, audit.COSIGNATURE)
KEY = audit.SigningKey(ORIGIN, SEED)
CHECKPOINT = audit.Checkpoint(ORIGIN, 5, bytes(32))
NOTE = audit.sign_checkpoint(CHECKPOINT, [KEY])


def test_a_note_is_read_as_written_and_agrees_with_the_second_implementation():
    data = bytes(NOTE)
    assert data == second.checkpoint(ORIGIN, SEED, 5, bytes(32))
    assert second.note_ok(data, str(KEY.verifier))
    assert audit.Note.parse(data) == NOTE
    assert audit.open_checkpoint(data, KEY.verifier) == (CHECKPOINT, NOTE)


def test_every_bit_of_a_checkpoint_matters():
    data = bytes(NOTE)
    for bit in range(len(data) * 8):
        bad = bytearray(data)
        bad[bit // 8] ^= 1 << bit % 8
        with pytest.raises(audit.LogFault):
            audit.open_checkpoint(bytes(bad), KEY.verifier)
    for end in range(len(data)):
        with pytest.raises(audit.LogFault):
            audit.open_checkpoint(data[:end], KEY.verifier)


def test_every_bit_of_a_verifier_key_matters():
    data = str(KEY.verifier).encode()
    for bit in range(len(data) * 8):
        bad = bytearray(data)
        bad[bit // 8] ^= 1 << bit % 8
        with pytest.raises((audit.BadNote, UnicodeDecodeError)):
            audit.VerifierKey.parse(bytes(bad).decode())


def test_signatures_of_others_are_ignored_but_one_must_be_ours():
    data = bytes(NOTE)
    unknown = audit.Signature("someone.example", b"\1\2\3\4", b"\x99" * 2420)
    same_name = audit.Signature(ORIGIN, b"\1\2\3\4", b"x" * 64)
    same_id = audit.Signature("elsewhere.example", KEY.verifier.key_id, b"x" * 64)
    for extra in (unknown, same_name, same_id):
        for lines in (data + extra.line.encode(), bytes(audit.Note(NOTE.text, (extra, *NOTE.signatures)))):
            assert audit.open_checkpoint(lines, KEY.verifier)[0] == CHECKPOINT
    with pytest.raises(audit.BadNote, match="no signature"):
        audit.open_checkpoint(data, OTHER.verifier)


def test_a_bad_signature_beside_a_good_one_refuses_the_note():
    bad = audit.Signature(ORIGIN, KEY.verifier.key_id, bytes(64))
    for signatures in ((*NOTE.signatures, bad), (bad, *NOTE.signatures)):
        with pytest.raises(audit.BadNote, match="does not verify"):
            audit.Note(NOTE.text, signatures).verify(KEY.verifier)


def test_a_note_may_hold_empty_lines_and_many_signatures():
    keys = [audit.SigningKey(f"k{number}.example", bytes([number]) * 32) for number in range(40)]
    note = audit.note.sign_note("one\n\n\ntwo\n", keys)
    read = audit.Note.parse(bytes(note))
    assert read.text == "one\n\n\ntwo\n"
    for key in keys:
        read.verify(key.verifier)


TEXT, LINE = NOTE.text.encode(), NOTE.signatures[0].line.encode()
WHOLE = TEXT + b"\n" + LINE


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"\n\n",
        TEXT,
        TEXT + b"\n",
        TEXT + LINE,
        WHOLE[:-1],
        WHOLE + b"\n",
        TEXT + b"\n" + LINE.replace(b"\n", b"\r\n"),
        TEXT.replace(b"\n", b"\r\n") + b"\n" + LINE,
        b"\xff" + WHOLE,
        WHOLE.replace("—".encode(), b"-"),
        WHOLE.replace(b" ", b"  "),
        TEXT + b"\n " + LINE,
        WHOLE.replace(b"=\n", b"\n"),
        WHOLE + b"junk\n",
        WHOLE + "— a+b AAAAAAA=\n".encode(),
        WHOLE + "— a AAAAAA==\n".encode(),
        WHOLE + "— a AAAAAB==\n".encode(),
        b"\0" + WHOLE,
        WHOLE + LINE * 256,
        b"x" * 1_000_001,
        LINE,
    ],
)
def test_what_is_not_a_note_is_refused(data):
    with pytest.raises(audit.BadNote):
        audit.Note.parse(data)


ROOT = "A" * 43 + "="


@pytest.mark.parametrize(
    "text",
    [
        f"o\n05\n{ROOT}\n",
        f"o\n+5\n{ROOT}\n",
        f"o\n-5\n{ROOT}\n",
        f"o\n\n{ROOT}\n",
        f"o\n\u0665\n{ROOT}\n",
        f"\n5\n{ROOT}\n",
        f"o\n5 \n{ROOT}\n",
        f"o\n{2**63}\n{ROOT}\n",
        f"o\n{'9' * 5000}\n{ROOT}\n",
        f"o\n5\n{'A' * 42}B=\n",
        f"o\n5\n{'A' * 43}\n",
        f"o\n5\n{'A' * 40}\n",
        f"o\n5\n{'A' * 44}\n",
        "o\n5\n",
        f"o\n5\n{ROOT}",
        f"o\n5\n{ROOT}\n\nmore\n",
        f"o\n0\n{ROOT}\n",
        f"o\n5\n {ROOT}\n",
        f"o\n5\n{ROOT[:-1]}-\n",
        f"o\n0x5\n{ROOT}\n",
        f"o\n5_0\n{ROOT}\n",
    ],
)
def test_what_is_not_a_checkpoint_is_refused(text):
    with pytest.raises(audit.BadNote):
        audit.Checkpoint.parse(text)


def test_extension_lines_are_kept_and_an_empty_log_has_the_empty_root():
    assert audit.Checkpoint.parse(f"o\n5\n{ROOT}\nmore\n").more == ("more",)
    empty = audit.Checkpoint("o", 0, audit.EMPTY_ROOT)
    assert audit.Checkpoint.parse(empty.text) == empty


def test_a_checkpoint_of_another_origin_is_refused():
    note = audit.sign_checkpoint(audit.Checkpoint("elsewhere.example", 5, bytes(32)), [KEY])
    with pytest.raises(audit.BadNote, match="origin"):
        audit.open_checkpoint(bytes(note), KEY.verifier)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a+b",
        "a+e791f57b+",
        "+e791f57b+AQ==",
        f"{KEY.verifier}\n",
        f" {KEY.verifier}",
        f"{KEY.verifier}=",
        str(KEY.verifier).replace("e791f57b", "E791F57B"),
        str(KEY.verifier).replace("G4", "G5"),
        "a+00000000+AQ==",
    ],
)
def test_what_is_not_a_verifier_key_is_refused(text):
    with pytest.raises(audit.BadNote):
        audit.VerifierKey.parse(text)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u00a0b", "a\u2003b", "\x00", "\ud800"])
def test_names_that_no_note_can_hold(name):
    with pytest.raises(audit.BadNote):
        audit.SigningKey(name, SEED)


def test_a_signing_key_never_shows_its_seed():
    key = audit.SigningKey(ORIGIN, b"seed" * 8)
    assert "seed" not in repr(key)
    assert str(key.verifier) in repr(key)
    for seed, kind in ((b"", 1), (bytes(31), 1), (SEED, 2)):
        with pytest.raises(audit.BadNote):
            audit.SigningKey(ORIGIN, seed, kind)


def test_keys_of_unknown_types_are_read_but_verify_nothing():
    key = audit.VerifierKey("a", 0x06, bytes(1312))
    assert audit.VerifierKey.parse(str(key)) == key
    note = audit.Note(NOTE.text, (audit.Signature("a", key.key_id, bytes(2428)),))
    with pytest.raises(audit.BadNote, match="not supported"):
        note.verify(key)


def test_the_cosignature_is_over_its_time_and_the_whole_text():
    signature = audit.cosign(NOTE, WITNESS, 1679315147)
    assert signature.blob[:8] == (1679315147).to_bytes(8, "big")
    assert len(signature.blob) == 72
    WITNESS.verifier.verify(b"cosignature/v1\ntime 1679315147\n" + NOTE.text.encode(), signature.blob[8:])
    both = audit.Note.parse(bytes(NOTE) + signature.line.encode())
    assert audit.verify_cosignatures(both, [WITNESS.verifier]) == [
        audit.Cosignature(WITNESS.verifier, 1679315147)
    ]
    assert audit.verify_cosignatures(both, [OTHER.verifier]) == []
    assert audit.open_checkpoint(bytes(both), KEY.verifier)[0] == CHECKPOINT


def test_every_bit_of_a_cosignature_matters():
    signature = audit.cosign(NOTE, WITNESS, 1679315147)
    for bit in range(len(signature.blob) * 8):
        bad = bytearray(signature.blob)
        bad[bit // 8] ^= 1 << bit % 8
        with pytest.raises(audit.BadNote):
            audit.verify_cosignatures(
                audit.Note(NOTE.text, (signature._replace(blob=bytes(bad)),)), [WITNESS.verifier]
            )
    for end in range(1, 72):
        with pytest.raises(audit.BadNote):
            audit.verify_cosignatures(
                audit.Note(NOTE.text, (signature._replace(blob=signature.blob[:end]),)), [WITNESS.verifier]
            )


def test_a_cosignature_needs_its_own_kind_of_key_and_a_time():
    for key, time in ((KEY, 1), (WITNESS, -1), (WITNESS, 2**63)):
        with pytest.raises(audit.BadNote):
            audit.cosign(NOTE, key, time)


def test_a_cosignature_beyond_the_last_time_is_refused_though_signed():
    time = 2**63
    signed = WITNESS.sign(f"cosignature/v1\ntime {time}\n{NOTE.text}".encode())
    signature = audit.Signature(WITNESS.name, WITNESS.verifier.key_id, time.to_bytes(8, "big") + signed)
    with pytest.raises(audit.BadNote, match="time"):
        audit.verify_cosignatures(audit.Note(NOTE.text, (signature,)), [WITNESS.verifier])


def test_a_receipt_goes_through_its_header():
    hashes = [audit.leaf_hash(b"a"), audit.leaf_hash(b"b")]
    receipt = audit.sign_receipt(KEY, an_id("req", 1), hashes)
    line = str(receipt)
    assert line.isascii()
    assert line.startswith(f"v1 {an_id('req', 1)} ")
    assert line.count(" ") == 3
    assert audit.Receipt.parse(line) == receipt
    audit.verify_receipt(receipt, KEY.verifier)
    assert receipt.leaves_hash == audit.leaves_hash(hashes) != audit.leaves_hash(hashes[::-1])
    with pytest.raises(audit.BadNote):
        audit.verify_receipt(receipt, OTHER.verifier)


def test_every_bit_of_a_receipt_matters():
    data = str(audit.sign_receipt(KEY, an_id("req", 1), [])).encode()
    for bit in range(len(data) * 8):
        bad = bytearray(data)
        bad[bit // 8] ^= 1 << bit % 8
        with pytest.raises((audit.BadNote, UnicodeDecodeError)):
            audit.verify_receipt(audit.Receipt.parse(bytes(bad).decode()), KEY.verifier)


def test_a_receipt_is_never_a_checkpoint():
    receipt = audit.sign_receipt(KEY, an_id("req", 1), [])
    with pytest.raises(audit.BadNote):
        audit.Checkpoint.parse(audit.receipt._message(ORIGIN, receipt.request, receipt.leaves_hash).decode())
    with pytest.raises(audit.BadNote):
        audit.sign_receipt(KEY, "5", [])
