"""`conference consent diff`: what comes out, where, and the exit status."""

import io
import json

import pytest

import consent
from consent import commands
from consent.commands import diff_lines
from tests.consent.examples import a_policy, a_rule


@pytest.fixture(autouse=True)
def _no_time_passes(monkeypatch):
    """However slow the machine: what is said once a second is not said, unless a test lets time pass."""
    monkeypatch.setattr(commands, "time", type("T", (), {"monotonic": lambda: 0.0}))


@pytest.fixture
def write(tmp_path):
    def written(name, policy):
        path = tmp_path / name
        path.write_text(json.dumps(policy), encoding="utf-8")
        return path

    return written


def run(old, new):
    out, err = io.BytesIO(), io.BytesIO()
    return diff_lines(old, new, stdout=out, stderr=err), out.getvalue(), err.getvalue()


def test_nothing_differs(write):
    path = write("one", a_policy())
    assert run(path, path) == (0, b"", b"")


def test_a_rise_is_told_and_exits_1_a_fall_only_told(write):
    less, more = (
        write("less", a_policy(rules=[])),
        write("more", a_policy(rules=[a_rule(subjects=["victim"])])),
    )
    status, out, err = run(less, more)
    assert (status, err) == (1, b"")
    lines = [json.loads(line) for line in out.decode().splitlines()]
    policies = consent.load(less.read_bytes()), consent.load(more.read_bytes())
    assert lines == [one.as_json() for one in consent.diff(*policies)]
    assert lines[0] == {
        "cell": {
            "owner": "almo",
            "recipient": "police",
            "role": "other",
            "purpose": "harm",
            "class": "health",
            "subject": "victim",
            "word": "granted",
            "approvals": 0,
            "at": "2026-01-01T00:00:00.000000Z",
        },
        "from": "none",
        "to": "full",
    }
    status, out, err = run(more, less)
    assert (status, err) == (0, b"")
    assert len(out.splitlines()) == len(lines)


def test_one_rise_among_falls_is_enough(write):
    falls, rises = a_rule(id="r-1", purposes=["harm"]), a_rule(id="r-2", purposes=["help"])
    old = write("old", a_policy(rules=[falls, rises | {"level": "presence"}]))
    new = write("new", a_policy(rules=[falls | {"level": "presence"}, rises]))
    assert run(old, new)[0] == run(new, old)[0] == 1


def test_names_are_utf_8(write):
    agencies = a_policy()["agencies"] | {"Zoë": {"kind": "housing", "sector": "public"}}
    _, out, _ = run(write("old", a_policy()), write("new", a_policy(agencies=agencies)))
    assert "Zoë".encode() in out


def test_with_a_broken_policy_faults_are_said_of_both_and_nothing_is_compared(write, tmp_path):
    fine, broken = write("fine", a_policy(rules=[])), write("broken", a_policy(version="", colour=1))
    faults = [
        f"{broken}: colour: unknown key",
        f"{broken}: version: must be a non-empty string of valid Unicode",
    ]
    status, out, err = run(fine, broken)
    assert (status, out, sorted(err.decode().splitlines())) == (2, b"", faults)
    status, out, err = run(f"{tmp_path}/\ud800", fine)
    assert (status, out) == (2, b"")
    assert err.startswith(f"{tmp_path}/\\ud800: policy: cannot be read: ".encode())
    status, out, err = run(broken, tmp_path / "absent")
    assert (status, out) == (2, b"")
    *first, last = err.decode().splitlines()
    assert sorted(first) == faults
    assert last == f"{tmp_path / 'absent'}: policy: cannot be read: No such file or directory"


def test_more_approvals_than_anybody_can_give_are_not_counted_through(write):
    fine, many = write("fine", a_policy(rules=[a_rule(approvals=99)])), a_rule(approvals=100)
    too_many = write("many", a_policy(rules=[a_rule(id="r-0"), many]))
    fault = b"rules[1].approvals: more than 99 cannot be compared\n"
    assert run(fine, too_many) == run(too_many, fine) == (2, b"", fault)
    assert run(fine, fine) == (0, b"", b"")


def test_progress_is_said_once_a_second(write, monkeypatch):
    seconds = iter([0.0, 0.4, 0.8, *[1.0] * 2, *[1.9] * 20])
    monkeypatch.setattr(commands, "time", type("T", (), {"monotonic": lambda: next(seconds)}))
    path = write("one", a_policy())
    assert run(path, path) == (0, b"", b"3 of 12 pairs of class and purpose compared\n")
