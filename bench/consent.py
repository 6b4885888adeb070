"""Decisions about fields, beside other engines, in one run: `make bench-consent`.

The same facts for all (bench/consent_facts.py); every engine's whole matrix is compared before anything is
timed. Each round times every arm in turn, by the time the processor gave us. A ratio is the median of the
rounds' ratios, with the least and the most. The absolute times belong to the machine and the moment.

Requests are made beforehand for every arm. Ours gives whole decisions with the rule that settled each; the
peers say yes or no.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bench.consent_arms import PEERS, Ours, look_up
from bench.consent_facts import NOW, PURPOSES, RECIPIENTS, Facts, made

ROUNDS = 9
SIZES = (80, 320, 1280, 5120)
FAST = 40  # a panel of ours, or of a look-up, is too quick to be timed alone
SAMPLE = 4  # fields that the peers are asked about where there are many rules

Work = Callable[[], object]


def timed(work: Work, times: int = 1) -> float:
    """Seconds of processor time that `work` takes: whoever else is on the machine is not counted."""
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) / times


def rounds(arms: Mapping[str, tuple[Work, int]], count: int = ROUNDS) -> dict[str, list[float]]:
    """The seconds of every arm in each round, taken in turn A B C A B C."""
    for work, _ in arms.values():
        work()
    found: dict[str, list[float]] = {name: [] for name in arms}
    for _ in range(count):
        for name, (work, times) in arms.items():
            found[name].append(timed(work, times))
    return found


def spread(values: list[float], form: str = "{:,.2f}") -> str:
    """The median, with the least and the most."""
    middle, least, most = (form.format(one) for one in (statistics.median(values), min(values), max(values)))
    return f"{middle} ({least} to {most})"


def ratios(over: list[float], under: list[float]) -> list[float]:
    return [one / other for one, other in zip(over, under, strict=True)]


def goal(words: str, *, met: bool) -> bool:
    print(f"  {'met    ' if met else 'NOT MET'} {words}", flush=True)
    return met


# ---- the same answers ----------------------------------------------------------------------------


def moments(facts: Facts) -> list[datetime]:
    """Now, the very moment at which something begins, and the second before it."""
    begins = min(one.start for one in [*facts.rules, *facts.said] if one.start > NOW)
    return [NOW, begins - timedelta(seconds=1), begins]


def assert_same(facts: Facts, ours: Ours) -> int:
    """Every engine gives the same matrix, and the table what the law gives. Says of how many decisions."""
    arms = {name: arm(facts) for name, arm in PEERS.items()}
    compared = 0
    for purpose in PURPOSES:
        for at in moments(facts):
            mine = ours(purpose, at)()
            assert ours.decisions(purpose, at)() == ours.by_the_law(purpose, at), (
                "the table and the law differ"
            )
            for name, arm in arms.items():
                assert arm(purpose, at)() == mine, f"{name} gives another matrix for {purpose} at {at}"
            compared += len(mine)
    return compared


# ---- one panel -----------------------------------------------------------------------------------


def one_panel(facts: Facts, ours: Ours) -> list[bool]:
    """Ours beside everybody."""
    purpose = PURPOSES[0]
    size = len(facts.fields) * len(RECIPIENTS)
    arms: dict[str, tuple[Work, int]] = {
        "ours": (ours.decisions(purpose, NOW), FAST),
        "look-up": (look_up(facts, ours)(purpose, NOW), FAST),
        **{name: (arm(facts)(purpose, NOW), 1) for name, arm in PEERS.items()},
    }
    found = rounds(arms)
    print(f"\nA panel of {len(facts.fields)} fields and {len(RECIPIENTS)} recipients, {size:,} decisions")
    for name, seconds in found.items():
        micro = [one * 1e6 / size for one in seconds]
        beside = spread(ratios(seconds, found["ours"]), "{:,.2f}" if name == "look-up" else "{:,.0f}")
        line = f"  {name:18} {spread(micro, '{:,.3f}'):34} us a decision"
        print(line if name == "ours" else f"{line}, {beside} times ours")
    beside_dict = statistics.median(ratios(found["look-up"], found["ours"]))
    beside_vakt = statistics.median(ratios(found["vakt"], found["ours"]))
    return [
        goal(f"at least 0.7 of a plain look-up: {beside_dict:.2f}", met=beside_dict >= 0.7),
        goal(f"at least 800 times vakt: {beside_vakt:,.0f}", met=beside_vakt >= 800),
    ]


# ---- more rules ----------------------------------------------------------------------------------


def growth() -> list[bool]:
    """Ours, and the compile, from few rules to many; the peers on a few fields."""
    purpose = PURPOSES[0]
    denying = {size: Ours(made(size)) for size in SIZES}
    permitting = {size: Ours(made(size, denying=False)) for size in SIZES}
    looks = rounds({str(size): (denying[size].decisions(purpose, NOW), FAST) for size in SIZES})
    works = rounds(
        {
            f"{kind} {size}": (_compile(ours, purpose), 1)
            for kind, of in (("20%", denying), ("none", permitting))
            for size, ours in of.items()
        }
    )
    panel = len(denying[SIZES[0]].cells) * len(RECIPIENTS)
    print("\nMore rules: us a decision beside 80 rules, and ms to compile the whole panel")
    print(f"  {'rules':>6}  {'look-up beside 80 rules':26} {'compile, a fifth deny':28} compile, none denies")
    for size in SIZES:
        beside = ratios(looks[str(size)], looks[str(SIZES[0])])
        with_deny, without = ([one * 1e3 for one in works[f"{kind} {size}"]] for kind in ("20%", "none"))
        print(f"  {size:6,}  {spread(beside):26} {spread(with_deny):28} {spread(without)}")
    flat = [statistics.median(ratios(looks[str(size)], looks[str(SIZES[0])])) for size in SIZES]
    slowest = {kind: statistics.median(works[f"{kind} {SIZES[-1]}"]) * 1e3 for kind in ("20%", "none")}
    micro = statistics.median(looks[str(SIZES[-1])]) * 1e6 / panel
    return [
        goal(
            f"flat within 20 % from {SIZES[0]} to {SIZES[-1]:,} rules: {min(flat):.2f} to {max(flat):.2f} "
            f"({micro:.3f} us a decision)",
            met=all(0.8 <= one <= 1.2 for one in flat),
        ),
        *(
            goal(
                f"compile at most 12 ms at {SIZES[-1]:,} rules, {words}: {slowest[kind]:.1f}",
                met=slowest[kind] <= 12,
            )
            for kind, words in (("20%", "a fifth deny"), ("none", "none denies"))
        ),
    ]


def _compile(ours: Ours, purpose: str) -> Work:
    return lambda: ours.compiled(purpose, NOW)


def peers_growth() -> None:
    """The peers with more rules: us a decision, one pass over a few fields, the same matrix asserted."""
    print(f"\nMore rules for the peers, {SAMPLE} fields and {len(RECIPIENTS)} recipients: us a decision")
    print(f"  {'rules':>6}  " + "  ".join(f"{name:>18}" for name in PEERS))
    for size in SIZES:
        whole = made(size)
        facts = replace(whole, fields=whole.fields[:SAMPLE])
        mine = Ours(facts)(PURPOSES[0], NOW)()
        line = []
        for name, arm in PEERS.items():
            panel = arm(facts)(PURPOSES[0], NOW)
            assert panel() == mine, f"{name} gives another matrix with {size} rules"
            line.append(f"{timed(panel) * 1e6 / len(mine):18,.0f}")
        print(f"  {size:6,}  " + "  ".join(line), flush=True)


def main() -> int:
    """Compare, measure, and say which goals are met. 1 if one is not."""
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {ROUNDS} rounds, arms in turn")
    facts = made()
    ours = Ours(facts)
    compared = assert_same(facts, ours)
    shown = sum(ours(PURPOSES[0], NOW)()) / (len(facts.fields) * len(RECIPIENTS))
    held = f"{len(facts.rules)} rules, {len(facts.said)} consents"
    print(
        f"{compared:,} decisions are the same for all and by the law: {held}; {shown:.0%} of a panel is shown"
    )
    met = [*one_panel(facts, ours), *growth()]
    peers_growth()
    print(f"load {os.getloadavg()[0]:.1f} at the end")
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
