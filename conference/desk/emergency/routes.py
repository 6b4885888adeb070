"""Opening a case in an emergency: the same pages and answers whether or not there is more to see."""

from __future__ import annotations

from flask import Blueprint, Flask, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from conference import clock
from conference.cases import services as cases
from conference.desk.emergency.forms import EmergencyForm
from conference.errors import BadInput
from conference.forms import show_refusal
from conference.permissions import Permission, requires
from conference.sharing.overrides import services as overrides

bp = Blueprint("emergency", __name__)


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)


@bp.get("/cases/<case_id>/emergency")
@requires(Permission.EMERGENCY)
def ask(case_id: str) -> ResponseReturnValue:
    """What it is for, and why somebody needs it."""
    return _page(case_id, EmergencyForm())


@bp.post("/cases/<case_id>/emergency")
@requires(Permission.EMERGENCY)
def begin(case_id: str) -> ResponseReturnValue:
    """Open the case, for an hour."""
    at = clock.now()
    found = cases.visible_case(g.session, g.viewer, case_id, at=at)
    form = EmergencyForm()
    if form.validate():
        try:
            overrides.break_glass(g.session, g.viewer, found, form.reason.data or "", at=at)
            return redirect(url_for("desk.case", case_id=case_id), 303)
        except BadInput as error:
            show_refusal(form, error)
    return _page(case_id, form), 422


@bp.post("/cases/<case_id>/emergency/end")
@requires(Permission.EMERGENCY)
def end(case_id: str) -> ResponseReturnValue:
    """End it now."""
    at = clock.now()
    found = cases.visible_case(g.session, g.viewer, case_id, at=at)
    overrides.end_emergency(g.session, g.viewer, found, at=at)
    return redirect(url_for("desk.case", case_id=case_id), 303)


def _page(case_id: str, form: EmergencyForm) -> str:
    at = clock.now()
    found = cases.visible_case(g.session, g.viewer, case_id, at=at)
    emergency = overrides.emergency_of(g.session, g.viewer, found, at=at)
    until = emergency.until if emergency is not None else None
    return render_template("desk/emergency/ask.html", case=found, until=until, form=form)
