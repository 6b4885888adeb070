"""A pytest plugin that collects once, then forks for each mutant: a thousand mutants take minutes, not hours.

Run inside mutmut's copy (tests.mutants does). First every test runs once on what is not changed: it must
pass, and which functions it reaches is noted. Then each mutant has a child of its own, which runs the tests
that reach the mutant's function, until one fails: first those that found most of the module's other mutants.
"""

from __future__ import annotations

import gc
import json
import math
import os
import resource
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import NamedTuple, NoReturn

import pytest
from mutmut.__main__ import create_mutants
from mutmut.mutation import trampoline
from mutmut.utils.file_utils import copy_also_copy_files, copy_src_dir

PATTERNS = os.environ.get("MUTANTS_OF", "*").split()
JOBS = int(os.environ.get("JOBS", "2"))
QUICK = float(os.environ.get("MUTANTS_QUICK", "inf"))
"""Tests that take longer than so many seconds are left out."""
REACHED = Path("reached.json")
AGAIN, SPARE = 10, 3
"""A test that takes AGAIN times what it took unchanged, and SPARE seconds, is never coming back."""


class Reached(NamedTuple):
    """What running a test without any mutant told."""

    seconds: float
    functions: list[str]


class Child(NamedTuple):
    """What a child was given. pipe: it writes there which of its tests failed."""

    path: Path
    mutant: str
    tests: list[str]
    pipe: tuple[int, int]


class Outcome:
    """Ends a child at the first failure, before anybody takes the time to describe it."""

    def __init__(self) -> None:
        self.failed: Callable[[], NoReturn] | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> None:
        """Note a failure, of the test or around it."""
        if call.excinfo and not call.excinfo.errisinstance(pytest.skip.Exception) and self.failed:
            self.failed()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    """Run the mutants in place of the tests."""
    items = {item.nodeid: item for item in session.items}
    outcome = Outcome()
    session.config.pluginmanager.register(outcome)
    reached = _reached(items, outcome)
    reaching = defaultdict(list)
    for test in sorted(reached, key=lambda test: reached[test].seconds / (len(reached[test].functions) or 1)):
        for function in reached[test].functions if reached[test].seconds <= QUICK else ():
            reaching[function].append(test)
    kills: Counter[tuple[str, str]] = Counter()
    running: dict[int, Child] = {}
    gc.freeze()
    for path, mutant in _waiting():
        module = mutant.rpartition(".")[0]
        tests = sorted(reaching[mutant.rpartition("__mutmut_")[0]], key=lambda test: -kills[module, test])
        while len(running) >= JOBS:
            _wait_for_one(running, kills)
        child = Child(path, mutant, tests, os.pipe())
        running[_start([(items[test], reached[test].seconds) for test in tests], child, outcome)] = child
    while running:
        _wait_for_one(running, kills)
    return True


def _waiting() -> Iterator[tuple[Path, str]]:
    for pattern in PATTERNS:
        for path in sorted(Path("consent").glob("*.meta")):
            for name, code in json.loads(path.read_text("utf-8"))["exit_code_by_key"].items():
                if code is None and fnmatch(name, pattern):
                    yield path, name


def _wait_for_one(running: dict[int, Child], kills: Counter[tuple[str, str]]) -> None:
    pid, status = os.wait()
    path, mutant, tests, (reading, writing) = running.pop(pid)
    os.close(writing)
    if killer := os.read(reading, 20):
        kills[mutant.rpartition(".")[0], tests[int(killer)]] += 1
    os.close(reading)
    meta = json.loads(path.read_text("utf-8"))
    meta["exit_code_by_key"][mutant] = os.waitstatus_to_exitcode(status)
    _write(path, meta)


def _write(path: Path, value: object) -> None:
    """Whole or not at all, however early it is stopped."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps(value, indent=4), "utf-8")
    new.replace(path)


def _start(items: list[tuple[pytest.Item, float]], child: Child, outcome: Outcome) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        _quietly()
        trampoline.set_mutant_under_test(child.mutant)
        for number, (item, seconds) in enumerate(items):
            outcome.failed = partial(_failed, child.pipe[1], number)
            _no_longer_than(SPARE + AGAIN * seconds)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        os._exit(0)
    finally:
        os._exit(3)


def _failed(telling: int, number: int) -> NoReturn:
    os.write(telling, str(number).encode())
    os._exit(1)


def _quietly() -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)


def _no_longer_than(seconds: float) -> None:
    """Die after so many more seconds of work."""
    limit = math.ceil(time.process_time() + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


def _reached(items: dict[str, pytest.Item], outcome: Outcome) -> dict[str, Reached]:
    """What each test reaches, read from the last run of the same tests, or found by a child."""
    told = {key: Reached(*one) for key, one in json.loads(REACHED.read_text())} if REACHED.exists() else {}
    if not items.keys() <= told.keys():
        pid = os.fork()
        if not pid:
            _note_reached([one for key, one in items.items() if key not in told], told, outcome)
        _, status = os.waitpid(pid, 0)
        if status:
            raise pytest.UsageError("a test fails though nothing is changed")
        told = {key: Reached(*one) for key, one in json.loads(REACHED.read_text())}
    return {key: told[key] for key in items}


def _note_reached(items: list[pytest.Item], told: dict[str, Reached], outcome: Outcome) -> None:
    try:
        hits: set[str] = set()
        trampoline.record_trampoline_hit = lambda name, **_: hits.add(name)
        trampoline.set_mutant_under_test("stats")
        for item in items:
            outcome.failed = partial(_fails_unchanged, item.nodeid)
            hits.clear()
            start = time.process_time()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            told[item.nodeid] = Reached(time.process_time() - start, sorted(hits))
        _write(REACHED, list(told.items()))
        os._exit(0)
    finally:
        os._exit(3)


def _fails_unchanged(test: str) -> NoReturn:
    sys.stderr.write(f"\n{test} fails though nothing is changed\n")
    sys.stderr.flush()
    os._exit(1)


def make() -> None:
    """Make the mutants of what changed, in mutmut's place for them."""
    trampoline.set_mutant_under_test("mutant_generation")
    Path("mutants").mkdir(exist_ok=True)
    copy_src_dir()
    copy_also_copy_files()
    create_mutants(JOBS)


if __name__ == "__main__":
    make()
