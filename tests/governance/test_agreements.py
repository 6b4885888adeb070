"""Agreements: what they must say, who signs, who takes part, and when that ends."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete

from conference.errors import BadInput, Conflict, NotFound, Refused
from conference.identity import services as identity
from conference.permissions import Role
from conference.sharing import versions
from conference.sharing.agreements import services as agreements
from conference.sharing.agreements.models import Agreement, AgreementSignature
from conference.sharing.agreements.register import find
from conference.sharing.agreements.settling import settle
from conference.sharing.agreements.terms import ASKED, Terms
from conference.sharing.drafts import publishing
from conference.trail.reading import Wanted, events_for
from conference.vault.errors import RowBroken
from tests.governance.rules import ARREARS, LATER, changing, small, started
from tests.support.client import application, copied, signed_in
from tests.support.world import HOME, World, make, told

BASE = "http://localhost"
AFTER = LATER + timedelta(minutes=5)
TODAY = LATER.date()
TERMS = Terms(
    title="Sharing about homes",
    parties=("homes", "nhs", "police"),
    purposes=("tenancy-support",),
    classes=("tenancy",),
    starts=TODAY,
    ends=TODAY + timedelta(days=300),
    review_on=TODAY + timedelta(days=150),
    answers=dict.fromkeys(ASKED, "As agreed"),
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> World:
    return small(make(tmp_path_factory.mktemp("agreements")))


@pytest.fixture
def world(whole: World, tmp_path: Path) -> World:
    return copied(whole, tmp_path)


def entered(world: World, terms: Terms = TERMS, who: str = "h-ig") -> str:
    with changing(world) as session:
        return agreements.add(session, world.viewer(who), terms, at=LATER).id


def sign(world: World, who: str, agreement: str, at: datetime = LATER) -> None:
    """Sign what is on their page."""
    with changing(world, at) as session:
        viewer = world.viewer(who)
        offer = agreements.to_sign(session, viewer, find(session, HOME, agreement), at)
        agreements.sign(session, viewer, agreement, seen=offer.mark if offer else "", at=at)


def in_policy(world: World, at: datetime = AFTER) -> dict[str, list[str]]:
    """The registered agreements of the policy in force: id to parties."""
    with world.database.read() as session:
        said = json.loads(versions.newest(session, HOME, at).document)["agreements"]
    return {one["id"]: one["parties"] for one in said if one["id"] != "dsa-1"}


# --- signing, and taking part -------------------------------------------------------------------------------


def test_an_agreement_takes_effect_with_the_parties_that_are_ready(world: World) -> None:
    agreement = entered(world)
    assert in_policy(world) == {}
    sign(world, "h-ig", agreement)
    assert in_policy(world) == {}, "one party alone shares with nobody"
    sign(world, "n-ig", agreement)
    assert in_policy(world) == {"signed-1": ["homes", "nhs", "conference"]}
    sign(world, "p-ig", agreement)
    assert in_policy(world) == {"signed-1": ["homes", "nhs", "police", "conference"]}


def test_whoever_has_signed_but_is_not_ready_takes_no_part_until_they_are(world: World) -> None:
    """Community Safety has a chair and a coordinator, but nobody who works on cases."""
    with changing(world) as session:
        identity.add_staff(session, "safety", subject="s-ig", name="Ines Gray", roles=(Role.IG_OFFICER,))
        world.staff["s-ig"] = identity.find_staff(session, "safety", "s-ig").id
    agreement = entered(world, replace(TERMS, parties=("homes", "nhs", "safety")))
    for who in ("h-ig", "n-ig", "s-ig"):
        sign(world, who, agreement)
    assert in_policy(world) == {"signed-1": ["homes", "nhs", "conference"]}
    with changing(world) as session:
        said = agreements.missing(session, world.viewer("h-ig"), find(session, HOME, agreement), LATER)
        assert [(one.agency_id, one.users) for one in said if not one.is_ready] == [("safety", True)]
        untrained = identity.add_staff(
            session, "safety", subject="s-rep", name="Rae Low", roles=(Role.REPRESENTATIVE,)
        )
    assert in_policy(world) == {"signed-1": ["homes", "nhs", "conference"]}, "not trained"
    with changing(world) as session:
        identity.deactivate(session, untrained.id)
        identity.add_staff(
            session,
            "safety",
            subject="s-rep-2",
            name="Rob Low",
            roles=(Role.REPRESENTATIVE,),
            trained_until=TODAY + timedelta(days=400),
        )
    assert in_policy(world)["signed-1"] == ["homes", "nhs", "safety", "conference"]


def test_whoever_loses_their_last_user_is_out_at_once(world: World) -> None:
    agreement = entered(world)
    for who in ("h-ig", "n-ig", "p-ig"):
        sign(world, who, agreement)
    with changing(world) as session:
        identity.deactivate(session, world.staff["n-rep"])
    assert in_policy(world)["signed-1"] == ["homes", "police", "conference"]
    with changing(world) as session:
        for who in ("p-rep", "p-other"):
            identity.deactivate(session, world.staff[who])
    assert in_policy(world) == {}


def test_training_that_ends_is_in_the_policy_before_it_does(world: World) -> None:
    """Everybody of the world is trained for 200 days; the NHS gets somebody who is for longer."""
    with changing(world) as session:
        for agency in ("nhs", "homes"):
            identity.add_staff(
                session,
                agency,
                subject=f"{agency}-long",
                name="Lee Long",
                roles=(Role.REPRESENTATIVE,),
                trained_until=TODAY + timedelta(days=400),
            )
    agreement = entered(world)
    for who in ("h-ig", "n-ig", "p-ig"):
        sign(world, who, agreement)
    with world.database.read() as session:
        said = json.loads(versions.newest(session, HOME, AFTER).document)["agreements"]
    first, second = (one for one in said if one["id"] != "dsa-1")
    assert (first["id"], second["id"]) == ("signed-1", "signed-1.2")
    assert "police" in first["parties"]
    assert "police" not in second["parties"]
    lapses = TODAY + timedelta(days=201)
    assert versions.parsed(first["until"]) == datetime(lapses.year, lapses.month, lapses.day, tzinfo=UTC) - (
        timedelta(hours=1)  # London is on summer time then
    )
    assert first["until"] == second["from"]


def test_settling_twice_publishes_once(world: World) -> None:
    agreement = entered(world)
    for who in ("h-ig", "n-ig"):
        sign(world, who, agreement)
    with changing(world) as session:
        known = len(versions.versions(session, HOME))
        assert settle(session, HOME, LATER) is None
        assert len(versions.versions(session, HOME)) == known


def test_signing_is_logged_for_the_parties(world: World) -> None:
    agreement = entered(world)
    sign(world, "h-ig", agreement)
    with world.database.read() as session:
        for agency, number in (("homes", 1), ("nhs", 1), ("police", 1), ("haven", 0)):
            found = events_for(session, HOME, agency, Wanted(names=("agreement.signed",)))
            assert [one.mark for one in found] == ["signed-1"] * number


def test_who_may_not_sign(world: World) -> None:
    agreement = entered(world, replace(TERMS, parties=("homes", "nhs")))
    with pytest.raises(Conflict):
        sign(world, "p-ig", agreement)
    with pytest.raises(Refused, match="role"):
        sign(world, "h-rep", agreement)
    sign(world, "h-ig", agreement)
    with pytest.raises(Conflict):
        sign(world, "h-ig", agreement)
    with pytest.raises(NotFound):
        sign(world, "h-ig", "agr_unknown")


def test_other_words_or_other_rules_than_those_on_the_page_are_not_signed(world: World) -> None:
    agreement = entered(world)
    with changing(world) as session:
        seen = agreements.to_sign(session, world.viewer("h-ig"), find(session, HOME, agreement), LATER).mark
        agreements.change(
            session, world.viewer("h-ig"), agreement, replace(TERMS, classes=("health",)), at=LATER
        )
    with pytest.raises(BadInput, match="Read this again"), changing(world) as session:
        agreements.sign(session, world.viewer("h-ig"), agreement, seen=seen, at=LATER)
    sign(world, "h-ig", agreement)
    with pytest.raises(Conflict), changing(world) as session:
        agreements.change(session, world.viewer("h-ig"), agreement, TERMS, at=LATER)


def test_a_signature_that_somebody_wrote_into_the_database_is_not_believed(world: World) -> None:
    agreement = entered(world)
    sign(world, "h-ig", agreement)
    with changing(world) as session:
        forged = {
            "id": "sig_forged",
            "partnership_id": HOME,
            "agreement_id": agreement,
            "agency_id": "nhs",
            "staff_id": world.staff["n-ig"],
            "content": find(session, HOME, agreement).row.document_hash,
            "signed_at": LATER,
            "row_seal": b"x" * 16,
        }
        session.execute(AgreementSignature.__table__.insert(), [forged])
    with pytest.raises(RowBroken), world.database.read() as session:
        find(session, HOME, agreement)


def test_an_agreement_whose_row_is_gone_is_missed(world: World) -> None:
    """Else its parties would take part for good, whatever became of them."""
    agreement = entered(world)
    for who in ("h-ig", "n-ig"):
        sign(world, who, agreement)
    with changing(world) as session:
        session.execute(delete(AgreementSignature))
        session.execute(delete(Agreement))
    with world.database.read() as session, pytest.raises(RowBroken):
        agreements.from_installation(session, world.viewer("h-ig"), AFTER)
    with pytest.raises(RowBroken), changing(world) as session:
        identity.deactivate(session, world.staff["n-rep"])


# --- ending -------------------------------------------------------------------------------------------------


def test_a_party_ends_it_early(world: World) -> None:
    agreement = entered(world)
    for who in ("h-ig", "n-ig"):
        sign(world, who, agreement)
    with pytest.raises(BadInput), changing(world) as session:
        agreements.end(session, world.viewer("n-ig"), agreement, why=" ", at=AFTER)
    with changing(world, AFTER) as session:
        agreements.end(session, world.viewer("p-ig"), agreement, why="Renewed", at=AFTER)
    assert in_policy(world, AFTER + timedelta(minutes=1)) == {}
    with pytest.raises(Conflict):
        sign(world, "p-ig", agreement, AFTER)


def test_an_agreement_about_what_the_policy_no_longer_knows_takes_no_effect(world: World) -> None:
    """Else it could not be published, and nobody who leaves could be taken out."""
    agreement = entered(world)
    for who in ("h-ig", "n-ig"):
        sign(world, who, agreement)
    with changing(world, AFTER) as session:
        said = json.loads(versions.newest(session, HOME, AFTER).document)
        said["purposes"].remove("tenancy-support")
        said["rules"] = [one for one in said["rules"] if "tenancy-support" not in one.get("purposes", ())]
        said["agreements"] = []
        versions.publish_next(session, HOME, json.dumps(said), actor=None, agency=None, at=AFTER)
        identity.deactivate(session, world.staff["n-rep"])
    assert in_policy(world, AFTER + timedelta(minutes=1)) == {}


def test_an_agreement_of_the_installation_is_ended_too(world: World) -> None:
    with changing(world, AFTER) as session:
        agreements.end_installed(session, world.viewer("h-ig"), "dsa-1", why="Replaced", at=AFTER)
    with world.database.read() as session:
        said = versions.newest(session, HOME, AFTER + timedelta(minutes=1)).document
    assert json.loads(said)["agreements"] == []
    with pytest.raises(NotFound), changing(world, AFTER) as session:
        agreements.end_installed(session, world.viewer("h-ig"), "dsa-9", why="None", at=AFTER)


# --- agreements and rules together --------------------------------------------------------------------------


def test_what_a_party_that_is_not_ready_would_be_shown_is_accepted_before_it_is(world: World) -> None:
    """A rule that shows nothing more today, but will once the NHS has signed, counts as a gain today."""
    rule = {**ARREARS, "purposes": ["tenancy-support"]}
    with changing(world, LATER) as session:
        agreements.end_installed(session, world.viewer("h-ig"), "dsa-1", why="Replaced", at=LATER)
    agreement = entered(world)
    draft = started(world, "p-ig", rule, at=AFTER)
    with world.database.read() as session:
        assert publishing.look(session, world.viewer("p-ig"), draft, at=AFTER).needed == ()
    sign(world, "h-ig", agreement, AFTER)
    with world.database.read() as session:
        assert publishing.look(session, world.viewer("p-ig"), draft, at=AFTER).needed == ("homes",)


# --- what it must say ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": " "}, "title"),
        ({"parties": ("homes",)}, "parties"),
        ({"parties": ("homes", "away-police")}, "parties"),
        ({"purposes": ()}, "purposes"),
        ({"classes": ()}, "classes"),
        ({"classes": ("gossip",)}, "classes"),
        ({"purposes": ("gossip",)}, "classes"),
        ({"ends": TODAY}, "ends"),
        ({"review_on": TODAY}, "review_on"),
        ({"review_on": TODAY + timedelta(days=301)}, "review_on"),
        *(({"answers": {**TERMS.answers, key: ""}}, key) for key in ASKED),
    ],
)
def test_what_is_missing_is_said_beside_its_question(
    whole: World, wrong: dict[str, object], field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        entered(whole, replace(TERMS, **wrong))
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("after", "overdue"), [(-31, []), (-30, [False]), (0, [False]), (1, [True]), (150, [])]
)
def test_reviews_are_reminded_of(world: World, after: int, overdue: list[bool]) -> None:
    agreement = entered(world)
    day = TERMS.review_on + timedelta(days=after)
    with world.database.read() as session:
        assert agreements.reminders(session, world.viewer("h-ig"), day) == [], "nobody has signed"
    sign(world, "h-ig", agreement)
    with world.database.read() as session:
        said = agreements.reminders(session, world.viewer("h-ig"), day)
        assert [one.is_overdue for one in said] == overdue


# --- pages --------------------------------------------------------------------------------------------------


@pytest.fixture
def officers(world: World) -> Iterator[dict[str, FlaskClient]]:
    app = application(world)
    app.config["WTF_CSRF_ENABLED"] = False
    with told("pages", LATER):
        yield {who: signed_in(app, world, who) for who in ("h-ig", "n-ig", "p-ig")}


def text_of(client: FlaskClient, path: str, **form: object) -> str:
    answer = client.post(path, data=form, base_url=BASE) if form else client.get(path, base_url=BASE)
    while answer.status_code == 303:
        answer = client.get(answer.headers["Location"], base_url=BASE)
    assert answer.status_code in {200, 422}, answer.status_code
    return answer.get_data(as_text=True)


def days(name: str, day: date) -> dict[str, str]:
    return {f"{name}-day": str(day.day), f"{name}-month": str(day.month), f"{name}-year": str(day.year)}


FORM = {
    "title": "Sharing about homes",
    "parties": ["homes", "nhs"],
    "purposes": ["tenancy-support"],
    "classes": ["tenancy"],
    **days("starts", TERMS.starts),
    **days("ends", TERMS.ends),
    **days("review_on", TODAY + timedelta(days=20)),
    **TERMS.answers,
}


def test_an_agreement_goes_from_form_to_force(world: World, officers: dict[str, FlaskClient]) -> None:
    author, other = officers["h-ig"], officers["n-ig"]
    wrong = text_of(author, "/governance/agreements/new", **{**FORM, "retention": ""})
    assert "Write this part: how long it is kept." in wrong
    page = text_of(author, "/governance/agreements/new", **FORM)
    assert "Not signed" in page
    found = re.search(r"/governance/agreements/(agr_\w+)/sign", page)
    assert found is not None
    path = f"/governance/agreements/{found[1]}"
    for client, signed in ((author, "signed by Iris Cole"), (other, "signed by Ian Gale")):
        page = text_of(client, path)
        assert "What signing opens" in page
        mark = re.search(r'name="seen" id="seen" value="(\w+)"', page)
        assert mark is not None
        assert "Read this again" in text_of(client, f"{path}/sign", seen="other")
        assert signed in text_of(client, f"{path}/sign", seen=mark[1])
    assert in_policy(world) == {"signed-1": ["homes", "nhs", "conference"]}
    page = text_of(author, "/governance/agreements")
    assert "In force" in page
    assert "Review due in 20 days" in page
    assert "Review: Sharing about homes" in page
    assert "Review: Sharing about homes" not in text_of(officers["p-ig"], "/governance/agreements")
    assert "Review: Sharing about homes" in text_of(author, "/governance/disclosures")
    assert "Sharing about homes" in text_of(author, f"/governance/agreements/new?like={found[1]}")
    page = text_of(other, f"{path}/end", why="Renewed")
    assert "Ended early" in page
    assert "Ian Gale ended it" in page
    assert in_policy(world) == {}


def test_what_each_agency_lacks_is_said(officers: dict[str, FlaskClient]) -> None:
    page = text_of(officers["p-ig"], "/governance/agreements")
    assert "Community Safety: missing users (nobody there is a representative, deputy or IDVA)" in page
    assert "Ready: Northmoor Police" in page
    assert "These were signed outside Conference." in page
    page = text_of(officers["p-ig"], "/governance/agreements/installed/dsa-1", why="Replaced")
    assert "Ended early" in page
