"""Meetings: the list, the agenda, the room, and what is done there."""

from __future__ import annotations

from flask import Blueprint, Flask, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from conference import clock
from conference.cases import services as cases
from conference.errors import BadInput, NotFound
from conference.forms import choices, show_refusal
from conference.fragments import page_or_fragment
from conference.meetings import conduct, marks, outcomes, room, services
from conference.meetings.forms import ActionForm, OnlyToken, RiskForm, SettleForm
from conference.meetings.models import ActionStatus
from conference.permissions import Permission, requires

bp = Blueprint("meetings", __name__)


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)


@bp.get("/meetings")
@requires(Permission.MEETING_READ)
def index() -> ResponseReturnValue:
    """The viewer's meetings: what comes, then what was."""
    mine = services.meetings_of(g.session, g.viewer)
    at = clock.now()
    coming = [meeting for meeting in mine if meeting.ends_at > at]
    past = [meeting for meeting in reversed(mine) if meeting.ends_at <= at]
    return render_template("meetings/index.html", coming=coming, past=past)


@bp.get("/meetings/<meeting_id>")
@requires(Permission.MEETING_READ)
def show(meeting_id: str) -> ResponseReturnValue:
    """The agenda, and what this viewer has to do for it."""
    meeting = services.visible_meeting(g.session, g.viewer, meeting_id)
    agenda = room.agenda(g.session, g.viewer, meeting, at=clock.now())
    marks.note_agenda(g.session, g.viewer, meeting, agenda)
    mine = services.invitation_of(g.session, meeting, g.viewer.staff_id)
    witnessed = services.witnessed(g.session, meeting)
    return render_template(
        "meetings/show.html",
        meeting=meeting,
        agenda=agenda,
        mine=mine,
        witnessed=witnessed,
        form=OnlyToken(),
    )


@bp.get("/meetings/<meeting_id>/checkpoint")
@requires(Permission.MEETING_READ)
def checkpoint(meeting_id: str) -> ResponseReturnValue:
    """The checkpoint of the log that holds the meeting's end, as witnesses cosigned it. It names nobody."""
    found = services.witnessed(g.session, services.visible_meeting(g.session, g.viewer, meeting_id))
    if found is None:
        raise NotFound
    headers = {"Content-Disposition": 'attachment; filename="checkpoint"'}
    return current_app.response_class(found.note, mimetype="text/plain", headers=headers)


@bp.get("/meetings/<meeting_id>/room")
@requires(Permission.MEETING_READ)
def live(meeting_id: str) -> ResponseReturnValue:
    """The room: the case that is heard, as far as this viewer may see it. Reload shows the newest state."""
    meeting = services.visible_meeting(g.session, g.viewer, meeting_id)
    mine = services.invitation_of(g.session, meeting, g.viewer.staff_id)
    if mine.joined_at is None or mine.left_at is not None:
        return redirect(url_for(".show", meeting_id=meeting.id), 303)
    return _room(meeting_id)


@bp.post("/meetings/<meeting_id>/statement")
@requires(Permission.MEETING_READ)
def sign(meeting_id: str) -> ResponseReturnValue:
    """Sign the confidentiality statement."""
    meeting = services.visible_meeting(g.session, g.viewer, meeting_id)
    conduct.sign_statement(g.session, g.viewer, meeting, at=clock.now())
    return redirect(url_for(".show", meeting_id=meeting.id), 303)


@bp.post("/meetings/<meeting_id>/apologies")
@requires(Permission.MEETING_READ)
def apologise(meeting_id: str) -> ResponseReturnValue:
    """Send apologies."""
    meeting = services.visible_meeting(g.session, g.viewer, meeting_id)
    conduct.send_apologies(g.session, g.viewer, meeting, at=clock.now())
    return redirect(url_for(".show", meeting_id=meeting.id), 303)


@bp.post("/meetings/<meeting_id>/join")
@requires(Permission.MEETING_READ)
def join(meeting_id: str) -> ResponseReturnValue:
    """Come into the room."""
    meeting = services.visible_meeting(g.session, g.viewer, meeting_id)
    conduct.join(g.session, g.viewer, meeting, at=clock.now())
    return redirect(url_for(".live", meeting_id=meeting.id), 303)


@bp.post("/meetings/<meeting_id>/leave")
@requires(Permission.MEETING_READ)
def leave(meeting_id: str) -> ResponseReturnValue:
    """Go out of the room."""
    meeting = services.visible_meeting(g.session, g.viewer, meeting_id)
    conduct.leave(g.session, g.viewer, meeting, at=clock.now())
    return redirect(url_for(".show", meeting_id=meeting.id), 303)


@bp.post("/meetings/<meeting_id>/start")
@requires(Permission.MEETING_CHAIR)
def start(meeting_id: str) -> ResponseReturnValue:
    """Open the meeting."""
    meeting = services.entered_meeting(g.session, g.viewer, meeting_id)
    conduct.start(g.session, g.viewer, meeting)
    return redirect(url_for(".live", meeting_id=meeting.id), 303)


