"""A witness cosigns what goes on and nothing else: each answer of tlog-witness, crossings, being killed."""

import hashlib
import http.client
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import audit
from audit.witness import Witness, parse_request
from audit.witness_state import StateFile, key_for, parse_signing_key, signing_key_text
from tests.audit.made import ORIGIN, SEED
from tests.audit.second import Tree

NAME = "witness.police.example/1"
NOW = 1_795_000_000
ROOT = Path(__file__).resolve().parents[2]


class Log:
    """A log of numbered leaves that can be asked for at any size, and can be made to fork."""

    def __init__(self, key=None, mark=b"", count=80):
        self.key = key or audit.SigningKey(ORIGIN, SEED)
        self.entries = [b"%s%d" % (mark, number) for number in range(count)]

    def note(self, size, **changes):
        root = hashlib.sha256(b"").digest() if size == 0 else Tree(self.entries[:size]).mth(0, size)
        values = {"origin": self.key.name, "size": size, "root": root, **changes}
        text = f"{values['origin']}\n{values['size']}\n{audit.encoding.to_base64(values['root'])}\n"
        return bytes(audit.note.sign_note(text, [self.key]))

    def request(self, old, size, proof=None, note=None):
        steps = Tree(self.entries[:size]).proof(old, size) if proof is None else proof
        lines = [f"old {old}", *map(audit.encoding.to_base64, steps)]
        return ("\n".join(lines) + "\n\n").encode() + (note or self.note(size))


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def files(tmp_path):
    return tmp_path / "key", tmp_path / "state"


@pytest.fixture
def make(files, log):
    """Opens the witness anew, as after a start; the state is let go of at the end."""
    opened = []

    def make(logs=None):
        while opened:
            opened.pop().close()
        key = key_for(*files, NAME)
        memory = StateFile.open(files[1], str(key.verifier))
        opened.append(memory)
        known = logs or [log.key.verifier]
        return Witness(key, known, memory, clock=lambda: NOW, tell=memory.refused)

    yield make
    while opened:
        opened.pop().close()


def cosigned(note, answer, vkey):
    """Whether the answer is a cosignature of `vkey` over `note`, as its client would see it."""
    whole = audit.Note.parse(note + answer.body)
    return [(one.key, one.time) for one in audit.verify_cosignatures(whole, [vkey])] == [(vkey, NOW)]


@pytest.mark.parametrize("sizes", [(0, 1, 2, 3), (5, 5, 64, 80), (0, 0, 7), (1, 80)])
def test_it_cosigns_what_goes_on(make, log, files, sizes):
    witness, old = make(), 0
    for size in sizes:
        answer = witness.add_checkpoint(log.request(old, size))
        assert answer.status == 200, answer.body
        assert cosigned(log.note(size), answer, key_for(*files, None).verifier)
        old = size


def test_what_it_has_seen_outlives_it(make, log):
    assert make().add_checkpoint(log.request(0, 9)).status == 200
    again = make()
    assert again.add_checkpoint(log.request(0, 9)).body == b"9\n"
    assert again.add_checkpoint(log.request(9, 20)).status == 200


def test_another_size_than_it_saw_is_a_conflict(make, log):
    witness = make()
    witness.add_checkpoint(log.request(0, 9))
    for old, size in ((0, 9), (8, 9), (0, 20), (10, 20)):
        answer = witness.add_checkpoint(log.request(old, size))
        assert (answer.status, answer.kind, answer.body) == (409, "text/x.tlog.size", b"9\n")


def test_a_rollback_gets_no_cosignature(make, log):
    witness = make()
    witness.add_checkpoint(log.request(0, 9))
    assert witness.add_checkpoint(log.request(5, 5)).status == 409
    assert witness.add_checkpoint(log.request(9, 5, proof=[])).status == 400
    assert witness.add_checkpoint(log.request(9, 9)).status == 200


@pytest.mark.parametrize(("old", "size"), [(9, 9), (9, 20), (8, 16)])
def test_a_fork_gets_no_cosignature_and_is_kept_as_evidence(make, log, files, old, size):
    witness, fork = make(), Log(mark=b"other")
    witness.add_checkpoint(log.request(0, old))
    before = files[1].read_bytes()
    assert witness.add_checkpoint(fork.request(old, size)).status == 422
    assert files[1].read_bytes() == before
    assert fork.note(size).decode().splitlines()[2] in files[1].with_name("state.refused").read_text()


