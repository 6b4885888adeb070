"""The register of agreements: entering, signing, ending."""

from __future__ import annotations

from flask import Blueprint, Flask, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from conference import clock
from conference.errors import BadInput
from conference.forms import show_refusal
from conference.governance.agreements import services
from conference.governance.agreements.forms import HINTS, EndForm, SignForm, TermsForm
from conference.permissions import Permission, requires
from conference.sharing.agreements import register
from conference.sharing.agreements import services as agreements
from conference.sharing.agreements.terms import ASKED

bp = Blueprint("agreements", __name__, url_prefix="/governance/agreements")


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)


@bp.get("")
@requires(Permission.GOVERNANCE)
def index() -> ResponseReturnValue:
    """The register."""
    page = services.register_page(g.session, g.viewer, at=clock.now())
    return render_template("governance/agreements/index.html", page=page)


@bp.route("/new", methods=["GET", "POST"])
@requires(Permission.GOVERNANCE)
def new() -> ResponseReturnValue:
    """Enter an agreement; `like` names one whose words it starts with."""
    form = _form()
    if request.method == "GET":
        like = request.args.get("like")
        if like:
            found = register.find(g.session, g.viewer.partnership_id, like)
            form.begin_with(agreements.copied(found.terms))
        return _edit(form, None)
    try:
        if form.validate():
            made = agreements.add(g.session, g.viewer, form.terms(clock.today()), at=clock.now())
            return redirect(url_for("agreements.show", agreement_id=made.id), 303)
    except BadInput as error:
        show_refusal(form, error)
    return _edit(form, None), 422


@bp.get("/<agreement_id>")
@requires(Permission.GOVERNANCE)
def show(agreement_id: str) -> ResponseReturnValue:
    """One agreement, its signatures, and what signing would open."""
    return _show(agreement_id, SignForm(formdata=None), EndForm(formdata=None))


def _show(agreement_id: str, sign: SignForm, end: EndForm) -> str:
    page = services.agreement_page(g.session, g.viewer, agreement_id, at=clock.now())
    faulty = end if end.errors or end.form_errors else sign
    return render_template("governance/agreements/show.html", page=page, sign=sign, end=end, faulty=faulty)


@bp.route("/<agreement_id>/change", methods=["GET", "POST"])
@requires(Permission.GOVERNANCE)
def change(agreement_id: str) -> ResponseReturnValue:
    """Other words, while nobody has signed."""
    form = _form()
    if request.method == "GET":
        form.begin_with(register.find(g.session, g.viewer.partnership_id, agreement_id).terms)
        return _edit(form, agreement_id)
    try:
        if form.validate():
            agreements.change(g.session, g.viewer, agreement_id, form.terms(clock.today()), at=clock.now())
            return redirect(url_for("agreements.show", agreement_id=agreement_id), 303)
    except BadInput as error:
        show_refusal(form, error)
    return _edit(form, agreement_id), 422


@bp.post("/<agreement_id>/sign")
@requires(Permission.GOVERNANCE)
def sign(agreement_id: str) -> ResponseReturnValue:
    """Sign for one's own agency."""
    form = SignForm()
    try:
        agreements.sign(g.session, g.viewer, agreement_id, seen=form.seen.data or "", at=clock.now())
    except BadInput as error:
        show_refusal(form, error)
        return _show(agreement_id, form, EndForm(formdata=None)), 422
    return redirect(url_for("agreements.show", agreement_id=agreement_id), 303)


@bp.post("/<agreement_id>/end")
@requires(Permission.GOVERNANCE)
def end(agreement_id: str) -> ResponseReturnValue:
    """End it before its time."""
    form = EndForm()
    try:
        agreements.end(g.session, g.viewer, agreement_id, why=form.why.data or "", at=clock.now())
    except BadInput as error:
        show_refusal(form, error)
        return _show(agreement_id, SignForm(formdata=None), form), 422
    return redirect(url_for("agreements.show", agreement_id=agreement_id), 303)


@bp.route("/installed/<name>", methods=["GET", "POST"])
@requires(Permission.GOVERNANCE)
def installed(name: str) -> ResponseReturnValue:
    """End an agreement that came with the installation."""
    form = EndForm()
    if request.method == "POST":
        try:
            made = agreements.end_installed(
                g.session, g.viewer, name, why=form.why.data or "", at=clock.now()
            )
            return redirect(url_for("agreements.show", agreement_id=made.id), 303)
        except BadInput as error:
            show_refusal(form, error)
    page = services.installed_page(g.session, g.viewer, name, at=clock.now())
    answer = render_template("governance/agreements/installed.html", page=page, form=form)
    return answer, 422 if form.errors else 200


def _form() -> TermsForm:
    form, known = TermsForm(), services.choosing(g.session, g.viewer, at=clock.now())
    form.offer(known.agencies, known.purposes, known.classes)
    return form


def _edit(form: TermsForm, agreement_id: str | None) -> str:
    return render_template(
        "governance/agreements/edit.html", form=form, agreement_id=agreement_id, asked=ASKED, hints=HINTS
    )
