"""Who is signed in, for Flask-Login. It remembers nobody beyond the session that `sessions` keeps."""

from __future__ import annotations

from flask import Flask, current_app, g, session
from flask_login import LoginManager, current_user

from conference.identity.services import Viewer, viewer_for


class User:
    """A viewer, as Flask-Login asks about them."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer

    def get_id(self) -> str:
        """What the session goes by."""
        return self.viewer.staff_id


class _NeverRemembers(LoginManager):  # type: ignore[misc]  # Flask-Login has no types
    def _load_user_from_remember_cookie(self, _cookie: str) -> None:
        return None


def init_login(app: Flask) -> None:
    """Let Flask-Login ask us who somebody is."""
    manager = _NeverRemembers()
    manager.session_protection = None  # the token in the cookie is the protection
    manager.user_loader(_load)
    manager.init_app(app, add_context_processor=False)  # an error page asks nobody who is looking


def current_viewer() -> Viewer | None:
    """Who this request comes from; None when nobody is signed in."""
    viewer = getattr(current_user, "viewer", None)
    return viewer if isinstance(viewer, Viewer) else None


def _load(staff_id: str) -> User | None:
    if getattr(session, "staff_id", None) != staff_id:  # the row says whose it is, not the data
        return None
    page = g.get("session")
    if page is not None:
        viewer = viewer_for(page, staff_id)
    else:
        with current_app.extensions["conference"].database.read() as own:
            viewer = viewer_for(own, staff_id)
    return User(viewer) if viewer is not None else None