@bp.post("/meetings/<meeting_id>/next")
@requires(Permission.MEETING_CHAIR)
def move_on(meeting_id: str) -> ResponseReturnValue:
    """Close the case that is heard and open the next."""
    meeting = services.entered_meeting(g.session, g.viewer, meeting_id)
    conduct.move_on(g.session, g.viewer, meeting, at=clock.now())
    return redirect(url_for(".live", meeting_id=meeting.id), 303)


@bp.post("/meetings/<meeting_id>/risk")
@requires(Permission.MEETING_CHAIR)
def write_risk(meeting_id: str) -> ResponseReturnValue:
    """The chair's risk summary of the case that is heard."""
    form = RiskForm()
    meeting, heard = room.heard(g.session, g.viewer, meeting_id, at=clock.now())
    form.sources.choices = choices(room.nameable(g.session, g.viewer, heard))
    if form.validate_on_submit():
        outcomes.write_risk(
            g.session,
            g.viewer,
            meeting,
            heard,
            level=form.level.data,
            text=form.text.data or "",
            sources=form.sources.data or [],
            at=clock.now(),
        )
        return redirect(url_for(".live", meeting_id=meeting_id), 303)
    return _room(meeting_id, risk=form), 422


@bp.post("/meetings/<meeting_id>/actions")
@requires(Permission.ACTION_WRITE)
def add_action(meeting_id: str) -> ResponseReturnValue:
    """An action for the case that is heard."""
    form = ActionForm()
    meeting, heard = room.heard(g.session, g.viewer, meeting_id, at=clock.now())
    form.sources.choices = choices(room.nameable(g.session, g.viewer, heard))
    form.staff_id.choices = choices(room.owners(g.session, meeting))
    if form.validate_on_submit():
        try:
            outcomes.add_action(
                g.session,
                g.viewer,
                meeting,
                heard,
                text=form.text.data or "",
                staff_id=form.staff_id.data,
                due=form.due.data,
                sources=form.sources.data or [],
                at=clock.now(),
            )
            return redirect(url_for(".live", meeting_id=meeting_id), 303)
        except BadInput as error:
            show_refusal(form, error)
    return _room(meeting_id, action=form), 422


@bp.post("/meetings/<meeting_id>/let-back")
@requires(Permission.MEETING_CHAIR)
def let_back(meeting_id: str) -> ResponseReturnValue:
    """The chair asks somebody back who had left the case that is heard."""
    _, heard = room.heard(g.session, g.viewer, meeting_id, at=clock.now())
    conduct.let_back(g.session, g.viewer, heard, request.form.get("staff_id", ""), at=clock.now())
    return redirect(url_for(".live", meeting_id=meeting_id), 303)


@bp.get("/actions/<action_id>")
@requires(Permission.ACTION_WRITE)
def action(action_id: str) -> ResponseReturnValue:
    """One of the viewer's own actions."""
    return _action(action_id, SettleForm())


@bp.post("/actions/<action_id>")
@requires(Permission.ACTION_WRITE)
def settle(action_id: str) -> ResponseReturnValue:
    """Say that it is done, or why it is not possible."""
    form = SettleForm()
    if form.validate_on_submit():
        try:
            outcomes.settle_action(
                g.session,
                g.viewer,
                action_id,
                ActionStatus(form.status.data),
                note=form.note.data or "",
                at=clock.now(),
            )
            return redirect(url_for("desk.home"), 303)
        except BadInput as error:
            show_refusal(form, error)
    return _action(action_id, form), 422


@bp.get("/cases/<case_id>/conflict")
@requires(Permission.CASE_READ)
def conflict(case_id: str) -> ResponseReturnValue:
    """Ask whether to leave the case."""
    case = cases.listed_case(g.session, g.viewer, case_id)
    return render_template("meetings/conflict.html", case=case, form=OnlyToken())


@bp.post("/cases/<case_id>/conflict")
@requires(Permission.CASE_READ)
def declare_conflict(case_id: str) -> ResponseReturnValue:
    """A conflict of interest: the case is closed to the viewer at once."""
    case = cases.listed_case(g.session, g.viewer, case_id)
    at = clock.now()
    conduct.declare_conflict(g.session, g.viewer, case, at=at)
    return render_template("meetings/left.html", at=at)


def _action(action_id: str, form: SettleForm) -> str:
    """One of the viewer's own actions, with what was typed kept."""
    action, task = room.own_action(g.session, g.viewer, action_id, at=clock.now())
    return render_template("meetings/action.html", action=action, task=task, form=form)


def _room(meeting_id: str, *, risk: RiskForm | None = None, action: ActionForm | None = None) -> str:
    """The room's page, with what was typed kept."""
    scene = room.scene(g.session, g.viewer, meeting_id, at=clock.now())
    forms: dict[str, RiskForm | ActionForm | OnlyToken] = {"form": OnlyToken()}
    if scene.view is not None:
        quotable = choices(room.quotable(scene.view))
        empty: MultiDict[str, str] = MultiDict()
        forms["risk"] = risk or RiskForm(formdata=empty)
        forms["action"] = action or ActionForm(formdata=empty)
        forms["risk"].sources.choices = forms["action"].sources.choices = quotable
        forms["action"].staff_id.choices = choices(room.owners(g.session, scene.meeting))
    marks.note_room(g.session, g.viewer, scene)
    return page_or_fragment("meetings/room.html", "room", scene=scene, **forms)
