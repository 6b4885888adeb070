from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from conference import clock
from conference.cases.models import Case, CaseAgency, Field, PersonRole, Research
from conference.cases.services import exclusions_of, listed_case, people_in
from conference.commands import installing
from conference.demo import complex as complex_needs
from conference.demo import marac
from conference.demo.people import AGENCIES, PARTNERSHIP, RESEARCHER, STAFF
from conference.errors import NotFound
from conference.identity import services as identity
from conference.meetings.models import Action, AgendaItem, Invitation, Meeting, MeetingStatus
from conference.permissions import Role
from conference.sharing import catalogue
from conference.trail import reading
from conference.trail.sequencer import check_start
from tests.demo.conftest import told_in, viewer_of

ALL = (*marac.ALL, *complex_needs.ALL)
SAFE = [said.value for told in ALL for said in told.said if said.class_name in catalogue.SAFE_CONTACT]
NAMES = {said.value for told in ALL for said in told.said if said.class_name == "identity.name"}
pytestmark = pytest.mark.slow


def everything(settings) -> dict[str, list[tuple[object, ...]]]:
    """Ids and words without dates, from every table that the story fills."""
    with installing.opened(settings) as database, database.read() as session:
        asked = {
            "cases": select(Case.id, Case.reference).order_by(Case.id),
            "fields": select(Field.id, Field.class_name, Field.offered, Field.owner).order_by(Field.id),
            "research": select(CaseAgency.case_id, CaseAgency.agency_id, CaseAgency.research),
            "agenda": select(AgendaItem.id, AgendaItem.case_id, AgendaItem.position),
            "actions": select(Action.id, Action.staff_id, Action.status),
        }
        found = {name: sorted(map(tuple, session.execute(query)), key=str) for name, query in asked.items()}
        found["staff"] = [(one.id, one.subject) for one in identity.list_staff(session, PARTNERSHIP)]
        return found


def test_told_again_on_another_day_it_is_the_same(story, tmp_path: Path) -> None:
    another_day = clock.now() + timedelta(days=40)
    with clock.held(another_day):
        again = told_in(tmp_path / "again")
    assert everything(again) == everything(story)


def test_every_role_and_three_ig_officers_are_there(database) -> None:
    assert len(STAFF) >= 24
    assert {role for *_, roles in STAFF for role in roles} == set(Role)
    officers = {agency for _, agency, _, roles in STAFF if Role.IG_OFFICER in roles}
    assert {"police", "homes", "nhs"} <= officers
    assert {agency for agency, *_ in AGENCIES} == set(RESEARCHER)


def test_its_log_is_sound_and_placed(database) -> None:
    check_start(database, PARTNERSHIP)


def test_a_past_meeting_one_today_and_one_ahead(database) -> None:
    with database.read() as session:
        held = session.scalars(select(Meeting).order_by(Meeting.starts_at)).all()
        days = [(one.starts_at.astimezone(clock.LONDON).date() - clock.today()).days for one in held]
        statuses = [one.status for one in held]
        signed = session.scalars(select(Invitation.staff_id).where(Invitation.signed_at.is_not(None))).all()
    assert days[0] == -14
    assert days[1] in {0, -1}, "told before midnight and read after it"
    assert min(days[2:]) > 0
    assert statuses[:2] == [MeetingStatus.ENDED, MeetingStatus.LIST_PUBLISHED]
    assert signed


def test_research_is_in_all_stages_and_some_is_late(database) -> None:
    with database.read() as session:
        rows = session.scalars(select(CaseAgency)).all()
        late = [
            row for row in rows if row.research is Research.NOT_STARTED and row.research_due < clock.today()
        ]
    assert {row.research for row in rows} == set(Research)
    assert late


def test_a_safe_address_reaches_its_readers_and_never_housing(look) -> None:
    for who in ("hana.said", "priya.nair"):
        texts = [row.text for view in look(who).values() for row in view.rows]
        assert any("Larch House" in (text or "") for text in texts)
    for who, _, _, roles in STAFF:
        kinds = {"police", "haven"}
        if RESEARCHER.get("x") == who or not roles or _agency(who) in kinds:
            continue
        for view in look(who).values():
            assert not [row for row in view.rows if row.class_name in catalogue.SAFE_CONTACT]
            said = " ".join(
                filter(None, (part for row in view.rows for part in (row.text, row.relevance, row.source)))
            )
            assert not [value for value in SAFE if value[:18] in said]


