"""Signing in and out."""

from __future__ import annotations

import logging
from typing import NamedTuple, cast

from flask import Blueprint, g, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_user, logout_user
from werkzeug.local import LocalProxy

from conference.errors import NotFound
from conference.identity import oidc, services, sessions
from conference.identity.clients import client_of, providers, public_address
from conference.identity.login import User
from conference.identity.models import Agency
from conference.identity.onward import safe_onward
from conference.identity.providers import ProviderDown
from conference.permissions import public

PENDING_AT_MOST = 5  # sign-ins that one browser may have under way

bp = Blueprint("identity", __name__)
log = logging.getLogger(__name__)


class Place(NamedTuple):
    """The agency that somebody is signing in at, for what is said when that fails."""

    id: str
    name: str


class NoRole(oidc.SignInRefused):
    """Their agency knows them, and they are nobody here, or nobody any more. The two are never told apart."""

    def __init__(self) -> None:
        super().__init__("no-role")


@bp.route("/sign-in", methods=["GET", "POST"])
@public("nobody is signed in yet")
def sign_in() -> ResponseReturnValue:
    """The agencies, and a short way for whoever would rather type: posted, so that no address holds an email.

    The post needs no token against forgery: it does what a link to the agency's sign-in does.
    """
    agencies = [agency for agency in services.list_agencies(g.session) if agency.can_sign_in]
    onward, email = safe_onward(request.values.get("next")), request.form.get("email", "").strip()
    ending = email.rpartition("@")[2].lower()
    found = [agency for agency in agencies if email and ending in agency.email_domains.split()]
    if len(found) == 1:
        return _hand_over(url_for(".start", agency_id=found[0].id, next=onward), found[0].name)
    unknown = bool(email) and not found
    page = render_template(
        "identity/sign_in.html",
        agencies=found or agencies,
        onward=onward,
        email=email,
        unknown=unknown,
        timed_out=_ours().timed_out,
    )
    return page, 422 if unknown else 200


@bp.get("/sign-in/<agency_id>")
@public("nobody is signed in yet")
def start(agency_id: str) -> ResponseReturnValue:
    """Off to the agency's own provider."""
    agency = _agency(agency_id)
    again = bool(session.get("again")) or _ours().timed_out
    onward = safe_onward(request.args.get("next"))
    url, pending = oidc.start(providers(), client_of(agency), again=again, onward=onward)
    under_way = {**session.get("sign_in", {}), pending.state: pending.kept()}
    session["sign_in"] = dict(list(under_way.items())[-PENDING_AT_MOST:])
    session["again"] = again
    return redirect(url, 303)


@bp.get("/sign-in/<agency_id>/callback")
@public("the provider sends the browser here; what it brings is checked")
def callback(agency_id: str) -> ResponseReturnValue:
    """Back from the provider: signed in, or refused."""
    agency = _agency(agency_id)
    pending = _take_pending(request.args.get("state", ""))
    session["again"] = True  # whoever is refused below is asked afresh, perhaps as somebody else
    signed_in = oidc.finish(providers(), client_of(agency), pending, _answer())
    staff = services.find_staff(g.session, agency.id, signed_in.subject)
    viewer = services.viewer_for(g.session, staff.id) if staff is not None else None
    if viewer is None:
        raise NoRole
    session.clear()
    login_user(User(viewer))
    session["agency"], session["id_token"] = agency.id, signed_in.id_token
    sessions.begin(_ours(), viewer)
    return redirect(safe_onward(pending.onward if pending else None), 303)


@bp.route("/sign-out", methods=["GET", "POST"])
@public("whoever is signed out already may ask again")
def sign_out() -> ResponseReturnValue:
    """End our session and the provider's. Another site's link only asks whether that is meant."""
    if not (request.method == "POST" or _came_from_here()):
        return render_template("identity/sign_out.html")
    agency_id, id_token = session.get("agency"), session.get("id_token")
    logout_user()
    sessions.finish(_ours())
    g.viewer = None
    session["again"] = True  # should the provider's session outlive ours, it must not let the next person in
    if agency_id is None or id_token is None:
        return redirect(url_for(".signed_out"), 303)
    agency = services.get_agency(g.session, agency_id)
    try:
        address = oidc.logout_url(
            providers(), client_of(agency), id_token, public_address(url_for(".signed_out"))
        )
    except ProviderDown:
        address = None
    if address is None:
        return render_template("identity/signed_out.html", still_in=agency.name)
    # A form may lead only to our own pages (form-action), so after POST the next step is the page's.
    return _hand_over(address, agency.name, out=True) if request.method == "POST" else redirect(address, 303)


@bp.get("/signed-out")
@public("nobody is signed in any more")
def signed_out() -> ResponseReturnValue:
    """It is done."""
    return render_template("identity/signed_out.html", still_in=None)


@bp.errorhandler(oidc.SignInRefused)
def refused(error: oidc.SignInRefused) -> ResponseReturnValue:
    """Say no more than the person can use."""
    agency: Place = g.sign_in_at
    log.warning("sign-in refused: agency=%s why=%s", agency.id, error.why)
    if isinstance(error, oidc.SecondFactorMissing):
        words = "Your agency did not confirm a second check. Sign in again with your code."
    elif isinstance(error, NoRole):
        words = f"{agency.name} signed you in, but you have no role here. Ask your Conference lead."
    else:
        words = "That did not work. Sign in again."
    return render_template("identity/refused.html", agency=agency, words=words), error.status


@bp.errorhandler(ProviderDown)
def provider_down(error: ProviderDown) -> ResponseReturnValue:
    """The agency's provider does not answer."""
    agency: Place = g.sign_in_at
    log.warning("provider down: agency=%s why=%s", agency.id, error.why)
    whose = f"{agency.name}'" if agency.name.endswith("s") else f"{agency.name}'s"
    words = f"{whose} sign-in is not answering. Try again soon."
    return render_template("identity/refused.html", agency=agency, words=words), error.status


def _agency(agency_id: str) -> Agency:
    agency = services.get_agency(g.session, agency_id)
    if not agency.can_sign_in:
        raise NotFound(f"agency {agency_id} has no provider")
    g.sign_in_at = Place(agency.id, agency.name)
    return agency


def _take_pending(state: str) -> oidc.Pending | None:
    under_way = dict(session.get("sign_in", {}))
    kept = under_way.pop(state, None)
    session["sign_in"] = under_way
    return oidc.Pending(**kept) if kept is not None else None


def _answer() -> dict[str, str]:
    if any(len(values) > 1 for _, values in request.args.lists()):
        raise oidc.SignInRefused("repeated")
    return request.args.to_dict()


def _came_from_here() -> bool:
    """Whether somebody meant this request: they typed it, or pressed a link of ours.

    Every present-day browser says where a request comes from; a client that does not cannot be sent here.
    """
    headers = request.headers
    if request.method != "GET" or "Sec-Purpose" in headers:
        return False
    typed_or_ours = headers.get("Sec-Fetch-Site", "none") in {"none", "same-origin"}
    return typed_or_ours and headers.get("Sec-Fetch-Mode", "navigate") == "navigate"


def _hand_over(address: str, name: str, *, out: bool = False) -> ResponseReturnValue:
    response = make_response(render_template("identity/onward.html", address=address, name=name, out=out))
    response.headers["Cache-Control"] = "no-store"
    response.headers["Refresh"] = f"0; url={address}"
    return response


def _ours() -> sessions.ServerSession:
    proxy = cast("LocalProxy[sessions.ServerSession]", session)
    return proxy._get_current_object()  # noqa: SLF001 - the only way that werkzeug has
