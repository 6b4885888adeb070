"""Write what stays about the others, before somebody is erased. Our agency's own pages."""

from __future__ import annotations

from flask import Blueprint, Flask, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from conference import clock
from conference.cases import services as cases
from conference.desk.rewriting import services
from conference.desk.rewriting.forms import StaysForm
from conference.errors import BadInput
from conference.forms import choices, show_refusal
from conference.permissions import Permission, requires

bp = Blueprint("rewriting", __name__)


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)


@bp.get("/cases/<case_id>/several")
@requires(Permission.RESEARCH)
def index(case_id: str) -> ResponseReturnValue:
    """What we hold about several people at once, and whether it is settled what stays."""
    found = cases.visible_case(g.session, g.viewer, case_id, at=clock.now())
    page = services.shared_page(g.session, g.viewer, found)
    return render_template("desk/rewriting/index.html", page=page)


@bp.route("/cases/<case_id>/several/<field_id>", methods=["GET", "POST"])
@requires(Permission.RESEARCH)
def write(case_id: str, field_id: str) -> ResponseReturnValue:
    """Write what stays of one of them, or say that nothing does."""
    found = cases.visible_case(g.session, g.viewer, case_id, at=clock.now())
    page = services.shared_page(g.session, g.viewer, found, only=field_id)
    line = page.line(field_id)
    form = StaysForm()
    form.about.choices = choices(line.people)
    if form.validate_on_submit():
        typed = None if request.form.get("act") == "nothing" else form.typed()
        try:
            services.settle(g.session, g.viewer, found, line, typed, at=clock.now())
            return redirect(url_for(".index", case_id=case_id), 303)
        except BadInput as error:
            show_refusal(form, error)
    text = render_template("desk/rewriting/write.html", page=page, line=line, form=form)
    return text, 422 if form.errors else 200
