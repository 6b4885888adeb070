"""Reviews that IG officers close, and notices at their agency."""

from __future__ import annotations

from flask import Blueprint, Flask, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from conference import clock
from conference.errors import BadInput
from conference.forms import choices, show_refusal
from conference.governance.noticed import notice_lines
from conference.governance.reviews import services
from conference.governance.reviews.forms import CloseForm, ForColleagueForm
from conference.permissions import Permission, requires
from conference.sharing.recalls import receipts
from conference.sharing.reviews import services as reviews

bp = Blueprint("reviews", __name__, url_prefix="/governance")


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)


@bp.get("/reviews")
@requires(Permission.GOVERNANCE)
def index() -> ResponseReturnValue:
    """What the agency's officers must look at; what is late stands first."""
    lines = services.register(g.session, g.viewer, at=clock.now())
    return render_template("governance/reviews/index.html", lines=lines)


@bp.route("/reviews/<review_id>", methods=["GET", "POST"])
@requires(Permission.GOVERNANCE)
def show(review_id: str) -> ResponseReturnValue:
    """One of them: what it is about, and what came of it."""
    found = reviews.find_review(g.session, g.viewer, review_id, at=clock.now())
    form = CloseForm()
    form.outcome.choices = choices(reviews.outcomes_of(found.kind).items())
    if form.validate_on_submit():
        try:
            said = {"outcome": form.outcome.data or "", "note": form.note.data or ""}
            services.close(g.session, g.viewer, found, **said, at=clock.now())
            return redirect(url_for(".show", review_id=review_id), 303)
        except BadInput as error:
            show_refusal(form, error)
    page = services.review_page(g.session, g.viewer, found, at=clock.now())
    return render_template("governance/reviews/show.html", page=page, form=form), 422 if form.errors else 200


@bp.get("/notices")
@requires(Permission.GOVERNANCE)
def notices() -> ResponseReturnValue:
    """What colleagues were told to give back, and what others were told to give back of ours."""
    here = services.at_our_agency(g.session, g.viewer)
    ours = services.of_ours(g.session, g.viewer)
    return render_template("governance/reviews/notices.html", here=here, ours=ours)


@bp.route("/notices/<notice_id>", methods=["GET", "POST"])
@requires(Permission.GOVERNANCE)
def notice(notice_id: str) -> ResponseReturnValue:
    """A colleague's notice, answered for them: somebody may be away, or have left."""
    found = receipts.find_at_agency(g.session, g.viewer, notice_id)
    form = ForColleagueForm()
    form.how.choices = choices(receipts.answers_to(found).items())
    if form.validate_on_submit():
        try:
            how, reason = form.how.data or "", form.reason.data or ""
            receipts.answer(g.session, g.viewer, found, how=how, reason=reason, at=clock.now())
            return redirect(url_for(".notices"), 303)
        except BadInput as error:
            show_refusal(form, error)
    line = notice_lines(g.session, g.viewer, [found])[0]
    return render_template(
        "governance/reviews/notice.html", line=line, form=form
    ), 422 if form.errors else 200
