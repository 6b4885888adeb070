"""Who has witnessed the log, on the pages: how many, who is late, and a refusal that nobody overlooks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

import audit
from conference import clock
from conference.trail import reopening
from conference.trail.keys import verifier_key
from conference.trail.sequencer import place
from conference.trail.witnessing import asker, roll
from tests.governance.conftest import Seen
from tests.support.client import application, signed_in
from tests.support.world import HOME, NOW
from tests.trail.things import as_superuser
from tests.trail.witnesses import Running, running

BASE = "http://localhost"
AGENCIES = ("police", "homes", "nhs")


@pytest.fixture
def witnesses(seen: Seen, tmp_path: Path) -> Iterator[list[Running]]:
    """Three witnesses, asked once."""
    database = seen.world.database
    with ExitStack() as stack:
        made = running(stack, tmp_path / "w", verifier_key(database.keys, HOME), *AGENCIES)
        with database.write() as session:
            for one in made:
                roll.add(session, HOME, one.name, one.vkey, one.url)
        with clock.held(NOW):
            place(database, HOME)
            asker.ask_those_due(database)
        yield made


@pytest.fixture
def get(seen: Seen):
    """Reads a page as somebody, so many hours from now."""
    app = application(seen.world)

    def get(path: str, who: str = "p-ig", hours: float = 0) -> str:
        with clock.held(NOW + timedelta(hours=hours)):
            client: FlaskClient = signed_in(app, seen.world, who)
            answer = client.get(path, base_url=BASE)
        assert answer.status_code == 200, path
        return answer.get_data(as_text=True)

    return get


def test_without_witnesses_it_says_so(get) -> None:
    assert "No agency runs a witness." in get("/governance/log")


def test_an_entry_says_by_how_many_and_what_was_checked(get, seen: Seen, witnesses: list[Running]) -> None:
    page = get(f"/governance/disclosures/{seen.events['h-rep']}")
    assert ", signed, witnessed by 3 agencies" in page
    assert "Cosigned it: the witnesses of Moorland NHS Trust, Northmoor Homes and Northmoor Police." in page
    assert "The log&#39;s key signed the checkpoint." in page


def test_the_log_says_who_and_what_makes_a_quorum(get, witnesses: list[Running]) -> None:
    page = get("/governance/log")
    assert "2 agencies are needed." in page
    assert page.count(">Cosigned<") == 3
    assert "police.example/1" in page
    assert 'class="govuk-warning-text"' not in page
    policy = audit.parse_policy(get("/governance/log/policy").encode())
    assert len(policy.witnesses) == 3
    assert "What it does not prove" in get("/governance/log/meaning")


def test_one_that_is_late_is_warned_of(get, seen: Seen, witnesses: list[Running]) -> None:
    witnesses[1].stop()
    with clock.held(NOW + timedelta(hours=2)):
        asker.ask_those_due(seen.world.database)
    page = get("/governance/log", hours=2.5)
    assert "Late: the witness of Northmoor Homes" in page
    assert "Does not answer, late" in page
    witnesses[1].start()


def test_a_refusal_is_told_loudly(get, seen: Seen, witnesses: list[Running]) -> None:
    with as_superuser(seen.world.database) as session:
        newest = "(SELECT max(size) FROM log_checkpoint WHERE partnership_id = 'nm')"
        session.execute(text(f"DELETE FROM log_checkpoint WHERE size = {newest}"))  # noqa: S608 - ours
    with clock.held(NOW + timedelta(hours=1)):
        asker.ask_those_due(seen.world.database)
    page = get("/governance/log", hours=1)
    assert 'role="alert"' in page
    assert "A WITNESS HAS SEEN ANOTHER LOG. Do not rely on this log. Call your security lead." in page
    assert "The witness of Northmoor Homes has seen entries that this log has lost" in page
    assert "A WITNESS HAS SEEN ANOTHER LOG. Do not rely on these answers." in get(
        "/governance/disclosures", hours=1
    )


def test_a_meeting_keeps_its_checkpoint(get, seen: Seen, witnesses: list[Running]) -> None:
    path = f"/meetings/{seen.world.past_meeting_id}"
    page = get(path, who="s-chair")
    assert "The log up to its end was witnessed by 3 agencies." in page
    note = audit.Note.parse(get(f"{path}/checkpoint", who="s-chair").encode())
    assert len(note.signatures) == 4


def test_after_a_new_epoch_both_parts_can_be_had(get, seen: Seen, tmp_path: Path) -> None:
    database = seen.world.database
    before = verifier_key(database.keys, HOME)
    database.keys.destroy(f"log/{HOME}/1")
    officers = (seen.world.staff["p-ig"], seen.world.staff["h-ig"])
    with clock.held(NOW):
        reopening.open_epoch(database, HOME, approved_by=officers, key=before)
    page = get("/governance/log")
    assert f"conference/{HOME}/2+" in page
    assert "The log was continued on 24 November 2026 under another name." in page
    assert get("/governance/log/key?epoch=1").strip() == str(before)
    assert get("/governance/log/key").startswith(f"conference/{HOME}/2+")
    old = f"/governance/disclosures/{seen.events['h-rep']}"
    assert "Yes: at place " in get(old)
    assert "/governance/log/key?epoch=1" in get(f"{old}/check")
