"""A provider that says and signs whatever a test tells it to. It listens on this machine only."""

from __future__ import annotations

import base64
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from conference.identity.oidc import Client, Pending

CLIENT_ID = "us"
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
ANY_RSA_KEY = RSAKey.import_key(KEY.as_pem(private=True))  # the same key, bound to no algorithm
EC_KEY = ECKey.generate_key("P-256", {"kid": "ec", "use": "sig", "alg": "ES256"})


@dataclass
class Fake:
    """What it says; each part can be changed before the callback."""

    issuer: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    keys: list[Any] = field(default_factory=lambda: [KEY])
    tokens: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    redirect: str | None = None
    asked: list[dict[str, str]] = field(default_factory=list)
    visits: list[str] = field(default_factory=list)

    def client(self, **changed: Any) -> Client:
        """Us, as this provider knows us."""
        values: dict[str, Any] = {
            "agency_id": "northmoor-homes",
            "issuer": self.issuer,
            "client_id": CLIENT_ID,
            "secret": "a-secret",
            "redirect_uri": "http://localhost:8000/sign-in/northmoor-homes/callback",
            "algorithms": ("RS256",),
            "acr": frozenset(),
            "amr": frozenset({"mfa"}),
            "max_age": 3600,
        }
        return Client(**{**values, **changed})

    def claims(self, pending: Pending, **changed: Any) -> dict[str, Any]:
        """Those of an honest ID token, changed; None leaves one out."""
        at = int(time.time())
        honest: dict[str, Any] = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": "h-1",
            "iat": at,
            "exp": at + 300,
            "auth_time": at - 60,
            "nonce": pending.nonce,
            "amr": ["pwd", "mfa"],
        }
        return {name: value for name, value in {**honest, **changed}.items() if value is not None}

    def answer(self, **changed: str | None) -> dict[str, str]:
        """The query of an honest callback, changed; None leaves one out."""
        honest = {"code": "a-code", "iss": self.issuer}
        return {name: value for name, value in {**honest, **changed}.items() if value is not None}


def signed(claims: dict[str, Any], key: Any = KEY, alg: str = "RS256", kid: str | None = "one") -> str:
    """A token over `claims`."""
    header = {"alg": alg, **({"kid": kid} if kid else {})}
    return jwt.encode(header, claims, key, algorithms=[alg])


def unsigned(claims: dict[str, Any], alg: str = "none") -> str:
    """A token that nobody signed."""
    parts = ({"alg": alg, "typ": "JWT"}, claims)
    return (
        ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts)
        + "."
    )


def signed_with_public_key(claims: dict[str, Any]) -> str:
    """HS256 under the provider's public key, as if that were a shared secret."""
    content = unsigned(claims, "HS256").rstrip(".")
    mac = hmac.digest(KEY.as_pem(private=False), content.encode(), "sha256")
    return f"{content}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


@contextmanager
def running() -> Iterator[Fake]:
    """The provider, answering."""
    fake = Fake()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            fake.visits.append(path)
            if path.endswith("/openid-configuration"):
                self._say({**_honest(fake), **fake.metadata})
            else:
                self._say({"keys": [key.as_dict(private=False) for key in fake.keys]})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            fake.asked.append({name: values[0] for name, values in parse_qs(body).items()})
            self._say({"access_token": "an-access-token", "token_type": "Bearer", **fake.tokens}, fake.status)

        def _say(self, what: Any, status: int = 200) -> None:
            self.send_response(302 if fake.redirect else status)
            if fake.redirect:
                self.send_header("Location", fake.redirect)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(what).encode())

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.issuer = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()


def _honest(fake: Fake) -> dict[str, Any]:
    return {
        "issuer": fake.issuer,
        "authorization_endpoint": f"{fake.issuer}/auth",
        "token_endpoint": f"{fake.issuer}/token",
        "jwks_uri": f"{fake.issuer}/jwks",
        "end_session_endpoint": f"{fake.issuer}/end",
        "authorization_response_iss_parameter_supported": True,
        "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
    }
