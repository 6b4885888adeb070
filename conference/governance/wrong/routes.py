"""Wrong disclosures: one step from any entry of the log."""

from __future__ import annotations

from flask import Blueprint, Flask, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict

from conference import clock
from conference.errors import BadInput
from conference.forms import choices, show_refusal
from conference.governance.wrong import pages, services
from conference.governance.wrong.forms import DecideForm, NoteForm, OnlyToken, ReportForm, ToldForm
from conference.permissions import Permission, requires

bp = Blueprint("wrong", __name__, url_prefix="/governance")


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)


@bp.get("/wrong")
@requires(Permission.GOVERNANCE)
def index() -> ResponseReturnValue:
    """The reports that are the agency's business."""
    lines = pages.lines(g.session, g.viewer, at=clock.now())
    return render_template("governance/wrong/index.html", lines=lines)


@bp.route("/disclosures/<event_id>/wrong", methods=["GET", "POST"])
@requires(Permission.GOVERNANCE)
def report(event_id: str) -> ResponseReturnValue:
    """Report a disclosure as wrong: what should not have been shown goes back at once."""
    entry = services.find_entry(g.session, g.viewer, event_id)
    form = ReportForm()
    form.items.choices = choices(pages.item_choices(g.session, g.viewer, entry))
    if form.validate_on_submit():
        try:
            made = services.report(g.session, g.viewer, entry, form.typed(), at=clock.now())
            return redirect(url_for(".show", report_id=made.id), 303)
        except BadInput as error:
            show_refusal(form, error)
    page = render_template("governance/wrong/report.html", form=form, event_id=event_id)
    return page, 422 if form.errors else 200


@bp.get("/wrong/<report_id>")
@requires(Permission.GOVERNANCE)
def show(report_id: str) -> ResponseReturnValue:
    """One report: what goes back, who must be told, by when, what was done."""
    return _show(report_id)


@bp.post("/wrong/<report_id>/told")
@requires(Permission.GOVERNANCE)
def told(report_id: str) -> ResponseReturnValue:
    """Somebody was told."""
    found = services.find_report(g.session, g.viewer, report_id)
    try:
        services.mark_told(g.session, g.viewer, found, request.form.get("who", ""), at=clock.now())
    except BadInput as error:
        return _refused(report_id, ToldForm(), error)
    return redirect(url_for(".show", report_id=report_id), 303)


@bp.post("/wrong/<report_id>/notes")
@requires(Permission.GOVERNANCE)
def note(report_id: str) -> ResponseReturnValue:
    """Something was done."""
    found = services.find_report(g.session, g.viewer, report_id)
    form = NoteForm()
    try:
        services.add_note(g.session, g.viewer, found, form.text.data or "", at=clock.now())
    except BadInput as error:
        return _refused(report_id, form, error)
    return redirect(url_for(".show", report_id=report_id), 303)


@bp.post("/wrong/<report_id>/decision")
@requires(Permission.GOVERNANCE)
def decide(report_id: str) -> ResponseReturnValue:
    """Whether the regulator is told, and why."""
    found = services.find_report(g.session, g.viewer, report_id)
    form = DecideForm()
    said = {"reportable": form.reportable.data or "", "why": form.why.data or ""}
    try:
        services.decide(g.session, g.viewer, found, **said, at=clock.now())
    except BadInput as error:
        return _refused(report_id, form, error)
    return redirect(url_for(".show", report_id=report_id), 303)


@bp.post("/wrong/<report_id>/corrections")
@requires(Permission.GOVERNANCE)
def correct(report_id: str) -> ResponseReturnValue:
    """Tell everybody who received the old value."""
    found = services.find_report(g.session, g.viewer, report_id)
    try:
        services.send_corrections(g.session, g.viewer, found, at=clock.now())
    except BadInput as error:
        return _refused(report_id, OnlyToken(), error)
    return redirect(url_for(".show", report_id=report_id), 303)


@bp.post("/wrong/<report_id>/close")
@requires(Permission.GOVERNANCE)
def close(report_id: str) -> ResponseReturnValue:
    """Everything is done."""
    found = services.find_report(g.session, g.viewer, report_id)
    try:
        services.close(g.session, g.viewer, found, at=clock.now())
    except BadInput as error:
        return _refused(report_id, OnlyToken(), error)
    return redirect(url_for(".show", report_id=report_id), 303)


def _refused(report_id: str, form: FlaskForm, error: BadInput) -> ResponseReturnValue:
    """The page again, with what was typed and what is wrong with it."""
    form.validate()
    show_refusal(form, error)
    return _show(report_id, form), 422


def _show(report_id: str, faulty: FlaskForm | None = None) -> str:
    found = services.find_report(g.session, g.viewer, report_id)
    empty: MultiDict[str, str] = MultiDict()
    return render_template(
        "governance/wrong/show.html",
        page=pages.report_page(g.session, g.viewer, found, at=clock.now()),
        note_form=faulty if isinstance(faulty, NoteForm) else NoteForm(formdata=empty),
        decide_form=faulty if isinstance(faulty, DecideForm) else DecideForm(formdata=empty),
        faulty=faulty or OnlyToken(formdata=empty),
    )
