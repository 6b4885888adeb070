"""Consent is taken one question a page; who may know of it; who may not speak; what withdrawing does."""

from __future__ import annotations

import json
import re

import pytest
from sqlalchemy import select

from conference.sharing.models import ConsentRow
from conference.sharing.taking.models import PersonUnsafe, Unanswered
from tests.support.client import settle
from tests.taking.conftest import Support, main, words

pytestmark = pytest.mark.slow

TAB = "/cases/{case}/consents"
SENTENCE = (
    "Leila Haddad agrees that Moorland NHS Trust and Northmoor Homes may be told about health, "
    "but not mental health, for tenancy support, until 23 November 2027"
)


def rows(support: Support, model: type) -> list:
    with support.world.database.read() as session:
        return [row for row in session.scalars(select(model)) if row.case_id == support.case_id]


def outcome(support: Support, who: str, said: str) -> None:
    assert support.recorded(who, said).status_code == 303


# --- the questions ------------------------------------------------------------------------------------------


def test_what_she_agrees_to_is_read_recorded_shown_and_gone_when_withdrawn(on_both: Support) -> None:
    support = on_both
    assert "health.physical" not in support.shown("h-rep")
    support.asked("v-idva", agencies={"agencies": ["nhs", "homes"]})
    check = support.get("v-idva", "/cases/{case}/consents/check")
    assert SENTENCE in main(check)
    assert all(f">{one}<" in check.get_data(as_text=True) for one in ("Record consent", "She said no"))
    assert "health.physical" not in support.shown("h-rep"), "nothing counts before it is recorded"
    outcome(support, "v-idva", "grant")
    assert "health.physical" in support.shown("h-rep")
    assert "health.mental" not in support.shown("h-rep"), "it was left out"
    [row] = rows(support, ConsentRow)
    assert json.loads(row.document)["until"] == "2027-11-24T00:00:00.000000Z", "the last day counts whole"
    page = support.get("v-idva", TAB)
    assert SENTENCE in main(page)
    assert "Read aloud beside them, wording 2026-11 Alone Could decide this" in main(page)

    done = support.post("h-rep", f"{TAB}/{row.id}/withdraw")
    assert done.status_code == 303
    assert "health.physical" not in support.shown("h-rep")
    after = main(support.get("h-rep", done.headers["Location"]))
    assert "Consent withdrawn at 10:00am. What rested on it has gone from every screen." in after
    assert "review" not in after, "that another case goes on is not for here"
    assert "An injury" not in words(support.get("h-rep", "/cases/{case}"))
    assert "Withdrawn" in main(support.get("v-idva", TAB))
    assert "Leila Haddad agrees" not in main(support.get("h-rep", TAB))
    assert support.post("h-rep", f"{TAB}/{row.id}/withdraw").status_code == 404
    assert support.post("v-idva", f"{TAB}/{row.id}/withdraw").status_code == 409
    settle(support.world)


def test_no_question_can_be_passed_over(support: Support) -> None:
    step = "/cases/{case}/consents/ask"
    support.post("v-idva", "/cases/{case}/consents/begin")
    for later in ("safe", "agencies", "until"):
        assert support.get("v-idva", f"{step}/{later}").headers["Location"].endswith("/ask/person")
        assert (
            support.post("v-idva", f"{step}/{later}", agencies="homes").headers["Location"].endswith("person")
        )
    assert support.get("v-idva", "/cases/{case}/consents/check").headers["Location"].endswith("/ask/person")
    support.post("v-idva", f"{step}/person", person=support.people["victim"])
    assert support.get("v-idva", f"{step}/read").headers["Location"].endswith("/ask/safe")
    assert support.get("v-idva", f"{step}/nothing").status_code == 404
    refused = support.post("v-idva", "/cases/{case}/consents/record", outcome="grant", turn="drf_x")
    assert refused.status_code == 409
    assert rows(support, ConsentRow) == []


