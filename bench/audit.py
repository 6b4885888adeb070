"""`make bench-audit`: what the log costs, side by side in one run, and which goals that meets.

Each round runs every arm in turn with the same work: so many writers, each making so many durable appends,
until the last of them is durable (a writer that starves counts). Then the same with 4 ms added to each fsync,
and proofs from a small and a big log. What counts is the ratio within a round: median, least and most.
"""

from __future__ import annotations

import gc
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from bench import audit_arms as arms
from bench import audit_proofs as proofs
from bench.audit_arms import Run, Writer
from tests.support.postgres import cluster

ROUNDS = 7
MANY = 16
SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
typedef int (*sync_of)(int);
int fsync(int file) { sync_of next = dlsym(RTLD_NEXT, "fsync"); usleep(4000); return next(file); }
int fdatasync(int file) { sync_of next = dlsym(RTLD_NEXT, "fdatasync"); usleep(4000); return next(file); }
"""
# Ours, other, writers, at least so many times as fast: on this disk, and with 4 ms added to each fsync.
FAST = (
    ("bare tree, SQLite", "raw SQLite", MANY, 12.0),
    ("real log, SQLite", "raw SQLite", MANY, 12.0),
    ("bare tree, SQLite", "raw SQLite", 1, 0.9),
    ("real log, SQLite", "raw SQLite", 1, 0.9),
    ("bare tree, PostgreSQL", "raw PostgreSQL", MANY, 1.3),
    ("real log, PostgreSQL", "raw PostgreSQL", MANY, 1.3),
    ("bare tree, PostgreSQL", "raw PostgreSQL", 1, 0.55),
    ("bare tree, PostgreSQL", "chain under a lock, PostgreSQL", MANY, 8.0),
    ("real log, PostgreSQL", "chain under a lock, PostgreSQL", MANY, 8.0),
    ("real log, SQLite", "real log not in groups, SQLite", MANY, 1.0),
    ("real log, PostgreSQL", "real log not in groups, PostgreSQL", MANY, 1.0),
)
SLOW = (
    ("bare tree, SQLite", "raw SQLite", MANY, 12.0),
    ("real log, SQLite", "raw SQLite", MANY, 12.0),
    ("bare tree, PostgreSQL", "raw PostgreSQL", MANY, 0.85),
    ("real log, PostgreSQL", "raw PostgreSQL", MANY, 0.85),
)
# The same beside what says how much there is to gain: no goal is set.
BESIDE = (
    ("one interpreter's limit, SQLite", "raw SQLite", MANY),
    ("real log, SQLite", "one interpreter's limit, SQLite", MANY),
    ("real log, SQLite", "raw SQLite, rows as large", MANY),
    ("one interpreter's limit, SQLite", "raw SQLite", 1),
    ("real log, SQLite", "one interpreter's limit, SQLite", 1),
    ("real log, SQLite", "raw SQLite, rows as large", 1),
    ("real log, PostgreSQL", "raw PostgreSQL, rows as large", MANY),
)
LATENCY = 0.005  # seconds within which 99 of 100 appends of 16 writers on SQLite are to be durable

Found = dict[tuple[str, int], list[Run]]


def main(asked: list[str]) -> int:
    """Run all of it, or with `--slow-disk` that part, for which the shim has been put in place."""
    if "--slow-disk" in asked:
        _appends(SLOW, each={MANY: 40}, rounds=3)
        return 0
    found = _appends(FAST, each={1: 200, MANY: 60}, rounds=ROUNDS)
    for name in ("bare tree, SQLite", "real log, SQLite"):
        _latency(name, found[name, MANY])
    _slow_disk()
    for words, value, goal in proofs.measured(ROUNDS):
        _line(words, [value], goal, is_met=value <= goal)
    return 0


def _appends(goals: Iterable[tuple[str, str, int, float]], each: dict[int, int], rounds: int) -> Found:
    found: Found = {}
    with cluster() as server, arms.all_arms(server) as writers:
        gc.freeze()
        for _ in range(rounds):
            for count, appends in each.items():
                for name, writer in writers.items():
                    found.setdefault((name, count), []).append(_one(writer, count, appends))
    for (name, count), runs in found.items():
        rates = [run.rate for run in runs]
        worst = max(max(run.each) for run in runs) * 1000
        print(f"{name:36} {count:3} writers {statistics.median(rates):8.0f}/s, slowest append {worst:.0f} ms")
    for ours, other, count, goal in goals:
        ratios = _ratios(found, ours, other, count)
        middle = statistics.median(ratios)
        _line(f"{ours} / {other}, {count} writers", ratios, goal, is_met=middle >= goal)
    for ours, other, count in BESIDE:
        if (ours, count) in found:
            ratios = _ratios(found, ours, other, count)
            _beside(f"{ours} / {other}, {count} writers", ratios)
    return found


def _ratios(found: Found, ours: str, other: str, count: int) -> list[float]:
    pairs = zip(found[ours, count], found[other, count], strict=True)
    return [one.rate / two.rate for one, two in pairs]


def _one(writer: Writer, writers: int, appends: int) -> Run:
    gc.collect()
    return arms.run(writer, writers, appends)


def _latency(name: str, runs: list[Run]) -> None:
    values = [run.within(0.99) * 1000 for run in runs]
    goal = LATENCY * 1000
    _line(f"{name}, {MANY} writers: 99 % within ms", values, goal, is_met=statistics.median(values) <= goal)


def _slow_disk() -> None:
    """Again in a process, and with a PostgreSQL, whose fsync takes 4 ms longer."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        print("slow disk: not measured, there is no C compiler here to make fsync slower with")
        return
    print("with 4 ms added to each fsync:", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # PostgreSQL's own user reads it too
        source, shim = Path(folder, "slow.c"), Path(folder, "slow.so")
        source.write_text(SHIM, "utf-8")
        subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", shim, source, "-ldl"], check=True)
        command = [sys.executable, "-m", "bench.audit", "--slow-disk"]
        subprocess.run(command, env={**os.environ, "LD_PRELOAD": str(shim)}, check=True)


def _beside(words: str, values: list[float]) -> None:
    print(
        f"{words:68} {statistics.median(values):8.3f}  ({min(values):.3f} to {max(values):.3f})", flush=True
    )


def _line(words: str, values: list[float], goal: float, *, is_met: bool) -> None:
    middle, least, most = statistics.median(values), min(values), max(values)
    said = "met" if is_met else "NOT met"
    print(f"{words:68} {middle:8.3f}  ({least:.3f} to {most:.3f})  goal {goal:g}: {said}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
