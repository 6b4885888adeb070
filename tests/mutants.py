"""Mutants of the engine: mutmut changes `consent/` in thousands of small ways; a test must notice each.

    make mutants                              all of them; stopped, it goes on where it was
    make mutants ARGS="consent.decide.*"      some of them

Works in .mutants, on a copy, with few examples of each generated law, always the same. mutmut makes the
mutants; tests.mutants_forked runs them. A mutant that survives is listed in
tests/consent/equivalent_mutants.toml with the reason why nobody could notice it. What survives and is not
listed, or is listed and does not survive, fails the run. When a test or the engine changes, what survived is
tried again. mutmut leaves alone what is decorated and what runs on import.
"""

from __future__ import annotations

import filecmp
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
THERE = ROOT / ".mutants"
LISTED = ROOT / "tests" / "consent" / "equivalent_mutants.toml"
COPIED = (
    "consent",
    "tests/consent",
    "tests/__init__.py",
    "tests/mutants_forked.py",
    "conference/sharing/default_policy.json",
)
SURVIVED = 0

CONFIG = """
[tool.mutmut]
source_paths = ["consent"]
also_copy = ["tests", "conference"]

[tool.pytest.ini_options]
pythonpath = ["."]
markers = ["slow", "soak", "generated"]
"""
PYTEST = (
    *("-p", "tests.mutants_forked", "-p", "no:cacheprovider", "--import-mode=importlib", "--assert=plain"),
    *("-q", "-s", "-m", "not slow"),
)


class Mutant(NamedTuple):
    """A mutant by what it changes, so that it is known again when others come and go."""

    where: str
    was: str
    now: str


def main(patterns: list[str]) -> int:
    """Run what has not been run, and say what survived. Returns the exit status."""
    _copy()
    shutil.rmtree(THERE / "mutants" / "tests", ignore_errors=True)
    subprocess.run([sys.executable, "-m", "tests.mutants_forked"], cwd=THERE, check=True)
    _try_again_if_changed()
    subprocess.run(
        [sys.executable, "-m", "pytest", *PYTEST, "tests/consent"],
        cwd=THERE / "mutants",
        env=os.environ | {"MUTANTS": "1", "MUTANTS_OF": " ".join(patterns or ["*"]), "PYTHONPATH": "."},
        check=False,
    )
    return _judge(patterns or ["*"])


def _try_again_if_changed() -> None:
    """Forget what survived, and which test reaches what, if a test or the engine is another one now."""
    told = hashlib.sha256()
    for path in sorted(path for part in COPIED for path in (THERE / part, *(THERE / part).rglob("*.py"))):
        told.update(path.read_bytes() if path.is_file() else b"")
    noted = THERE / "tried"
    if noted.exists() and noted.read_text("utf-8") == told.hexdigest():
        return
    (THERE / "mutants" / "reached.json").unlink(missing_ok=True)
    for path in (THERE / "mutants" / "consent").glob("*.meta"):
        meta = json.loads(path.read_text("utf-8"))
        codes = meta["exit_code_by_key"]
        codes.update(dict.fromkeys((name for name in codes if codes[name] == SURVIVED), None))
        path.write_text(json.dumps(meta), "utf-8")
    noted.write_text(told.hexdigest(), "utf-8")


def _copy() -> None:
    """Bring the copy up to date; what did not change stays as it is, and its results with it."""
    THERE.mkdir(exist_ok=True)
    (THERE / "pyproject.toml").write_text(CONFIG, encoding="utf-8")
    for part in COPIED:
        source = ROOT / part
        wanted = set(source.rglob("*.py")) if source.is_dir() else {source}
        for path in wanted:
            copy = THERE / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            if not copy.exists() or not filecmp.cmp(path, copy, shallow=False):
                shutil.copyfile(path, copy)
        for copy in (THERE / part).rglob("*.py") if source.is_dir() else ():
            if ROOT / copy.relative_to(THERE) not in wanted:
                copy.unlink()


def _judge(patterns: list[str]) -> int:
    counted: Counter[str] = Counter()
    survived: dict[Mutant, str] = {}
    for name, code in _results(patterns):
        if code is None:
            counted["not checked"] += 1
        elif code == SURVIVED:
            counted["survived"] += 1
            survived[_shown(name)] = name
        else:  # a test failed, or the child never ended or died
            counted["killed"] += 1
    listed = {Mutant(one["where"], one["was"], one["now"]) for one in _listed()}
    of_these = {
        one for one in listed if any(fnmatch(f"{one.where}__mutmut_1", pattern) for pattern in patterns)
    }
    for mutant in sorted(survived.keys() - listed):
        print(f"\n{survived[mutant]} survived:\n  - {mutant.was}\n  + {mutant.now}")
    for mutant in sorted(of_these - survived.keys()) if not counted["not checked"] else ():
        print(f"\n{mutant.where} is listed and did not survive:\n  - {mutant.was}\n  + {mutant.now}")
    print(f"\n{dict(counted)}; {len(survived.keys() & listed)} of the survivors are listed as equivalent")
    fine = not counted["not checked"] and survived.keys() <= listed and of_these <= survived.keys()
    return 0 if fine and counted else 1


def _results(patterns: list[str]) -> Iterator[tuple[str, int | None]]:
    for path in sorted((THERE / "mutants" / "consent").glob("*.meta")):
        for name, code in json.loads(path.read_text("utf-8"))["exit_code_by_key"].items():
            if any(fnmatch(name, pattern) for pattern in patterns):
                yield name, code


def _shown(name: str) -> Mutant:
    told = subprocess.run(
        [Path(sys.executable).with_name("mutmut"), "show", name],
        cwd=THERE,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    was, now = (
        "\n".join(
            line[1:].strip() for line in told if line.startswith(sign) and not line.startswith(sign * 3)
        )
        for sign in "-+"
    )
    return Mutant(name.rpartition("__mutmut_")[0], was, now)


def _listed() -> list[dict[str, str]]:
    return tomllib.loads(LISTED.read_text("utf-8")).get("mutant", []) if LISTED.exists() else []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
