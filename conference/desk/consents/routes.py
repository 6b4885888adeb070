"""The Consent tab, the questions one by one, and withdrawing in one press. All work without JavaScript."""

from __future__ import annotations

from flask import Blueprint, Flask, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from conference import clock
from conference.cases import services as cases
from conference.cases.models import Case
from conference.desk.consents import services
from conference.desk.consents.draft import Draft
from conference.desk.consents.steps import CHECK, FORMS, STOP, Asking
from conference.desk.forms import ConfirmForm
from conference.desk.ways import CONSENT, ways
from conference.errors import BadInput, NotFound
from conference.forms import show_refusal
from conference.permissions import Permission, requires
from conference.sharing.taking.wording import CURRENT, WORDINGS

bp = Blueprint("consents", __name__)


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)


@bp.get("/cases/<case_id>/consents")
@requires(Permission.CASE_READ)
def index(case_id: str) -> ResponseReturnValue:
    """What people in the case said about sharing, as far as this viewer may know of it."""
    case = _case(case_id)
    page = services.consent_page(g.session, g.viewer, case, at=clock.now())
    links = ways(case.id, CONSENT)
    return render_template("desk/consents/index.html", page=page, ways=links, form=ConfirmForm())


# --- asking somebody, one question a page -------------------------------------------------------------------


@bp.post("/cases/<case_id>/consents/begin")
@requires(Permission.CONSENT)
def begin(case_id: str) -> ResponseReturnValue:
    """Ask somebody anew: whether it is safe is never answered from before."""
    case = _case(case_id)
    Draft(session, case.id, clock.now()).drop()
    return redirect(url_for(".ask", case_id=case.id, step="person"), 303)


@bp.route("/cases/<case_id>/consents/ask/<step>", methods=["GET", "POST"])
@requires(Permission.CONSENT)
def ask(case_id: str, step: str) -> ResponseReturnValue:
    """One question. What is answered stays on the server."""
    asking = _asking(case_id)
    if step not in FORMS:
        raise NotFound
    if not asking.is_open(step):
        return _go_on(asking)
    form = asking.form(step)
    if request.method == "GET":
        form.begin_with(asking.draft.answers.get(step, {}))
    elif form.validate_on_submit():
        try:
            services.save(asking, step, form.answers)
            return _go_on(asking)
        except BadInput as error:
            show_refusal(form, error)
    page = render_template("desk/consents/ask.html", asking=asking, step=step, form=form, wording=_wording())
    return page, 422 if form.errors else 200


@bp.get("/cases/<case_id>/consents/check")
@requires(Permission.CONSENT)
def check(case_id: str) -> ResponseReturnValue:
    """Read what will be recorded, before it is."""
    asking = _asking(case_id)
    if asking.next != CHECK:
        return _go_on(asking)
    said = services.to_check(asking)
    return render_template("desk/consents/check.html", asking=asking, sentence=said, form=ConfirmForm())


@bp.get("/cases/<case_id>/consents/stop")
@requires(Permission.CONSENT)
def stop(case_id: str) -> ResponseReturnValue:
    """Stop, because it is not safe or they cannot decide; or because the worker says so."""
    asking = _asking(case_id)
    if asking.person is None:
        return _go_on(asking)
    return render_template("desk/consents/stop.html", asking=asking, form=ConfirmForm())


@bp.post("/cases/<case_id>/consents/record")
@requires(Permission.CONSENT)
def record(case_id: str) -> ResponseReturnValue:
    """Yes, no, could not decide, or unsafe to ask."""
    asking = _asking(case_id)
    outcome, turn = request.form.get("outcome", ""), request.form.get("turn", "")
    services.record(g.session, g.viewer, asking, outcome, turn=turn, at=clock.now())
    return redirect(url_for(".index", case_id=asking.case.id), 303)


# --- withdrawing --------------------------------------------------------------------------------------------


@bp.post("/cases/<case_id>/consents/<consent_id>/withdraw")
@requires(Permission.CASE_READ)
def withdraw(case_id: str, consent_id: str) -> ResponseReturnValue:
    """One press, by whoever is shown it: withdrawing is no harder than giving."""
    case = _case(case_id)
    services.withdraw(g.session, g.viewer, case, consent_id, at=clock.now())
    return redirect(url_for(".withdrawn", case_id=case.id, consent_id=consent_id), 303)


@bp.get("/cases/<case_id>/consents/<consent_id>/withdrawn")
@requires(Permission.CASE_READ)
def withdrawn(case_id: str, consent_id: str) -> ResponseReturnValue:
    """It is done, and what follows from it."""
    page = services.withdrawn_page(g.session, g.viewer, _case(case_id), consent_id)
    return render_template("desk/consents/withdrawn.html", page=page)


# --- small parts --------------------------------------------------------------------------------------------


def _case(case_id: str) -> Case:
    return cases.visible_case(g.session, g.viewer, case_id, at=clock.now())


def _asking(case_id: str) -> Asking:
    return services.asking_of(g.session, g.viewer, _case(case_id), session, at=clock.now())


def _go_on(asking: Asking) -> ResponseReturnValue:
    """To the first question without an answer."""
    following = asking.next
    if following in {CHECK, STOP}:
        return redirect(url_for(f".{following}", case_id=asking.case.id), 303)
    return redirect(url_for(".ask", case_id=asking.case.id, step=following), 303)


def _wording() -> dict[str, object]:
    """The words that are read aloud, and their version."""
    return {"version": CURRENT, "lines": WORDINGS[CURRENT]}
