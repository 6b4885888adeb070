"""Moments, written and read again."""

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from consent.moment import parse_moment, write_moment


@pytest.fixture
def far_away(monkeypatch):
    """A machine whose clock shows another time zone."""
    with monkeypatch.context() as changed:
        changed.setenv("TZ", "Asia/Kathmandu")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("far_away")
def test_a_moment_is_written_in_utc_wherever_it_comes_from():
    here = datetime(2026, 11, 22, 10, 0, 0, 7, tzinfo=UTC)
    for moment in (here, here.astimezone(timezone(timedelta(hours=-5)))):
        assert write_moment(moment) == "2026-11-22T10:00:00.000007Z"


def test_what_is_written_is_read_again():
    for moment in (
        datetime.min.replace(tzinfo=UTC),
        datetime(99, 1, 1, tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
    ):
        assert parse_moment(write_moment(moment)) == moment