MISSING = [
    ("person", {}, "Choose who you are asking."),
    ("safe", {}, "Say whether it is safe to ask."),
    ("alone", {"alone": "perhaps"}, "Say whether they are alone."),
    ("interpreter", {"interpreter": "professional"}, "Enter the language, and who interprets."),
    ("able", {"able": "no"}, "Say what shows that they cannot decide this now."),
    ("read", {}, "Say how this was read."),
    ("agencies", {}, "Name each agency. 'Partner agencies' is not enough."),
    ("agencies", {"agencies": ["*"]}, "Name each agency. 'Partner agencies' is not enough."),
    ("agencies", {"agencies": ["conference"]}, "Name each agency. 'Partner agencies' is not enough."),
    ("purposes", {"purposes": ["audit"]}, "Choose what it may be used for."),
    ("kinds", {"kinds": ["contact.safe-address"]}, "Choose what they may be told about."),
    ("until", {}, "Enter the last day on which this counts."),
    ("until", {"until-day": "1", "until-month": "1", "until-year": "2026"}, "The last day must be today"),
    ("until", {"until-day": "1", "until-month": "1", "until-year": "2206"}, "Choose a day within 2 years."),
]


def test_what_is_missing_is_said_beside_the_question(support: Support) -> None:
    support.asked("v-idva")
    for step, given, said in MISSING:
        page = support.post("v-idva", f"/cases/{{case}}/consents/ask/{step}", **given)
        assert page.status_code == 422, step
        assert said in main(page), step


def test_no_agency_is_ticked_before_she_names_it(support: Support) -> None:
    support.asked("v-idva", agencies=None, purposes=None, kinds=None, left_out=None, until=None)
    page = support.get("v-idva", "/cases/{case}/consents/ask/agencies").get_data(as_text=True)
    assert page.count('type="checkbox"') == 5
    assert "checked" not in page


def test_answers_never_stand_in_an_address_or_a_cookie(support: Support) -> None:
    support.asked("v-idva", able={"able": "yes", "able_note": "She weighed it aloud"})
    client = support.client("v-idva")
    kept = str(client._cookies)
    page = support.get("v-idva", "/cases/{case}/consents/check")
    links = re.findall(r'(?:href|action)="([^"]*)"', page.get_data(as_text=True))
    for text in ("weighed", "homes", "tenancy-support", support.people["victim"]):
        assert text not in kept
        assert not [link for link in links if text in link]
    data = support.world.settings.data
    assert not [one for one in data.glob("conference.db*") if b"weighed it aloud" in one.read_bytes()]


def test_an_answer_that_changes_is_what_is_recorded_or_nothing_is(support: Support) -> None:
    support.asked("v-idva")
    old = support.get("v-idva", "/cases/{case}/consents/check").get_data(as_text=True)
    turn = re.search(r'name="turn" value="([^"]+)"', old)
    support.post("v-idva", "/cases/{case}/consents/ask/agencies", agencies="police")  # in another window
    record = "/cases/{case}/consents/record"
    assert support.post("v-idva", record, outcome="grant", turn=turn[1]).status_code == 409
    assert rows(support, ConsentRow) == []
    outcome(support, "v-idva", "grant")
    [row] = rows(support, ConsentRow)
    assert json.loads(row.document)["recipients"] == ["police"]
    assert support.post("v-idva", record, outcome="grant", turn=turn[1]).status_code == 409, "only once"


def test_to_begin_again_is_to_ask_again_whether_it_is_safe(support: Support) -> None:
    support.asked("v-idva")
    support.post("v-idva", "/cases/{case}/consents/begin")
    assert support.get("v-idva", "/cases/{case}/consents/check").headers["Location"].endswith("/ask/person")
    support.post("v-idva", "/cases/{case}/consents/ask/person", person=support.people["victim"])
    assert "checked" not in support.get("v-idva", "/cases/{case}/consents/ask/safe").get_data(as_text=True)


def test_answers_from_an_hour_ago_are_asked_again(support: Support) -> None:
    support.asked("v-idva")
    for _ in range(5):
        support.later(minutes=10)
        support.get("v-idva", "/")  # the session goes on
    assert support.get("v-idva", "/cases/{case}/consents/check").status_code == 200
    support.later(minutes=10)
    assert support.get("v-idva", "/cases/{case}/consents/check").headers["Location"].endswith("/ask/person")


def test_another_person_is_asked_everything_anew(support: Support) -> None:
    support.asked("v-idva")
    support.post("v-idva", "/cases/{case}/consents/ask/person", person=support.people["other"])
    assert support.get("v-idva", "/cases/{case}/consents/check").headers["Location"].endswith("/ask/safe")


# --- no, and neither yes nor no -----------------------------------------------------------------------------


