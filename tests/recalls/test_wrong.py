"""A wrong disclosure: taken back, told, decided, corrected, closed; each officer sees their own part."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from conference import clock
from conference.cases import records
from conference.cases.models import Case, Field
from conference.governance.wrong import services
from conference.governance.wrong.models import WrongReport
from conference.governance.wrong.services import Typed
from conference.sharing.door import disclose
from conference.sharing.recalls.models import Recall, RecallNotice
from conference.sharing.recalls.receipts import CORRECTED, RECALLED
from conference.trail.reading import Wanted, event_for, events_for
from conference.web import ConferenceFlask
from tests.recalls.conftest import HOST
from tests.support.client import application, copied, signed_in
from tests.support.world import HOME, World, by, make, told

ORDER = "police/offending.order/perpetrator"
SECRET = "The rule for bail was wrong"


@dataclass
class Wrong:
    """A world in which the order of the alleged perpetrator was shown, and who saw it in which event."""

    world: World
    events: dict[str, str] = field(default_factory=dict)
    app: ConferenceFlask | None = None

    def see(self, *people: str, minutes: int) -> None:
        for number, who in enumerate(people):
            viewer = self.world.viewer(who)
            at = self.world.now + timedelta(minutes=minutes, seconds=number)
            with told(f"see {who} {minutes}", at), self.world.database.write() as session:
                disclose(session, viewer, [session.get_one(Case, self.world.case_id)])
            with self.world.database.read() as session:
                found = events_for(session, HOME, viewer.agency_id, Wanted(actor=viewer.staff_id, since=at))
            self.events[f"{who} {minutes}"] = found[0].id

    def report(self, who: str, event: str, fault: str, class_name: str = "offending.order") -> str:
        viewer, at = self.world.viewer(who), self.world.now + timedelta(minutes=30)
        with told(f"report {who} {event}", at), self.world.database.write() as session:
            entry = services.find_entry(session, viewer, self.events[event])
            places = [n for n, item in enumerate(entry.items) if item and item.class_name == class_name]
            return services.report(session, viewer, entry, Typed(fault, places, SECRET), at=at).id

    def correct(self, minutes: int) -> None:
        at = self.world.now + timedelta(minutes=minutes)
        with told(f"correct {minutes}", at), self.world.database.write() as session:
            order = session.get_one(Field, self.world.fields[ORDER])
            new = {"value": f"Bail, as of minute {minutes}", "summary": "Bail", "source": "Court"}
            records.correct_field(
                session, order, **new, recorded_at=None, by=by(self.world, "p-rep").staff_id, at=at
            )

    def told(self, report: str) -> dict[str, set[str]]:
        names = {staff: who for who, staff in self.world.staff.items()}
        with self.world.database.read() as session:
            query = select(RecallNotice).join(Recall, Recall.id == RecallNotice.recall_id)
            rows = session.scalars(query.where(Recall.about == report)).unique().all()
            return {names[row.staff_id]: {item.class_name for item in row.items} for row in rows}

    def was_shown_words(self, event: str) -> bool:
        """Whether the order was shown in it above presence, as the police's part of the log has it."""
        with self.world.database.read() as session:
            entry = event_for(session, HOME, "police", self.events[event])
        order = self.world.fields[ORDER]
        return any(item is not None and item.field == order for item in entry.items)

    def read(self, who: str, path: str, status: int = 200) -> str:
        return self._ask("GET", who, path, status, 40)

    def send(self, who: str, path: str, status: int = 303, /, **form: object) -> str:
        return self._ask("POST", who, path, status, 50, **form)

    def _ask(self, method: str, who: str, path: str, status: int, minutes: int, /, **form: object) -> str:
        self.app = self.app or application(self.world)
        self.app.config["WTF_CSRF_ENABLED"] = False
        with clock.held(self.world.now + timedelta(minutes=minutes)):
            client = signed_in(self.app, self.world, who)
            answer = client.open(path, method=method, data=form, base_url=HOST)
        assert answer.status_code == status, f"{who} {path}"
        return answer.get_data(as_text=True)


@pytest.fixture(scope="session")
def shown_once(tmp_path_factory: pytest.TempPathFactory) -> Wrong:
    made = Wrong(make(tmp_path_factory.mktemp("wrong")))
    made.see("h-rep", "h-dep", "n-rep", "p-rep", minutes=5)
    return made


@pytest.fixture
def wrong(shown_once: Wrong, tmp_path: Path) -> Wrong:
    return Wrong(copied(shown_once.world, tmp_path), dict(shown_once.events))


# --- what should not have been shown ---


