"""Pages about documents. A file itself never leaves its agency; others are shown the copy, page by page."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from conference import clock
from conference.cases import services as cases
from conference.desk.files import pages
from conference.desk.files.forms import FILE_HINT, WORDS_HINT, DocumentForm, MarkForm, WordsForm
from conference.desk.files.uploads import InMemory, allow_file
from conference.desk.forms import ConfirmForm
from conference.desk.research_page import research_page
from conference.errors import BadInput
from conference.forms import show_refusal
from conference.permissions import Permission, requires
from conference.sharing import documents
from conference.sharing.files.document import Document, Part

bp = Blueprint("documents", __name__)


def init_app(app: Flask) -> None:
    """Register the pages; from now on files stay in memory while they are sent."""
    app.request_class = InMemory
    app.register_blueprint(bp)


@bp.url_value_preprocessor
def allow(*_: object) -> None:
    """Before anything reads the form: a file may be larger than other requests."""
    allow_file("documents.add")


# --- our own documents ---


@bp.route("/cases/<case_id>/documents/add", methods=["GET", "POST"])
@requires(Permission.RESEARCH)
def add(case_id: str) -> ResponseReturnValue:
    """Add a document to our research."""
    at = clock.now()
    found = cases.visible_case(g.session, g.viewer, case_id, at=at)
    page = research_page(g.session, g.viewer, found)
    form = DocumentForm()
    form.offer_choices(page.people)
    if form.validate_on_submit():
        typed, sent = form.typed(form.class_name.data), form.content()
        try:
            made = documents.add_document(g.session, g.viewer, found, typed, sent, about=form.chosen, at=at)
            return redirect(url_for(".show", case_id=case_id, field_id=made.id), 303)
        except BadInput as error:
            show_refusal(form, error)
    return render_template("desk/files/add.html", page=page, form=form, hint=FILE_HINT), _status(form)


@bp.get("/cases/<case_id>/documents/<field_id>")
@requires(Permission.RESEARCH)
def show(case_id: str, field_id: str) -> ResponseReturnValue:
    """One of our documents: how far it is, what is marked, which copy is shared."""
    found = cases.visible_case(g.session, g.viewer, case_id, at=clock.now())
    page = documents.own_document(g.session, g.viewer, found, field_id)
    return _shown(page, WordsForm(words="\n".join(page.marks.words)))


@bp.post("/cases/<case_id>/documents/<field_id>/words")
@requires(Permission.RESEARCH)
def words(case_id: str, field_id: str) -> ResponseReturnValue:
    """Say which words are to be removed."""
    found = cases.visible_case(g.session, g.viewer, case_id, at=clock.now())
    form = WordsForm()
    if form.validate():
        try:
            documents.mark_words(g.session, g.viewer, found, field_id, form.said())
            return redirect(url_for(".show", case_id=case_id, field_id=field_id), 303)
        except BadInput as error:
            show_refusal(form, error)
    return _shown(documents.own_document(g.session, g.viewer, found, field_id), form), 422


def _shown(page: documents.OwnDocument, form: WordsForm) -> str:
    return render_template("desk/files/show.html", page=page, form=form, hint=WORDS_HINT)


@bp.get("/cases/<case_id>/documents/<field_id>/original")
@requires(Permission.RESEARCH)
def original(case_id: str, field_id: str) -> ResponseReturnValue:
    """The file as it came, for its own agency."""
    found = cases.visible_case(g.session, g.viewer, case_id, at=clock.now())
    part = Part(is_copy=False)
    page = documents.own_document(g.session, g.viewer, found, field_id, part, channel="export")
    return _file(page.row.document, f"document.{page.media.value}")


@bp.route("/cases/<case_id>/documents/<field_id>/pages/<int:number>", methods=["GET", "POST"])
@requires(Permission.RESEARCH)
def page(case_id: str, field_id: str, number: int) -> ResponseReturnValue:
    """A page of ours, to mark what is to be removed: by two corners, or by numbers."""
    found = cases.visible_case(g.session, g.viewer, case_id, at=clock.now())
    form = MarkForm()
    if form.validate_on_submit():
        try:
            corners = form.corners(pages.point_in(request.form))
            documents.mark_region(g.session, g.viewer, found, field_id, number, corners)
            return redirect(url_for(".page", case_id=case_id, field_id=field_id, number=number), 303)
        except BadInput as error:
            show_refusal(form, error)
    shown = documents.own_document(g.session, g.viewer, found, field_id, Part(number, is_copy=False))
    picture = pages.picture_of(_document(shown.row.document))
    named = {"page": shown, "picture": picture, "number": number, "percent": pages.percent}
    return render_template("desk/files/page.html", form=form, **named), _status(form)


@bp.post("/cases/<case_id>/documents/<field_id>/pages/<int:number>/unmark")
@requires(Permission.RESEARCH)
def unmark(case_id: str, field_id: str, number: int) -> ResponseReturnValue:
    """Take a mark away."""
    found = cases.visible_case(g.session, g.viewer, case_id, at=clock.now())
    mark = request.form.get("mark", "")
    place = int(mark) if mark.isdecimal() else -1
    documents.unmark_region(g.session, g.viewer, found, field_id, number, place)
    return redirect(url_for(".page", case_id=case_id, field_id=field_id, number=number), 303)


@bp.post("/cases/<case_id>/documents/<field_id>/copies")
@requires(Permission.RESEARCH)
def make(case_id: str, field_id: str) -> ResponseReturnValue:
    """Have the redacted copy made."""
    found = cases.visible_case(g.session, g.viewer, case_id, at=clock.now())
    documents.ask_copy(g.session, g.viewer, found, field_id, at=clock.now())
    return redirect(url_for(".show", case_id=case_id, field_id=field_id), 303)


@bp.get("/cases/<case_id>/documents/<field_id>/copies/<copy_id>")
@requires(Permission.RESEARCH)
def check(case_id: str, field_id: str, copy_id: str) -> ResponseReturnValue:
    """A copy, page by page, before others may see it."""
    found = cases.visible_case(g.session, g.viewer, case_id, at=clock.now())
    part = Part(pages.page_asked(request.args.get("page")), copy_id=copy_id)
    shown = documents.own_document(g.session, g.viewer, found, field_id, part)
    picture = pages.picture_of(_document(shown.row.document))
    named = {"page": shown, "picture": picture, "number": part.page, "copy_id": copy_id}
    return render_template("desk/files/check.html", form=ConfirmForm(), **named)


@bp.post("/cases/<case_id>/documents/<field_id>/copies/<copy_id>/choose")
@requires(Permission.RESEARCH)
def choose(case_id: str, field_id: str, copy_id: str) -> ResponseReturnValue:
    """This is the copy that others are shown, as far as we offer it."""
    found = cases.visible_case(g.session, g.viewer, case_id, at=clock.now())
    documents.choose_copy(g.session, g.viewer, found, field_id, copy_id, at=clock.now())
    return redirect(url_for("desk.change_field", case_id=case_id, field_id=field_id), 303)


# --- what others are shown ---


@bp.get("/cases/<case_id>/shared/<field_id>")
@requires(Permission.CASE_READ)
def shared(case_id: str, field_id: str) -> ResponseReturnValue:
    """A page of a redacted copy that this viewer is shown."""
    found = cases.visible_case(g.session, g.viewer, case_id, at=clock.now())
    number = pages.page_asked(request.args.get("page"))
    view, row = documents.shared_document(g.session, g.viewer, found, field_id, page=number)
    picture = pages.picture_of(_document(row.document))
    return render_template("desk/files/shared.html", view=view, row=row, picture=picture, number=number)


@bp.get("/cases/<case_id>/shared/<field_id>/document.pdf")
@requires(Permission.CASE_READ)
def download(case_id: str, field_id: str) -> ResponseReturnValue:
    """The redacted copy as a file: logged as an export."""
    found = cases.visible_case(g.session, g.viewer, case_id, at=clock.now())
    how = {"page": None, "channel": "export"}
    _, row = documents.shared_document(g.session, g.viewer, found, field_id, **how)  # type: ignore[arg-type]
    return _file(row.document, "document.pdf")


def _file(document: Document | None, name: str) -> Response:
    """Bytes to be saved, never to be shown by the browser as part of this site: see `web`."""
    held = _document(document)
    g.is_sandboxed = True
    answer = current_app.response_class(held.content, mimetype=held.mime)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _document(found: Document | None) -> Document:
    if found is None:
        raise TypeError("a document that is shown has a part")
    return found


def _status(form: DocumentForm | MarkForm) -> int:
    return 422 if form.errors else 200
