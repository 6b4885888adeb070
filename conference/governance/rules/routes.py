"""The rules, drafts of others, what would change, and publishing."""

from __future__ import annotations

from flask import Blueprint, Flask, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from conference import clock
from conference.errors import BadInput
from conference.forms import show_refusal
from conference.governance.rules import changing, services
from conference.governance.rules.forms import (
    SUGGESTED,
    AcceptForm,
    ConfirmForm,
    FilterForm,
    RuleForm,
    WhyForm,
)
from conference.permissions import Permission, requires
from conference.sharing.drafts import publishing, rebasing
from conference.sharing.drafts import services as drafts
from conference.sharing.drafts.services import Unsound

bp = Blueprint("rules", __name__, url_prefix="/governance/rules")


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)


# --- the rules ----------------------------------------------------------------------------------------------


@bp.get("")
@requires(Permission.GOVERNANCE)
def index() -> ResponseReturnValue:
    """The rules in force."""
    return _index(WhyForm(formdata=None), None)


@bp.get("/versions/<version_id>")
@requires(Permission.GOVERNANCE)
def version(version_id: str) -> ResponseReturnValue:
    """The rules of one version."""
    return _index(WhyForm(formdata=None), version_id)


def _index(form: WhyForm, version_id: str | None) -> str:
    narrow = FilterForm(formdata=request.args)
    narrow.offer(g.viewer.agency_name)
    page = services.rules_page(
        g.session,
        g.viewer,
        at=clock.now(),
        version_id=version_id,
        whose=narrow.whose.data or "",
        shown_to=narrow.to.data or "",
        about=narrow.about.data or "",
    )
    return render_template("governance/rules/index.html", page=page, form=form, narrow=narrow)


@bp.post("/drafts")
@requires(Permission.GOVERNANCE)
def start() -> ResponseReturnValue:
    """A new draft, of the rules in force or of an earlier version."""
    form, version_id = WhyForm(), request.form.get("version") or None
    try:
        draft = drafts.start(
            g.session, g.viewer, why=form.why.data or "", at=clock.now(), version_id=version_id
        )
    except BadInput as error:
        show_refusal(form, error)
        return _index(form, version_id), 422
    return redirect(url_for("rules.draft", draft_id=draft.id), 303)


# --- one draft ----------------------------------------------------------------------------------------------


@bp.get("/drafts/<draft_id>")
@requires(Permission.GOVERNANCE)
def draft(draft_id: str) -> ResponseReturnValue:
    """What a draft changes, and its rules."""
    page = services.draft_page(g.session, g.viewer, draft_id)
    return render_template("governance/rules/draft.html", page=page, form=ConfirmForm(formdata=None))


@bp.route("/drafts/<draft_id>/rule", methods=["GET", "POST"])
@requires(Permission.GOVERNANCE)
def rule(draft_id: str) -> ResponseReturnValue:
    """Add a rule, or change the one that the address names."""
    editing = services.editing(g.session, g.viewer, draft_id, request.args.get("id"))
    form = RuleForm()
    form.offer(editing.part, editing.agencies, editing.rule)
    if request.method == "GET":
        form.begin_with(editing.rule)
        return render_template("governance/rules/rule.html", form=form, editing=editing, hints=SUGGESTED)
    made = form.rule(editing.rule_id or drafts.new_rule_id(editing.draft, form.effect.data or ""))
    try:
        if form.validate():
            drafts.put_rule(g.session, g.viewer, draft_id, made, at=clock.now())
            return redirect(url_for("rules.draft", draft_id=draft_id), 303)
    except Unsound as error:
        form.tell(error.faults, error.rule)
    return render_template("governance/rules/rule.html", form=form, editing=editing, hints=SUGGESTED), 422


@bp.post("/drafts/<draft_id>/remove")
@requires(Permission.GOVERNANCE)
def remove(draft_id: str) -> ResponseReturnValue:
    """Take a rule out of a draft."""
    drafts.remove_rule(g.session, g.viewer, draft_id, request.form.get("rule", ""), at=clock.now())
    return redirect(url_for("rules.draft", draft_id=draft_id), 303)


@bp.post("/drafts/<draft_id>/drop")
@requires(Permission.GOVERNANCE)
def drop(draft_id: str) -> ResponseReturnValue:
    """Give a draft up."""
    drafts.drop(g.session, g.viewer, draft_id, at=clock.now())
    return redirect(url_for("rules.index"), 303)


@bp.post("/drafts/<draft_id>/rebase")
@requires(Permission.GOVERNANCE)
def rebase(draft_id: str) -> ResponseReturnValue:
    """Make a draft's changes again on the rules in force."""
    try:
        rebasing.rebase(g.session, g.viewer, draft_id, at=clock.now())
    except BadInput as error:
        return _changes(draft_id, error), 422
    return redirect(url_for("rules.draft", draft_id=draft_id), 303)


# --- what would change, and publishing ----------------------------------------------------------------------


@bp.get("/drafts/<draft_id>/changes")
@requires(Permission.GOVERNANCE)
def changes(draft_id: str) -> ResponseReturnValue:
    """Who would gain and who would lose what; who has accepted."""
    return _changes(draft_id, None)


def _changes(draft_id: str, error: BadInput | None) -> str:
    try:
        page = changing.changes_page(g.session, g.viewer, draft_id, at=clock.now())
    except Unsound as unsound:
        title = services.draft_page(g.session, g.viewer, draft_id)
        return render_template("governance/rules/unsound.html", page=title, faults=unsound.faults)
    form = AcceptForm(formdata=None, data={"mark": page.mark})
    form.offer(changing.in_one_line(line) for line in page.to_accept)
    if error is not None:
        show_refusal(form, error)
    return render_template("governance/rules/changes.html", page=page, form=form)


@bp.post("/drafts/<draft_id>/send")
@requires(Permission.GOVERNANCE)
def send(draft_id: str) -> ResponseReturnValue:
    """Put a draft forward."""
    try:
        publishing.send(g.session, g.viewer, draft_id, at=clock.now())
    except BadInput as error:
        return _changes(draft_id, error), 422
    return redirect(url_for("rules.changes", draft_id=draft_id), 303)


@bp.post("/drafts/<draft_id>/take-back")
@requires(Permission.GOVERNANCE)
def take_back(draft_id: str) -> ResponseReturnValue:
    """Change it once more; what was accepted does not hold for what is changed."""
    publishing.take_back(g.session, g.viewer, draft_id)
    return redirect(url_for("rules.draft", draft_id=draft_id), 303)


@bp.post("/drafts/<draft_id>/accept")
@requires(Permission.GOVERNANCE)
def accept(draft_id: str) -> ResponseReturnValue:
    """Accept all that one's own agency would show more of."""
    ticked, mark = request.form.getlist("ticked"), request.form.get("mark", "")
    try:
        publishing.accept(g.session, g.viewer, draft_id, ticked=ticked, mark=mark, at=clock.now())
    except BadInput as error:
        return _changes(draft_id, error), 422
    return redirect(url_for("rules.changes", draft_id=draft_id), 303)


@bp.post("/drafts/<draft_id>/publish")
@requires(Permission.GOVERNANCE)
def publish(draft_id: str) -> ResponseReturnValue:
    """Put a draft in force, as the second officer."""
    try:
        publishing.publish(g.session, g.viewer, draft_id, at=clock.now())
    except BadInput as error:
        return _changes(draft_id, error), 422
    return redirect(url_for("rules.index"), 303)
