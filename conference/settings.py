"""Settings: read from the environment once, complete or refused with all that is wrong."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

PREFIX = "CONFERENCE_"
MODES = ("demo", "embedded", "production")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})


_PORT = re.compile(r":\d*$")


class BadSettings(Exception):
    """The settings cannot be used. `faults`: every fault, each with what to do."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that the environment decides.

    data:       the folder of this installation.
    database:   `sqlite:///PATH` (default: in the data folder) or `postgresql://…`; in production with
                `sslmode=verify-full`, unless it is on this machine.
    keys:       the key file, outside the database (default: in the data folder).
    secrets:    the folder of the client secrets for the agencies' identity providers, and of what opens the
                providers of their keys.
    public_url: where people find the application, without a slash at the end.
    mode:       `demo` (invented people, own identity provider), `embedded` (one process), `production`.
    proxies:    how many reverse proxies stand in front and set X-Forwarded-*.
    bind:       `host:port` to listen on.
    workers:    processes (PostgreSQL only; SQLite always has one).
    clamd:      where a virus scanner listens: the path of its socket, or HOST:PORT on this machine. Where it
                is set, no file is opened before the scanner has found nothing in it.
    providers:  a TOML file that says who else holds agencies' keys (default: nobody).
    """

    data: Path
    database: str
    keys: Path
    secrets: Path
    public_url: str
    mode: str = "embedded"
    proxies: int = 0
    bind: str = "127.0.0.1:8000"
    workers: int = 2
    clamd: str | None = None
    providers: Path | None = None

    @property
    def is_demo(self) -> bool:
        """Whether this is the demo, which alone may bring its own identity provider."""
        return self.mode == "demo"

    @property
    def is_https(self) -> bool:
        """Whether people reach the application through TLS."""
        return self.public_url.startswith("https://")


KNOWN = frozenset(
    {"DATA", "DATABASE", "KEYS", "SECRETS", "URL", "MODE", "PROXIES", "BIND", "WORKERS", "CLAMD", "PROVIDERS"}
)


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings. Raises BadSettings with every fault at once."""
    given = os.environ if environment is None else environment
    own = {name.removeprefix(PREFIX): value for name, value in given.items() if name.startswith(PREFIX)}
    faults = [f"{PREFIX}{name} is not a setting; known are {_known()}" for name in sorted(set(own) - KNOWN)]
    if not own.get("DATA", "").strip():
        faults.append(f"set {PREFIX}DATA to the folder where this installation keeps its data")
    data = Path(own.get("DATA") or ".").absolute()
    mode = own.get("MODE", "embedded")
    if mode not in MODES:
        faults.append(f"{PREFIX}MODE is {mode!r}; use one of {', '.join(MODES)}")
    database = own.get("DATABASE", f"sqlite:///{data / 'conference.db'}")
    url = own.get("URL", "http://localhost:8000" if mode != "production" else "")
    faults += _faults_of_database(database, mode) + _faults_of_url(url, mode)
    if mode == "production" and not faults:
        faults += _faults_of_way(database, given)
    numbers = {"PROXIES": 0, "WORKERS": 2}
    for name, least in (("PROXIES", 0), ("WORKERS", 1)):
        try:
            numbers[name] = int(own.get(name, numbers[name]))
        except ValueError:
            numbers[name] = -1
        if numbers[name] < least:
            faults.append(f"{PREFIX}{name} is {own[name]!r}; use a whole number from {least}")
    bind = own.get("BIND", "127.0.0.1:8000")
    host, _, port = bind.rpartition(":")
    if not host or not port.isdigit():
        faults.append(f"{PREFIX}BIND is {bind!r}; use HOST:PORT")
    elif url.startswith("http:") and host not in LOOPBACK:
        faults.append(f"{PREFIX}BIND is {bind!r}; without https listen on 127.0.0.1 only")
    clamd = own.get("CLAMD", "").strip() or None
    faults += _faults_of_scanner(clamd)
    if faults:
        raise BadSettings(faults)
    return Settings(
        data=data,
        database=database,
        keys=Path(own.get("KEYS", data / "conference.keys")).absolute(),
        secrets=Path(own.get("SECRETS", data / "secrets")).absolute(),
        public_url=url.rstrip("/"),
        mode=mode,
        proxies=numbers["PROXIES"],
        bind=bind,
        workers=numbers["WORKERS"],
        clamd=clamd,
        providers=Path(own["PROVIDERS"]).absolute() if own.get("PROVIDERS") else None,
    )


def _faults_of_database(database: str, mode: str) -> list[str]:
    scheme = urlsplit(database).scheme
    if scheme not in {"sqlite", "postgresql"}:
        return [f"{PREFIX}DATABASE begins with {scheme!r}; use sqlite:///PATH or postgresql://…"]
    if mode == "production" and scheme == "sqlite":
        return [f"{PREFIX}DATABASE is SQLite; production needs postgresql://…, or use {PREFIX}MODE=embedded"]
    return []


def _faults_of_way(database: str, environment: Mapping[str, str]) -> list[str]:
    """Whether somebody on the way to the database could listen, or pass for it: TLS, unless it is here.

    What libpq would take from its own variables or from a service file is not left to it.
    """
    parts = urlsplit(database)
    asked = parse_qs(parts.query)
    elsewhere = sorted({"PGHOST", "PGHOSTADDR", "PGSERVICE", "PGSERVICEFILE"} & set(environment))
    if elsewhere or {"service", "hostaddr"} & asked.keys():
        named = ", ".join(elsewhere) or "service or hostaddr"
        return [f"{named} says where the database is; production takes that from {PREFIX}DATABASE alone"]
    named_hosts = ",".join([parts.netloc.rpartition("@")[2], *asked.get("host", [])]).split(",")
    if all(_PORT.sub("", host) in LOOPBACK or host.startswith("/") for host in named_hosts if host):
        return []
    if asked.get("sslmode") == ["verify-full"]:
        return []
    where = "sslrootcert=FILE, with the certificate that the database server's was signed with"
    return [f"{PREFIX}DATABASE is another machine without checked TLS; add ?sslmode=verify-full and {where}"]


def _faults_of_url(url: str, mode: str) -> list[str]:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/"):
        return [f"set {PREFIX}URL to where people find the application, like https://conference.example"]
    if mode == "production" and parts.scheme != "https":
        return [f"{PREFIX}URL is not https; production answers only through TLS"]
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        return [f"{PREFIX}URL is not https; without TLS only this machine is answered: http://localhost:8000"]
    if mode == "demo" and parts.hostname not in LOOPBACK:
        return [f"{PREFIX}URL names another machine; the demo answers only on this one"]
    return []


def _faults_of_scanner(clamd: str | None) -> list[str]:
    if clamd is None or clamd.startswith("/"):
        return []
    host, _, port = clamd.rpartition(":")
    if host in LOOPBACK and port.isdigit():
        return []
    return [f"{PREFIX}CLAMD is {clamd!r}; use a socket's path or 127.0.0.1:PORT: files go there unsealed"]


def _known() -> str:
    return ", ".join(f"{PREFIX}{name}" for name in sorted(KNOWN))