def test_it_goes_back_from_everybody_at_that_agency_who_was_shown_it(anywhere: World) -> None:
    wrong = Wrong(anywhere)
    wrong.see("h-rep", "h-dep", "n-rep", minutes=5)
    report = wrong.report("p-ig", "h-rep 5", "shown")
    assert wrong.told(report) == {"h-rep": {"offending.order"}, "h-dep": {"offending.order"}}


def test_the_readers_own_officer_can_report_it_too(wrong: Wrong) -> None:
    report = wrong.report("h-ig", "h-dep 5", "shown")
    assert wrong.told(report) == {"h-rep": {"offending.order"}, "h-dep": {"offending.order"}}


def test_the_notice_and_its_receipt(wrong: Wrong) -> None:
    report = wrong.report("p-ig", "h-rep 5", "shown")
    path = f"/cases/{wrong.world.case_id}"
    assert RECALLED in wrong.read("h-rep", path)
    assert RECALLED not in wrong.read("n-rep", path)
    (notice,) = set(re.findall(r"rcn_\w+", wrong.read("h-rep", "/notices")))
    text = wrong.read("h-rep", f"/notices/{notice}")
    assert "Bail and orders" in text
    assert SECRET not in text
    wrong.send("h-rep", f"/notices/{notice}", how="destroyed")
    assert "Destroyed, or no copy was made" in wrong.read("p-ig", f"/governance/wrong/{report}")


# --- who sees what ---


def test_each_officer_sees_their_part(wrong: Wrong) -> None:
    report = wrong.report("p-ig", "h-rep 5", "shown")
    path = f"/governance/wrong/{report}"
    wrong.send("p-ig", f"{path}/decision", reportable="no", why="They had a duty of care")
    wrong.send("p-ig", f"{path}/notes", text="Rang the duty officer")
    police, homes = wrong.read("p-ig", path), wrong.read("h-ig", path)
    for text in (police, homes):
        assert SECRET in text
        assert "Sam Okafor" in text
    for said in ("They had a duty of care", "Rang the duty officer", "Who must be told"):
        assert said in police
        assert said not in homes
    wrong.read("n-ig", path, 404)
    assert report not in wrong.read("n-ig", "/governance/wrong")
    assert report in wrong.read("h-ig", "/governance/wrong")
    for end, form in {"told": {"who": "dpo"}, "decision": {"reportable": "no"}, "close": {}}.items():
        wrong.send("h-ig", f"{path}/{end}", 404, **form)
    assert "Wrong disclosure" in wrong.read("h-ig", "/governance/reviews")


def test_a_report_is_about_one_agencys_information(wrong: Wrong) -> None:
    path = f"/governance/disclosures/{wrong.events['h-rep 5']}/wrong"
    text = wrong.read("h-ig", path)
    assert "Northmoor Police" in text
    assert "Moorland NHS Trust" in text
    assert "Moorland NHS Trust" not in wrong.read("p-ig", path)  # whose part holds the police's own alone
    said = wrong.send("h-ig", path, 422, fault="shown", items=[str(n) for n in range(20)], what="All")
    assert "Choose the information of one agency." in said
    for form, message in (
        ({}, "Say what is wrong."),
        ({"fault": "shown"}, "Choose what was wrong."),
        ({"fault": "shown", "items": "0"}, "Say what happened."),
        ({"fault": "shown", "items": "99999999999", "what": "x"}, "Choose what was wrong."),
    ):
        assert message in wrong.send("p-ig", path, 422, **form)
    wrong.read("v-idva", path, 403)


def test_only_a_disclosure_that_is_partly_theirs_can_be_reported(wrong: Wrong) -> None:
    wrong.read("h-ig", f"/governance/disclosures/{wrong.events['n-rep 5']}/wrong", 200)
    wrong.read("n-ig", f"/governance/disclosures/{'evt_' + 'a' * 26}/wrong", 404)
    with wrong.world.database.read() as session:
        opened = events_for(session, HOME, "homes", Wanted(names=("case.opened",)))[0]
    wrong.read("h-ig", f"/governance/disclosures/{opened.id}/wrong", 404)


def test_one_step_from_the_entry_that_says_why_it_was_allowed(wrong: Wrong) -> None:
    text = wrong.read("p-ig", f"/governance/disclosures/{wrong.events['h-rep 5']}")
    assert "Why it was allowed" in text
    assert f"/governance/disclosures/{wrong.events['h-rep 5']}/wrong" in text


# --- the clock, and what must be done ---


