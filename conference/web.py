"""How a request becomes an answer: the guard, the transaction, the log, the headers, the errors.

An answer that only reads: decided over a snapshot, rendered in memory, its inputs checked again, its events
made durable, sent. A change: one transaction with its events. Returning commits, raising rolls back.
"""

from __future__ import annotations

import base64
import json
import logging
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, current_app, g, redirect, render_template, request, session, url_for
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException, InternalServerError

from conference import clock, ids, inputs
from conference.db import bind, writable
from conference.errors import ConferenceError, Conflict, LogUnavailable, NotFound, ReasonNeeded, Refused
from conference.identity.login import current_viewer
from conference.identity.models import Staff
from conference.identity.services import Viewer
from conference.permissions import Permission
from conference.sharing import broken
from conference.trail import receipts, writing
from conference.vault.errors import KeyDark, RowBroken, SealBroken

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from conference.db import Database
    from conference.settings import Settings
    from conference.trail.committing import Committer
    from conference.trail.sequencer import Sequencer

log = logging.getLogger("conference.web")

TRIES = 4
NOTHING_NEW = ("live.page", 204)  # an open page says it each second: no line is written of it
READING = frozenset({"GET", "HEAD", "OPTIONS"})
_CASE_ID = re.compile(r"cas_[a-z2-7]{26}")


@dataclass(slots=True)
class Parts:
    """What the application is made of; `current_app.extensions["conference"]`."""

    settings: Settings
    database: Database
    sequencer: Sequencer
    committer: Committer

    def wake(self) -> None:
        """Something durable waits for its place in the tree."""
        self.sequencer.wake()

    def session_event(
        self, session: Session, name: str, partnership_id: str, staff_id: str, why: str
    ) -> None:
        """Log that a session of somebody's started or ended. `why` is one of a few fixed phrases."""
        staff = session.get_one(Staff, staff_id)
        writing.record(
            session,
            name,
            partnership=partnership_id,
            actor=staff_id,
            agency=staff.agency_id,
            mark=why.replace(" ", "-"),
        )


class ConferenceFlask(Flask):
    """Flask, with one transaction a request and no answer before its log entry."""

    def dispatch_request(self) -> ResponseReturnValue:
        """Answer, or raise; nothing is sent from here that is not logged."""
        if request.routing_exception is not None:
            self.raise_routing_exception(request)
        if request.endpoint == "static":
            return super().dispatch_request()
        if request.method in READING:
            return self._answer_reading()
        return self._answer_changing()

    def _answer_reading(self) -> Response:
        parts = parts_of(self)
        dark: set[str] = set()
        for _ in range(TRIES):
            with parts.database.read() as session:
                try:
                    response = self._answer(session)
                except KeyDark as error:  # found out just now: it is decided again without them
                    if error.owner in dark:
                        raise
                    dark.add(error.owner)
                    continue
                info = session.info
            if not info.get("prepared"):
                return response
            try:
                is_logged = parts.committer.log(info["prepared"], info.get("inputs", {}), info.get("horizon"))
            except (SQLAlchemyError, OSError) as error:
                raise LogUnavailable from error
            if is_logged:
                parts.wake()
                return response
        return self._answer_changing()  # others change things faster than this is decided: they wait for once

    def _answer_changing(self) -> Response:
        parts = parts_of(self)
        with parts.database.write() as session:
            response = self._answer(session)
            horizon = session.info.get("horizon")
            if horizon is not None and clock.now() >= horizon:
                raise Conflict("the moment has passed until which this was decided")
        parts.wake()
        return response

    def _answer(self, session: Session) -> Response:
        session.info.update(request=g.request_id, channel="screen")
        g.session = session
        g.receipt = None
        g.pop("_login_user", None)  # a page that is decided again asks again who is looking
        g.viewer = current_viewer()
        if g.viewer is not None and writable(session):
            inputs.hold(session, g.viewer.partnership_id)
            g.pop("_login_user", None)
            g.viewer = current_viewer()  # as it is now that nothing moves any more
        if g.viewer is not None:
            bind(session, g.viewer.agency_id)
        try:
            _guard(self)
            response = self.make_response(super().dispatch_request())
            made = receipt()
            if made is not None:
                response.headers["Disclosure-Receipt"] = made.header
            return response
        finally:
            g.session = None


def parts_of(app: Flask) -> Parts:
    """The application's parts."""
    found: Parts = app.extensions["conference"]
    return found


def receipt() -> receipts.Receipt | None:
    """The receipt of what this answer shows; None while it shows nothing that is logged. Made once."""
    if g.get("receipt") is None and g.get("session") is not None:
        leaves = g.session.info.get("leaf_hashes", [])
        if leaves and g.viewer is not None:
            g.receipt = receipts.receipt(g.session, g.viewer.partnership_id, leaves, g.request_id)
    found: receipts.Receipt | None = g.get("receipt")
    return found


def _guard(app: Flask) -> None:
    """Refuse a view that declares no access, and everybody whom it is not for."""
    view = app.view_functions[request.endpoint or ""]
    access = getattr(view, "access", None)
    if access is None:
        log.error("view without access: %s", request.endpoint)
        raise InternalServerError
    if getattr(view, "is_public", False):
        return
    if g.viewer is None:
        raise NotSignedIn
    if not isinstance(access, Permission) or not g.viewer.may(access):
        raise Refused("role")


