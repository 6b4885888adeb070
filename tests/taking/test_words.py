"""Who may know of what was said: generated stories against a plain reading, and two worlds for one viewer."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from conference.cases.models import Case
from conference.sharing.taking.models import Outcome
from conference.sharing.taking.services import name_unsafe, record_unanswered
from conference.sharing.taking.shown import State, consents_for
from conference.sharing.taking.taken import Taken
from conference.web import parts_of
from tests.support.client import without_tokens
from tests.support.world import by, told
from tests.taking.conftest import TURNS, Support, close, copy_of, main

TAB = "/cases/{case}/consents"


# --- a withdrawn grant never shows again --------------------------------------------------------------------


@dataclass
class Spoken:
    """One thing that was said, in a plain reading of the law."""

    id: str
    at: datetime
    grants: bool
    by: str
    withdrawn: datetime | None = None

    @property
    def heard(self) -> tuple[datetime, bool] | None:
        """When it was said for the last time, and whether that was a yes; None for a no taken back."""
        if self.withdrawn is None:
            return self.at, self.grants
        return (self.withdrawn, False) if self.grants else None


steps = st.lists(
    st.one_of(
        st.tuples(st.just("grant"), st.sampled_from(["n-rep", "v-idva", "h-rep"])),
        st.tuples(st.just("refuse"), st.sampled_from(["n-rep", "v-idva", "p-rep"])),
        st.tuples(st.just("withdraw"), st.integers(0, 5)),
    ),
    min_size=1,
    max_size=6,
)


@pytest.mark.slow
@given(story=steps)
@settings(max_examples=8)
def test_what_counts_is_what_was_said_last_and_a_withdrawn_grant_never_shows_again(
    told_once: Support, story: list[tuple[str, object]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        support = copy_of(told_once, Path(folder))
        said: list[Spoken] = []
        for what, which in story:
            support.later(minutes=1)
            if what == "withdraw":
                standing = [one for one in said if one.withdrawn is None]
                if standing:
                    chosen = standing[int(str(which)) % len(standing)]
                    support.withdrawn(chosen.id)
                    chosen.withdrawn = support.now
            else:
                made = support.said(str(which), decision=what)
                said.append(Spoken(made, support.now, what == "grant", str(which)))
            check(support, said)
        close(support)


def check(support: Support, said: list[Spoken]) -> None:
    """What Homes is shown, by the door and in the tab, is what the last word says."""
    heard = [one.heard for one in said if one.heard is not None]
    is_yes = bool(heard) and max(heard)[1]
    assert ("health.physical" in support.shown("h-rep")) is is_yes
    lines = {line.id: line for line in seen_by(support, "h-rep")}
    for one in said:
        if one.by == "h-rep":
            assert (lines[one.id].state is State.WITHDRAWN) is (one.withdrawn is not None)
        elif one.id in lines:
            assert one.grants
            assert one.withdrawn is None
            assert lines[one.id].may_withdraw
    others = [one for one in said if one.by != "h-rep" and one.id in lines]
    last = max((one for one in said if one.heard), key=lambda one: one.heard, default=None)
    assert [one.id for one in others] == ([last.id] if is_yes and last.by != "h-rep" else [])


def seen_by(support: Support, who: str) -> list:
    with told(f"seen {next(TURNS)}", support.now), support.world.database.write() as session:
        case = session.get_one(Case, support.case_id)
        return consents_for(session, support.world.viewer(who), case, at=support.now)


# --- who may know of what -----------------------------------------------------------------------------------


def test_each_sees_what_was_said_to_them_and_what_lets_them_be_told(support: Support) -> None:
    given_ = support.said(
        "n-rep",
        recipients=["homes", "police"],
        classes=["health", "care"],
        **{"except": [{"decision": "refuse", "classes": ["health.mental"]}]},
    )
    support.later(minutes=1)
    refused = support.said("p-rep", decision="refuse", recipients=["*"], classes=["offending"])
    childs = support.said("n-rep", person="child", recipients=["police"])
    seen = {who: {line.id for line in seen_by(support, who)} for who in ("n-rep", "h-rep", "p-rep", "v-idva")}
    assert seen == {
        "n-rep": {given_, childs},
        "h-rep": {given_},
        "p-rep": {given_, refused, childs},
        "v-idva": {given_, refused},
    }
    assert seen_by(support, "s-chair") == seen_by(support, "s-coord") == []
    [own] = seen_by(support, "h-rep")
    assert (own.recipients, own.classes, own.left_out) == (("homes",), ("health", "care"), ())
    assert (own.agency, own.recorded_by, own.how) == (None, None, None)
    page = main(support.get("h-rep", TAB))
    assert "Leila Haddad agrees that Northmoor Homes may be told some things about health and care" in page
    for hidden in ("Police", "mental", "Kiran", "Told at the desk", "offending"):
        assert hidden not in page
    assert "Told at the desk" in main(support.get("n-rep", TAB))
    assert "Told at the desk" not in main(support.get("v-idva", TAB)), "how it was asked stays where it was"
    assert "No consents are shown to you in this case." in main(support.get("s-chair", TAB))


def test_the_same_word_twice_replaces_the_first(support: Support) -> None:
    first = support.said("n-rep")
    support.later(minutes=1)
    second = support.said("n-rep")
    states = {line.id: line.state for line in seen_by(support, "n-rep")}
    assert states == {first: State.SUPERSEDED, second: State.GIVEN}
    assert [line.id for line in seen_by(support, "h-rep")] == [second]


WATCHERS = ("h-rep", "n-rep", "s-chair", "s-coord", "p-ref")


@pytest.mark.slow
def test_two_worlds_that_differ_in_what_others_were_told_are_one(told_once: Support, tmp_path: Path) -> None:
    """Refusals, grants to others, withdrawals, unsafe and unable: no other page shows a trace of them."""
    seen = []
    for number in (0, 1):
        support = copy_of(told_once, tmp_path / str(number))
        support.said("n-rep", seed="known", recipients=["homes", "nhs"], until="2027-06-01T00:00:00Z")
        support.later(minutes=1)
        if number:
            _secrets(support)
        else:
            for _ in range(3):
                support.later(minutes=1)
        seen.append(_walk(support))
        close(support)
    for first, second in zip(*seen, strict=True):
        assert first == second


def _secrets(support: Support) -> None:
    """Said to the IDVA: a no to the police, a yes for them, one taken back, an unsafe time."""
    support.said("v-idva", decision="refuse", recipients=["police"], classes=["offending", "health"])
    support.later(minutes=1)
    given_ = support.said("v-idva", recipients=["police"], classes=["care"], until="2027-06-01T00:00:00Z")
    support.later(minutes=1)
    support.withdrawn(given_)
    support.later(minutes=1)
    with told("secret", support.now), support.world.database.write() as session:
        case, actor = session.get_one(Case, support.case_id), by(support.world, "v-idva")
        how, who = Taken(safe=False), support.people["victim"]
        record_unanswered(session, case, who, outcome=Outcome.UNSAFE, how=how, by=actor, at=support.now)
        name_unsafe(session, case, [support.people["other"]], by=actor, at=support.now)


def _walk(support: Support) -> list[tuple[object, ...]]:
    """The tab, the case and the questions as five people get them: bytes, and the number of statements."""
    counted = {"statements": 0}
    support.client("h-rep")
    engine = parts_of(support.app).database.engine

    def count(*_args: object) -> None:
        counted["statements"] += 1

    event.listen(engine, "before_cursor_execute", count)
    out: list[tuple[object, ...]] = []
    for who in WATCHERS:
        support.client(who)
        pages = [("GET", TAB, {}), ("GET", "/cases/{case}", {}), ("GET", "/", {})]
        if who in {"h-rep", "n-rep", "p-ref"}:
            pages += [
                ("POST", f"{TAB}/begin", {}),
                ("POST", f"{TAB}/ask/person", {"person": support.people["victim"]}),
                *(("GET", f"{TAB}/ask/{step}", {}) for step in ("person", "safe")),
            ]
        for number, (method, path, form) in enumerate(pages):
            counted["statements"] = 0
            answer = support.ask(who, method, path, form, f"{who} {number}")
            body = without_tokens(answer.get_data())
            out.append((who, path, answer.status_code, body, counted["statements"]))
    return out
