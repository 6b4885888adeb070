"""Asked once a second by every open page: the answer says whether to ask for the page again."""

from __future__ import annotations

import re

from flask import Blueprint, Flask, current_app, g, request
from flask.typing import ResponseReturnValue

from conference import clock
from conference.identity.sessions import does_not_extend
from conference.live import services
from conference.live.known import Answer, Memory
from conference.permissions import Permission, requires

bp = Blueprint("live", __name__)
_MARK = re.compile(r"[0-9a-f]{32}")


def init_app(app: Flask) -> None:
    """Register the address, what is known of open pages, and how each page gets its mark."""
    app.extensions["live"] = Memory()
    app.register_blueprint(bp)
    app.jinja_env.globals["live_mark"] = _mark


@bp.get("/live")
@requires(Permission.HOME)
@does_not_extend
def page() -> ResponseReturnValue:
    """Whether an open page still holds. Nothing while nothing has changed."""
    asks, seen = request.args.get("asks", ""), request.args.get("seen", "")
    seen = seen if _MARK.fullmatch(seen) else ""  # what is none of ours is not remembered
    memory: Memory = current_app.extensions["live"]
    became = services.answer(g.session, g.viewer, memory, asks, seen=seen, at=clock.now())
    return ("", 204) if became is Answer.SAME else {"answer": became.value}


def _mark() -> services.Mark | None:
    """The mark of the page that is being made: the last thing on it, when all that it shows is known."""
    if g.get("session") is None or g.get("viewer") is None:
        return None
    return services.mark_of(g.session, g.viewer)
