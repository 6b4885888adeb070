"""Panel members' pages. A page that shows a person is made of views from the door alone."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from flask import Blueprint, Flask, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from conference import clock, formats
from conference.cases import services as cases
from conference.desk import case_page, finding, hinting, my_work, navigation, research_page
from conference.desk.forms import ConfirmForm, FieldForm, FindForm, NewFieldForm, ReasonForm
from conference.desk.ways import ways
from conference.errors import BadInput, NotFound
from conference.forms import show_refusal
from conference.fragments import page_or_fragment
from conference.identity.session_store import IDLE
from conference.identity.sessions import ServerSession, does_not_extend
from conference.permissions import Permission, requires
from conference.sharing import research

bp = Blueprint("desk", __name__)


def init_app(app: Flask) -> None:
    """Register the pages, and the menu that every page shows."""
    app.register_blueprint(bp)
    app.jinja_env.globals["navigation"] = navigation.navigation


# --- my work ------------------------------------------------------------------------------------------------


@bp.get("/")
@requires(Permission.HOME)
def home() -> ResponseReturnValue:
    """What is next, what is late, what there is to do."""
    return render_template("desk/home.html", work=my_work.work_of(g.session, g.viewer, at=clock.now()))


# --- a case -------------------------------------------------------------------------------------------------


@bp.get("/cases/<case_id>")
@requires(Permission.CASE_READ)
def case(case_id: str) -> ResponseReturnValue:
    """A case as this viewer may see it."""
    found = cases.visible_case(g.session, g.viewer, case_id, at=clock.now())
    way = request.args.get("view", "person")
    page = case_page.case_page(g.session, g.viewer, found, way=way, at=clock.now())
    return render_template("desk/case.html", page=page, ways=ways(page.view.case_id, page.way))


@bp.get("/cases/<case_id>/print")
@requires(Permission.CASE_READ)
def print_case(case_id: str) -> ResponseReturnValue:
    """The case for paper: logged as a print."""
    found = cases.visible_case(g.session, g.viewer, case_id, at=clock.now())
    page = case_page.paper(g.session, g.viewer, found, at=clock.now())
    return render_template("desk/print.html", page=page)


@bp.route("/cases/<case_id>/reason", methods=["GET", "POST"])
@requires(Permission.CASE_READ)
def reason(case_id: str) -> ResponseReturnValue:
    """Somebody who is not assigned says why they need the case."""
    found = cases.listed_case(g.session, g.viewer, case_id)
    form = ReasonForm()
    if form.validate_on_submit():
        try:
            cases.give_reason(g.session, case_id, g.viewer, form.reason.data or "", at=clock.now())
            return redirect(url_for(".case", case_id=case_id), 303)
        except BadInput as error:
            show_refusal(form, error)
    return render_template("desk/reason.html", form=form, reference=found.reference), _status(form)


# --- research -----------------------------------------------------------------------------------------------


@bp.get("/cases/<case_id>/research")
@requires(Permission.RESEARCH)
def our_research(case_id: str) -> ResponseReturnValue:
    """What our agency holds, and how far it is offered. Nobody else sees this page."""
    found = cases.visible_case(g.session, g.viewer, case_id, at=clock.now())
    page = research_page.research_page(g.session, g.viewer, found)
    return render_template("desk/research.html", page=page, form=ConfirmForm())


@bp.route("/cases/<case_id>/research/add", methods=["GET", "POST"])
@requires(Permission.RESEARCH)
def add_field(case_id: str) -> ResponseReturnValue:
    """Record something new."""
    found = cases.visible_case(g.session, g.viewer, case_id, at=clock.now())
    page = research_page.research_page(g.session, g.viewer, found)
    form = NewFieldForm()
    form.offer_choices(page.people)
    if _asks_preview():
        return _field_form(page, form, about=form.chosen)
    if form.validate_on_submit() and _is_checked(page, form):
        typed = form.typed(form.class_name.data)
        research.add(g.session, g.viewer, found, typed, about=form.chosen, at=clock.now())
        return _saved(found.id)
    return _field_form(page, form, about=[]), _status(form)


@bp.route("/cases/<case_id>/research/<field_id>", methods=["GET", "POST"])
@requires(Permission.RESEARCH)
def change_field(case_id: str, field_id: str) -> ResponseReturnValue:
    """Correct something, and say how far it is offered."""
    found = cases.visible_case(g.session, g.viewer, case_id, at=clock.now())
    field = research_page.field_in(g.session, g.viewer, found, field_id, at=clock.now())
    page = research_page.research_page(g.session, g.viewer, found, only=field_id)
    row = page.rows[0]
    form = FieldForm()
    form.known_class = field.class_name
    if request.method == "GET":
        form.begin_with(row)
    if _asks_preview():
        return _field_form(page, form, about=row.about)
    if form.validate_on_submit() and _is_checked(page, form):
        typed = form.typed(field.class_name)
        research.correct(g.session, g.viewer, found, field, typed, at=clock.now())
        return _saved(found.id)
    return _field_form(page, form, about=row.about), _status(form)


@bp.post("/cases/<case_id>/research/<field_id>/take-back")
@requires(Permission.RESEARCH)
def take_back(case_id: str, field_id: str) -> ResponseReturnValue:
    """From now on nobody else sees it."""
    found = cases.visible_case(g.session, g.viewer, case_id, at=clock.now())
    field = research_page.field_in(g.session, g.viewer, found, field_id, at=clock.now(), even_dark=True)
    research.take_back(g.session, g.viewer, field)
    return redirect(url_for(".our_research", case_id=case_id), 303)


@bp.post("/cases/<case_id>/research/send")
@requires(Permission.RESEARCH)
def send_research(case_id: str) -> ResponseReturnValue:
    """Our research is done; `nil` where we hold nothing."""
    found = cases.visible_case(g.session, g.viewer, case_id, at=clock.now())
    is_nil = (
        request.form.get("nil") == "yes" and not research_page.research_page(g.session, g.viewer, found).rows
    )
    research.send(g.session, g.viewer, found, nil=is_nil)
    return redirect(url_for(".our_research", case_id=case_id), 303)


def _asks_preview() -> bool:
    return request.method == "POST" and request.form.get("act") == "preview"


def _is_checked(page: research_page.ResearchPage, form: FieldForm) -> bool:
    """Whether the writer has looked again at a summary that seems to name somebody."""
    found = hinting.to_check(page, form, request.form.get("checked"))
    if found is not None:
        form.summary.errors = [*form.summary.errors, found.sentence]
    return found is None


def _field_form(
    page: research_page.ResearchPage, form: FieldForm, *, about: list[str] | tuple[str, ...]
) -> str:
    preview = None
    if _asks_preview():
        preview = research_page.preview(g.session, g.viewer, page, form.of_class(), about, form.offered.data)
    named = {"page": page, "form": form, "preview": preview}
    hint = hinting.to_check(page, form, None) if request.method == "POST" else None
    return page_or_fragment("desk/field.html", "who_would_see", hint=hint, **named)


def _saved(case_id: str) -> ResponseReturnValue:
    if request.form.get("act") == "send":
        found = cases.visible_case(g.session, g.viewer, case_id, at=clock.now())
        research.send(g.session, g.viewer, found, nil=False)
    return redirect(url_for(".our_research", case_id=case_id), 303)


# --- finding ------------------------------------------------------------------------------------------------


@bp.route("/find", methods=["GET", "POST"])
@requires(Permission.SEARCH)
def find() -> ResponseReturnValue:
    """By name with date of birth, NHS number or reference; answered here, so that no address says who."""
    form = FindForm()
    hits = None
    if form.validate_on_submit():
        try:
            hits = finding.hits(g.session, g.viewer, form, at=clock.now())
        except BadInput as error:
            show_refusal(form, error)
    return render_template("desk/find.html", form=form, hits=hits), _status(form)


# --- help, and staying signed in ----------------------------------------------------------------------------


@bp.get("/help/labels")
@requires(Permission.HOME)
def help_labels() -> ResponseReturnValue:
    """What the labels mean."""
    return render_template("help/labels.html")


@bp.get("/help/why-not-shown")
@requires(Permission.HOME)
def help_why_not_shown() -> ResponseReturnValue:
    """Why somebody might not see something, and how to ask an agency. The same for everybody."""
    return render_template("help/why_not_shown.html")


@bp.get("/help/receipts")
@requires(Permission.HOME)
def help_receipts() -> ResponseReturnValue:
    """What a receipt is."""
    return render_template("help/receipts.html")


@bp.get("/stay")
@requires(Permission.HOME)
def stay() -> ResponseReturnValue:
    """Use the session, so that it does not end."""
    if request.accept_mimetypes.best == "application/json":
        return _session_ends(clock.now() + IDLE)
    return redirect(url_for(".home"), 303)


@bp.get("/session")
@requires(Permission.HOME)
@does_not_extend
def session_ends() -> ResponseReturnValue:
    """When the session ends, without using it: another tab may have."""
    return _session_ends(cast(ServerSession, session).will_end_at)


def _session_ends(at: datetime | None) -> ResponseReturnValue:
    last = cast(ServerSession, session).found.ends_at
    if at is None or last is None:
        raise NotFound
    ends = min(at, last)
    words = f"You will be signed out at {formats.hour(ends)}."
    return {"ends": ends.isoformat(), "now": clock.now().isoformat(), "words": words}


def _status(form: FindForm | ReasonForm | FieldForm) -> int:
    return 422 if form.errors else 200
