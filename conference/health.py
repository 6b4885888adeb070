"""Is the process alive, and can it answer? For the machines that watch it."""

from __future__ import annotations

from flask import Blueprint, Flask, current_app, g
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from conference.permissions import public
from conference.web import parts_of

bp = Blueprint("health", __name__)


def init_app(app: Flask) -> None:
    """Register the two pages."""
    app.register_blueprint(bp)


@bp.get("/healthz")
@public("a load balancer has no account; it says nothing but that the process runs")
def alive() -> ResponseReturnValue:
    """The process answers."""
    return {"status": "ok"}


@bp.get("/readyz")
@public("a load balancer has no account; it says nothing but whether requests can be answered")
def ready() -> ResponseReturnValue:
    """The database answers and the log's sequencer runs."""
    try:
        g.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return {"status": "database does not answer"}, 503
    if not parts_of(current_app).sequencer.alive:
        return {"status": "log does not run"}, 503
    return {"status": "ready"}
