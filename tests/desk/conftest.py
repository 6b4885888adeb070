"""Templates with hand-made views: no database, no door, so that a test says exactly what a page is given."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from flask import Blueprint, Flask, g, render_template, render_template_string
from flask_wtf import CSRFProtect
from jinja2 import FileSystemLoader, StrictUndefined

from conference import clock
from conference.assets import Assets
from conference.desk import routes as desk
from conference.desk.case_page import CasePage
from conference.formats import FILTERS
from conference.identity.services import Viewer
from conference.meetings.told import Task
from conference.permissions import Role
from conference.sharing.view import CaseView, PersonView, Row, Why
from conference.trail.receipts import Receipt

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 24, 9, 58, tzinfo=UTC)

Render = Callable[..., str]


def row(level: str, class_name: str = "tenancy.status", **given: object) -> Row:
    """A line as the door makes it: nothing but the class at presence."""
    parts: dict[str, object] = {"owner": "homes", "owner_name": "Northmoor Homes", "person_id": "per_v"}
    if level != "presence":
        parts |= {"field_id": f"fld_{class_name}", "text": "Secure", "kind": "fact", "why": Why(basis="PT")}
    if level in {"own", "full"}:
        parts |= {"recorded_on": date(2019, 5, 2), "source": "Rent account"}
    return Row(level=level, class_name=class_name, **(parts | given))  # type: ignore[arg-type]


def named(name: str = "Maria Kowalczyk") -> list[Row]:
    return [
        row("full", "identity.name", text=name, field_id="fld_name"),
        row("full", "identity.dob", text="1992-03-03", field_id="fld_dob"),
    ]


def view(*rows: Row, role: str = "victim") -> CaseView:
    """A case with one person who has these lines; nobody where there are none."""
    people = (PersonView("per_v", role, tuple(rows), NOW.date()),) if rows else ()
    return CaseView("cas_1", "NM-7KQ4XP", "prevent-serious-harm", people, NOW)


def words_of(html: str) -> str:
    """What somebody reads: no markup, single spaces."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html)).strip()


def page(made: CaseView, way: str = "person", tasks: tuple[Task, ...] = ()) -> CasePage:
    return CasePage(made, tasks, way, None)


@pytest.fixture
def viewer() -> Viewer:
    return Viewer(
        "stf_1",
        "nm",
        "homes",
        "Northmoor Homes",
        "housing",
        "Sam Okafor",
        frozenset({Role.REPRESENTATIVE}),
        trained=True,
    )


@pytest.fixture
def app(viewer: Viewer) -> Flask:
    made = Flask("conference", static_folder=str(ROOT / "conference/static"), template_folder=None)
    made.config.update(SECRET_KEY="a test's own", WTF_CSRF_ENABLED=False)
    made.jinja_loader = FileSystemLoader(ROOT / "templates")
    made.jinja_env.undefined = StrictUndefined
    made.jinja_env.trim_blocks = made.jinja_env.lstrip_blocks = True
    made.jinja_env.filters.update(FILTERS)
    made.jinja_env.globals["live_mark"] = lambda: None
    made.jinja_env.globals.update(
        asset=Assets(ROOT / "conference/static").tag_values,
        receipt=lambda: g.get("receipt"),
        viewer=lambda: g.get("viewer"),
        csp_nonce=lambda: "bm9uY2U=",
        now=clock.now,
    )
    CSRFProtect(made)
    desk.init_app(made)
    for name, endpoints in {
        "identity": {"sign_in": "/sign-in", "sign_out": "/sign-out"},
        "meetings": {
            "index": "/meetings",
            "show": "/meetings/<meeting_id>",
            "action": "/actions/<action_id>",
        },
        "governance": {"index": "/governance"},
        "documents": {
            "add": "/cases/<case_id>/documents/add",
            "show": "/cases/<case_id>/documents/<field_id>",
            "shared": "/cases/<case_id>/shared/<field_id>",
        },
        "asking": {"ask": "/cases/<case_id>/ask", "question": "/questions/<question_id>"},
        "consents": {"index": "/cases/<case_id>/consents"},
        "emergency": {"ask": "/cases/<case_id>/emergency", "end": "/cases/<case_id>/emergency/end"},
        "overrides": {
            "ask": "/cases/<case_id>/research/<field_id>/override",
            "index": "/cases/<case_id>/overrides",
        },
    }.items():
        room = Blueprint(name, name)
        for endpoint, path in endpoints.items():
            room.add_url_rule(path, endpoint, view_func=lambda **_: "")
        made.register_blueprint(room)
    return made


@pytest.fixture
def looking(app: Flask, viewer: Viewer) -> Iterator[None]:
    """Somebody is looking, at NOW, and what they see is logged."""
    with clock.held(NOW), app.test_request_context("/"):
        g.viewer = viewer
        g.receipt = Receipt("req_1", "v1;key;sig", "K7QX-2MFD-94TW")
        yield


@pytest.fixture
def render(looking: None) -> Render:
    return render_template


@pytest.fixture
def macro(looking: None) -> Render:
    """Make one macro of a component, as in `macro("levels", "row(one)", one=...)`."""

    def made(component: str, call: str, **context: object) -> str:
        name = call.partition("(")[0]
        source = f'{{% from "components/{component}.html" import {name} with context %}}{{{{ {call} }}}}'
        return render_template_string(source, **context)

    return made
