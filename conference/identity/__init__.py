"""Agencies, staff, roles, sign-in and sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Give the application sessions on the server, Flask-Login, and the pages for signing in and out."""
    # Here, so that whoever wants only the models does not load the web.
    from conference.identity.login import init_login  # noqa: PLC0415
    from conference.identity.routes import bp  # noqa: PLC0415
    from conference.identity.sessions import ServerSessions  # noqa: PLC0415

    app.session_interface = ServerSessions()
    init_login(app)
    app.register_blueprint(bp)
