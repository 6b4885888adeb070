"""One partnership of three agencies with an empty log, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy import Table

from conference.clock import now
from conference.db import Base, Database
from conference.identity.models import Agency, Partnership
from conference.inputs import Inputs
from conference.trail import models as log
from conference.trail.ddl import refusal_ddl
from conference.trail.sequencer import check_start
from conference.trail.witnessing import models as witnessing
from conference.vault.keyfile import KeyFile
from conference.vault.models import DataKey, SealingCount, SealingRun
from tests.support.postgres import Cluster

MODELS = (
    Partnership,
    Agency,
    DataKey,
    SealingRun,
    SealingCount,
    Inputs,
    log.LogEvent,
    log.LogSalts,
    log.LogMark,
    log.LogStanding,
    log.LogLeaf,
    log.LogNode,
    log.LogCheckpoint,
    log.LogQueue,
    log.LogEpoch,
    witnessing.Witness,
    witnessing.Cosignature,
    witnessing.Refusal,
    witnessing.Asked,
    witnessing.MeetingClose,
    witnessing.CopyToken,
    log.RosterRow,
)
TABLES: list[Table] = [model.__table__ for model in MODELS]  # type: ignore[misc]


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile.create(tmp_path / "keys.jsonl")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: Any, tmp_path: Path, keys: KeyFile) -> Iterator[Database]:
    with ExitStack() as stack:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path}/data.db"
            fill(url)
        else:
            cluster = request.getfixturevalue("postgres_cluster")
            url = stack.enter_context(cluster.database(cluster.template("trail", fill)))
        database = Database(url, keys)
        stack.callback(database.close)
        yield database


@pytest.fixture
def postgres_log(postgres_cluster: Cluster, keys: KeyFile) -> Iterator[Database]:
    """As `database`, of the second kind alone."""
    with postgres_cluster.database(postgres_cluster.template("trail", fill)) as url:
        database = Database(url, keys)
        yield database
        database.close()


def fill(url: str) -> None:
    """Tables, triggers, a partnership of three agencies, and one without."""
    with TemporaryDirectory() as folder:
        database = Database(url, KeyFile.create(Path(folder) / "keys"))
        Base.metadata.create_all(database.engine, TABLES)
        with database.write() as session:
            for statement in refusal_ddl(database.engine.dialect.name):
                session.connection().exec_driver_sql(statement)
            session.add(Partnership(id="north", name="North", reference_prefix="NM"))
            session.add(Partnership(id="south", name="South", reference_prefix="SM"))
            session.flush()
            for position, name in enumerate(("police", "almo", "idva")):
                session.add(an_agency(name, position))
        check_start(database, "north")
        database.close()


def an_agency(name: str, position: int, partnership: str = "north") -> Agency:
    return Agency(
        id=name,
        partnership_id=partnership,
        name=name,
        kind="police",
        sector="public",
        position=position,
        joined_at=now(),
    )