class NotSignedIn(ConferenceError):
    """Nobody is signed in."""

    status = 401


# --- before and after ---


def init_app(app: ConferenceFlask) -> None:
    """Headers, ids, logs and errors for every answer."""
    app.before_request(_begin)
    app.after_request(_finish)
    app.register_error_handler(ConferenceError, _conference_error)
    app.register_error_handler(OperationalError, _database_error)
    app.register_error_handler(HTTPException, _http_error)
    app.jinja_env.globals.update(receipt=receipt, viewer=lambda: g.get("viewer"), csp_nonce=lambda: g.nonce)
    app.jinja_env.globals["now"] = clock.now


def _begin() -> None:
    g.request_id = ids.new_id("req")
    g.nonce = base64.b64encode(ids.random_bytes(16)).decode("ascii")
    g.started = time.monotonic()
    g.session = None
    g.viewer = None
    if getattr(session, "unreadable", False):
        raise LogUnavailable


def _finish(response: Response) -> Response:
    nonce = g.get("nonce", "")
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types htmx"
        + ("; sandbox" if g.get("is_sandboxed") else "")  # somebody's file, to be saved: it runs nothing here
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    if parts_of(current_app).settings.is_https:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
        response.headers["Vary"] = "Cookie, HX-Request, HX-Request-Type"
        if (request.endpoint, response.status_code) != NOTHING_NEW:
            _write_log(response)
    return response


def _write_log(response: Response) -> None:
    """One line an answer: route, not path; nothing that says who or about whom."""
    rule = request.url_rule.rule if request.url_rule is not None else None
    line = {
        "method": request.method,
        "route": rule,
        "status": response.status_code,
        "ms": round((time.monotonic() - g.get("started", time.monotonic())) * 1000, 1),
        "request": g.get("request_id"),
    }
    log.info("answered", extra={"fields": line})


class JsonLines(logging.Formatter):
    """A log line as JSON: time, level, where, message. Exceptions by type and place, never by their words."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        line: dict[str, Any] = {
            "at": clock.moment(clock.now()),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage() if not record.exc_info else str(record.msg),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["where"] = _where(record.exc_info[2])
        return json.dumps(line, ensure_ascii=False)


def _where(trace: Any) -> list[str]:
    places = []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(
            f"{code.co_qualname if hasattr(code, 'co_qualname') else code.co_name}:{trace.tb_lineno}"
        )
        trace = trace.tb_next
    return places[-8:]


# --- errors ---


def _conference_error(error: ConferenceError) -> ResponseReturnValue:
    if isinstance(error, NotSignedIn):
        return _to_sign_in()
    if error.status >= 500:
        place = getattr(error, "place", None)  # table, row and column of what does not open
        log.error("%s", type(error).__name__, extra={"fields": {"place": str(place)}} if place else None)
    is_refused = isinstance(error, NotFound | Refused | ReasonNeeded)
    # an open page asks each second: it says so once, when it is loaded
    is_broken = isinstance(error, SealBroken | RowBroken) and request.endpoint != NOTHING_NEW[0]
    if is_refused or is_broken:
        try:
            _log_what_was_not_given(error)
        except (SQLAlchemyError, OSError, ConferenceError):
            log.exception("what was not given could not be logged")
            error = LogUnavailable()
    if isinstance(error, ReasonNeeded):
        return redirect(url_for("desk.reason", case_id=error.case_id), 303)
    return _page(error.status, gate=getattr(error, "gate", None), message=getattr(error, "message", None))


def _database_error(error: OperationalError) -> ResponseReturnValue:
    """The database is away, or full: what it cannot keep is not done, and not shown."""
    log.error("the database does not do its work", exc_info=error)
    return _page(LogUnavailable.status)


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error.get_response()
    response = current_app.make_response(_page(error.code))
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after"}:
            response.headers[name] = value
    return response


def _page(status: int, **context: object) -> tuple[str, int]:
    known = status if status in {400, 403, 404, 409, 413, 422, 503} else 500
    return render_template("errors/page.html", status=known, **context), status


def _to_sign_in() -> ResponseReturnValue:
    """To the sign-in page; htmx cannot follow a redirect to another origin, so it is told where to go."""
    target = url_for("identity.sign_in", next=request.path if request.method == "GET" else None)
    if request.headers.get("HX-Request"):
        return "", 401, {"HX-Redirect": target}
    return redirect(target, 303)


def _log_what_was_not_given(error: ConferenceError) -> None:
    """Who asked for what, and why not: in a transaction of its own, for the request's has been rolled back.

    The case is named as it was asked for, whether it exists or not.
    """
    viewer: Viewer | None = g.get("viewer")
    if viewer is None:
        return
    asked = str((request.view_args or {}).get("case_id", ""))
    case_id = asked if _CASE_ID.fullmatch(asked) else None
    gate = error.gate if isinstance(error, Refused) else type(error).__name__
    with parts_of(current_app).database.write() as session:
        session.info.update(request=g.request_id, channel="screen")
        if isinstance(error, SealBroken | RowBroken):
            broken.record_whole(session, viewer, case_id)
        else:
            writing.record(
                session,
                "access.refused",
                partnership=viewer.partnership_id,
                actor=viewer.staff_id,
                agency=viewer.agency_id,
                case=case_id,
                mark={"NotFound": "not-found", "ReasonNeeded": "reason-needed"}.get(gate, gate),
            )
    parts_of(current_app).wake()
