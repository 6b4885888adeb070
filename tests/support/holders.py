"""Others who hold keys, real ones: an HSM in software (SoftHSM), and a key service (moto's server).

SoftHSM reads where its tokens are when its library is loaded, once in a process: so there is one folder for
all tests of a process, and each test has a token of its own in it.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from conference.commands import keys as rotating
from conference.db import Database
from conference.settings import Settings
from conference.sharing.holding import services
from conference.vault.keyfile import KeyFile
from conference.vault.keyring import Keyring
from conference.vault.providers.hsm import Hsm
from conference.vault.providers.kms import Kms
from tests.support import absent

MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
PIN = "2468"
REGION = "eu-west-2"


@cache
def _tokens() -> Path:
    """The folder of all tokens of this process, gone with it."""
    if shutil.which("softhsm2-util") is None or not Path(_module()).exists():
        absent("SoftHSM is not installed (Debian: softhsm2)")
    kept = tempfile.TemporaryDirectory(prefix="conference-tokens-")
    _kept.append(kept)
    folder = Path(kept.name) / "tokens"
    folder.mkdir()
    settings = Path(kept.name) / "softhsm.conf"
    settings.write_text(f"directories.tokendir = {folder}\nobjectstore.backend = file\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(settings)
    return folder


_kept: list[tempfile.TemporaryDirectory[str]] = []


def _module() -> str:
    return next((one for one in MODULES if Path(one).exists()), MODULES[0])


@dataclass
class Token:
    """One token of the HSM, and the file with its PIN."""

    label: str
    pin: Path
    folder: Path
    kind: str = "hsm"

    def provider(self, timeout: float = 5.0) -> Hsm:
        """As the application reaches it."""
        return Hsm(Path(_module()), self.label, self.pin, timeout)

    def settings(self, name: str, secrets_folder: Path) -> str:
        """The lines of the providers' file; the PIN goes into the secrets' folder."""
        _secret(secrets_folder / f"{name}.pin", PIN)
        return f'[{name}]\nkind = "hsm"\nmodule = "{_module()}"\ntoken = "{self.label}"\ntimeout = 5\n'

    def versions(self, _version: int) -> None:
        """The application makes its versions itself."""

    def take_away(self) -> None:
        """Pull the token out."""
        self.folder.rename(self._away)

    def put_back(self) -> None:
        """Put it in again."""
        self._away.rename(self.folder)

    def run(self, code: str) -> str:
        """What another process at the agency's own side does with it; `session` is open there."""
        opening = (
            "import sys, pkcs11\nfrom pkcs11 import *\n"
            f"session = pkcs11.lib({_module()!r}).get_token(token_label={self.label!r})"
            f".open(rw=True, user_pin={PIN!r})\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", opening + code], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def _away(self) -> Path:
        return self.folder.parent.parent / f"away-{self.label}"


def token(folder: Path) -> Token:
    """A new token, with its PIN in `folder`."""
    tokens = _tokens()
    before = set(tokens.iterdir())
    label = f"agency-{secrets.token_hex(4)}"
    command = ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "1357"]
    subprocess.run(command, check=True, capture_output=True)
    [made] = set(tokens.iterdir()) - before
    return Token(label, _secret(folder / f"{label}.pin", PIN), made)


def _secret(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o600)
    return path


@dataclass
class Service:
    """A key service on this machine. What it holds is kept while it does not answer."""

    port: int
    credentials: Path
    _server: Any = None
    kind: str = "kms"
    keys: dict[int, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Answer."""
        from moto.server import ThreadedMotoServer

        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server = ThreadedMotoServer("127.0.0.1", self.port, verbose=False)
        self._server.start()
        self.port = self._server.get_host_and_port()[1]

    def stop(self) -> None:
        """Answer nobody."""
        self._server.stop()

    def client(self) -> Any:
        """As the agency itself reaches it."""
        import boto3

        return boto3.client(
            "kms",
            region_name=REGION,
            endpoint_url=self.address,
            aws_access_key_id="agency",
            aws_secret_access_key="agency",
        )

    def versions(self, version: int) -> None:
        """The agency makes its key for this version."""
        if version not in self.keys:
            self.keys[version] = self.client().create_key()["KeyMetadata"]["KeyId"]

    def provider(self, timeout: float = 5.0) -> Kms:
        """As the application reaches it."""
        return Kms(REGION, self.keys, self.credentials, self.address, timeout)

    def settings(self, name: str, secrets_folder: Path) -> str:
        """The lines of the providers' file; the credentials go into the secrets' folder."""
        _secret(secrets_folder / f"{name}.json", CREDENTIALS)
        keys = ", ".join(f'{version} = "{key}"' for version, key in self.keys.items())
        return (
            f'[{name}]\nkind = "kms"\nregion = "{REGION}"\nendpoint = "{self.address}"\n'
            f"keys = {{ {keys} }}\ntimeout = 5\n"
        )

    def take_away(self) -> None:
        """Disable every key."""
        for key in self.keys.values():
            self.client().disable_key(KeyId=key)

    def put_back(self) -> None:
        """Enable them again."""
        for key in self.keys.values():
            self.client().enable_key(KeyId=key)


CREDENTIALS = '{"access_key_id": "conference", "secret_access_key": "conference"}'


@contextmanager
def service(folder: Path) -> Iterator[Service]:
    """A running key service."""
    made = Service(0, _secret(folder / "kms.json", CREDENTIALS))
    made.start()
    try:
        yield made
    finally:
        made.stop()


@contextmanager
def deaf() -> Iterator[int]:
    """A port of this machine at which somebody takes every call and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        calls: list[socket.socket] = []
        stop = threading.Event()

        def take() -> None:
            listening.settimeout(0.1)
            while not stop.is_set():
                try:
                    calls.append(listening.accept()[0])
                except TimeoutError:
                    continue

        thread = threading.Thread(target=take)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            stop.set()
            thread.join()
            for call in calls:
                call.close()


def keyring(path: Path, **providers: Any) -> Keyring:
    """A key file with these other holders; made if it is not there."""
    if not path.exists():
        KeyFile.create(path)
    return Keyring.open_with(path, providers)


def environment() -> dict[str, str]:
    """What another process needs to find the tokens."""
    return {name: os.environ[name] for name in ("SOFTHSM2_CONF",) if name in os.environ}


def installed(settings: Settings, name: str, holder: Any) -> Settings:
    """The settings of an installation, with `holder` in its providers' file under `name`."""
    path = settings.data / "providers.toml"
    before = path.read_text("utf-8") if path.exists() else ""
    path.write_text(before + holder.settings(name, settings.secrets) + "\n")
    return replace(settings, providers=path)


def moved(database: Database, agency: str, name: str) -> None:
    """Let `name` hold an agency's key, and move everything to it."""
    services.prefer(database, agency, name)
    assert rotating.rotate(database, agency=agency, tell=lambda _: None) == 0
    assert services.holder_of(database, agency) == name
