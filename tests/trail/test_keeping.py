"""A kept connection is its user's alone, is asked after a pause, and leaves nothing behind."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from conference.db import Database
from conference.trail import keeping
from conference.trail.committing import Committer
from conference.trail.keeping import Kept
from tests.trail.test_committing import prepared, stored

pytestmark = pytest.mark.postgres


def process_of(session: Session) -> int:
    return int(session.scalar(text("SELECT pg_backend_pid()")) or 0)


@contextmanager
def asked(database: Database) -> Iterator[list[str]]:
    """What goes on between transactions: `given` out of the pool, `cleaned` when it is back."""
    seen: list[str] = []

    def given(*_: Any) -> None:
        seen.append("given")

    def cleaned(*_: Any) -> None:
        seen.append("cleaned")

    event.listen(database.engine, "checkout", given)
    event.listen(database.engine, "reset", cleaned)
    yield seen
    event.remove(database.engine, "checkout", given)
    event.remove(database.engine, "reset", cleaned)


def test_one_after_the_other_is_one_connection(postgres_log: Database) -> None:
    kept = Kept(postgres_log)
    with asked(postgres_log) as seen:
        processes = set()
        for _ in range(3):
            with kept.write() as session:
                processes.add(process_of(session))
    assert len(processes) == 1
    assert seen == ["given"]
    kept.let_go()


def test_after_a_pause_it_is_asked_whether_it_answers(
    postgres_log: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, dialect, asked_for = Kept(postgres_log), type(postgres_log.engine.dialect), list[Any]()
    ping = dialect.do_ping
    monkeypatch.setattr(dialect, "do_ping", lambda self, one: asked_for.append(one) or ping(self, one))
    for pause, times in ((keeping.PAUSE, 0), (0.0, 2)):
        monkeypatch.setattr(keeping, "PAUSE", pause)
        with kept.write() as session:
            first = process_of(session)
        asked_for.clear()
        for _ in range(2):
            with kept.write() as session:
                assert process_of(session) == first
        assert len(asked_for) == times
    kept.let_go()


@pytest.mark.parametrize("fault", [SystemExit, ValueError])
def test_what_failed_is_rolled_back_and_goes_back(postgres_log: Database, fault: type[BaseException]) -> None:
    kept = Kept(postgres_log)

    def fails() -> None:
        with kept.write() as session:
            session.execute(text("UPDATE inputs SET version = version + 1"))
            raise fault

    with asked(postgres_log) as seen:
        with pytest.raises(fault):
            fails()
        assert seen == ["given", "cleaned"]
        with kept.write() as session:
            assert not session.scalar(text("SELECT count(*) FROM inputs WHERE version > 0"))
    kept.let_go()


def test_nobody_else_gets_it_before_it_is_clean(postgres_log: Database) -> None:
    kept = Kept(postgres_log)
    with kept.write() as session:
        mine = process_of(session)
        session.execute(text("SET statement_timeout = 17"))
        session.execute(text("SET SESSION wall.binding = 'x'"))
    with postgres_log.write() as session:
        assert process_of(session) != mine
    kept.let_go()
    with ExitStack() as both:
        others = [both.enter_context(postgres_log.write()) for _ in range(2)]
        assert mine in {process_of(session) for session in others}
        for session in others:
            assert session.scalar(text("SHOW statement_timeout")) == "20s"
            assert not session.scalar(text("SELECT current_setting('wall.binding', true)"))


@pytest.mark.parametrize("pause", [keeping.PAUSE, 0.0], ids=["at once", "after a pause"])
def test_a_committer_goes_on_over_another_where_it_is_lost(
    postgres_log: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, pause: float
) -> None:
    monkeypatch.setattr(keeping, "PAUSE", pause)
    committer = Committer(postgres_log)
    assert committer.log(*prepared(postgres_log))
    other = create_engine(postgres_log.engine.url)
    with other.connect() as connection:
        ended = connection.scalars(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        ).all()
    assert ended
    other.dispose()
    ready = prepared(postgres_log)
    assert committer.log(*ready)
    assert stored(postgres_log) == 2
    assert pause or not [one for one in caplog.records if one.levelname == "ERROR"], "it was only resting"


def test_closing_the_database_gives_it_back(postgres_log: Database) -> None:
    other = Database(postgres_log.engine.url.render_as_string(hide_password=False), postgres_log.keys)
    committer = Committer(other)
    assert committer.log(*prepared(postgres_log))
    pool = other.engine.pool
    assert pool.checkedout() == 1  # type: ignore[attr-defined]
    other.close()
    assert pool.checkedout() == 0  # type: ignore[attr-defined]
    assert committer.log(*prepared(postgres_log))  # and it may go on over a new one
    del committer
    gc.collect()
    assert other.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    other.close()


def test_a_database_that_is_away_is_said(postgres_log: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    committer = Committer(postgres_log)

    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("connect", {}, Exception("gone"))

    ready = prepared(postgres_log)
    with monkeypatch.context() as patched:
        patched.setattr(postgres_log._writing, "connect", away)
        with pytest.raises(OperationalError):
            committer.log(*ready)
    assert committer.log(*ready)
    assert stored(postgres_log) == 1
