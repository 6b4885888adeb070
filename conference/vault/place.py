"""Where a sealed value stands. A ciphertext opens there and nowhere else."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """One column of one row."""

    table: str
    row: str
    column: str

    def __str__(self) -> str:
        return f"{self.table} {self.row} {self.column}"