def test_she_said_no_to_all_of_what_was_asked(on_both: Support) -> None:
    support = on_both
    support.said("n-rep", recipients=["homes", "police"])
    assert "health.physical" in support.shown("h-rep")
    support.later(minutes=1)
    before = main(support.get("p-rep", TAB))
    support.asked("v-idva")
    outcome(support, "v-idva", "refuse")
    assert "health.physical" not in support.shown("h-rep")
    assert "does not agree that Northmoor Homes and Moorland NHS Trust may be told about health, for" in main(
        support.get("v-idva", TAB)
    )
    assert "Leila" not in main(support.get("h-rep", TAB)).replace("Leila Haddad NM", ""), "who refused whom"
    assert main(support.get("p-rep", TAB)) == before


STOPS = [
    ("safe", {"safe": "no"}, "Stop. Record: unsafe to ask.", "unsafe"),
    ("alone", {"alone": "no"}, "Stop. Record: unsafe to ask.", "unsafe"),
    ("interpreter", {"interpreter": "missing"}, "Stop. Record: could not decide.", "unable"),
    ("able", {"able": "no", "able_note": "Very ill"}, "Stop. Record: could not decide.", "unable"),
]


def test_where_nobody_can_be_asked_that_is_recorded_and_nothing_changes(support: Support) -> None:
    support.said("n-rep", recipients=["homes"])
    seen = support.shown("h-rep")
    record = "/cases/{case}/consents/record"
    for step, answer, said, recorded in STOPS:
        support.later(minutes=1)
        support.asked("v-idva")
        came = support.post("v-idva", f"/cases/{{case}}/consents/ask/{step}", **answer)
        assert came.headers["Location"].endswith("/consents/stop")
        stop = support.get("v-idva", "/cases/{case}/consents/stop")
        assert said in main(stop)
        assert main(stop).count("Unsafe to ask") == (recorded == "unsafe")
        turn = re.search(r'name="turn" value="([^"]+)"', stop.get_data(as_text=True))
        assert support.post("v-idva", record, outcome="grant", turn=turn[1]).status_code == 409
        assert support.post("v-idva", record, outcome=recorded, turn=turn[1]).status_code == 303
        assert support.shown("h-rep") == seen
        assert "Leila Haddad: " not in main(support.get("n-rep", TAB))
    page = main(support.get("v-idva", TAB))
    assert page.count("Unsafe to ask Leila Haddad: unsafe to ask") == 2
    assert page.count("Could not decide Leila Haddad: could not decide") == 2
    with support.world.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE consent_unanswered SET outcome = 'unable'")
    assert support.get("v-idva", TAB).status_code == 500, "somebody edited it"


def test_whoever_asks_can_stop_at_any_question(support: Support) -> None:
    support.asked("v-idva", until=None)
    stop = support.get("v-idva", "/cases/{case}/consents/stop")
    assert "Unsafe to ask" in main(stop)
    assert "Could not decide" in main(stop)
    assert support.recorded("v-idva", "unable").status_code == 303
    assert [row.outcome for row in rows(support, Unanswered)] == ["unable"]


# --- who decides --------------------------------------------------------------------------------------------


def test_the_alleged_perpetrator_is_never_asked(support: Support) -> None:
    support.post("v-idva", "/cases/{case}/consents/begin")
    page = support.get("v-idva", "/cases/{case}/consents/ask/person")
    assert "Omar Kay" not in main(page)
    chosen = support.post("v-idva", "/cases/{case}/consents/ask/person", person=support.people["perpetrator"])
    assert chosen.status_code == 422


def test_under_16_a_note_says_why_she_can_decide(support: Support) -> None:
    support.asked(
        "v-idva",
        "child",
        gillick=None,
        read=None,
        agencies=None,
        purposes=None,
        kinds=None,
        left_out=None,
        until=None,
    )
    assert support.get("v-idva", "/cases/{case}/consents/ask/read").headers["Location"].endswith("/gillick")
    assert support.post("v-idva", "/cases/{case}/consents/ask/gillick", gillick=" ").status_code == 422
    support.asked("v-idva", "child")
    outcome(support, "v-idva", "grant")
    assert "Gillick note: Explains in her own words" in main(support.get("v-idva", TAB))


