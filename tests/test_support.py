"""The tests' own machinery: what it starts is there, private and gone afterwards."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.support import postgres
from tests.support.soak import Soak

PAGE = "data:text/html,<!doctype html><html lang=en><title>x</title><main><h1>x</h1>{}</main></html>"


def test_a_database_is_fresh_and_gone_afterwards(postgres_cluster):
    with postgres_cluster.database() as url, psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE mark (id int)")
    with postgres_cluster.database() as other, psycopg.connect(other) as connection:
        assert connection.execute("SELECT to_regclass('mark')").fetchone() == (None,)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)


def test_a_template_is_filled_once(postgres_cluster):
    filled = []

    def fill(url):
        filled.append(url)
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE mark (id int)")

    for _ in range(2):
        template = postgres_cluster.template("support_template", fill)
        with postgres_cluster.database(template) as url, psycopg.connect(url) as connection:
            assert connection.execute("SELECT to_regclass('mark')::text").fetchone() == ("mark",)
    assert len(filled) == 1


def test_the_server_is_durable_and_on_no_network(postgres_url):
    with psycopg.connect(postgres_url) as connection:
        for name, value in {"fsync": "on", "synchronous_commit": "on", "listen_addresses": ""}.items():
            assert connection.execute("SELECT current_setting(%s)", [name]).fetchone() == (value,)


def test_a_missing_server_fails_only_in_continuous_integration(monkeypatch):
    monkeypatch.setattr(postgres.Path, "glob", lambda *_: iter(()))
    monkeypatch.setattr(postgres.shutil, "which", lambda _: None)
    for ci, outcome in (("true", pytest.fail.Exception), ("", pytest.skip.Exception)):
        monkeypatch.setenv("CI", ci)
        with pytest.raises(outcome, match="PostgreSQL"), postgres.cluster():
            pass


def test_axe_finds_a_fault_and_only_a_fault(page, axe):
    page.goto(PAGE.format("<p>Yes</p>"))
    assert axe(page) == []
    page.goto(PAGE.format("<img src=data:,>"))
    assert [each.rule for each in axe(page)] == ["image-alt"]


def test_the_browser_reaches_nothing_but_this_machine(page):
    failed = []
    page.on("requestfailed", lambda request: failed.append(request.failure))
    page.set_content("<img src='http://elsewhere.example/x.png'>")
    page.wait_for_load_state("networkidle")
    assert failed == ["net::ERR_NAME_NOT_RESOLVED"]


def test_a_soak_goes_on_where_it_was(tmp_path: Path):
    soak = Soak(tmp_path)
    seen = []
    for number in soak.rounds("count", 5):
        seen.append(number)
        if number == 2:
            break
    assert seen == [0, 1, 2]
    assert list(soak.rounds("count", 5)) == [2, 3, 4], "the round that was not finished comes first"
    assert list(soak.rounds("count", 5)) == [0, 1, 2, 3, 4], "a count that is done starts again"


@pytest.mark.slow
def test_vendored_assets_are_the_same_each_time(tmp_path: Path):
    root = Path(__file__).resolve().parents[1]
    for copy in ("one", "two"):
        (tmp_path / copy / "setup").mkdir(parents=True)
        (tmp_path / copy / "setup/vendor.py").write_bytes((root / "setup/vendor.py").read_bytes())
        (tmp_path / copy / "node_modules").symlink_to(root / "node_modules")
        subprocess.run([sys.executable, tmp_path / copy / "setup/vendor.py"], check=True)
    one, two = (sorted((tmp_path / copy / "conference/static/vendor").iterdir()) for copy in ("one", "two"))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]
    assert [path.name for path in one] == [
        "govuk-frontend.min.css",
        "govuk-frontend.min.js",
        "htmx.js",
        "manifest.json",
    ]
