"""Why would they see it: a question to the rules."""

from __future__ import annotations

from flask import Blueprint, Flask, g, render_template
from flask.typing import ResponseReturnValue

from conference import clock
from conference.governance.explaining.forms import QuestionForm
from conference.governance.explaining.services import Asking
from conference.permissions import Permission, requires

bp = Blueprint("explaining", __name__, url_prefix="/governance/why")


def init_app(app: Flask) -> None:
    """Register the page."""
    app.register_blueprint(bp)


@bp.route("", methods=["GET", "POST"])
@requires(Permission.GOVERNANCE)
def index() -> ResponseReturnValue:
    """A question to the rules in force, posted, so that no address says what was asked; and the answer."""
    asking = Asking(g.session, g.viewer, clock.now())
    form = QuestionForm()
    form.offer(asking.choices())
    answer = asking.answer(form.question(asking.owner)) if form.validate_on_submit() else None
    page = render_template(
        "governance/explaining/index.html", form=form, answer=answer, version=asking.version
    )
    return page, 422 if form.errors else 200
