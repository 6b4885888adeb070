"""Pages about overrides and exemptions: for the owner's agency alone."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Flask, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from conference import clock
from conference.cases import services as cases
from conference.desk.overrides import services as pages
from conference.desk.overrides.forms import AnswerForm, AskForm
from conference.errors import BadInput
from conference.forms import show_refusal
from conference.permissions import Permission, requires
from conference.sharing.overrides import services as overrides

bp = Blueprint("overrides", __name__)


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)


@bp.get("/cases/<case_id>/research/<field_id>/override")
@requires(Permission.OVERRIDE)
def ask(case_id: str, field_id: str) -> ResponseReturnValue:
    """Ask a colleague to approve that one of our own fields is shared further."""
    found = cases.visible_case(g.session, g.viewer, case_id, at=clock.now())
    page = pages.ask_page(g.session, g.viewer, found, field_id, at=clock.now())
    form = AskForm()
    form.offer(page.known)
    return render_template("desk/overrides/ask.html", page=page, form=form)


@bp.post("/cases/<case_id>/research/<field_id>/override")
@requires(Permission.OVERRIDE)
def send(case_id: str, field_id: str) -> ResponseReturnValue:
    """Send the request."""
    at = clock.now()
    found = cases.visible_case(g.session, g.viewer, case_id, at=at)
    page = pages.ask_page(g.session, g.viewer, found, field_id, at=at)
    form = AskForm()
    form.offer(page.known)
    if form.validate():
        try:
            made = overrides.ask_override(g.session, g.viewer, found, page.line, form.typed(), at=at)
            return redirect(url_for(".show", case_id=case_id, request_id=made.id), 303)
        except BadInput as error:
            show_refusal(form, error)
    return render_template("desk/overrides/ask.html", page=page, form=form), 422


@bp.get("/cases/<case_id>/overrides")
@requires(Permission.OVERRIDE)
def index(case_id: str) -> ResponseReturnValue:
    """What our agency asked for in this case, and where it stands."""
    found = cases.visible_case(g.session, g.viewer, case_id, at=clock.now())
    lines = pages.list_page(g.session, g.viewer, found, at=clock.now())
    return render_template("desk/overrides/index.html", case=found, lines=lines)


@bp.get("/cases/<case_id>/overrides/<request_id>")
@requires(Permission.OVERRIDE)
def show(case_id: str, request_id: str) -> ResponseReturnValue:
    """One request."""
    return _show(case_id, request_id, AnswerForm())


@bp.post("/cases/<case_id>/overrides/<request_id>/approve")
@requires(Permission.OVERRIDE)
def approve(case_id: str, request_id: str) -> ResponseReturnValue:
    """A colleague approves it."""
    return _answer(case_id, request_id, overrides.approve)


@bp.post("/cases/<case_id>/overrides/<request_id>/refuse")
@requires(Permission.OVERRIDE)
def refuse(case_id: str, request_id: str) -> ResponseReturnValue:
    """A colleague refuses it."""
    return _answer(case_id, request_id, overrides.refuse)


@bp.post("/cases/<case_id>/overrides/<request_id>/end")
@requires(Permission.OVERRIDE)
def end(case_id: str, request_id: str) -> ResponseReturnValue:
    """From now on it does not count any more."""
    at = clock.now()
    found = cases.visible_case(g.session, g.viewer, case_id, at=at)
    asked = overrides.request_in(g.session, g.viewer, found, request_id)
    overrides.end(g.session, g.viewer, asked, at=at)
    return redirect(url_for(".show", case_id=case_id, request_id=request_id), 303)


def _answer(case_id: str, request_id: str, answer: Callable[..., None]) -> ResponseReturnValue:
    at = clock.now()
    found = cases.visible_case(g.session, g.viewer, case_id, at=at)
    asked = overrides.request_in(g.session, g.viewer, found, request_id)
    form = AnswerForm()
    if form.validate():
        try:
            answer(g.session, g.viewer, asked, form.reason.data or "", at=at)
            return redirect(url_for(".show", case_id=case_id, request_id=request_id), 303)
        except BadInput as error:
            show_refusal(form, error)
    return _show(case_id, request_id, form), 422


def _show(case_id: str, request_id: str, form: AnswerForm) -> str:
    found = cases.visible_case(g.session, g.viewer, case_id, at=clock.now())
    page = pages.request_page(g.session, g.viewer, found, request_id, at=clock.now())
    return render_template("desk/overrides/show.html", page=page, form=form)
