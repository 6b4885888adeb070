"""Compare an agenda with a list of the agency's own clients: one page, one answer, nothing kept."""

from __future__ import annotations

from flask import Blueprint, Flask, current_app, g, render_template, request, session
from flask.typing import ResponseReturnValue

from conference import clock
from conference.desk.files.uploads import ROOM, InMemory
from conference.desk.matching import services
from conference.desk.matching.forms import ListForm
from conference.desk.matching.reading import LARGEST, Read, read_list
from conference.errors import BadInput
from conference.forms import show_refusal
from conference.identity.services import viewer_for
from conference.meetings import services as meetings
from conference.permissions import Permission, requires
from conference.web import parts_of

bp = Blueprint("matching", __name__)


def init_app(app: Flask) -> None:
    """Register the page. The list stays in memory while it is sent, and is gone with the answer."""
    app.request_class = InMemory
    app.register_blueprint(bp)


@bp.url_value_preprocessor
def allow_list(*_: object) -> None:
    """Before anything reads the form: a list may be larger than other requests, from who is signed in."""
    if request.method == "POST" and "_user_id" in session:
        request.max_content_length = LARGEST + ROOM


@bp.before_request
def read_first() -> None:
    """Read the list before the transaction begins, so that nobody waits for it; of whoever may send one."""
    g.own_list = None
    if request.method == "POST" and _may_send():
        form = ListForm()
        content = form.content() if form.validate() else None
        try:
            g.own_list = None if content is None else read_list(content)
        except BadInput as error:
            g.own_list = error


def _may_send() -> bool:
    with parts_of(current_app).database.read() as read:
        viewer = viewer_for(read, session.get("_user_id", ""))
        return viewer is not None and viewer.may(Permission.RESEARCH)


@bp.get("/meetings/<meeting_id>/matching")
@requires(Permission.RESEARCH)
def ask(meeting_id: str) -> ResponseReturnValue:
    """What is needed, and what happens with it."""
    meeting = meetings.visible_meeting(g.session, g.viewer, meeting_id)
    return render_template("desk/matching/index.html", meeting=meeting, form=ListForm(), read=None)


@bp.post("/meetings/<meeting_id>/matching")
@requires(Permission.RESEARCH)
def compare(meeting_id: str) -> ResponseReturnValue:
    """Who of the agenda is on the list."""
    meeting = meetings.visible_meeting(g.session, g.viewer, meeting_id)
    form = ListForm()
    read: Read | BadInput | None = g.own_list
    if not isinstance(read, Read):
        show_refusal(form, read or BadInput("Choose a file.", "file"))
        return render_template("desk/matching/index.html", meeting=meeting, form=form, read=None), 422
    people = services.compare(g.session, g.viewer, meeting, read.clients, at=clock.now())
    return render_template("desk/matching/index.html", meeting=meeting, form=form, read=read, people=people)