def _agency(who: str) -> str:
    return next(agency for subject, agency, *_ in STAFF if subject == who)


def test_two_agencies_see_marias_case_differently(look) -> None:
    police, homes, nhs = (_maria(look(who)) for who in ("priya.nair", "sam.okafor", "kiran.shah"))
    assert len(police.rows) > 20
    assert {row.level for row in homes.rows} == {"own", "full", "summary", "presence"}
    assert {row.text for row in police.rows} != {row.text for row in homes.rows}
    assert any(
        row.owner == "nhs" and row.level == "own" and row.class_name == "health.mental" for row in nhs.rows
    )
    assert all(
        row.text is None for row in homes.rows if row.owner == "nhs" and row.class_name == "health.mental"
    )
    assert "knife" in " ".join(row.text or "" for row in police.rows)
    assert "knife" not in " ".join(row.text or "" for row in (*homes.rows, *nhs.rows))


def _maria(views):
    return next(view for heading, view in views.items() if heading.startswith("Maria Kowalczyk, 34"))


def test_what_an_agency_did_not_offer_nobody_else_sees(database, look) -> None:
    with database.read() as session:
        hidden = set(session.scalars(select(Field.id).where(Field.offered == "NONE")))
    assert hidden
    for who in RESEARCHER.values():
        rows = [row for view in look(who).values() for row in view.rows if row.field_id in hidden]
        assert all(row.level == "own" for row in rows)


def test_a_withdrawn_consent_no_longer_shows_health(look) -> None:
    homes = look("sam.okafor")
    kwame = next(view for heading, view in homes.items() if heading.startswith("Kwame"))
    leila = next(view for heading, view in homes.items() if heading.startswith("Leila"))
    assert not kwame.of_class("health")
    assert [row.level for row in leila.of_class("health.mental")] == ["summary"]


def test_a_recused_member_does_not_find_the_case(database) -> None:
    with database.read() as session:
        viewer = viewer_of(session, "marek.novak")
        (case_id,) = exclusions_of(session, viewer.staff_id)
        with pytest.raises(NotFound):
            listed_case(session, viewer, case_id)
        assert listed_case(session, viewer_of(session, "sam.okafor"), case_id)


def test_some_colleagues_work_on_no_case(look) -> None:
    assert look("joanna.bell") == {}
    assert look("fatima.rahman") == {}


def test_police_can_ask_who_has_seen_what_of_theirs(database) -> None:
    with database.read() as session:
        entries = list(reading.events_for(session, PARTNERSHIP, "police", reading.Wanted()))
        theirs = {staff.id: staff.agency_id for staff in identity.list_staff(session, PARTNERSHIP)}
    shown = {
        theirs[one.actor] for one in entries if one.name.startswith("disclosure.") and one.actor in theirs
    }
    assert {"homes", "nhs", "childrens", "haven"} <= shown


def test_a_repeat_case_has_the_same_people(database) -> None:
    with database.read() as session:
        victims = [
            person
            for case in session.scalars(select(Case))
            for person, role in people_in(session, case)
            if role is PersonRole.VICTIM
        ]
    assert len(victims) - len(set(victims)) == 1


def test_nothing_that_says_who_is_readable_in_the_files(story) -> None:
    content = b"".join(path.read_bytes() for path in story.data.glob("conference.db*"))
    readable = [name for name in (*NAMES, *(staff for _, _, staff, _ in STAFF)) if name.encode() in content]
    assert readable == []
    assert b"Larch" not in content


@pytest.mark.parametrize("told", ALL, ids=lambda told: told.name)
def test_every_summary_is_written_and_every_class_known(told) -> None:
    known = dict(catalogue.choices())
    for said in told.said:
        assert said.class_name in known
        assert said.offered != "summary" or said.summary
        assert said.kind in {"fact", "opinion"}
