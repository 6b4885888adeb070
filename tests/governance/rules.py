"""What tests of rules and agreements say again and again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count

from sqlalchemy.orm import Session

from conference.sharing import versions
from conference.sharing.drafts import publishing
from conference.sharing.drafts import services as drafts
from conference.sharing.models import PolicyVersion
from tests.support.world import HOME, NOW, World, told

TURNS = count(1)
LATER = NOW + timedelta(minutes=5)

# Homes' rent arrears, in full, to the NHS: now it is told only that Homes holds them.
ARREARS = {
    "id": "r-new-1",
    "effect": "permit",
    "level": "full",
    "classes": ["tenancy.arrears"],
    "owners": {"agencies": ["homes"]},
    "recipients": {"agencies": ["nhs"], "roles": ["representative"]},
    "purposes": ["prevent-serious-harm"],
    "basis": "RLI",
    "consent": "considered",
}


@contextmanager
def changing(world: World, at: datetime = LATER) -> Iterator[Session]:
    """One change of the world, as a request would make it."""
    with told(f"change {next(TURNS)}", at), world.database.write() as session:
        yield session


def started(world: World, who: str, *rules: dict[str, object], at: datetime = LATER) -> str:
    """A draft of somebody's with these rules put in, not sent yet."""
    with changing(world, at) as session:
        viewer = world.viewer(who)
        draft = drafts.start(session, viewer, why="Arrears matter to health", at=at)
        for rule in rules:
            drafts.put_rule(session, viewer, draft.id, dict(rule), at=at)
        return draft.id


def send(world: World, who: str, draft_id: str, at: datetime = LATER) -> None:
    with changing(world, at) as session:
        publishing.send(session, world.viewer(who), draft_id, at=at)


def accept(world: World, who: str, draft_id: str, at: datetime = LATER) -> None:
    """Tick everything that is on their page."""
    with changing(world, at) as session:
        viewer = world.viewer(who)
        looked = publishing.look(session, viewer, draft_id, at=at)
        ticked = [str(place) for place in range(len(looked.changes.gains_for(viewer.agency_id)))]
        mark = looked.mark(viewer.agency_id)
        publishing.accept(session, viewer, draft_id, ticked=ticked, mark=mark, at=at)


def publish(world: World, who: str, draft_id: str, at: datetime = LATER) -> PolicyVersion:
    with changing(world, at) as session:
        return publishing.publish(session, world.viewer(who), draft_id, at=at)


def small(world: World) -> World:
    """The world with a policy of few words, so that comparing two takes no time: a version of its own."""
    keep = {"dash.score", "intelligence", "conference.note", "health", "health.sexual", "health.mental"}
    keep |= {f"tenancy{end}" for end in ("", ".status", ".arrears", ".notice", ".history", ".support")}
    keep |= {"immigration"}
    with told("small", NOW), world.database.write() as session:
        said = json.loads(versions.newest(session, HOME, NOW).document)
        said["classes"] = [one for one in said["classes"] if one["name"] in keep]
        said["purposes"] = ["prevent-serious-harm", "tenancy-support"]
        said["locks"] = [one for one in said["locks"] if keep.issuperset(one["classes"])]
        said["rules"] = [
            one
            for one in said["rules"]
            if keep.issuperset(one["classes"]) and set(one.get("purposes", ())) <= set(said["purposes"])
        ]
        said["agreements"][0]["classes"] = sorted(keep)
        versions.publish_next(session, HOME, json.dumps(said), actor=None, agency=None, at=NOW)
    return world
