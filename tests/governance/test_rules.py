"""A change of the rules from draft to published: who may do what, and what each page says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from conference.cases.models import Case
from conference.errors import BadInput, Conflict, NotFound, Refused
from conference.sharing import versions
from conference.sharing.door import disclose
from conference.sharing.drafts import publishing, rebasing
from conference.sharing.drafts import services as drafts
from conference.sharing.drafts.models import RuleAcceptance
from conference.sharing.drafts.services import Unsound
from conference.sharing.drafts.whatif import what_if
from conference.trail.reading import Wanted, events_for
from conference.vault.errors import RowBroken
from tests.governance.rules import ARREARS, LATER, TURNS, accept, changing, publish, send, small, started
from tests.support.client import application, copied, signed_in
from tests.support.world import HOME, World, make, told

BASE = "http://localhost"
AFTER = LATER + timedelta(minutes=5)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> World:
    return small(make(tmp_path_factory.mktemp("rules")))


@pytest.fixture
def world(whole: World, tmp_path: Path) -> World:
    return copied(whole, tmp_path)


def arrears(world: World, who: str, at=AFTER) -> str | None:
    """How far somebody is shown the arrears that Homes holds."""
    with told(f"arrears {next(TURNS)}", at), world.database.write() as session:
        view = disclose(session, world.viewer(who), [session.get_one(Case, world.case_id)])[world.case_id]
    rows = [row for person in view.people for row in person.rows]
    return next((row.level for row in rows if row.class_name == "tenancy.arrears"), None)


def rules_in_force(world: World, at=AFTER) -> list[str]:
    with world.database.read() as session:
        return [one["id"] for one in json.loads(versions.newest(session, HOME, at).document)["rules"]]


# --- from draft to published --------------------------------------------------------------------------------


def test_two_people_change_a_rule_and_the_recipient_sees_more(world: World) -> None:
    assert arrears(world, "n-rep") == "presence"
    draft = started(world, "h-ig", ARREARS)
    assert arrears(world, "n-rep") == "presence", "nothing is decided by a draft"
    send(world, "h-ig", draft)
    accept(world, "h-ig", draft)
    assert arrears(world, "n-rep") == "presence"
    publish(world, "n-ig", draft)
    assert arrears(world, "n-rep") == "summary", "as far as it is offered"
    assert arrears(world, "p-rep") == "summary", "as before"


def test_each_step_is_in_the_log_for_every_officer(world: World) -> None:
    draft = started(world, "h-ig", ARREARS)
    send(world, "h-ig", draft)
    accept(world, "h-ig", draft)
    publish(world, "n-ig", draft)
    names = ("policy.proposed", "policy.accepted", "policy.published")
    with world.database.read() as session:
        for agency in ("police", "homes", "nhs"):
            found = events_for(session, HOME, agency, Wanted(since=LATER, names=names))
            assert [one.name for one in reversed(found)] == list(names)
            assert len({one.actor for one in found}) == 2


def test_the_author_publishes_nothing(world: World) -> None:
    draft = started(world, "h-ig", ARREARS)
    send(world, "h-ig", draft)
    accept(world, "h-ig", draft)
    with pytest.raises(Refused, match="author"):
        publish(world, "h-ig", draft)


def test_nothing_is_published_before_it_is_sent_and_accepted(world: World) -> None:
    draft = started(world, "h-ig", ARREARS)
    with pytest.raises(Conflict, match="open"):
        publish(world, "n-ig", draft)
    send(world, "h-ig", draft)
    with pytest.raises(Conflict, match="accepted"):
        publish(world, "n-ig", draft)
    with pytest.raises(Conflict, match="nothing to accept"):
        accept(world, "n-ig", draft)
    assert "r-new-1" not in rules_in_force(world)


def test_only_an_officer_writes_accepts_or_publishes(world: World) -> None:
    for who in ("h-rep", "s-chair", "s-admin"):
        with pytest.raises(Refused, match="role"):
            started(world, who)
    draft = started(world, "h-ig", ARREARS)
    send(world, "h-ig", draft)
    for act in (accept, publish):
        with pytest.raises(Refused, match="role"):
            act(world, "h-rep", draft)
    with pytest.raises(Refused, match="author"), changing(world) as session:
        publishing.take_back(session, world.viewer("n-ig"), draft)


def test_what_is_changed_after_it_was_accepted_must_be_accepted_again(world: World) -> None:
    draft = started(world, "h-ig", ARREARS)
    send(world, "h-ig", draft)
    accept(world, "h-ig", draft)
    with changing(world) as session:
        viewer = world.viewer("h-ig")
        publishing.take_back(session, viewer, draft)
        more = {**ARREARS, "recipients": {"agencies": ["nhs"], "roles": ["representative", "deputy"]}}
        drafts.put_rule(session, viewer, draft, more, at=LATER)
        publishing.send(session, viewer, draft, at=LATER)
    with pytest.raises(Conflict, match="accepted"):
        publish(world, "n-ig", draft)
    accept(world, "h-ig", draft)
    publish(world, "n-ig", draft)


def test_the_same_content_again_is_still_accepted(world: World) -> None:
    draft = started(world, "h-ig", ARREARS)
    send(world, "h-ig", draft)
    accept(world, "h-ig", draft)
    with changing(world) as session:
        publishing.take_back(session, world.viewer("h-ig"), draft)
        publishing.send(session, world.viewer("h-ig"), draft, at=LATER)
    publish(world, "n-ig", draft)


def test_every_line_must_be_ticked_and_the_page_must_be_this_one(world: World) -> None:
    draft = started(world, "h-ig", ARREARS)
    send(world, "h-ig", draft)
    with changing(world) as session:
        viewer = world.viewer("h-ig")
        mark = publishing.look(session, viewer, draft, at=LATER).mark("homes")
        for ticked, seen in (
            ([], mark),
            (["0"], mark),
            (["0", "1"], "another page"),
            (["0", "1", "2"], mark),
        ):
            with pytest.raises(BadInput):
                publishing.accept(session, viewer, draft, ticked=ticked, mark=seen, at=LATER)


def test_an_acceptance_that_somebody_wrote_into_the_database_is_not_believed(world: World) -> None:
    draft = started(world, "p-ig", ARREARS)
    send(world, "p-ig", draft)
    with changing(world) as session:
        mark = publishing.look(session, world.viewer("p-ig"), draft, at=LATER).mark("homes")
        forged = {
            "id": "acc_forged",
            "partnership_id": HOME,
            "draft_id": draft,
            "agency_id": "homes",
            "staff_id": world.staff["h-ig"],
            "binding": mark,
            "accepted_at": LATER,
            "row_seal": b"x" * 16,
        }
        session.execute(RuleAcceptance.__table__.insert(), [forged])
    with pytest.raises(RowBroken):
        publish(world, "n-ig", draft)


def test_what_the_conference_writes_of_all_is_accepted_by_all(world: World) -> None:
    rule = {
        "id": "r-new-1",
        "effect": "permit",
        "level": "full",
        "classes": ["conference.note"],
        "recipients": {"agencies": ["nhs"], "roles": ["observer"]},
        "basis": "PT",
        "consent": "irrelevant",
    }
    draft = started(world, "h-ig", rule)
    with world.database.read() as session:
        looked = publishing.look(session, world.viewer("h-ig"), draft, at=LATER)
    assert looked.needed == ("police", "homes", "nhs", "haven", "safety")


def test_fewer_rights_need_only_the_second_officer(world: World) -> None:
    draft = started(world, "h-ig", {"id": "f-new-1", "effect": "forbid", "classes": ["tenancy.arrears"]})
    send(world, "h-ig", draft)
    publish(world, "p-ig", draft)
    assert arrears(world, "n-rep") is None


# --- going back, and going on -------------------------------------------------------------------------------


def first_version(world: World) -> str:
    with world.database.read() as session:
        return versions.versions(session, HOME)[-2].id


def test_going_back_that_only_takes_away_needs_only_the_second_officer(world: World) -> None:
    draft = started(world, "h-ig", ARREARS)
    send(world, "h-ig", draft)
    accept(world, "h-ig", draft)
    publish(world, "n-ig", draft)
    with changing(world, AFTER) as session:
        back = drafts.start(
            session, world.viewer("n-ig"), why="Back", at=AFTER, version_id=first_version(world)
        ).id
    send(world, "n-ig", back, AFTER)
    publish(world, "p-ig", back, AFTER)
    assert arrears(world, "n-rep", AFTER + timedelta(minutes=1)) == "presence"
    with world.database.read() as session:
        assert len(versions.versions(session, HOME)) == 4, "old versions stay"


def test_going_back_that_gives_must_be_accepted(world: World) -> None:
    draft = started(world, "h-ig", {"id": "f-new-1", "effect": "forbid", "owners": {"agencies": ["homes"]}})
    send(world, "h-ig", draft)
    publish(world, "p-ig", draft)
    with changing(world, AFTER) as session:
        back = drafts.start(
            session, world.viewer("n-ig"), why="Back", at=AFTER, version_id=first_version(world)
        ).id
    send(world, "n-ig", back, AFTER)
    with pytest.raises(Conflict, match="accepted"):
        publish(world, "p-ig", back, AFTER)
    accept(world, "h-ig", back, AFTER)
    publish(world, "p-ig", back, AFTER)


def test_a_draft_from_old_rules_is_refused_until_it_is_made_again(world: World) -> None:
    old = started(world, "h-ig", ARREARS)
    send(world, "h-ig", old)
    accept(world, "h-ig", old)
    other = started(world, "p-ig", {"id": "f-new-1", "effect": "forbid", "classes": ["dash.score"]})
    send(world, "p-ig", other)
    publish(world, "n-ig", other)
    with pytest.raises(Conflict, match="no longer in force"):
        publish(world, "n-ig", old, AFTER)
    with changing(world, AFTER) as session:
        rebasing.rebase(session, world.viewer("h-ig"), old, at=AFTER)
    send(world, "h-ig", old, AFTER)
    with pytest.raises(Conflict, match="accepted"):
        publish(world, "n-ig", old, AFTER)
    accept(world, "h-ig", old, AFTER)
    publish(world, "n-ig", old, AFTER)
    assert {"r-new-1", "f-new-1"} <= set(rules_in_force(world, AFTER))


def test_two_who_changed_the_same_rule_are_told(world: World) -> None:
    taken = "l-sanitised-intelligence"
    with changing(world) as session:
        mine = drafts.start(session, world.viewer("h-ig"), why="Mine", at=LATER).id
        theirs = drafts.start(session, world.viewer("p-ig"), why="Theirs", at=LATER).id
        drafts.remove_rule(session, world.viewer("h-ig"), mine, taken, at=LATER)
        less = {"id": taken, "effect": "limit", "level": "none", "classes": ["intelligence"]}
        drafts.put_rule(session, world.viewer("p-ig"), theirs, less, at=LATER)
    send(world, "p-ig", theirs)
    publish(world, "n-ig", theirs)
    with pytest.raises(BadInput, match=taken), changing(world, AFTER) as session:
        rebasing.rebase(session, world.viewer("h-ig"), mine, at=AFTER)


def test_a_rule_that_the_engine_refuses_is_not_kept(world: World) -> None:
    draft = started(world, "h-ig")
    with changing(world) as session:
        with pytest.raises(Unsound) as broken:
            drafts.put_rule(
                session,
                world.viewer("h-ig"),
                draft,
                {"id": "x", "effect": "permit", "level": "full"},
                at=LATER,
            )
        with pytest.raises(NotFound):
            drafts.remove_rule(session, world.viewer("h-ig"), draft, "nothing", at=LATER)
    assert len(broken.value.faults) == 2
    with changing(world) as session, pytest.raises(BadInput, match="Nothing is changed"):
        publishing.send(session, world.viewer("h-ig"), draft, at=LATER)


# --- the pages ----------------------------------------------------------------------------------------------


@pytest.fixture
def officers(world: World) -> Iterator[dict[str, FlaskClient]]:
    app = application(world)
    app.config["WTF_CSRF_ENABLED"] = False
    with told("pages", LATER):
        yield {who: signed_in(app, world, who) for who in ("h-ig", "n-ig", "p-ig", "h-rep")}


def text_of(client: FlaskClient, path: str, **form: object) -> str:
    answer = client.post(path, data=form, base_url=BASE) if form else client.get(path, base_url=BASE)
    while answer.status_code == 303:
        answer = client.get(answer.headers["Location"], base_url=BASE)
    assert answer.status_code in {200, 422}, answer.status_code
    return answer.get_data(as_text=True)


def test_the_rules_are_sentences(officers: dict[str, FlaskClient]) -> None:
    text = text_of(officers["p-ig"], "/governance/rules")
    assert "Sexual health stays with its owner until an exemption is signed." in text
    assert "at most a summary of intelligence" in text
    assert "Version 2026-11-24.2 is in force" in text
    few = text_of(officers["p-ig"], "/governance/rules?about=immigration")
    assert "immigration status" in few
    assert "dash score" not in few.lower()


RULE = {
    "effect": "permit",
    "owner_agencies": "homes",
    "agencies": "nhs",
    "roles": "representative",
    "level": "full",
    "classes": "tenancy.arrears",
    "purposes": "prevent-serious-harm",
    "basis": "RLI",
    "consent": "considered",
    "approvals": "0",
}


def test_a_rule_goes_from_form_to_force(world: World, officers: dict[str, FlaskClient]) -> None:
    author, other, second = (officers[who] for who in ("h-ig", "p-ig", "n-ig"))
    page = text_of(author, "/governance/rules/drafts", why="Arrears matter to health")
    draft = re.search(r"/governance/rules/drafts/(dft_\w+)/changes", page)
    assert draft is not None
    path = f"/governance/rules/drafts/{draft[1]}"
    page = text_of(author, f"{path}/rule", **RULE)
    sentence = (
        "Northmoor Homes may show Moorland NHS Trust (representative), in full, rent arrears, "
        "to prevent serious harm; recognised legitimate interest; refusal considered."
    )
    assert sentence in page
    page = text_of(author, f"{path}/changes")
    assert "Information of Northmoor Homes" in page
    assert "Holds information to In full" in page
    assert "Moorland NHS Trust: Rent arrears, Holds information to Summary" in page, "on the next agenda"
    assert "Nobody would be shown less." in page
    page = text_of(author, f"{path}/send", x="")
    assert "Waiting for Northmoor Homes." in page
    assert "Publish these rules" not in page
    assert "Waiting for Northmoor Homes." in text_of(other, f"{path}/changes")
    assert "Accept for my agency" not in text_of(other, f"{path}/changes")
    mark = re.search(r'name="mark" value="(\w+)"', page)
    assert mark is not None
    refused = text_of(author, f"{path}/accept", ticked=["0"], mark=mark[1])
    assert "Tick each line that you accept." in refused
    page = text_of(author, f"{path}/accept", ticked=["0", "1"], mark=mark[1])
    assert "accepted by Iris Cole" in page
    assert "A second officer publishes it" in page
    page = text_of(second, f"{path}/changes")
    assert "Publish these rules" in page
    page = text_of(second, f"{path}/publish", x="")
    assert sentence in page
    assert "2026-11-24.3" in page


def test_faults_are_told_in_words_beside_the_field(officers: dict[str, FlaskClient]) -> None:
    page = text_of(officers["h-ig"], "/governance/rules/drafts", why="Arrears")
    draft = re.search(r"/governance/rules/drafts/(dft_\w+)/changes", page)
    assert draft is not None
    path = f"/governance/rules/drafts/{draft[1]}/rule"
    for wrong, told_beside, said in (
        ({"basis": ""}, "basis", "Choose the lawful basis."),
        ({"level": "none"}, "level", "Choose how much may be shown."),
        ({"effect": "forbid"}, "consent", "Choose what consent does. Leave it empty"),
        ({"approvals": "many"}, "approvals", "Enter a number of approvals"),
        ({"effect": ""}, "effect", "Choose what the rule does."),
        ({"classes": "gossip"}, "classes", "Choose kinds of information"),
        ({"agencies": "gossip"}, "agencies", "unknown agency"),
        (
            {
                "starts-day": "2",
                "starts-month": "1",
                "starts-year": "2027",
                "ends-day": "1",
                "ends-month": "1",
                "ends-year": "2027",
            },
            "ends",
            "Enter an end that is after the start.",
        ),
    ):
        page = text_of(officers["h-ig"], path, **{**RULE, **wrong})
        beside = re.search(rf'id="{told_beside}-error"[^>]*>(.*?)</p>', page, re.DOTALL)
        if told_beside != "ends":
            assert beside is not None, wrong
            assert said in beside[1]
        else:
            assert said in page
        assert "There is a problem" in page


def test_what_a_rule_has_is_shown_and_kept_in_the_form(
    officers: dict[str, FlaskClient], world: World
) -> None:
    draft = started(world, "h-ig", {**ARREARS, "condition": "A9g-18", "subjects": ["victim"], "approvals": 2})
    path = f"/governance/rules/drafts/{draft}/rule?id=r-new-1"
    page = text_of(officers["h-ig"], path)
    for value in ("homes", "nhs", "representative", "tenancy.arrears", "victim", "prevent-serious-harm"):
        assert re.search(rf'value="{re.escape(value)}" checked', page), value
    assert 'value="A9g-18"' in page
    assert 'value="2"' in page
    assert "Remove this rule" in page


def test_a_stale_draft_says_what_to_do(world: World, officers: dict[str, FlaskClient]) -> None:
    old = started(world, "h-ig", ARREARS)
    other = started(world, "p-ig", {"id": "f-new-1", "effect": "forbid", "classes": ["dash.score"]})
    send(world, "p-ig", other)
    publish(world, "n-ig", other)
    with told("stale", AFTER):
        page = text_of(officers["h-ig"], f"/governance/rules/drafts/{old}/changes")
        assert "The rules have changed since this draft was made" in page
        assert "Send to second officer" not in page
        page = text_of(officers["h-ig"], f"/governance/rules/drafts/{old}/rebase", x="")
        assert "Northmoor Homes may show" in page
        page = text_of(officers["h-ig"], f"/governance/rules/drafts/{old}/changes")
        assert "Send to second officer" in page
        first = first_version(world)
        page = text_of(officers["h-ig"], f"/governance/rules/versions/{first}")
        assert "It is no longer in force." in page
        assert "Go back to this version" in page


def test_going_back_keeps_every_class_purpose_and_lock(whole: World, tmp_path: Path) -> None:
    """People's words may name what came later; a policy without it would hold none of them."""
    world = copied(whole, tmp_path)
    with changing(world) as session:
        said = json.loads(versions.newest(session, HOME, LATER).document)
        said["classes"].append({"name": "health.new"})
        next(one for one in said["classes"] if one["name"] == "immigration")["presence_as"] = "health"
        said["purposes"].append("new-purpose")
        said["locks"].append({"id": "lock-new", "classes": ["health.new"]})
        versions.publish_next(session, HOME, json.dumps(said), actor=None, agency=None, at=LATER)
    with changing(world, AFTER) as session:
        viewer = world.viewer("h-ig")
        back = drafts.start(session, viewer, why="Back", at=AFTER, version_id=first_version(world))
        part = json.loads(back.document)
        assert {"name": "health.new"} in part["classes"]
        assert {"name": "immigration", "presence_as": "health"} in part["classes"], "told as it is now"
        assert "new-purpose" in part["purposes"]
        assert "lock-new" in {one["id"] for one in part["locks"]}
        assert {"name": "health.sexual", "presence_as": "health"} in part["classes"]
        back.document = json.dumps({**part, "locks": []})
        session.flush()
        with pytest.raises(Unsound) as broken:
            publishing.look(session, viewer, back.id, at=AFTER)
        assert "locks: lock-new is missing" in broken.value.faults


def test_the_past_year_counts_only_ones_own_disclosures(world: World) -> None:
    """The NHS was told twice that Homes holds arrears; the rule forbids it: two disclosures would be none."""
    for _ in range(2):
        assert arrears(world, "n-rep", LATER) == "presence"
    draft = started(world, "h-ig", {"id": "f-new-1", "effect": "forbid", "classes": ["tenancy"]}, at=AFTER)
    with world.database.read() as session:
        found = {}
        for who in ("h-ig", "p-ig"):
            viewer = world.viewer(who)
            looked = publishing.look(session, viewer, draft, at=AFTER)
            found[who] = what_if(
                session, viewer, looked.old, looked.new, next_cases=[world.case_id], at=AFTER
            )
    theirs = [one for one in found["h-ig"].past if one.recipient == "nhs"]
    assert {(one.before, one.after, one.count) for one in theirs} == {("presence", "none", 2)}
    assert "tenancy.arrears" in {one.class_name for one in theirs}
    assert found["p-ig"].past == ()
    assert found["p-ig"].next == ()
    assert {one.class_name for one in found["h-ig"].next} == {"tenancy.arrears", "tenancy.status"}