def test_a_proof_that_proves_nothing(make, log):
    witness = make()
    proof = Tree(log.entries[:20]).proof(9, 20)
    assert witness.add_checkpoint(log.request(0, 9, proof=proof)).status == 422  # from nothing, no proof
    assert witness.add_checkpoint(log.request(0, 9)).status == 200
    for bad in ([], proof[1:], proof[::-1], [*proof, proof[0]], [b"\0" * 32, *proof[1:]]):
        assert witness.add_checkpoint(log.request(9, 20, proof=bad)).status == 422
    assert witness.add_checkpoint(log.request(9, 9, proof=proof)).status == 422
    assert witness.add_checkpoint(log.request(9, 20, proof=proof)).status == 200


def test_an_empty_log_has_the_root_of_the_empty_tree(make, log):
    note = log.note(0, root=b"\1" * 32)
    assert make().add_checkpoint(log.request(0, 0, note=note)).status == 422
    assert make().add_checkpoint(log.request(0, 0)).status == 200


def test_an_unknown_log_is_not_found(make, log):
    other = Log(audit.SigningKey("example.org/other", SEED))
    assert make().add_checkpoint(other.request(0, 3)).status == 404


def test_another_key_is_forbidden(make, log):
    stranger = Log(audit.SigningKey(ORIGIN, bytes(32)))
    assert make().add_checkpoint(stranger.request(0, 3)).status == 403
    spoilt = bytearray(log.note(3))
    at = spoilt.index(b"\n\n") + 30
    spoilt[at + 20] = ord("A") if spoilt[at + 20] != ord("A") else ord("B")
    answer = make().add_checkpoint(log.request(0, 3, note=bytes(spoilt)))
    assert answer.status in {400, 403}


def test_signatures_of_others_are_ignored_and_not_kept(make, log, files):
    stranger = audit.SigningKey("somebody.example", bytes(32))
    note = audit.Note.parse(log.note(3))
    more = audit.note.sign_note(note.text, [stranger]).signatures
    both = bytes(audit.Note(note.text, (*more, *note.signatures)))
    assert make().add_checkpoint(log.request(0, 3, note=both)).status == 200
    assert b"somebody" not in files[1].read_bytes()


def test_two_keys_of_one_log(make, log):
    second = Log(audit.SigningKey(ORIGIN, bytes(range(1, 33))))
    witness = make([log.key.verifier, second.key.verifier])
    assert witness.add_checkpoint(log.request(0, 3)).status == 200
    assert witness.add_checkpoint(second.request(3, 9)).status == 200


def malformed(log):
    good = log.request(0, 3)
    yield from (b"", b"old 0", b"old 0\n", good[4:], good.replace(b"old 0", b"old 00"))
    yield from (good.replace(b"old 0", b"old -1"), good.replace(b"\n\n", b"\n", 1), good[:-1], good + b"x")
    yield log.request(0, 3, proof=[bytes(32)] * 64)
    yield good.replace(b"old 0\n", b"old 0\nAAAA\n")
    yield good.replace(b"\n3\n", b"\n03\n")
    yield b"old 0\n\xff\n\n" + log.note(3)


def test_what_is_not_in_the_form_is_bad(make, log):
    witness = make()
    for body in malformed(log):
        assert witness.add_checkpoint(body).status == 400, body
    assert parse_request(log.request(0, 3)).old == 0


def test_its_last_checkpoint_can_be_read(make, log):
    witness = make()
    which = hashlib.sha256(ORIGIN.encode()).hexdigest()
    assert witness.checkpoint(which).status == 404
    witness.add_checkpoint(log.request(0, 3))
    note = audit.Note.parse(witness.checkpoint(which).body)
    assert audit.Checkpoint.parse(note.text).size == 3
    assert len(note.signatures) == 2
    assert witness.checkpoint("0" * 64).status == 404


def test_of_many_at_once_one_is_cosigned(make, log):
    witness = make()
    forks = [Log(mark=b"%d/" % number) for number in range(16)]
    answers = []
    threads = [
        threading.Thread(target=lambda one=one: answers.append(witness.add_checkpoint(one.request(0, 9))))
        for one in forks
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status for answer in answers) == [200, *[409] * 15]


# --- its files --------------------------------------------------------------------------------------------


