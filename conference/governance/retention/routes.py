"""Records to review: what is due, how long things are kept, what is held, what goes."""

from __future__ import annotations

from flask import Blueprint, Flask, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict

from conference import clock
from conference.errors import BadInput, NotFound
from conference.forms import choices, show_refusal
from conference.governance.retention import services
from conference.governance.retention.forms import (
    CaseForm,
    DiedForm,
    HoldForm,
    OnlyToken,
    ProposeForm,
    YearsForm,
)
from conference.permissions import Permission, requires
from conference.sharing.retention import holds, proposing, schedule
from conference.sharing.retention.kinds import KINDS

bp = Blueprint("retention", __name__, url_prefix="/governance/retention")


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)


# --- what there is to do ------------------------------------------------------------------------------------


@bp.route("", methods=["GET", "POST"])
@requires(Permission.GOVERNANCE)
def index() -> ResponseReturnValue:
    """What is due, what waits, what is held; and the way to a case, posted, so that no address says which."""
    form = CaseForm()
    if form.validate_on_submit():
        try:
            found = services.find_case(g.session, g.viewer, form.reference.data or "")
            return redirect(url_for(".case", case_id=found.id), 303)
        except BadInput as error:
            show_refusal(form, error)
    page = services.known(g.session, g.viewer, at=clock.now(), mark="due")
    return render_template(
        "governance/retention/index.html",
        page=page,
        lines=[(one, due) for one in page.people if (due := one.due(page.today))],
        proposals=services.proposals(g.session, g.viewer, page),
        holds=services.hold_lines(g.session, g.viewer, page),
        unset=not any(one.years is not None for one in _schedule().values()),
        form=form,
    ), 422 if form.errors else 200


# --- how long -----------------------------------------------------------------------------------------------


@bp.get("/schedule")
@requires(Permission.GOVERNANCE)
def years() -> ResponseReturnValue:
    """How long the agency keeps each kind of information."""
    return render_template("governance/retention/schedule.html", lines=list(_schedule().values()))


@bp.route("/schedule/<kind>", methods=["GET", "POST"])
@requires(Permission.GOVERNANCE)
def set_years(kind: str) -> ResponseReturnValue:
    """Set one of them."""
    if kind not in KINDS:
        raise NotFound
    kept = _schedule()[kind]
    known = "" if kept.years is None else str(kept.years)
    form = YearsForm(data={"trigger": kept.trigger.value, "years": known})
    if form.validate_on_submit():
        try:
            trigger, number = form.trigger.data or "", form.typed_years()
            schedule.set_rule(g.session, g.viewer, kind, trigger=trigger, years=number, at=clock.now())
            return redirect(url_for(".years"), 303)
        except BadInput as error:
            show_refusal(form, error)
    page = render_template("governance/retention/years.html", kept=kept, form=form)
    return page, 422 if form.errors else 200


def _schedule() -> dict[str, schedule.Kept]:
    return schedule.schedule_of(g.session, g.viewer.agency_id)


# --- a case, and somebody in it -----------------------------------------------------------------------------


@bp.get("/cases/<case_id>")
@requires(Permission.GOVERNANCE)
def case(case_id: str) -> ResponseReturnValue:
    """Of whom the agency holds what in a case."""
    return _case(case_id)


@bp.post("/cases/<case_id>/hold")
@requires(Permission.GOVERNANCE)
def hold(case_id: str) -> ResponseReturnValue:
    """Hold a case, or one person in it of whom the agency holds something."""
    form = HoldForm()
    page = services.known(g.session, g.viewer, at=clock.now(), mark="hold", case_id=case_id)
    person_id = form.person.data or None
    if person_id is not None:
        page.somebody(case_id, person_id)
    try:
        found = page.case(case_id)
        holds.place(g.session, g.viewer, found, person_id, form.reason.data or "", at=clock.now())
    except BadInput as error:
        show_refusal(form, error)
        shown = _case(case_id, form) if person_id is None else _person(case_id, person_id, form)
        return shown, 422
    return redirect(url_for(".index"), 303)


@bp.route("/cases/<case_id>/people/<person_id>", methods=["GET", "POST"])
@requires(Permission.GOVERNANCE)
def person(case_id: str, person_id: str) -> ResponseReturnValue:
    """What the agency holds about somebody in a case, and when it is due; posted, what to erase."""
    form = ProposeForm()
    if form.validate_on_submit():
        try:
            found = services.known(g.session, g.viewer, at=clock.now(), mark="propose", case_id=case_id)
            made = proposing.propose(
                g.session,
                g.viewer,
                found.case(case_id),
                person_id,
                records=form.records.data or (),
                why=form.why.data or "",
                at=clock.now(),
            )
            return redirect(url_for(".proposal", erasure_id=made.id), 303)
        except BadInput as error:
            show_refusal(form, error)
    return _person(case_id, person_id, form), 422 if form.errors else 200


