"""Whoever was shown something wrongly, and is an officer too, does not decide what comes of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from conference.cases import services as cases
from conference.cases.models import Case
from conference.errors import BadInput, Refused
from conference.governance.wrong import services as wrong
from conference.identity import services as identity
from conference.permissions import Role
from conference.sharing.door import disclose
from conference.trail.reading import Wanted, events_for
from tests.support.client import settle
from tests.support.world import HOME, NOW, by, make, told


def test_who_was_shown_it_neither_decides_nor_closes(tmp_path: Path) -> None:
    world = make(tmp_path)
    with told("both"), world.database.write() as session:
        staff = identity.add_staff(
            session,
            "homes",
            subject="h-both",
            name="Beth Both",
            roles=(Role.REPRESENTATIVE, Role.IG_OFFICER),
            trained_until=NOW.date() + timedelta(days=200),
        )
        world.staff["h-both"] = staff.id
        case = session.get_one(Case, world.case_id)
        cases.assign(session, case, staff.id, by=by(world, "s-coord"), at=NOW)
    with told("looks"), world.database.write() as session:
        disclose(session, world.viewer("h-both"), [session.get_one(Case, world.case_id)])
    settle(world)
    with told("reports"), world.database.write() as session:
        viewer = world.viewer("h-both")
        event = events_for(session, HOME, "homes", Wanted(names=("disclosure.shown",)))[0]
        entry = wrong.find_entry(session, viewer, event.id)
        places = [n for n, item in enumerate(entry.items) if item and item.class_name == "offending.order"]
        report = wrong.report(session, viewer, entry, wrong.Typed("shown", places, "A rule"), at=NOW)
        with pytest.raises(Refused):
            wrong.decide(session, viewer, report, reportable="no", why="It was only me", at=NOW)
        with pytest.raises(Refused):
            wrong.close(session, viewer, report, at=NOW)
        colleague = world.viewer("h-ig")
        wrong.decide(session, colleague, report, reportable="no", why="It stayed in the room", at=NOW)
        with pytest.raises(BadInput):  # more is to be done first
            wrong.close(session, colleague, report, at=NOW)
    world.database.close()
