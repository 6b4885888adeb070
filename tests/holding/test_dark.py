"""An agency that does not give its key: nothing of it opens for anybody, and nothing else is harmed."""

from __future__ import annotations

import html
import re
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from conference import clock, wall
from conference.db import Database
from conference.sharing.holding import services
from conference.sharing.holding.models import Standing
from conference.sharing.holding.watching import Watch
from conference.trail.reading import Wanted, events_for
from conference.trail.sequencer import place
from conference.trail.soundness import sound_size
from conference.vault import keychanges
from conference.vault.errors import KeyDark
from conference.vault.holders import open_keys
from conference.web import ConferenceFlask, parts_of
from tests.live.marks import asked_by
from tests.support import holders
from tests.support.client import application, signed_in
from tests.support.world import HOME, NOW, World, copied, told
from tests.test_noninterference import in_order, plain

pytestmark = pytest.mark.slow
HOST = "http://localhost"
THEIRS = ("Broken wrist", "Attempted overdose", "Under the crisis team", "Injury")


def open_database(world: World) -> Database:
    """The installation as its commands open it: with all its keys."""
    return Database(world.settings.database, open_keys(world.settings), agency=wall.SYSTEM)


def revoke(world: World, agency: str) -> None:
    database = open_database(world)
    with told(f"revoke {agency}", world.now):
        services.revoke(database, agency)
    database.close()


def grant(world: World, agency: str) -> Standing:
    database = open_database(world)
    with told(f"grant {agency}", world.now):
        standing = services.grant(database, agency)
    database.close()
    return standing


class Desk:
    """Somebody with pages open in the application."""

    def __init__(self, app: ConferenceFlask, world: World, who: str) -> None:
        self.world, self.at = world, NOW
        with clock.held(NOW):
            self.client: FlaskClient = signed_in(app, world, who)

    def get(self, path: str) -> str:
        self.at += timedelta(seconds=1)
        with clock.held(self.at):
            answer = self.client.get(path.format(case=self.world.case_id, meeting=self.world.meeting_id),
                                     base_url=HOST)  # fmt: skip
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text

    def ask(self, text: str) -> str:
        """What the page is told that shows `text`."""
        asks = asked_by(text)
        assert asks is not None
        self.at += timedelta(seconds=1)
        with clock.held(self.at):
            answer = self.client.get(asks, base_url=HOST)
        return "same" if answer.status_code == 204 else str(answer.json["answer"])


@pytest.fixture
def app(world: World, tmp_path: Path) -> Iterator[ConferenceFlask]:
    made = application(copied(world, tmp_path / "one"))
    made.config["WTF_CSRF_ENABLED"] = False
    yield made
    parts_of(made).database.close()


def of(app: ConferenceFlask, world: World) -> World:
    """The world behind an application."""
    parts = parts_of(app)
    return replace(world, settings=parts.settings, database=parts.database)


def test_revoked_in_the_middle_of_a_meeting_it_is_dark_at_once_everywhere_and_comes_back(
    app: ConferenceFlask, world: World
) -> None:
    mine = of(app, world)
    police, idva = Desk(app, mine, "p-rep"), Desk(app, mine, "v-idva")
    pages = [
        "/cases/{case}",
        "/cases/{case}?view=timeline",
        "/cases/{case}/print",
        "/meetings/{meeting}/room",
    ]
    before = {(who, page): who.get(page) for who in (police, idva) for page in pages}
    shown = [key for key, text in before.items() if any(word in text for word in THEIRS)]
    assert len(shown) >= 6, shown
    assert {who.ask(before[who, page]) for who, page in shown} == {"same"}
    revoke(mine, "nhs")
    for who, page in shown:
        assert who.ask(before[who, page]) == "less", page
        assert not [word for word in THEIRS if word in who.get(page)], page
    dark = {key: key[0].get(key[1]) for key in shown}
    assert {who.ask(dark[who, page]) for who, page in shown} == {"same"}
    assert grant(mine, "nhs") is Standing.GIVEN
    for who, page in shown:
        assert who.ask(dark[who, page]) != "same", page
        assert any(word in who.get(page) for word in THEIRS), page


def of_nhs(text: str) -> list[str]:
    """What of the NHS's stands on a page."""
    return [word for word in THEIRS if word in text]


def test_its_own_staff_are_told_in_a_sentence_and_change_nothing_unseen(
    app: ConferenceFlask, world: World
) -> None:
    mine = of(app, world)
    own, idva = Desk(app, mine, "n-rep"), Desk(app, mine, "v-idva")
    assert "Broken wrist" in own.get("/cases/{case}/research")
    assert "Injury" in idva.get("/cases/{case}")
    revoke(mine, "nhs")
    text = own.get("/cases/{case}/research")
    assert "Moorland NHS Trust has taken back its key" in text
    assert not [word for word in THEIRS if word in text]
    with clock.held(NOW):
        answers = [
            own.client.post(f"/cases/{world.case_id}/research/send", data={"nil": "yes"}, base_url=HOST),
            own.client.post(
                f"/cases/{world.case_id}/research/add",
                data={"about": world.people["victim"], "class_name": "health.physical", "value": "New",
                      "kind": "fact", "offered": "none"},
                base_url=HOST,
            ),
        ]  # fmt: skip
    assert [one.status_code for one in answers] == [409, 409]
    assert all("key is not given" in one.text for one in answers)
    with clock.held(NOW):  # to show less of it needs no key
        path = f"/cases/{world.case_id}/research/{world.fields['nhs/health.physical/victim']}/take-back"
        assert own.client.post(path, base_url=HOST).status_code in {302, 303}
    grant(mine, "nhs")
    assert "Broken wrist" in own.get("/cases/{case}/research")
    assert not of_nhs(idva.get("/cases/{case}"))


