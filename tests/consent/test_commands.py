"""`conference consent check` and `decide`: what goes in, what comes out, and the exit status."""

import io
import json

import pytest

import consent
from consent.commands import check, decide_lines
from tests.consent.examples import a_policy, a_request


@pytest.fixture
def policy_file(tmp_path):
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(a_policy(version="Zoë 1")), encoding="utf-8")
    return path


@pytest.fixture
def broken_file(tmp_path):
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(a_policy(version="", colour="\ud800")), encoding="utf-8")
    return path


def answers(path, stdin):
    out, err = io.BytesIO(), io.BytesIO()
    status = decide_lines(path, stdin=io.BytesIO(stdin), stdout=out, stderr=err)
    assert (status, err.getvalue()) == (0, b"")
    assert out.getvalue() == b"" or out.getvalue().endswith(b"\n")
    return [json.loads(line) for line in out.getvalue().decode("utf-8").splitlines()]


def test_check_says_nothing_about_a_sound_policy(policy_file):
    err = io.BytesIO()
    assert (check(policy_file, err=err), err.getvalue()) == (0, b"")


def test_check_says_each_fault_on_a_line(broken_file):
    err = io.BytesIO()
    assert check(broken_file, err=err) == 2
    assert err.getvalue().decode().splitlines() == [
        "colour: unknown key",
        "version: must be a non-empty string of valid Unicode",
    ]


@pytest.mark.parametrize("name", ["missing.json", ".", "a\0b", "missing\ud800"])
def test_a_policy_that_cannot_be_read_is_broken(tmp_path, name):
    err = io.BytesIO()
    assert check(f"{tmp_path}/{name}", err=err) == 2
    assert err.getvalue().startswith(b"policy: cannot be read: ")


def test_nothing_is_decided_with_a_broken_policy(broken_file):
    out, err = io.BytesIO(), io.BytesIO()
    assert decide_lines(broken_file, stdin=io.BytesIO(b"{}\n"), stdout=out, stderr=err) == 2
    assert out.getvalue() == b""
    assert b"colour" in err.getvalue()


def test_each_line_has_its_answer_in_order(policy_file):
    requests = [
        a_request(**{"class": name}) for name in ("identity.name", "health.mental", "identity", "nothing")
    ]
    stdin = "".join(json.dumps(request) + "\n" for request in requests).encode()
    policy = consent.load(policy_file.read_bytes())
    assert answers(policy_file, stdin) == [consent.decide(policy, request).as_json() for request in requests]


LINE = json.dumps(a_request(owner="almo")).encode()
OWN = "own"


@pytest.mark.parametrize(
    ("stdin", "reasons"),
    [
        pytest.param(b"", [], id="nothing"),
        pytest.param(b"\n", ["incomplete"], id="an-empty-line"),
        pytest.param(LINE + b"\n", [OWN], id="one-line"),
        pytest.param(LINE, [OWN], id="a-last-line-without-its-line-feed"),
        pytest.param(LINE + b"\n\n" + LINE + b"\n", [OWN, "incomplete", OWN], id="an-empty-line-between"),
        pytest.param(LINE + b"\r\n", [OWN], id="a-carriage-return-is-white-space"),
        pytest.param(LINE + b"\x0b\n" + LINE + b"\n", ["incomplete", OWN], id="a-vertical-tab-is-neither"),
        pytest.param(b"{\n}\n", ["incomplete", "incomplete"], id="an-object-over-two-lines"),
        pytest.param(b"[" + LINE + b"]\n", ["incomplete"], id="a-list"),
        pytest.param(LINE + LINE + b"\n", ["incomplete"], id="two-objects"),
        pytest.param(b'null\n7\n"x"\nNaN\n', ["incomplete"] * 4, id="no-objects"),
        pytest.param(b"\xff\n" + LINE + b"\n", ["incomplete", OWN], id="not-utf-8"),
        pytest.param(b"\xef\xbb\xbf" + LINE + b"\n", ["incomplete"], id="byte-order-mark"),
        pytest.param(b"[" * 100_000 + b"\n" + LINE + b"\n", ["incomplete", OWN], id="deep"),
        pytest.param(b"9" * 9_999 + b"\n", ["incomplete"], id="endless-number"),
        pytest.param(LINE[:-1] + b', "owner": "police"}\n', ["incomplete"], id="a-key-twice"),
    ],
)
def test_lines(policy_file, stdin, reasons):
    assert [told["reason"] for told in answers(policy_file, stdin)] == reasons


def test_an_answer_is_given_before_the_next_line_is_read(policy_file):
    out = io.BytesIO()

    def lines():
        yield LINE + b"\n"
        assert out.getvalue().count(b"\n") == 1
        yield LINE + b"\n"

    assert decide_lines(policy_file, stdin=lines(), stdout=out, stderr=io.BytesIO()) == 0
    assert out.getvalue().count(b"\n") == 2


def test_answers_are_utf_8(policy_file):
    out = io.BytesIO()
    decide_lines(policy_file, stdin=io.BytesIO(b"\n"), stdout=out, stderr=io.BytesIO())
    assert "Zoë 1".encode() in out.getvalue()
