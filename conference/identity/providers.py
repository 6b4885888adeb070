"""What agencies' sign-in providers say about themselves: fetched with care, believed for five minutes."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests

from conference.errors import ConferenceError

TTL = 300.0  # seconds: a key that the provider withdrew is trusted no longer than this
TIMEOUT = (3.05, 8.0)  # seconds to connect, and between bytes
LARGEST = 512 * 1024  # bytes; no honest answer is longer
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class ProviderDown(ConferenceError):
    """An agency's provider does not answer, or answers what cannot be used."""

    status = 503

    def __init__(self, issuer: str, why: str) -> None:
        super().__init__(f"provider {issuer}: {why}")
        self.issuer = issuer
        self.why = why


@dataclass(frozen=True)
class Metadata:
    """The few things taken from a provider's discovery document. Whatever else it says is ignored."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None
    sends_issuer: bool  # it promises `iss` on every callback (RFC 9207)


class Providers:
    """The cache of one process. `is_demo` also lets a provider be on this machine, without TLS."""

    def __init__(self, *, is_demo: bool) -> None:
        self._is_demo = is_demo
        self._kept: dict[str, tuple[float, dict[str, Any]]] = {}

    def metadata(self, issuer: str) -> Metadata:
        """What `issuer` says about itself. Raises ProviderDown, also when it says it is somebody else."""
        said = self._get(issuer, issuer.rstrip("/") + "/.well-known/openid-configuration")
        if said.get("issuer") != issuer:
            raise ProviderDown(issuer, "its discovery document names another issuer")
        end_session = said.get("end_session_endpoint")
        return Metadata(
            issuer=issuer,
            authorization_endpoint=self._address(issuer, said.get("authorization_endpoint")),
            token_endpoint=self._address(issuer, said.get("token_endpoint")),
            jwks_uri=self._address(issuer, said.get("jwks_uri")),
            end_session_endpoint=self._address(issuer, end_session) if end_session else None,
            sends_issuer=said.get("authorization_response_iss_parameter_supported") is True,
        )

    def keys(self, metadata: Metadata, *, fresh: bool = False) -> dict[str, Any]:
        """The provider's public keys as a JWK set. `fresh` asks again, for a key that is not among them."""
        if fresh:
            self._kept.pop(metadata.jwks_uri, None)
        return self._get(metadata.issuer, metadata.jwks_uri)

    def _get(self, issuer: str, address: str) -> dict[str, Any]:
        kept = self._kept.get(address)
        if kept is not None and time.monotonic() < kept[0] + TTL:
            return kept[1]
        said = _fetch(issuer, self._address(issuer, address))
        self._kept[address] = (time.monotonic(), said)
        return said

    def _address(self, issuer: str, address: object) -> str:
        parts = urlsplit(address) if isinstance(address, str) else None
        if parts is not None and isinstance(address, str) and parts.hostname:
            loopback = parts.scheme == "http" and parts.hostname in _LOOPBACK
            if parts.scheme == "https" or (self._is_demo and loopback):
                return address
        raise ProviderDown(issuer, "an address of it is missing or is not https")


def _fetch(issuer: str, address: str) -> dict[str, Any]:
    try:
        with requests.get(address, timeout=TIMEOUT, allow_redirects=False, stream=True) as answer:
            if answer.status_code != 200:
                raise ProviderDown(issuer, f"answered {answer.status_code}")
            body = answer.raw.read(LARGEST + 1, decode_content=True)
        said = json.loads(body) if len(body) <= LARGEST else None
    except (requests.RequestException, OSError, ValueError) as error:
        raise ProviderDown(issuer, type(error).__name__) from error
    if not isinstance(said, dict):
        raise ProviderDown(issuer, "its answer is not a JSON object, or is too long")
    return said