@bp.post("/cases/<case_id>/died")
@requires(Permission.GOVERNANCE)
def died(case_id: str) -> ResponseReturnValue:
    """Keep the day on which somebody died."""
    form = DiedForm()
    person_id = form.person.data or ""
    page = services.known(g.session, g.viewer, at=clock.now(), mark="death", case_id=case_id)
    page.somebody(case_id, person_id)
    if form.validate():
        try:
            schedule.set_death(g.session, g.viewer, case_id, person_id, form.died.data, at=clock.now())
            return redirect(url_for(".person", case_id=case_id, person_id=person_id), 303)
        except BadInput as error:
            show_refusal(form, error)
    return _person(case_id, person_id, form), 422


# --- answers ------------------------------------------------------------------------------------------------


@bp.post("/holds/<hold_id>/lift")
@requires(Permission.GOVERNANCE)
def lift(hold_id: str) -> ResponseReturnValue:
    """Lift one of the agency's own holds."""
    page = services.known(g.session, g.viewer, at=clock.now(), mark="lift")
    found = holds.find(g.session, g.viewer, page.cases, hold_id)
    holds.lift(g.session, g.viewer, found, at=clock.now())
    return redirect(url_for(".index"), 303)


@bp.get("/proposals/<erasure_id>")
@requires(Permission.GOVERNANCE)
def proposal(erasure_id: str) -> ResponseReturnValue:
    """One proposal: what would go, or went."""
    return _proposal(erasure_id, OnlyToken())


@bp.post("/proposals/<erasure_id>/approve")
@requires(Permission.GOVERNANCE)
def approve(erasure_id: str) -> ResponseReturnValue:
    """A colleague approves: it is erased now."""
    form = OnlyToken()
    page = services.known(g.session, g.viewer, at=clock.now(), mark="approve")
    found = proposing.find(g.session, g.viewer, page.cases, erasure_id)
    try:
        proposing.approve(g.session, g.viewer, found, at=clock.now())
    except BadInput as error:
        show_refusal(form, error)
        return _proposal(erasure_id, form), 422
    return redirect(url_for(".proposal", erasure_id=erasure_id), 303)


@bp.post("/proposals/<erasure_id>/refuse")
@requires(Permission.GOVERNANCE)
def refuse(erasure_id: str) -> ResponseReturnValue:
    """A colleague refuses, or whoever proposed it takes it back."""
    page = services.known(g.session, g.viewer, at=clock.now(), mark="refuse")
    found = proposing.find(g.session, g.viewer, page.cases, erasure_id)
    proposing.refuse(g.session, g.viewer, found, at=clock.now())
    return redirect(url_for(".proposal", erasure_id=erasure_id), 303)


# --- pages --------------------------------------------------------------------------------------------------


def _case(case_id: str, faulty: FlaskForm | None = None) -> str:
    page = services.known(g.session, g.viewer, at=clock.now(), mark="case", case_id=case_id)
    return render_template(
        "governance/retention/case.html",
        page=page,
        case=page.case(case_id),
        proposals=services.proposals(g.session, g.viewer, page),
        holds=services.hold_lines(g.session, g.viewer, page),
        hold_form=faulty if isinstance(faulty, HoldForm) else HoldForm(formdata=_nothing()),
        faulty=faulty or OnlyToken(formdata=_nothing()),
    )


def _person(case_id: str, person_id: str, faulty: FlaskForm) -> str:
    page = services.known(g.session, g.viewer, at=clock.now(), mark="person", case_id=case_id)
    somebody = page.somebody(case_id, person_id)
    form = faulty if isinstance(faulty, ProposeForm) else ProposeForm(formdata=_nothing())
    form.records.choices = choices((one.record_id, ", ".join(one.labels)) for one in somebody.holdings)
    return render_template(
        "governance/retention/person.html",
        page=page,
        somebody=somebody,
        form=form,
        hold_form=faulty if isinstance(faulty, HoldForm) else HoldForm(formdata=_nothing()),
        died_form=faulty if isinstance(faulty, DiedForm) else DiedForm(formdata=_nothing()),
        faulty=faulty,
    )


def _proposal(erasure_id: str, form: FlaskForm) -> str:
    page = services.known(g.session, g.viewer, at=clock.now(), mark="proposal")
    found = services.proposal(g.session, g.viewer, page, erasure_id)
    return render_template("governance/retention/proposal.html", page=page, proposal=found, form=form)


def _nothing() -> MultiDict[str, str]:
    return MultiDict()
