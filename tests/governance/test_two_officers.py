"""No order of edits, acceptances and publishing shows more than two people and each exposed officer said."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

import consent
from conference.errors import ConferenceError
from conference.sharing import versions
from conference.sharing.drafts import publishing, rebasing
from conference.sharing.drafts import services as drafts
from tests.governance.rules import ARREARS, LATER, changing, small
from tests.support.world import HOME, World, copied, make

OFFICERS = {"h-ig": "homes", "n-ig": "nhs", "p-ig": "police"}
PEOPLE = st.sampled_from([*OFFICERS, "h-ig", "n-ig", "h-rep"])
CONTENT = st.sampled_from(
    [
        ARREARS,
        {**ARREARS, "recipients": {"agencies": ["nhs", "police"], "roles": ["representative"]}},
        {**ARREARS, "consent": "required"},
        {**ARREARS, "recipients": {"agencies": ["nhs", "police"], "roles": ["observer"]}},
        {**ARREARS, "owners": {"agencies": ["homes", "nhs"]}, "basis": "CONS", "classes": ["dash.score"]}
        | {"recipients": {"agencies": ["police"], "roles": ["observer"]}},
        {**ARREARS, "effect": "forbid", "level": None, "basis": None, "consent": None},
        {**ARREARS, "owners": None, "recipients": {"agencies": ["police"]}, "basis": "CONS"},
    ]
)
WORDS = ("agreed", "refused", "silent")


def shown(document: str) -> dict[tuple[str, ...], consent.Level]:
    """Every cell of a policy, decided one by one: the second reading, which knows nothing of comparing."""
    said = json.loads(document)
    always = {"from": "2026-01-01T00:00:00Z", "until": "2030-01-01T00:00:00Z"}
    times = {"given_at": always["from"], "recorded_at": always["from"], **always}
    about = {"purposes": said["purposes"], "classes": [one["name"] for one in said["classes"]]}
    policy = consent.extend(
        consent.load(document),
        consents=[
            {"id": "a", "person": "agreed", "decision": "grant", "recipients": [*said["agencies"]]}
            | {**times, **about},
            {"id": "r", "person": "refused", "decision": "refuse", "recipients": ["*"]} | {**times, **about},
        ],
    )
    at = (LATER + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    levels = {}
    for owner in said["agencies"]:
        for agency in said["agencies"]:
            if owner == agency:
                continue
            for class_name in ("tenancy.arrears", "dash.score", "conference.note"):
                for purpose in said["purposes"]:
                    for role in ("representative", "observer"):
                        for word in WORDS:
                            request = {
                                "at": at,
                                "purpose": purpose,
                                "owner": owner,
                                "class": class_name,
                                "offered": "full",
                                "subjects": [{"person": word, "role": "victim"}],
                                "recipient": {"agency": agency, "roles": [role], "excluded": False},
                            }
                            cell = (owner, agency, class_name, purpose, role, word)
                            levels[cell] = consent.decide(policy, request).level
    return levels


class Officers(RuleBasedStateMachine):
    """Anybody tries anything; what was published is looked at from outside."""

    drafts = Bundle("drafts")
    told: World  # told once, copied for each run

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="officers-"))
        self.world = copied(self.told, self.folder)
        self.minutes = 0
        self.accepted: set[tuple[str, str, str]] = set()
        self.looked_at = self.in_force()
        self.before = shown(self.looked_at)

    def teardown(self) -> None:
        self.world.database.close()
        shutil.rmtree(self.folder)

    def in_force(self) -> str:
        with self.world.database.read() as session:
            return versions.versions(session, HOME)[0].document

    def content(self, draft: str) -> str:
        with self.world.database.read() as session:
            return drafts.find(session, self.world.viewer("h-ig"), draft).document

    def tried(self, act: Any, who: str, *args: Any, **more: Any) -> Any:
        """What it gave; None where it was refused."""
        self.minutes += 1
        at = LATER + timedelta(minutes=self.minutes)
        try:
            with changing(self.world, at) as session:
                return act(session, self.world.viewer(who), *args, **more, at=at)
        except ConferenceError:
            return None

    @initialize(
        target=drafts, who=st.sampled_from([*OFFICERS]), content=CONTENT, then=st.sampled_from([*OFFICERS])
    )
    def begin(self, who: str, content: dict[str, Any], then: str) -> Any:
        draft = self.start(who, content)
        self.send(draft, who)
        self.officers_accept(draft, 3)
        self.publish(draft, then)
        return draft

    @rule(target=drafts, who=st.sampled_from([*OFFICERS]), content=CONTENT)
    def begin_another(self, who: str, content: dict[str, Any]) -> Any:
        return self.start(who, content)

    def start(self, who: str, content: dict[str, Any]) -> Any:
        made = self.tried(drafts.start, who, why="Why not")
        if made is None:
            return multiple()
        self.write(made.id, who, content)
        return made.id

    @rule(draft=drafts, who=PEOPLE, content=CONTENT)
    def write(self, draft: str, who: str, content: dict[str, Any]) -> None:
        made = {key: value for key, value in content.items() if value is not None}
        self.tried(drafts.put_rule, who, draft, made)

    # What goes on as it should, as often as what does not: else nothing would ever be published.

    def author(self, draft: str) -> str:
        with self.world.database.read() as session:
            row = drafts.find(session, self.world.viewer("h-ig"), draft)
        return next(who for who in OFFICERS if self.world.staff[who] == row.author)

    @rule(draft=drafts)
    def author_sends(self, draft: str) -> None:
        self.send(draft, self.author(draft))

    @rule(draft=drafts, content=CONTENT, again=st.booleans())
    def author_edits(self, draft: str, content: dict[str, Any], *, again: bool) -> None:
        who = self.author(draft)
        self.take_back(draft, who)
        self.write(draft, who, content)
        if again:
            self.send(draft, who)

    @rule(draft=drafts, number=st.sampled_from([1, 3, 3]))
    def officers_accept(self, draft: str, number: int) -> None:
        for who in list(OFFICERS)[:number]:
            self.accept(draft, who)

    @rule(draft=drafts, place=st.sampled_from([0, 1]))
    def another_publishes(self, draft: str, place: int) -> None:
        author = self.author(draft)
        self.publish(draft, [who for who in OFFICERS if who != author][place])

    @rule(draft=drafts, content=CONTENT, number=st.sampled_from([1, 3, 3]), then=st.sampled_from([*OFFICERS]))
    def whole_way(self, draft: str, content: dict[str, Any], number: int, then: str) -> None:
        self.author_edits(draft, content, again=True)
        self.officers_accept(draft, number)
        self.publish(draft, then)

    @rule(draft=drafts, who=PEOPLE)
    def send(self, draft: str, who: str) -> None:
        self.tried(publishing.send, who, draft)

    @rule(draft=drafts, who=PEOPLE)
    def take_back(self, draft: str, who: str) -> None:
        self.tried(lambda session, viewer, one, at: publishing.take_back(session, viewer, one), who, draft)

    @rule(draft=drafts, who=PEOPLE)
    def rebase(self, draft: str, who: str) -> None:
        self.tried(rebasing.rebase, who, draft)

    @rule(draft=drafts, who=PEOPLE)
    def accept(self, draft: str, who: str) -> None:
        def act(session: Any, viewer: Any, one: str, at: Any) -> bool:
            looked = publishing.look(session, viewer, one, at=at)
            every = [str(place) for place in range(len(looked.changes.gains_for(viewer.agency_id)))]
            mark = looked.mark(viewer.agency_id)
            publishing.accept(session, viewer, one, ticked=every, mark=mark, at=at)
            return True

        if self.tried(act, who, draft):
            self.accepted.add((draft, OFFICERS[who], self.content(draft)))

    @rule(draft=drafts, who=PEOPLE)
    def publish(self, draft: str, who: str) -> None:
        content = self.content(draft)
        if self.tried(publishing.publish, who, draft) is None:
            return
        with self.world.database.read() as session:
            row = drafts.find(session, self.world.viewer("h-ig"), draft)
            assert who in OFFICERS
            assert row.author != self.world.staff[who], "two people"
        self.looked_at = self.in_force()
        now = shown(self.looked_at)
        exposed = {cell[0] for cell, level in now.items() if level > self.before[cell]}
        for agency in exposed:
            assert (draft, agency, content) in self.accepted, f"{agency} has not accepted this"
        self.before = now

    @invariant()
    def nothing_else_changes_anything(self) -> None:
        """Only `publish` does: whatever else was tried, the version in force is the one that it looked at."""
        assert self.in_force() == self.looked_at


@pytest.mark.slow
def test_no_order_of_acts_gets_round_two_officers(tmp_path: Path) -> None:
    Officers.told = small(make(tmp_path))
    soaking = os.environ.get("SOAK") == "1"
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        Officers,
        settings=settings(max_examples=400 if soaking else 6, stateful_step_count=10, deadline=None),
    )
