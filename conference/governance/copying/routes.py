"""`GET /api/log/copy?from=N`: what an agency's machine fetches. `python -m audit fetch` asks it."""

from __future__ import annotations

from flask import Blueprint, Flask, current_app, g, request
from flask.typing import ResponseReturnValue

from conference.governance.copying.services import NoToken, fetch
from conference.permissions import public

bp = Blueprint("copying", __name__)
_LARGEST = 2**40


def init_app(app: Flask) -> None:
    """Register the page."""
    app.register_blueprint(bp)


@bp.get("/api/log/copy")
@public("a machine has no account: it shows a token of its agency's, which opens the agency's own copy alone")
def copy() -> ResponseReturnValue:
    """What was added to the log since it had `from` leaves."""
    start, epoch = _number("from", 0), _number("epoch", None)
    if start is None or not 0 <= start < _LARGEST:
        return {"status": "from: give a number of leaves"}, 400
    try:
        found = fetch(
            g.session, request.headers.get("Authorization", ""), start, epoch=epoch, request=g.request_id
        )
    except NoToken:
        return {"status": "show a token"}, 401, {"WWW-Authenticate": "Bearer"}
    headers = {"Log-Size": str(found.whole), "Disclosure-Receipt": found.receipt}
    return current_app.response_class(found.content, mimetype="application/zip", headers=headers)


def _number(name: str, default: int | None) -> int | None:
    """A number of the query; `default` if it is not there, -1 if it is no number."""
    given = request.args.get(name)
    if given is None:
        return default
    return int(given) if given.isascii() and given.isdigit() and len(given) < 14 else -1
