"""Random names and bytes: never the same twice, in no process."""

from __future__ import annotations

import os

from conference.ids import new_id, new_reference, random_bytes, repeating


def test_processes_that_fork_draw_other_bytes() -> None:
    random_bytes(16)  # the source is in use before they part
    drawn = [random_bytes(32), *(_in_a_fork() for _ in range(4)), random_bytes(32)]
    assert len({*drawn}) == len(drawn) == 6
    assert {len(one) for one in drawn} == {32}


def _in_a_fork() -> bytes:
    """What a new process draws first."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.write(write, random_bytes(32))
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as source:
        drawn = source.read()
    os.waitpid(child, 0)
    return drawn


def test_nothing_comes_twice() -> None:
    drawn = [random_bytes(16) for _ in range(10_000)]
    assert len({*drawn}) == len(drawn)
    for at in range(16):
        assert abs(sum(one[at] for one in drawn) / len(drawn) - 127.5) < 8


def test_a_story_names_things_alike_and_keeps_its_secrets_fresh() -> None:
    def told() -> tuple[str, str, bytes]:
        with repeating("story"):
            return new_id("cas"), new_reference("NM"), random_bytes(32)

    one, two = told(), told()
    assert one[:2] == two[:2]
    assert one[2] != two[2]
    with repeating("story", secrets_too=True):
        three = random_bytes(32)
    with repeating("story", secrets_too=True):
        assert random_bytes(32) == three
