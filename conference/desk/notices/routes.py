"""Notices to those who were shown something, how far a recall is, and reviews after a withdrawal."""

from __future__ import annotations

from flask import Blueprint, Flask, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from conference import clock
from conference.desk.notices import services
from conference.desk.notices.forms import AnswerForm, ReviewForm
from conference.errors import BadInput
from conference.forms import choices, show_refusal
from conference.permissions import Permission, requires
from conference.sharing.overrides.looked_at import doers
from conference.sharing.recalls import receipts
from conference.sharing.reviews import services as reviews

bp = Blueprint("notices", __name__)


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)


# --- notices ------------------------------------------------------------------------------------------------


@bp.get("/notices")
@requires(Permission.HOME)
def index() -> ResponseReturnValue:
    """The viewer's own notices that wait for an answer."""
    waiting = receipts.own_notices(g.session, g.viewer)
    references = services.references(g.session, [one.case_id for one in waiting])
    lines = [(one, references[one.case_id], receipts.sentence(one)) for one in waiting]
    return render_template("desk/notices/index.html", lines=lines)


@bp.route("/notices/<notice_id>", methods=["GET", "POST"])
@requires(Permission.HOME)
def show(notice_id: str) -> ResponseReturnValue:
    """One of them, and its receipt."""
    notice = receipts.find_own(g.session, g.viewer, notice_id)
    form = AnswerForm()
    form.how.choices = choices(receipts.answers_to(notice).items())
    if form.validate_on_submit():
        try:
            how, reason = form.how.data or "", form.reason.data or ""
            receipts.answer(g.session, g.viewer, notice, how=how, reason=reason, at=clock.now())
            return redirect(url_for(".show", notice_id=notice_id), 303)
        except BadInput as error:
            show_refusal(form, error)
    page = services.notice_page(g.session, g.viewer, notice)
    return render_template("desk/notices/show.html", page=page, form=form), 422 if form.errors else 200


# --- how far a recall is ------------------------------------------------------------------------------------


@bp.get("/recalls")
@requires(Permission.CASE_READ)
def recalls() -> ResponseReturnValue:
    """What went back after a withdrawal that the viewer recorded."""
    found = receipts.own_recalls(g.session, g.viewer, at=clock.now())
    pages = [services.progress(g.session, g.viewer, *one) for one in found]
    return render_template("desk/notices/recalls.html", pages=pages)


@bp.get("/recalls/<recall_id>")
@requires(Permission.CASE_READ)
def recall(recall_id: str) -> ResponseReturnValue:
    """Who has answered, and who has not."""
    found = receipts.find_recall(g.session, g.viewer, recall_id, at=clock.now())
    page = services.progress(g.session, g.viewer, *found)
    return render_template("desk/notices/recall.html", page=page)


# --- reviews after a withdrawal -----------------------------------------------------------------------------


@bp.route("/reviews/<review_id>", methods=["GET", "POST"])
@requires(Permission.REVIEW_CLOSE)
def review(review_id: str) -> ResponseReturnValue:
    """What goes on although a consent was withdrawn: the chair or the IDVA of the case looks at it."""
    found = reviews.find_review(g.session, g.viewer, review_id, at=clock.now())
    form = ReviewForm()
    form.outcome.choices = choices(reviews.outcomes_of(found.kind).items())
    if form.validate_on_submit():
        try:
            said = {"outcome": form.outcome.data or "", "note": form.note.data or ""}
            did = doers(g.session, found)
            reviews.close_review(g.session, g.viewer, found, **said, doers=did, at=clock.now())
            return redirect(url_for(".review", review_id=review_id), 303)
        except BadInput as error:
            show_refusal(form, error)
    page = services.review_page(g.session, g.viewer, found, at=clock.now())
    return render_template("desk/notices/review.html", page=page, form=form), 422 if form.errors else 200
