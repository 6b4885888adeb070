"""A small partnership with a case, an importer over it, and all that its database holds."""

from __future__ import annotations

import hashlib
import io
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from conference.cases.models import Field, Record
from conference.exchange.commands import run_csv, run_fhir
from tests.support import world as worlds


@dataclass
class Importer:
    """Runs imports into one world's case, and says what they left behind."""

    world: worlds.World
    folder: Path
    runs: int = 0

    def fhir(self, *paths: Path, agency: str = "nhs", about: str | None = None, keep_going: bool = False):
        """Exit code and lines of `import fhir`."""
        return self._run(run_fhir, paths, agency, about, keep_going)

    def csv(
        self,
        *paths: Path,
        plan: Path | str,
        agency: str = "homes",
        about: str | None = None,
        keep_going: bool = False,
    ):
        """Exit code and lines of `import csv`."""
        return self._run(run_csv, paths, agency, about, keep_going, plan=plan)

    def write(self, name: str, content: bytes) -> Path:
        """A file of the test's own."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def everything(self) -> str:
        """A digest of every row of every table."""
        with sqlite3.connect(self.world.settings.data / "conference.db") as connection:
            return hashlib.sha256("\n".join(connection.iterdump()).encode()).hexdigest()

    def owned(self, agency: str) -> list[tuple[Record, list[Field]]]:
        """The records that imports made for an agency, with their fields, oldest first."""
        with self.world.database.read() as session:
            records = session.scalars(
                select(Record).where(Record.owner == agency, Record.type != "Typed in").order_by(Record.id)
            ).all()
            fields = session.scalars(select(Field).where(Field.owner == agency)).all()
            return [(one, [field for field in fields if field.record_id == one.id]) for one in records]

    def _run(self, command: Callable[..., int], paths, agency: str, about, keep_going, **more):
        self.runs += 1
        out = io.StringIO()
        with worlds.told(f"import {self.runs}"):
            code = command(
                self.world.database,
                list(paths),
                agency=agency,
                case_reference=self.world.reference,
                about=about,
                keep_going=keep_going,
                out=out,
                **more,
            )
        return code, out.getvalue().splitlines()


@pytest.fixture
def importer(tmp_path: Path) -> Iterator[Importer]:
    (tmp_path / "data").mkdir()
    (tmp_path / "in").mkdir()
    world = worlds.make(tmp_path / "data")
    yield Importer(world, tmp_path / "in")
    world.database.close()
