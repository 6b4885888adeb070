"""Signing in with an agency's own provider (OpenID Connect, authorization code with PKCE).

Authlib speaks the protocol; what it leaves to its caller is decided here. No flask: what must be remembered
between the two halves is handed back as `Pending`, for a session that the browser cannot read.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from conference import clock
from conference.errors import ConferenceError
from conference.identity.providers import TIMEOUT, Metadata, ProviderDown, Providers
from conference.identity.services import ALGORITHMS

LEEWAY = 30  # seconds that clocks may differ
PENDING_FOR = 900  # seconds in which a sign-in must come back


class SignInRefused(ConferenceError):
    """A sign-in was not completed. `why` is one word for the log; the page says less."""

    status = 403

    def __init__(self, why: str) -> None:
        super().__init__(f"sign-in refused: {why}")
        self.why = why


class SecondFactorMissing(SignInRefused):
    """The agency's provider did not say that a second factor was used."""

    def __init__(self) -> None:
        super().__init__("second-factor")


@dataclass(frozen=True)
class Client:
    """Us, as one agency's provider knows us, and what that agency asks of a token."""

    agency_id: str
    issuer: str
    client_id: str
    secret: str | None
    redirect_uri: str
    algorithms: tuple[str, ...]
    acr: frozenset[str]
    amr: frozenset[str]
    max_age: int


@dataclass(frozen=True)
class Pending:
    """A sign-in under way: what its callback is compared with."""

    agency_id: str
    state: str
    nonce: str
    verifier: str
    started: int  # seconds since 1970
    again: bool  # they were asked to prove who they are afresh
    onward: str  # where to go afterwards, in this application

    def kept(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


@dataclass(frozen=True)
class SignedIn:
    """Who came back, as the provider calls them, and the token that ends their session there."""

    subject: str
    id_token: str


def start(providers: Providers, client: Client, *, again: bool, onward: str) -> tuple[str, Pending]:
    """Where to send the browser, and what to remember. Raises ProviderDown.

    again: have them prove who they are even if the provider still knows them.
    """
    metadata = providers.metadata(client.issuer)
    pending = Pending(
        agency_id=client.agency_id,
        state=generate_token(43),
        nonce=generate_token(43),
        verifier=generate_token(64),
        started=_now(),
        again=again,
        onward=onward,
    )
    asked: dict[str, str] = {"nonce": pending.nonce, "response_mode": "query", "max_age": str(client.max_age)}
    if client.acr:
        asked["acr_values"] = " ".join(sorted(client.acr))
    if again:
        asked["prompt"] = "login"
    with _talk(client) as talk:
        url, _ = talk.create_authorization_url(
            metadata.authorization_endpoint, state=pending.state, code_verifier=pending.verifier, **asked
        )
    return str(url), pending


def finish(
    providers: Providers, client: Client, pending: Pending | None, answer: Mapping[str, str]
) -> SignedIn:
    """Who has signed in, from what the callback was asked with.

    pending: what `start` gave for this state in this browser, and which is not used again; None if nothing.
    Raises SignInRefused, SecondFactorMissing or ProviderDown.
    """
    metadata = providers.metadata(client.issuer)
    check_callback(metadata, client, pending, answer)
    assert pending is not None  # noqa: S101 - check_callback refuses without it
    tokens = _exchange(metadata, client, pending, answer["code"])
    id_token = tokens.get("id_token")
    if not isinstance(id_token, str) or not id_token:
        raise SignInRefused("no-id-token")
    claims = _read(providers, metadata, client, pending, tokens)
    check_claims(claims, client, pending)
    return SignedIn(subject=claims["sub"], id_token=id_token)


def check_callback(
    metadata: Metadata, client: Client, pending: Pending | None, answer: Mapping[str, str]
) -> None:
    """Refuse a callback that is not the answer to a sign-in that this browser began at this agency."""
    if pending is None or not hmac.compare_digest(pending.state.encode(), answer.get("state", "").encode()):
        raise SignInRefused("state")
    if pending.agency_id != client.agency_id:
        raise SignInRefused("agency")
    if not 0 <= _now() - pending.started <= PENDING_FOR:
        raise SignInRefused("late")
    said = answer.get("iss")
    if said != client.issuer and (metadata.sends_issuer or said is not None):
        raise SignInRefused("issuer")  # RFC 9207: the answer of one provider is not handed to another
    if "error" in answer:
        raise SignInRefused("declined")
    if not answer.get("code"):
        raise SignInRefused("no-code")


def check_claims(claims: Mapping[str, Any], client: Client, pending: Pending) -> None:
    """Refuse what a genuine token may still say: for somebody else, too old, without a second factor."""
    audience = claims.get("aud")
    if audience not in (client.client_id, [client.client_id]):
        raise SignInRefused("audience")  # a list that also names others is refused too
    if claims.get("azp", client.client_id) != client.client_id:
        raise SignInRefused("authorised-party")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise SignInRefused("subject")
    proved = claims.get("auth_time")
    if not isinstance(proved, int) or isinstance(proved, bool) or proved > _now() + LEEWAY:
        raise SignInRefused("auth-time")
    oldest = pending.started if pending.again else _now() - client.max_age
    if proved < oldest - LEEWAY:
        raise SignInRefused("auth-time")
    if not _second_factor(claims.get("acr"), claims.get("amr"), client):
        raise SecondFactorMissing


def _second_factor(level: object, methods: object, client: Client) -> bool:
    if isinstance(level, str) and level in client.acr:
        return True
    return isinstance(methods, list) and any(isinstance(one, str) and one in client.amr for one in methods)


def logout_url(providers: Providers, client: Client, id_token: str, back: str) -> str | None:
    """Where the browser ends its session at the provider; None when the provider has no such place.

    back: the page of ours that the provider sends the browser to afterwards.
    """
    address = providers.metadata(client.issuer).end_session_endpoint
    if address is None:
        return None
    asked = {"id_token_hint": id_token, "client_id": client.client_id, "post_logout_redirect_uri": back}
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(asked)}"


