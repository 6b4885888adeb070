"""Hints in free text beside one alternation of `re` over names and patterns: `python -m bench.hints`.

Both look at 20,000 characters; texts that are hostile to patterns are among them.
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable

from conference.sharing import hints

LENGTH = 20_000
NAMES = tuple(
    f"{first} {last}" for first in ("Maria", "Zofia", "Adam", "Ellen") for last in ("Kowalczyk", "Price")
)
TEXTS = {
    "a report": "Maria was seen on 3 May and said that somebody at LS9 0AA had called 07700 900123 twice. ",
    "nothing in it": "She was seen, and said that somebody had called twice in the night before. ",
    "digits": "1",
    "digits apart": "1 ",
    "nearly numbers": "943-476-5918 ",
    "nearly postcodes": "a12 ",
    "names only": "Maria ",
}
ALTERNATION = re.compile(
    "|".join(
        [
            rf"\b(?:{'|'.join(sorted({part for name in NAMES for part in name.split()}))})\b",
            *(pattern.pattern.replace(r"\1", "[/.-]") for _, pattern in hints.PATTERNS),
        ]
    ),
    re.IGNORECASE,
)


def main() -> None:
    """Milliseconds of the processor each, and ours over the other's: the median of nine rounds in turn."""
    print(f"{'text':18} {'ours':>8} {'one re':>8} {'ratio':>6}")
    for name, piece in TEXTS.items():
        text = (piece * LENGTH)[:LENGTH]
        rounds = [(_taken(_ours, text), _taken(_one, text)) for _ in range(9)]
        ours, other = (statistics.median(column) for column in zip(*rounds, strict=True))
        print(f"{name:18} {ours:8.2f} {other:8.2f} {ours / other:6.2f}")


def _ours(text: str) -> object:
    return hints.hints_in(text, NAMES)


def _one(text: str) -> set[str]:
    return {found[0] for found in ALTERNATION.finditer(text)}


def _taken(work: Callable[[str], object], text: str) -> float:
    began = time.process_time()
    work(text)
    return (time.process_time() - began) * 1000


if __name__ == "__main__":
    main()
