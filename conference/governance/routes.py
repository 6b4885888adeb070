"""IG officers' pages. Everything shown of the log is what the officer's own agency may know of it."""

from __future__ import annotations

from flask import Blueprint, Flask

bp = Blueprint("governance", __name__, url_prefix="/governance")


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)
