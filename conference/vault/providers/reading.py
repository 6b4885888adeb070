"""The providers' file (TOML): who else holds keys, and how they are reached. PINs and credentials are apart.

    [moorland-hsm]
    kind = "hsm"
    module = "/usr/lib/softhsm/libsofthsm2.so"
    token = "moorland"                  # its label; the PIN is the file SECRETS/moorland-hsm.pin

    [northmoor-kms]
    kind = "kms"
    region = "eu-west-2"
    endpoint = "https://kms.example"    # only where it is not AWS's own
    keys = { 2 = "arn:aws:kms:…" }      # the service's id of each version of the agency's key
                                        # credentials: the file SECRETS/northmoor-kms.json

`timeout` is in seconds, for both kinds; 2 by default.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conference.vault.catalogue import FILE
from conference.vault.errors import ProviderWrong
from conference.vault.providers import Provider

LONGEST_TIMEOUT = 10.0
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def read(path: Path | None, secrets: Path) -> dict[str, Provider]:
    """The providers by name; none without a file. Raises ProviderWrong with every fault."""
    if path is None:
        return {}
    try:
        given = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ProviderWrong(f"The providers' file {path}: {error.strerror}.") from None
    except ValueError as error:
        raise ProviderWrong(f"The providers' file {path} is no TOML: {error}.") from None
    faults = [f"[{name}]: {fault}" for name, of in given.items() for fault in _faults(name, of, secrets)]
    if faults:
        raise ProviderWrong(f"The providers' file {path}: {'; '.join(faults)}.")
    return {name: _made(name, of, secrets) for name, of in given.items()}


def _faults(name: str, of: object, secrets: Path) -> Iterator[str]:
    if not _NAME.fullmatch(name) or name == FILE:
        yield "use small letters, digits and dashes for its name, and not `file`"
    if not isinstance(of, dict) or of.get("kind") not in {"hsm", "kms"}:
        yield 'kind must be "hsm" or "kms"'
        return
    known = {"hsm": {"module", "token"}, "kms": {"region", "keys", "endpoint"}}[of["kind"]]
    yield from (f"{one} is not known" for one in sorted(of.keys() - known - {"kind", "timeout"}))
    yield from (f"{one} is missing" for one in sorted(known - {"endpoint"} - of.keys()))
    timeout = of.get("timeout", 2)
    if not isinstance(timeout, int | float) or not 0 < timeout <= LONGEST_TIMEOUT:
        yield f"timeout must be more than 0 and at most {LONGEST_TIMEOUT:.0f} seconds"
    yield from _faults_of_secret(_secret(name, of["kind"], secrets))
    if of["kind"] == "kms":
        yield from _faults_of_service(of)


def _faults_of_service(of: Mapping[str, Any]) -> Iterator[str]:
    keys = of.get("keys", {})
    if not isinstance(keys, dict) or not all(one.isdigit() and int(one) > 0 for one in keys):
        yield 'keys must be like { 2 = "arn:…" }, by version'
    elif len(set(keys.values())) != len(keys):
        yield "each version must have a key of its own"
    endpoint = urlsplit(of.get("endpoint", "https://aws"))
    if endpoint.scheme != "https" and endpoint.hostname not in _LOOPBACK:
        yield "endpoint must be https"


def _secret(name: str, kind: str, secrets: Path) -> Path:
    return secrets / f"{name}.{'pin' if kind == 'hsm' else 'json'}"


def _faults_of_secret(path: Path) -> Iterator[str]:
    if not path.is_file():
        yield f"there is no file {path}"
    elif path.stat().st_mode & 0o077:
        yield f"others may use {path}; run chmod 600 on it"


def _made(name: str, of: Mapping[str, Any], secrets: Path) -> Provider:
    # Imported where they are wanted: each takes longer to load than all the rest.
    secret, timeout = _secret(name, of["kind"], secrets), float(of.get("timeout", 2))
    if of["kind"] == "hsm":
        from conference.vault.providers.hsm import Hsm  # noqa: PLC0415

        return Hsm(Path(of["module"]), of["token"], secret, timeout)
    from conference.vault.providers.kms import Kms  # noqa: PLC0415

    keys = {int(version): key for version, key in of["keys"].items()}
    return Kms(of["region"], keys, secret, of.get("endpoint"), timeout)
