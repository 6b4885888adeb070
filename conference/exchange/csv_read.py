"""An extract as rows of checked cells, or every fault by row and column."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from conference.exchange.csv_cells import BadCell, cell
from conference.exchange.csv_plan import Plan
from conference.exchange.found import FAULTS_NAMED, Fault, Malformed

LARGEST_EXTRACT = 20 * 1024 * 1024
MOST_ROWS = 50_000
MOST_COLUMNS = 200


@dataclass(frozen=True)
class Row:
    """One row. number: counted from 1 after the header. cells: by column name; empty ones are left out."""

    number: int
    cells: dict[str, str]


def read_csv(content: bytes, plan: Plan) -> list[Row]:
    """The rows of an extract. Raises Malformed with every fault, though it names 100 at most."""
    return _Reader(plan).rows(_decoded(content, plan.encoding))


class _Reader:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._faults: list[Fault] = []
        self._count = 0

    def rows(self, text: str) -> list[Row]:
        lines = self._lines(text)
        first = next(lines, None)
        if first is None:
            raise Malformed(Fault("line 1", "no header"))
        header = self._header([name.strip() for name in first[1]])
        found = []
        for number, (line, cells) in enumerate(lines, start=1):
            if number > MOST_ROWS:
                self._fault(f"line {line}", f"more than {MOST_ROWS:,} rows")
                break
            found.append(self._row(number, line, cells, header))
        if not found and not self._faults:
            self._fault("line 2", "no rows under the header")
        self._stop_if_wrong()
        return found

    def _lines(self, text: str) -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(
            io.StringIO(text, newline=""), strict=True, delimiter=self._plan.delimiter, skipinitialspace=False
        )
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                long = "limit" in str(error)
                why = "a cell that is far too long" if long else "quotes or line ends that do not match"
                self._fault(f"line {line}", why)
                return
            if cells:
                yield line, cells

    def _header(self, names: list[str]) -> list[str]:
        if len(names) > MOST_COLUMNS:
            raise Malformed(Fault("line 1", f"more than {MOST_COLUMNS} columns"))
        counts = Counter(names)
        for place, name in enumerate(names, start=1):
            # Where a file has no header, a name that the map does not have may be somebody's: not repeated.
            if name not in self._plan.columns:
                why = "no name" if not name else "not a column of this map"
                self._fault(f"line 1, column {place}", why)
            elif counts[name] > 1 and names.index(name) != place - 1:
                self._fault(f"line 1, column {place} ({name})", "this column is there twice")
        for name in self._plan.required:
            if name not in counts:
                self._fault("line 1", f"the column {name} is missing")
        self._stop_if_wrong()
        return names

    def _row(self, number: int, line: int, cells: list[str], header: list[str]) -> Row:
        at = f"row {number} (line {line})"
        if len(cells) != len(header):
            self._fault(at, f"{len(cells)} cells under {len(header)} columns")
            return Row(number, {})
        checked = {}
        for name, raw in zip(header, cells, strict=True):
            try:
                if value := cell(raw, self._plan.columns[name]):
                    checked[name] = value
            except BadCell as error:
                self._fault(f"{at}, column {name}", str(error))
        for name in self._plan.required:
            if name not in checked and not any(
                fault.place.startswith(f"{at}, column {name}") for fault in self._faults[-9:]
            ):
                self._fault(f"{at}, column {name}", "empty, and it is needed")
        return Row(number, checked)

    def _fault(self, place: str, reason: str) -> None:
        self._count += 1
        if len(self._faults) < FAULTS_NAMED - 1:
            self._faults.append(Fault(place, reason))

    def _stop_if_wrong(self) -> None:
        if self._faults:
            more = self._count - len(self._faults)
            extra = (Fault("", f"and {more} more faults"),) if more else ()
            raise Malformed(*self._faults, *extra)


def _decoded(content: bytes, encoding: str) -> str:
    if encoding == "utf-8":
        encoding = "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise Malformed(Fault(f"line {line}", f"not written in {encoding.removesuffix('-sig')}")) from None
    nothing = text.find("\0")
    if nothing >= 0:
        line = text.count("\n", 0, nothing) + 1
        raise Malformed(Fault(f"line {line}", "a NUL character"))
    return text