@pytest.mark.parametrize("who", ["n-rep", "n-ig"])
def test_no_page_breaks(world: World, tmp_path: Path, who: str) -> None:
    """For its own staff; the next test sees that none does for anybody else."""
    one = copied(world, tmp_path / "one")
    revoke(one, "nhs")
    broken = []
    app = application(one)
    app.config["WTF_CSRF_ENABLED"] = False
    with told(f"sign-in {who}"):
        client = signed_in(app, one, who)
    for name, route in in_order():
        for number, form in enumerate(route.every_form()):  # type: ignore[attr-defined]
            for suffix in route.queries:  # type: ignore[attr-defined]
                path = route.path(one, who) + suffix  # type: ignore[attr-defined]
                with told(f"{who} {name} {number} {suffix}"):
                    answer = client.open(path, method=name[1], data=form(one, who), base_url=HOST)
                if answer.status_code >= 500 and answer.status_code != 503:
                    broken.append((name, suffix, answer.status_code))
    parts_of(app).database.close()
    assert not broken


@pytest.mark.parametrize("who", ["p-rep", "p-ig", "h-rep", "v-idva", "s-chair", "s-coord", None])
def test_it_is_as_if_its_records_were_not_there(world: World, tmp_path: Path, who: str | None) -> None:
    """Two worlds with one log: in one the NHS's records are there and dark, in the other they are gone.

    And no page breaks in either.
    """
    pair = [copied(world, tmp_path / name) for name in ("there", "gone")]
    for one in pair:
        revoke(one, "nhs")
    removed = _remove(pair[1], "nhs")
    assert removed >= 2
    sent: list[object] = []
    apps = [application(one) for one in pair]
    for app in apps:
        app.config["WTF_CSRF_ENABLED"] = False
        engine = parts_of(app).database.engine
        event.listen(engine, "before_cursor_execute", lambda *said: sent.append(said[2]))
    with told(f"sign-in {who}"):
        clients = [signed_in(app, one, who) for app, one in zip(apps, pair, strict=True)]
    for name, route in in_order():
        for number, form in enumerate(route.every_form()):  # type: ignore[attr-defined]
            for suffix in route.queries:  # type: ignore[attr-defined]
                seen = []
                for one, client in zip(pair, clients, strict=True):
                    sent.clear()
                    path = route.path(one, who or "") + suffix  # type: ignore[attr-defined]
                    with told(f"{who} {name} {number} {suffix}"):
                        answer = client.open(path, method=name[1], data=form(one, who or ""), base_url=HOST)
                    no_sequencer = name[0] == "health.ready" and answer.status_code == 503
                    assert answer.status_code < 500 or no_sequencer, (who, name, suffix)
                    seen.append((answer.status_code, plain(answer, one), len(sent)))
                assert seen[0] == seen[1], f"{who} {name} {suffix}"
    for app in apps:
        parts_of(app).database.close()


def _remove(world: World, agency: str) -> int:
    """Take away all that an agency has recorded, in SQL; how many fields that were."""
    path = world.settings.database.removeprefix("sqlite:///")
    with sqlite3.connect(path) as edit:
        edit.execute("PRAGMA foreign_keys=OFF")
        for statement in _REMOVE:
            edit.execute(statement, (agency,))
        gone = edit.execute("DELETE FROM field WHERE owner = ?", (agency,)).rowcount
        edit.execute("DELETE FROM record WHERE owner = ?", (agency,))
    return gone


_REMOVE = (
    "DELETE FROM person_index WHERE field_id IN (SELECT id FROM field WHERE owner = ?)",
    "DELETE FROM field_source WHERE field_id IN (SELECT id FROM field WHERE owner = ?)",
    "DELETE FROM field_audience WHERE field_id IN (SELECT id FROM field WHERE owner = ?)",
    "DELETE FROM record_subject WHERE record_id IN (SELECT id FROM record WHERE owner = ?)",
)