def test_an_adult_who_is_safe_may_decide_for_a_child(support: Support) -> None:
    support.asked("v-idva", "child", speaker={"speaker": support.people["victim"]}, gillick=None)
    said = main(support.get("v-idva", "/cases/{case}/consents/check"))
    assert "Leila Haddad, for Noor Haddad, agrees that" in said
    outcome(support, "v-idva", "grant")
    assert "Decided by Leila Haddad, victim" in main(support.get("v-idva", TAB))


def test_an_unsafe_person_never_decides_for_a_child(support: Support) -> None:
    """Named by another agency's worker, in an answer that was recorded: nobody is told by whom."""
    support.asked("h-rep", unsafe={"unsafe": support.people["other"]})
    outcome(support, "h-rep", "grant")
    assert [row.person_id for row in rows(support, PersonUnsafe)] == [support.people["other"]]
    support.asked(
        "v-idva",
        "child",
        speaker=None,
        able=None,
        gillick=None,
        read=None,
        agencies=None,
        purposes=None,
        kinds=None,
        left_out=None,
        until=None,
    )
    step = "/cases/{case}/consents/ask/speaker"
    for who in ("other", "perpetrator", "child"):
        refused = support.post("v-idva", step, speaker=support.people[who])
        assert refused.status_code == 422, who
    assert "This person cannot speak for the child here. Ask the IDVA." in main(
        support.post("v-idva", step, speaker=support.people["other"])
    )
    assert support.post("v-idva", step, speaker=support.people["victim"]).status_code == 303


def test_somebody_just_named_unsafe_is_not_offered_to_decide(support: Support) -> None:
    support.asked(
        "v-idva",
        "child",
        unsafe={"unsafe": support.people["other"]},
        speaker=None,
        able=None,
        gillick=None,
        read=None,
        agencies=None,
        purposes=None,
        kinds=None,
        left_out=None,
        until=None,
    )
    assert "Ines Haddad" not in main(support.get("v-idva", "/cases/{case}/consents/ask/speaker"))


# --- withdrawing where other law holds ----------------------------------------------------------------------


def test_in_a_marac_chair_and_idva_review_what_goes_on(support: Support) -> None:
    consent_id = support.world.consent_id
    tab = "/cases/{marac}/consents"
    part = "agrees that Northmoor Homes may be told some things about health, for tenancy support, until"
    assert f"Maria Kowalczyk {part}" in main(support.get("h-rep", tab))
    done = support.post("h-rep", f"{tab}/{consent_id}/withdraw")
    assert (
        "Consent withdrawn at 10:00am. What rested on it has gone from every screen. Some sharing to prevent "
        "serious harm does not rest on consent: the chair and IDVA will review it by Wednesday 25 November."
    ) in main(support.get("h-rep", done.headers["Location"]))
    assert support.get("n-rep", done.headers["Location"]).status_code == 404, "only who withdrew it"


def test_only_who_is_shown_a_consent_can_withdraw_it(support: Support) -> None:
    consent_id = support.said("n-rep", recipients=["homes"])
    refusal = support.said("n-rep", decision="refuse", recipients=["police"])
    for who in ("p-rep", "s-chair", "s-coord"):
        assert support.post(who, f"{TAB}/{consent_id}/withdraw").status_code == 404, who
    for who in ("p-rep", "h-rep"):
        assert support.post(who, f"{TAB}/{refusal}/withdraw").status_code == 404, who
    assert support.post("n-rep", f"{TAB}/{refusal}/withdraw").status_code == 409, "a no is changed by asking"
    assert support.post("v-idva", f"{TAB}/{support.world.consent_id}/withdraw").status_code == 404, (
        "elsewhere"
    )
    assert "Withdraw this consent" in main(support.get("h-rep", TAB))


def test_a_consent_ends_at_its_moment(support: Support) -> None:
    until = support.now.replace(hour=23)
    support.said("n-rep", recipients=["homes"], until=f"{until:%Y-%m-%dT%H:%M:%SZ}")
    for moved, seen in ((-1, True), (0, False), (1, False)):
        support.now = until.replace(second=0) if moved == 0 else until
        support.later(seconds=moved)
        support.clients.clear()
        assert ("health.physical" in support.shown("h-rep")) is seen
        assert ("Leila Haddad agrees" in main(support.get("h-rep", TAB))) is seen
        assert ("Expired" in main(support.get("n-rep", TAB))) is not seen
