"""IG officers' pages. Everything shown of the log is what the officer's own agency may know of it."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, current_app, g, render_template, request
from flask.typing import ResponseReturnValue

from conference import clock
from conference.errors import BadInput
from conference.forms import show_refusal
from conference.governance import entry, services, whole, witnesses
from conference.governance.forms import ReceiptForm, SearchForm
from conference.permissions import Permission, requires
from conference.sharing.agreements.services import reminders

bp = Blueprint("governance", __name__, url_prefix="/governance")


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(bp)


# --- who has seen what --------------------------------------------------------------------------------------


@bp.route("/disclosures", methods=["GET", "POST"])
@requires(Permission.GOVERNANCE)
def index() -> ResponseReturnValue:
    """The newest disclosures; or a search, posted, so that no address says for whom."""
    if request.method == "GET":
        answer = services.newest(g.session, g.viewer, clock.today())
        return _index(_search_form(), ReceiptForm(), answer, asked="newest")
    if "code" in request.form:
        return _by_receipt()
    form = _search_form(request.form)
    if form.validate():
        try:
            answer = services.search(g.session, g.viewer, form.wanted())
            return _index(form, ReceiptForm(formdata=None), answer, asked="search")
        except BadInput as error:
            show_refusal(form, error)
    nothing = services.nothing(g.session, g.viewer)
    return _index(form, ReceiptForm(formdata=None), nothing, asked=None), 422


def _by_receipt() -> ResponseReturnValue:
    form, blank = ReceiptForm(), _search_form()
    if not form.validate():
        nothing = services.nothing(g.session, g.viewer)
        return _index(blank, form, nothing, asked=None), 422
    answer = services.by_receipt(g.session, g.viewer, form.code.data or "")
    return _index(blank, form, answer, asked="receipt")


def _search_form(typed: object = None) -> SearchForm:
    since, until = services.newest_days(clock.today())
    return SearchForm(formdata=typed, data={"since": since, "until": until})


def _index(form: SearchForm, receipt: ReceiptForm, answer: services.Answer, *, asked: str | None) -> str:
    form.offer(answer.staff, answer.agencies)
    return render_template(
        "governance/index.html",
        form=form,
        receipt_form=receipt,
        answer=answer,
        asked=asked,
        faulty=receipt if receipt.errors else form,
        alarm=witnesses.alarm(g.session, g.viewer),
        reminders=reminders(g.session, g.viewer, clock.today()),
    )


# --- one entry ----------------------------------------------------------------------------------------------


@bp.get("/disclosures/<event_id>")
@requires(Permission.GOVERNANCE)
def show(event_id: str) -> ResponseReturnValue:
    """One entry: who, what, why it was allowed, and whether it is in the log."""
    page = entry.entry_page(g.session, g.viewer, event_id)
    return render_template("governance/show.html", page=page, checked_at=clock.now())


@bp.get("/disclosures/<event_id>/check")
@requires(Permission.GOVERNANCE)
def check(event_id: str) -> ResponseReturnValue:
    """How to check the entry without this service."""
    title, epoch = entry.title(g.session, g.viewer, event_id)
    return render_template("governance/check.html", event_id=event_id, title=title, epoch=epoch)


@bp.get("/disclosures/<event_id>/proof")
@requires(Permission.GOVERNANCE)
def proof(event_id: str) -> ResponseReturnValue:
    """The entry's proof."""
    made = entry.proof(g.session, g.viewer, event_id)
    return _file(made, f"{event_id}.tlog-proof", "text/plain")


@bp.get("/disclosures/<event_id>/leaf")
@requires(Permission.GOVERNANCE)
def leaf(event_id: str) -> ResponseReturnValue:
    """What the proof is of."""
    made = entry.leaf(g.session, g.viewer, event_id)
    return _file(made, f"{event_id}.leaf", "application/octet-stream")


# --- the log ------------------------------------------------------------------------------------------------


@bp.get("/log")
@requires(Permission.GOVERNANCE)
def log() -> ResponseReturnValue:
    """What the log says of itself; with `verify=now`, whether it holds."""
    page = whole.log_page(g.session, g.viewer)
    checked = whole.check(g.session, g.viewer) if request.args.get("verify") == "now" else None
    return render_template("governance/log.html", page=page, checked=checked, checked_at=clock.now())


@bp.get("/log/copy")
@requires(Permission.GOVERNANCE)
def copy() -> ResponseReturnValue:
    """The whole log, with what opens this agency's own parts."""
    packed = whole.as_zip(g.session, g.viewer, clock.now(), epoch=_epoch())
    return _file(packed, f"log-{clock.today().isoformat()}.zip", "application/zip")


@bp.get("/log/key")
@requires(Permission.GOVERNANCE)
def key() -> ResponseReturnValue:
    """The key with which the log is verified. It is for everybody."""
    return _file(whole.key(g.session, g.viewer, _epoch()), "vkey", "text/plain")


@bp.get("/log/policy")
@requires(Permission.GOVERNANCE)
def policy() -> ResponseReturnValue:
    """Whose cosignatures make a quorum. It is for everybody."""
    return _file(witnesses.policy(g.session, g.viewer), "policy", "text/plain")


@bp.get("/log/meaning")
@requires(Permission.GOVERNANCE)
def meaning() -> ResponseReturnValue:
    """What the log proves and what it does not, in plain words."""
    return render_template("governance/meaning.html")


def _epoch() -> int | None:
    """Which epoch of the log is asked for; None for the current."""
    given = request.args.get("epoch", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 6 else None


def _file(content: bytes, name: str, kind: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return current_app.response_class(content, mimetype=kind, headers=headers)
