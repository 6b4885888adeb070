"""What the conference itself wrote about several people: whoever chairs writes what stays."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from conference import clock
from conference.cases.models import Case, FieldAudience
from conference.cases.records import write_for_conference
from conference.meetings.models import Action
from conference.sharing.retention import erasing
from conference.web import parts_of
from tests.retention.conftest import officer
from tests.retention.test_erasing import texts
from tests.support.client import application, signed_in
from tests.support.world import World, by

HOST = "http://localhost"
TEXT = "Tell Maria before Adam is served the order"
STAYS = "Ring Maria on Monday"


@pytest.fixture
def field_id(world: World) -> str:
    """An action of the conference's about both of them, read by two."""
    with clock.held(world.now), world.database.write() as session:
        case = session.get_one(Case, world.case_id)
        made = write_for_conference(
            session,
            case,
            class_name="conference.action",
            value=TEXT,
            about=[world.people["victim"], world.people["perpetrator"]],
            sources=[world.fields["police/identity.name/perpetrator"]],
            audience=[world.staff["s-chair"], world.staff["h-rep"]],
            by=by(world, "s-chair"),
            at=clock.now(),
        )
        session.get_one(Action, world.action_id).field_id = made.id
        return made.id


def test_what_the_conference_wrote_stays_about_the_other(world: World, field_id: str) -> None:
    app = application(world)
    app.config["WTF_CSRF_ENABLED"] = False
    path = f"/cases/{world.case_id}/several"
    with clock.held(world.now):
        chair, member = (signed_in(app, world, who) for who in ("s-chair", "h-rep"))
        assert TEXT in chair.get(path, base_url=HOST).get_data(as_text=True)
        assert TEXT not in member.get(path, base_url=HOST).get_data(as_text=True)
        said = {"about": [world.people["victim"]], "text": STAYS}
        assert member.post(f"{path}/{field_id}", data=said, base_url=HOST).status_code == 404
        assert chair.post(f"{path}/{field_id}", data=said, base_url=HOST).status_code == 303
        assert "Written down again" in chair.get(path, base_url=HOST).get_data(as_text=True)
    with clock.held(world.now), world.database.write() as session:
        action = session.get_one(Action, world.action_id)
        assert action.field_id != field_id
        readers = select(FieldAudience.staff_id).where(FieldAudience.field_id == action.field_id)
        assert set(session.scalars(readers)) == {world.staff["s-chair"], world.staff["h-rep"]}
        officers = [(world.staff[who], officer(session, world, who).agency_id) for who in ("h-ig", "p-ig")]
        erasing.erase(
            session, world.people["perpetrator"], officers=officers, at=clock.now(), lose_shared=True
        )
    for who, reads in (("h-rep", True), ("s-chair", True), ("p-rep", False)):
        assert (STAYS in texts(world, who)) is reads
        assert TEXT not in texts(world, who)
    with clock.held(world.now):
        page = signed_in(app, world, "h-rep").get(f"/actions/{world.action_id}", base_url=HOST)
        assert page.status_code == 200
        assert STAYS in page.get_data(as_text=True)
    parts_of(app).database.close()


def test_without_it_the_text_is_lost_and_the_action_stays(world: World, field_id: str) -> None:
    with clock.held(world.now), world.database.write() as session:
        officers = [(world.staff[who], officer(session, world, who).agency_id) for who in ("h-ig", "p-ig")]
        erasing.erase(
            session, world.people["perpetrator"], officers=officers, at=clock.now(), lose_shared=True
        )
        assert session.get_one(Action, world.action_id).field_id == field_id
    app = application(world)
    with clock.held(world.now):
        client = signed_in(app, world, "h-rep")
        for path in (f"/actions/{world.action_id}", "/", f"/cases/{world.case_id}?view=actions"):
            answer = client.get(path, base_url=HOST)
            assert answer.status_code in {200, 404}, path
            assert TEXT not in answer.get_data(as_text=True)
    parts_of(app).database.close()
