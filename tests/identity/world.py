"""One small partnership, and an application that has only the pages for signing in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, session
from flask_wtf import CSRFProtect
from flask_wtf.csrf import generate_csrf
from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader, StrictUndefined
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from conference import identity
from conference.db import Base, Database
from conference.errors import ConferenceError
from conference.identity import services
from conference.identity.login import current_viewer
from conference.identity.services import Provider
from conference.identity.sessions import does_not_extend
from conference.permissions import Role

PUBLIC = "http://localhost:8000"
SECRET = "a-secret-that-only-these-tests-know"
ROOT = Path(__file__).parents[2]
LAYOUT = (
    "<!DOCTYPE html><html lang='en'><title>{% block page_title %}{% endblock %}</title>"
    "<main>{% block errors %}{% endblock %}{% block content %}{% endblock %}</main></html>"
)
AGENCIES = (("northmoor-police", "Northmoor Police"), ("northmoor-homes", "Northmoor Homes"))
PEOPLE = (
    ("northmoor-police", "p-1", "Zoë Adeyemi", (Role.CHAIR, Role.REPRESENTATIVE)),
    ("northmoor-homes", "h-1", "Sam Okafor", (Role.REPRESENTATIVE,)),
    ("northmoor-homes", "h-2", "Noor Haddad", ()),
)


@dataclass
class Settings:
    data: Path
    public_url: str = PUBLIC
    is_demo: bool = True

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def secrets(self) -> Path:
        return self.data / "secrets"


@dataclass
class Parts:
    settings: Settings
    database: Database
    events: list[tuple[str, str, str]] = field(default_factory=list)
    woken: int = 0

    def session_event(
        self, session: Session, kind: str, partnership_id: str, staff_id: str, how: str
    ) -> None:
        assert session.info["mode"] == "write"
        assert partnership_id == "northmoor"
        self.events.append((kind, staff_id, how))

    def wake(self) -> None:
        self.woken += 1


class _Pages(Flask):
    """One transaction a request, as in the real application."""

    def dispatch_request(self) -> Any:
        database = self.extensions["conference"].database
        with database.write() if self.needs_writing() else database.read() as session:
            g.session = session
            g.viewer = current_viewer()
            try:
                return self.make_response(super().dispatch_request())
            finally:
                g.session = None

    @staticmethod
    def needs_writing() -> bool:
        from flask import request

        return request.method == "POST"


def provider_config(public: str = PUBLIC) -> dict[str, Any]:
    """What the demo's identity provider is told about the agencies."""
    return {
        "port": 0,
        "agencies": [
            {
                "id": agency,
                "name": name,
                "client_id": f"us-at-{agency}",
                "client_secret": SECRET,
                "redirect_uris": [f"{public}/sign-in/{agency}/callback"],
                "post_logout_redirect_uris": [f"{public}/signed-out"],
                "people": [
                    *(
                        {"sub": subject, "name": person, "roles": list(roles)}
                        for at, subject, person, roles in PEOPLE
                        if at == agency
                    ),
                    {"sub": "stranger", "name": "Somebody Else", "roles": []},
                ],
            }
            for agency, name in AGENCIES
        ],
    }


def settle(session: Session, issuer: Callable[[str], str] | None = None) -> None:
    """A partnership of two agencies that sign in and one that does not yet, with their staff."""
    services.add_partnership(session, "northmoor", name="Northmoor", reference_prefix="NM")
    for position, (agency, name, kind, endings) in enumerate(
        [
            ("northmoor-police", "Northmoor Police", "police", ["police.example"]),
            ("northmoor-homes", "Northmoor Homes", "housing", ["homes.example", "lettings.example"]),
            ("moorland-nhs", "Moorland NHS Trust", "nhs", []),
        ]
    ):
        provider = Provider(issuer(agency), f"us-at-{agency}", secret_file=agency) if issuer else None
        services.add_agency(
            session,
            "northmoor",
            agency,
            name=name,
            kind=kind,
            sector="public",
            position=position,
            provider=provider if agency != "moorland-nhs" else None,
            email_domains=endings,
        )
    for agency, subject, name, roles in PEOPLE:
        services.add_staff(session, agency, subject=subject, name=name, roles=roles)


def make_app(database: Database, data: Path, public: str = PUBLIC) -> tuple[Flask, Parts]:
    """The application over `database`, and what it was made of."""
    parts = Parts(Settings(data, public), database)
    (data / "secrets").mkdir()
    for agency in ("northmoor-police", "northmoor-homes"):
        (data / "secrets" / agency).write_text(SECRET + "\n")
    app = _Pages("conference", static_folder=None, template_folder=None)
    app.extensions["conference"] = parts
    app.config.update(SECRET_KEY="only for these tests", TESTING=True, PROPAGATE_EXCEPTIONS=False)
    app.jinja_loader = ChoiceLoader(
        [DictLoader({"layouts/page.html": LAYOUT}), FileSystemLoader(ROOT / "templates")]
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    CSRFProtect(app).exempt("conference.identity.routes.sign_in")
    identity.init_app(app)

    @app.errorhandler(ConferenceError)
    def _(error: ConferenceError) -> tuple[str, int]:
        return type(error).__name__, error.status

    @app.after_request
    def _(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = "default-src 'none'; form-action 'self'"
        return response

    @app.get("/button")
    def button() -> str:
        token = generate_csrf()
        return (
            "<!DOCTYPE html><title>Button</title><form action='/sign-out' method='post'>"
            f"<input type='hidden' name='csrf_token' value='{token}'><button>Sign out</button></form>"
        )

    @app.get("/")
    def home() -> str:
        return f"{g.viewer.name}, {g.viewer.agency_name}" if g.viewer else "nobody"

    @app.get("/poll")
    @does_not_extend
    def poll() -> str:
        return "yes" if g.viewer else "no"

    @app.get("/keep/<word>")
    def keep(word: str) -> str:
        session["word"] = word
        return generate_csrf()

    return app, parts


def tables(url: str) -> None:
    """Make all tables."""
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    engine.dispose()