def _talk(client: Client) -> OAuth2Session:
    return OAuth2Session(
        client_id=client.client_id,
        client_secret=client.secret,
        token_endpoint_auth_method="client_secret_basic" if client.secret else "none",
        scope="openid",
        redirect_uri=client.redirect_uri,
        code_challenge_method="S256",
    )


def _exchange(metadata: Metadata, client: Client, pending: Pending, code: str) -> Mapping[str, Any]:
    try:
        with _talk(client) as talk:
            tokens = talk.fetch_token(
                metadata.token_endpoint,
                grant_type="authorization_code",
                code=code,
                code_verifier=pending.verifier,
                timeout=TIMEOUT,
                allow_redirects=False,
            )
    except AuthlibBaseError as error:
        raise SignInRefused("code") from error
    except (requests.RequestException, OSError, ValueError) as error:
        raise ProviderDown(client.issuer, type(error).__name__) from error
    if not isinstance(tokens, Mapping):
        raise SignInRefused("tokens")
    return tokens


def _read(
    providers: Providers, metadata: Metadata, client: Client, pending: Pending, tokens: Mapping[str, Any]
) -> CodeIDToken:
    """The claims of the ID token: its signature, issuer, audience, moments and nonce hold."""
    allowed = [name for name in client.algorithms if name in ALGORITHMS]
    wanted = {
        "iss": {"essential": True, "values": [client.issuer]},
        "aud": {"essential": True, "values": [client.client_id]},
    }
    given = {"nonce": pending.nonce, "client_id": client.client_id, "max_age": client.max_age}
    if "access_token" in tokens:
        given["access_token"] = tokens["access_token"]
    try:
        try:
            token = _verify(tokens["id_token"], providers.keys(metadata), allowed)
        except InvalidKeyIdError:  # the provider may have a new key since we looked
            token = _verify(tokens["id_token"], providers.keys(metadata, fresh=True), allowed)
        claims = CodeIDToken(token.claims, token.header, wanted, given)
        claims.validate(now=_now(), leeway=LEEWAY)
    except (JoseError, AuthlibBaseError, ValueError, TypeError, KeyError) as error:
        raise SignInRefused(f"token-{type(error).__name__}") from error
    return claims


def _verify(id_token: str, keys: dict[str, Any], allowed: list[str]) -> jwt.Token:
    registry = JWSRegistry(algorithms=allowed, strict_check_header=False)
    usable = [key for key in keys["keys"] if key.get("kty") in {"RSA", "EC"} and key.get("use") != "enc"]
    return jwt.decode(id_token, key=KeySet.import_key_set({"keys": usable}), registry=registry)


def _now() -> int:
    return int(clock.now().timestamp())
