"""Asked once a second by every open case and room: the answer says whether to ask for the page again."""

from __future__ import annotations

import re

from flask import Blueprint, Flask, current_app, g, request
from flask.typing import ResponseReturnValue

from conference import clock
from conference.identity.sessions import does_not_extend
from conference.live import services
from conference.live.known import Answer, Memory
from conference.meetings.told import WAYS_ASKED
from conference.permissions import Permission, requires

bp = Blueprint("live", __name__)
_MARK = re.compile(r"[0-9a-f]{32}")


def init_app(app: Flask) -> None:
    """Register the two addresses, and what is known of open pages."""
    app.extensions["live"] = Memory()
    app.register_blueprint(bp)


@bp.get("/cases/<case_id>/live")
@requires(Permission.CASE_READ)
@does_not_extend
def case(case_id: str) -> ResponseReturnValue:
    """Whether an open case still holds."""
    given = request.args.get("view", "")
    way = given if given in WAYS_ASKED else ""
    memory: Memory = current_app.extensions["live"]
    return _said(
        services.case_page(g.session, g.viewer, memory, case_id, seen=_seen(), way=way, at=clock.now())
    )


@bp.get("/meetings/<meeting_id>/live")
@requires(Permission.MEETING_READ)
@does_not_extend
def room(meeting_id: str) -> ResponseReturnValue:
    """Whether an open room still holds."""
    memory: Memory = current_app.extensions["live"]
    return _said(services.room_page(g.session, g.viewer, memory, meeting_id, seen=_seen(), at=clock.now()))


@bp.get("/meetings/<meeting_id>/agenda/live")
@requires(Permission.MEETING_READ)
@does_not_extend
def agenda(meeting_id: str) -> ResponseReturnValue:
    """Whether an open agenda still holds."""
    memory: Memory = current_app.extensions["live"]
    return _said(services.agenda_page(g.session, g.viewer, memory, meeting_id, seen=_seen(), at=clock.now()))


def _seen() -> str:
    """The mark that the page carries; what is none of ours is not remembered."""
    given = request.args.get("seen", "")
    return given if _MARK.fullmatch(given) else ""


def _said(answer: Answer) -> ResponseReturnValue:
    """Nothing while nothing has changed."""
    if answer is Answer.SAME:
        return "", 204
    return {"answer": answer.value}
