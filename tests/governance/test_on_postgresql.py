"""Agreements and drafts on PostgreSQL: the same way, and two officers at the same time."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from conference.errors import Conflict
from conference.sharing import versions
from conference.sharing.agreements import services as agreements
from conference.sharing.agreements.register import find
from tests.governance.rules import ARREARS, LATER, accept, changing, publish, send, small, started
from tests.governance.test_agreements import AFTER, TERMS
from tests.support.world import HOME, World, make

pytestmark = pytest.mark.slow


@pytest.fixture
def world(postgres_url: str, tmp_path: Path):
    made = small(make(tmp_path, postgres_url))
    yield made
    made.database.close()


def agreed(world: World) -> tuple[dict[str, list[str]], list[str]]:
    """Agreements to parties, and the rules, of the version in force."""
    with world.database.read() as session:
        said = json.loads(versions.newest(session, HOME, AFTER).document)
    parties = {one["id"]: one["parties"] for one in said["agreements"]}
    return parties, [one["id"] for one in said["rules"]]


def test_the_same_way_as_on_sqlite(world: World) -> None:
    draft = started(world, "h-ig", ARREARS)
    send(world, "h-ig", draft)
    with pytest.raises(Conflict):
        publish(world, "n-ig", draft)
    accept(world, "h-ig", draft)
    publish(world, "n-ig", draft)
    with changing(world) as session:
        terms = replace(TERMS, parties=("homes", "nhs"))
        agreement = agreements.add(session, world.viewer("h-ig"), terms, at=LATER).id
    for who in ("h-ig", "n-ig"):
        with changing(world) as session:
            viewer = world.viewer(who)
            offer = agreements.to_sign(session, viewer, find(session, HOME, agreement), AFTER)
            agreements.sign(session, viewer, agreement, seen=offer.mark, at=AFTER)
    parties, rules = agreed(world)
    assert parties["signed-1"] == ["homes", "nhs", "conference"]
    assert "r-new-1" in rules


def test_two_who_publish_at_once_do_it_once(world: World) -> None:
    """Each sees the draft as sent; the second finds it published."""
    draft = started(world, "h-ig", ARREARS)
    send(world, "h-ig", draft)
    accept(world, "h-ig", draft)
    gate, came = threading.Barrier(2), []

    def go(who: str) -> None:
        gate.wait()
        try:
            publish(world, who, draft)
            came.append("published")
        except Conflict:
            came.append("refused")

    both = [threading.Thread(target=go, args=(who,)) for who in ("n-ig", "p-ig")]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(came) == ["published", "refused"]
