"""Measure, side by side in one run: `make bench`, or `python -m bench NAME …`.

Each line is the median over interleaved rounds of ours over the other's time, with the spread. Absolute times
belong to the machine and the moment; the ratio is what to quote.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

from bench import measures

ROUNDS = 9


def ratio(
    ours: Callable[[], object], other: Callable[[], object], rounds: int = ROUNDS
) -> tuple[float, float, float]:
    """Ours over the other's time: median, least and most of the rounds, taken in turn A B A B."""
    ours(), other()  # warm
    found = [_time(ours) / _time(other) for _ in range(rounds)]
    return statistics.median(found), min(found), max(found)


def _time(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main(wanted: list[str]) -> int:
    """Run the measures that are named, or all."""
    unknown = set(wanted) - set(measures.ALL)
    if unknown:
        print(
            f"There is no {', '.join(sorted(unknown))}; there are {', '.join(measures.ALL)}.", file=sys.stderr
        )
        return 2
    for name in wanted or measures.ALL:
        with measures.ALL[name]() as pairs:
            for words, ours, other in pairs:
                middle, least, most = ratio(ours, other)
                print(f"{name:8} {words:70} {middle:6.2f}  ({least:.2f} to {most:.2f})", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
