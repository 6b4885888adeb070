"""Ask an agency, and read what one is asked. The same way and the same bytes, whatever there is."""

from __future__ import annotations

from flask import Blueprint, Flask, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from conference import clock
from conference.cases import services as cases
from conference.desk.asking import services
from conference.desk.forms import ConfirmForm
from conference.errors import BadInput
from conference.forms import show_refusal
from conference.permissions import Permission, requires
from conference.sharing.asking import services as asking

bp = Blueprint("asking", __name__)


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)


@bp.route("/cases/<case_id>/ask", methods=["GET", "POST"])
@requires(Permission.CASE_READ)
def ask(case_id: str) -> ResponseReturnValue:
    """Ask an agency for more, or the victim through the IDVA or referrer."""
    case = cases.visible_case(g.session, g.viewer, case_id, at=clock.now())
    form = services.form_for(g.session, g.viewer, case)
    if form.validate_on_submit():
        try:
            sent = services.send(g.session, g.viewer, case, form, at=clock.now())
            return redirect(url_for(".sent", case_id=case.id, question_id=sent), 303)
        except BadInput as error:
            show_refusal(form, error)
    return render_template("desk/asking/ask.html", form=form, case=case), 422 if form.errors else 200


@bp.get("/cases/<case_id>/ask/<question_id>")
@requires(Permission.CASE_READ)
def sent(case_id: str, question_id: str) -> ResponseReturnValue:
    """It has gone. Whatever becomes of it, this page stays as it is."""
    case = cases.visible_case(g.session, g.viewer, case_id, at=clock.now())
    to = asking.sent_by(g.session, g.viewer, case, question_id)
    return render_template("desk/asking/sent.html", case=case, to=to)


@bp.get("/questions/<question_id>")
@requires(Permission.CASE_READ)
def question(question_id: str) -> ResponseReturnValue:
    """What we are asked. Answered by offering, or by marking it done."""
    page = services.question_page(g.session, g.viewer, question_id, at=clock.now())
    return render_template("desk/asking/question.html", page=page, form=ConfirmForm())


@bp.post("/questions/<question_id>/done")
@requires(Permission.CASE_READ)
def done(question_id: str) -> ResponseReturnValue:
    """It needs nothing more of us. Whoever asked is told nothing."""
    asking.mark_done(g.session, g.viewer, question_id, at=clock.now())
    return redirect(url_for("desk.home"), 303)
