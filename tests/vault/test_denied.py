"""A denied field is never decrypted: what is opened for a page is what it may show, counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from conference import clock
from conference.cases.models import Case
from conference.sharing.door import disclose, reachable
from conference.vault import unseal
from conference.vault.place import Place
from tests.support.world import World, make

READERS = ("p-rep", "h-rep", "n-rep", "v-idva", "s-chair", "s-coord", "s-obs")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = make(Path(tmp_path_factory.mktemp("denied")))
    yield world
    world.database.close()


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Place]:
    """Where everything stands that is decrypted from now on."""
    places: list[Place] = []
    at_once, alone = unseal.decrypt_many, unseal.decrypt  # type: ignore[attr-defined]

    def many(key: Any, blobs: Sequence[bytes], given: Sequence[Place]) -> list[bytes]:
        places.extend(given)
        return at_once(key, blobs, given)

    def one(key: Any, blob: bytes, place: Place) -> bytes:
        places.append(place)
        return alone(key, blob, place)

    monkeypatch.setattr(unseal, "decrypt_many", many)
    monkeypatch.setattr(unseal, "decrypt", one)
    return places


def test_only_what_is_shown_in_words_is_decrypted(world: World, opened: list[Place]) -> None:
    denied = 0
    for who in READERS:
        viewer = world.viewer(who)
        opened.clear()
        with clock.held(world.now), world.database.read() as session:
            case = session.get_one(Case, world.case_id)
            allowed = {one.field_id: one.in_full for one in reachable(session, viewer, [case])}
            assert opened == [], "to decide opens nothing"
            view = disclose(session, viewer, [case])[case.id]
            counted = session.info.get("openings", 0)
        assert counted == len(opened)
        assert {one.row for one in opened} <= allowed.keys()
        shown = {row.field_id for person in view.people for row in person.rows if row.level != "presence"}
        assert shown <= {one.row for one in opened}
        for one in opened:
            assert allowed[one.row] or one.column.startswith(("summary", "value")), (
                "no further than it leaves"
            )
        denied += len(set(world.fields.values()) - allowed.keys())
    assert denied > len(READERS), "nobody was denied anything: this shows nothing"