def test_its_key_is_for_its_owner_alone_and_reads_back(files):
    key = key_for(*files, NAME)
    assert files[0].stat().st_mode & 0o777 == 0o600
    assert key_for(*files, None).verifier == key.verifier
    text = files[0].read_text().strip()
    assert signing_key_text(key, audit.encoding.from_base64(text.split("+", 4)[4], "")[1:]) == text
    with pytest.raises(audit.BadNote):
        parse_signing_key(text.replace("police", "homes"))
    files[0].chmod(0o640)
    with pytest.raises(audit.BadFolder, match="chmod 600"):
        key_for(*files, None)


def test_a_witness_that_forgot_does_not_cosign(make, log, files):
    make().add_checkpoint(log.request(0, 9))
    files[1].unlink()
    with pytest.raises(audit.BadFolder, match="must not cosign"):
        make()


@pytest.mark.parametrize("spoil", [b"", b"{}", b'{"v": 1, "witness": "x", "logs": {}}', b"\0\1"])
def test_a_state_that_is_not_its_own_is_refused(make, files, spoil):
    make()
    files[1].write_bytes(spoil)
    with pytest.raises(audit.BadFolder):
        make()


def test_two_processes_do_not_share_a_state(make, files):
    make()
    with pytest.raises(audit.BadFolder, match="another process"):
        StateFile.open(files[1], "whoever")


def test_what_cannot_be_kept_is_not_cosigned(make, log, monkeypatch):
    witness = make()

    def full(_path, _content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("audit.witness_state.replace", full)
    with pytest.raises(OSError, match="space"):
        witness.add_checkpoint(log.request(0, 9))
    monkeypatch.undo()
    assert witness.add_checkpoint(log.request(0, 5)).status == 200


# --- the program ------------------------------------------------------------------------------------------


class Running:
    """`python -m audit witness` in a process of its own."""

    def __init__(self, folder, vkey_file):
        command = [sys.executable, "-m", "audit", "witness", "--listen", "127.0.0.1:0", "--name", NAME]
        command += ["--key", str(folder / "key"), "--state", str(folder / "state"), "--log", str(vkey_file)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.vkey = audit.VerifierKey.parse(self.process.stdout.readline().split()[1])
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[1])

    def post(self, body, path="/add-checkpoint"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("POST", path, body)
            answer = connection.getresponse()
            return answer.status, answer.getheader("Content-Type"), answer.read()
        finally:
            connection.close()

    def kill(self, number=signal.SIGKILL):
        os.kill(self.process.pid, number)
        status = self.process.wait(20)
        self.process.stdout.close()
        return status


@pytest.fixture
def vkey_file(tmp_path, log):
    path = tmp_path / "vkey"
    path.write_text(f"{log.key.verifier}\n")
    return path


def test_the_program_answers_and_ends_when_told(tmp_path, vkey_file, log):
    running = Running(tmp_path, vkey_file)
    try:
        status, _, body = running.post(log.request(0, 3))
        note = audit.Note.parse(log.note(3) + body)
        assert status == 200
        assert [one.key for one in audit.verify_cosignatures(note, [running.vkey])] == [running.vkey]
        assert running.post(log.request(0, 3)) == (409, "text/x.tlog.size", b"3\n")
        assert running.post(b"x" * 300_000)[0] == 400
        assert running.post(log.request(3, 3), "/elsewhere")[0] == 404
    finally:
        assert running.kill(signal.SIGTERM) == 0


def killed(folder, vkey_file, log, rounds):
    """Kill it while it is asked, then ask again: it never forgets what it answered, nor takes a fork."""
    fork, seen = Log(log.key, b"fork", len(log.entries)), 0
    for turn in range(rounds):
        running = Running(folder, vkey_file)
        timer = threading.Timer(0.003 * (turn % 9), running.kill)
        try:
            status, _, body = running.post(log.request(seen, seen))
            told = int(body) if status == 409 else seen
            assert told >= seen  # it may have kept one whose answer was lost, never fewer
            seen = told
            if seen:
                assert running.post(fork.request(seen, seen + 1))[0] == 422
            assert running.post(log.request(seen, seen + 1))[0] == 200
            seen += 1
            timer.start()
            for _ in range(8):
                if running.post(log.request(seen, seen + 1))[0] == 200:
                    seen += 1
        except (OSError, http.client.HTTPException):
            pass
        finally:
            timer.join() if timer.ident else running.kill()
    return seen


@pytest.mark.slow
def test_killed_it_remembers(tmp_path, vkey_file, log):
    assert killed(tmp_path, vkey_file, log, 6) >= 6


@pytest.mark.soak
def test_killed_often_it_remembers(tmp_path, vkey_file, log):
    log = Log(log.key, count=1200)
    killed(tmp_path, vkey_file, log, 100)