def test_the_log_goes_on_and_the_agency_reads_its_part_when_it_gives_the_key_again(
    app: ConferenceFlask, world: World
) -> None:
    mine = of(app, world)
    database = parts_of(app).database
    own, police = Desk(app, mine, "n-rep"), Desk(app, mine, "p-rep")
    revoke(mine, "nhs")
    own.get("/cases/{case}")
    police.get("/cases/{case}")
    with told("asked", NOW):
        answer = police.client.post(
            f"/cases/{world.case_id}/ask",
            data={"to": "nhs", "about": world.people["victim"], "class_name": "health.physical",
                  "text": "Was she seen in A&E?"},
            base_url=HOST,
        )  # fmt: skip
    assert answer.status_code in {302, 303}, answer.status_code
    with database.read() as session, pytest.raises(KeyDark):
        events_for(session, HOME, "nhs", Wanted(names=("disclosure.shown",)))
    place(database, HOME)
    with database.read() as session:
        assert sound_size(session, HOME)[0] > 0
    grant(mine, "nhs")
    place(database, HOME)
    with database.read() as session:
        found = events_for(session, HOME, "nhs")
        names = [one.name for one in found]
        assert not [one for one in found if one.fault]
        assert {"key.revoked", "key.granted", "question.asked"} <= set(names)
        assert any(one.own and one.name == "disclosure.shown" and not one.items for one in found) or names
        others = {one.name for one in events_for(session, HOME, "police")}
        assert not others & {"key.revoked", "key.granted"}
    assert "Was she seen" in "".join(own.get(path) for path in _links(own.get("/"), "/questions/"))


def _links(text: str, part: str) -> list[str]:
    return sorted({one for one in re.findall(r'href="([^"]+)"', text) if part in one})


def test_while_its_officers_look_at_the_log_they_are_told_why_it_does_not_open(
    app: ConferenceFlask, world: World
) -> None:
    mine = of(app, world)
    officer = Desk(app, mine, "n-ig")
    revoke(mine, "nhs")
    event = world.events["nhs"]
    paths = [f"/governance/disclosures/{event}{more}" for more in ("", "/check", "/proof", "/leaf")]
    for path in (*paths, "/governance/disclosures?actor_agency=police", "/governance/log/copy"):
        with clock.held(NOW):
            answer = officer.client.get(path, base_url=HOST)
        assert answer.status_code == (409 if path.endswith("copy") else 503), path
        assert answer.status_code == 409 or "key is not given" in answer.text, path


def test_taking_it_back_twice_or_after_a_crash_is_said_once(app: ConferenceFlask, world: World) -> None:
    mine = of(app, world)
    database = open_database(mine)
    keychanges.revoke(services.keyring(database), HOME, "nhs")  # and then the process died
    revoke(mine, "nhs")
    revoke(mine, "nhs")
    services.say_all(database, [(HOME, "nhs")])
    assert grant(mine, "nhs") is Standing.GIVEN
    assert grant(mine, "nhs") is Standing.GIVEN
    with database.read() as session:
        names = [
            one.name for one in events_for(session, HOME, "nhs", Wanted(names=("key.revoked", "key.granted")))
        ]
    assert names == ["key.granted", "key.revoked"]
    database.close()


# --- with the key elsewhere ---


@pytest.fixture
def elsewhere(world: World, tmp_path: Path, holder: Any) -> Iterator[ConferenceFlask]:
    """The application over a world in which Moorland's key is with a holder."""
    made = copied(world, tmp_path / "one")
    made = replace(made, settings=holders.installed(made.settings, "moorland", holder))
    database = open_database(made)
    holders.moved(database, "nhs", "moorland")
    database.close()
    app = application(made)
    yield app
    parts_of(app).database.close()
    if holder.kind == "kms":
        holder.put_back()


def test_what_its_holder_gives_no_more_goes_dark_within_a_second_and_comes_back(
    elsewhere: ConferenceFlask, world: World, holder: Any
) -> None:
    mine = of(elsewhere, world)
    police = Desk(elsewhere, mine, "p-rep")
    watch = Watch(parts_of(elsewhere).database).start()
    try:
        page = police.get("/cases/{case}")
        assert of_nhs(page)
        assert police.ask(page) == "same"
        holder.take_away()
        began = time.monotonic()
        while police.ask(page) == "same":
            assert time.monotonic() - began < 2
            time.sleep(0.05)
        dark = police.get("/cases/{case}")
        assert not of_nhs(dark)
        assert "Kowalczyk" in dark  # of others nothing is missing
        own = Desk(elsewhere, mine, "n-rep").get("/cases/{case}/research")
        assert "Moorland NHS Trust's key service is not answering" in html.unescape(own)
        holder.put_back()
        began = time.monotonic()
        while police.ask(dark) == "same":
            assert time.monotonic() - began < 4
            time.sleep(0.05)
        assert of_nhs(police.get("/cases/{case}"))
        database = parts_of(elsewhere).database
        with database.read() as session:
            said = events_for(session, HOME, "nhs", Wanted(names=("key.revoked", "key.granted")))
        assert [(one.name, one.mark) for one in said] == [
            ("key.granted", "given"),
            ("key.revoked", "not-answering"),
        ]
    finally:
        watch.stop()


def test_without_a_watch_the_first_to_open_something_finds_out(
    elsewhere: ConferenceFlask, world: World, holder: Any
) -> None:
    police = Desk(elsewhere, of(elsewhere, world), "p-rep")
    holder.take_away()
    time.sleep(0.5)
    page = police.get("/cases/{case}")
    assert not of_nhs(page)
    assert "Kowalczyk" in page
    holder.put_back()
    time.sleep(1.1)
    assert of_nhs(police.get("/cases/{case}"))
