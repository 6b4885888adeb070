"""Chunks of a file cannot be swapped, left out, cut off or put into another file."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conference.vault import chunks
from conference.vault.chunks import OfFile, open_chunks, seal_chunks
from conference.vault.errors import KeyGone, SealBroken
from tests.support.world import HOME, World

FILE = OfFile("fld_x/original", HOME, "homes")
SMALL = 10


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK_BYTES", SMALL)


def sealed(world: World, content: bytes, file: OfFile = FILE) -> list[bytes]:
    with world.database.write() as session:
        return seal_chunks(session, content, file, subjects=[world.people["victim"]])


def opened(world: World, held: list[bytes], file: OfFile = FILE) -> bytes:
    with world.database.read() as session:
        return open_chunks(session, held, file)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=5 * SMALL))
def test_what_is_sealed_opens(world: World, content: bytes) -> None:
    held = sealed(world, content)
    assert len(held) == max(1, -(-len(content) // SMALL))
    assert opened(world, held) == content


def _flipped(held: list[bytes]) -> list[bytes]:
    return [held[0][:-1] + bytes([held[0][-1] ^ 1]), *held[1:]]


CHANGES: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "swapped": lambda held: [held[1], held[0], *held[2:]],
    "first missing": lambda held: held[1:],
    "middle missing": lambda held: [held[0], *held[2:]],
    "end cut off": lambda held: held[:-1],
    "only the last": lambda held: held[-1:],
    "one twice": lambda held: [held[0], *held],
    "something after the end": lambda held: [*held, held[-1]],
    "nothing": lambda held: [],
    "a bit flipped": _flipped,
    "a chunk cut": lambda held: [held[0][:-1], *held[1:]],
    "an empty chunk": lambda held: [b"", *held[1:]],
}


@pytest.mark.parametrize("how", CHANGES)
def test_chunks_that_were_changed_do_not_open(world: World, how: str) -> None:
    held = CHANGES[how](sealed(world, bytes(range(3 * SMALL))))
    with pytest.raises(SealBroken, match=r"^file_chunk fld_x/original"):
        opened(world, held)


def test_a_chunk_of_another_file_or_owner_does_not_open(world: World) -> None:
    content = bytes(3 * SMALL)
    mine, other = sealed(world, content), sealed(world, content, OfFile("fld_y/original", HOME, "homes"))
    with pytest.raises(SealBroken):
        opened(world, [mine[0], other[1], mine[2]])
    for file in (FILE._replace(owner="nhs"), FILE._replace(partnership="other"), FILE._replace(id="fld_z")):
        with pytest.raises(SealBroken):
            opened(world, mine, file)


def test_two_files_of_the_same_content_have_nothing_in_common(world: World) -> None:
    content = bytes(3 * SMALL)
    assert not {one[17:] for one in sealed(world, content)} & {one[17:] for one in sealed(world, content)}


def test_erasing_a_person_closes_the_file(world: World) -> None:
    held = sealed(world, b"about her")
    world.database.keys.destroy(f"person/{world.people['victim']}")
    with pytest.raises(KeyGone) as caught:
        opened(world, held)
    assert caught.value.erased
