"""Us, as each agency's provider knows us: from the agency's row, the settings and a secret file."""

from __future__ import annotations

from typing import cast

from flask import current_app, url_for

from conference.identity.models import Agency
from conference.identity.oidc import Client
from conference.identity.providers import ProviderDown, Providers


def client_of(agency: Agency) -> Client:
    """How to speak to the agency's provider. Each agency has a callback of its own."""
    return Client(
        agency_id=agency.id,
        issuer=agency.oidc_issuer or "",
        client_id=agency.oidc_client_id or "",
        secret=_secret(agency),
        redirect_uri=public_address(url_for("identity.callback", agency_id=agency.id)),
        algorithms=tuple(agency.oidc_algorithms.split()),
        acr=frozenset(agency.oidc_acr.split()),
        amr=frozenset(agency.oidc_amr.split()),
        max_age=agency.oidc_max_age,
    )


def providers() -> Providers:
    """This process's cache of what providers say about themselves."""
    kept = current_app.extensions.get("conference.identity.providers")
    if kept is None:
        kept = Providers(is_demo=current_app.extensions["conference"].settings.is_demo)
        current_app.extensions["conference.identity.providers"] = kept
    return cast("Providers", kept)


def public_address(path: str) -> str:
    """`path` as the world sees it, whatever name the request came by."""
    return f"{current_app.extensions['conference'].settings.public_url.rstrip('/')}{path}"


def _secret(agency: Agency) -> str | None:
    if agency.oidc_secret_file is None:
        return None
    folder = current_app.extensions["conference"].settings.secrets
    try:
        return str((folder / agency.oidc_secret_file).read_text("utf-8").strip())
    except OSError as error:
        raise ProviderDown(agency.oidc_issuer or "", "its secret file cannot be read") from error