def test_the_clock_runs_from_the_report_for_72_hours(wrong: Wrong) -> None:
    report = wrong.report("p-ig", "h-rep 5", "shown")
    path = f"/governance/wrong/{report}"
    assert "Tell the ICO by 27 November 2026, 10:30am, unless a risk is unlikely" in wrong.read("p-ig", path)
    with clock.held(wrong.world.now + timedelta(days=4)):
        late = wrong._ask("GET", "p-ig", path, 200, 60 * 24 * 4)
    assert "Overdue. Tell the ICO by" in late
    wrong.send("p-ig", f"{path}/decision", reportable="yes", why="She is at risk")
    wrong.send("p-ig", f"{path}/told", who="regulator")
    assert "The ICO was told 24 November 2026, 10:50am" in wrong.read("p-ig", path)
    wrong.send("p-ig", f"{path}/told", 409, who="regulator")
    assert "Choose who was told." in wrong.send("p-ig", f"{path}/told", 422, who="the press")


def test_the_reporters_own_review_is_closed_with_the_report_and_not_before(wrong: Wrong) -> None:
    wrong.report("p-ig", "h-rep 5", "shown")
    for who in ("p-ig", "h-ig"):
        (review,) = set(re.findall(r"rvw_\w+", wrong.read(who, "/governance/reviews")))
        path = f"/governance/reviews/{review}"
        done = {"outcome": "done", "note": "Looked at all of it"}
        if who == "p-ig":
            assert "The review is closed when the report is." in wrong.read(who, path)
            assert "Close the report." in wrong.send(who, path, 422, **done)
        else:
            wrong.send(who, path, **done)
            assert "You have no reviews to close." in wrong.read(who, "/governance/reviews")


def test_it_is_closed_when_everything_is_done(wrong: Wrong) -> None:
    report = wrong.report("p-ig", "h-rep 5", "shown")
    path = f"/governance/wrong/{report}"
    for message, end, form in (
        ("Decide whether the ICO must be told.", "decision", {"reportable": "yes", "why": "A risk"}),
        ("Tell the ICO, and record it.", "told", {"who": "regulator"}),
        ("Tell your data protection officer, and record it.", "told", {"who": "dpo"}),
    ):
        assert message in wrong.send("p-ig", f"{path}/close", 422)
        wrong.send("p-ig", f"{path}/{end}", **form)
    assert "Wait for the answers to all notices" in wrong.send("p-ig", f"{path}/close", 422)
    for notice in sorted(set(re.findall(r"rcn_\w+", wrong.read("h-ig", "/governance/notices")))):
        wrong.send("h-ig", f"/governance/notices/{notice}", how="destroyed")
    wrong.send("p-ig", f"{path}/close")
    text = wrong.read("p-ig", path)
    assert "Closed 24 November 2026, 10:50am" in text
    assert "<textarea" not in text
    wrong.send("p-ig", f"{path}/notes", 409, text="More")
    assert "You have no reviews to close." in wrong.read("p-ig", "/governance/reviews")
    names = [f"wrong.{end}" for end in ("reported", "changed", "closed")]
    with wrong.world.database.read() as session:
        found = events_for(session, HOME, "police", Wanted(names=tuple(names)))
        assert [entry.name for entry in reversed(found)] == [names[0], *[names[1]] * 3, names[2]]
        assert all(entry.about == (report, wrong.events["h-rep 5"]) for entry in found)
        assert events_for(session, HOME, "nhs", Wanted(names=tuple(names))) == []


# --- corrections ---


def test_a_correction_reaches_everybody_who_received_the_old_value(wrong: Wrong) -> None:
    wrong.correct(10)  # what was said before is another value
    wrong.see("h-rep", "v-idva", "s-chair", minutes=15)
    report = wrong.report("h-ig", "h-rep 15", "value")
    path = f"/governance/wrong/{report}"
    assert wrong.told(report) == {}
    said = wrong.send("p-ig", f"{path}/corrections", 422)
    assert "Your agency must correct the record first." in said
    wrong.correct(35)
    wrong.see("n-rep", "h-dep", minutes=38)
    wrong.send("h-ig", f"{path}/corrections", 404)  # it is not theirs
    wrong.send("p-ig", f"{path}/corrections")
    received = {who for who in ("h-rep", "v-idva", "s-chair") if wrong.was_shown_words(f"{who} 15")}
    assert {"h-rep"} <= received
    assert wrong.told(report).keys() == received
    wrong.send("p-ig", f"{path}/corrections", 409)
    assert CORRECTED in wrong.read("h-rep", f"/cases/{wrong.world.case_id}")
    (notice,) = set(re.findall(r"rcn_\w+", wrong.read("h-rep", "/notices")))
    wrong.send("h-rep", f"/notices/{notice}", how="corrected")


def test_what_was_typed_is_sealed(wrong: Wrong) -> None:
    report = wrong.report("p-ig", "h-rep 5", "shown")
    with wrong.world.database.read() as session:
        assert SECRET.encode() not in session.get_one(WrongReport, report).what
