"""Long counts that can be stopped at any time and go on where they were: `make soak`.

    @pytest.mark.soak
    def test_every_world(soak):
        for number in soak.rounds("worlds", 1_000_000):
            check(random.Random(number))

Each round must follow from its number alone, so that a round that failed can be run again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / ".soak"
SECONDS_BETWEEN_NOTES = 5.0


class Soak:
    """Where each count stands, one small file per count."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder

    def rounds(self, name: str, total: int) -> Iterator[int]:
        """The numbers of the rounds that are left, up to `total`.

        A round counts as done when the next is asked for, so one that fails comes first next time. When all
        are done the count starts again.
        """
        place = self._folder / f"{name}.json"
        number = self._done(place)
        if number >= total:
            number = 0
        noted = time.monotonic()
        try:
            while number < total:
                yield number
                number += 1
                if time.monotonic() - noted > SECONDS_BETWEEN_NOTES:
                    self._note(place, number, total)
                    noted = time.monotonic()
        finally:
            self._note(place, number, total)

    def _done(self, place: Path) -> int:
        try:
            return int(json.loads(place.read_text(encoding="utf-8"))["done"])
        except FileNotFoundError:
            return 0

    def _note(self, place: Path, done: int, total: int) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        scratch = place.with_suffix(".part")
        scratch.write_text(json.dumps({"done": done, "of": total}) + "\n", encoding="utf-8")
        scratch.replace(place)
