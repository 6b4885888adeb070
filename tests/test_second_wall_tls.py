"""In production the way to the database is checked TLS, unless it does not leave the machine."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from conference.commands import wall_standing
from conference.db import SERVING, WORKING, Database
from conference.settings import BadSettings, from_environment
from conference.vault.keyfile import KeyFile
from tests.support import postgres

CHECKED = "sslmode=verify-full"
# The address, and whether production takes it.
WAYS = {
    "postgresql:///conference": True,
    "postgresql://app@/conference?host=/run/postgresql": True,
    "postgresql://app@localhost/conference": True,
    "postgresql://app@127.0.0.1:5433/conference": True,
    "postgresql://app@[::1]:5432/conference": True,
    f"postgresql://app@db.example/conference?{CHECKED}": True,
    f"postgresql://app@db.example/conference?{CHECKED}&sslrootcert=/etc/ours.pem": True,
    f"postgresql://app@one,two/conference?{CHECKED}": True,
    "postgresql://app@db.example/conference": False,
    "postgresql://app@db.example/conference?sslmode=require": False,
    "postgresql://app@db.example/conference?sslmode=verify-ca": False,
    f"postgresql://app@db.example/conference?{CHECKED}&sslmode=disable": False,
    "postgresql://app@127.0.0.1:5432,db.example:5432/conference": False,
    "postgresql://app@localhost/conference?host=db.example": False,
    "postgresql://app@/conference?host=localhost:5432&host=db.example:5432": False,
    "postgresql://app@localhost/conference?hostaddr=192.0.2.1": False,
    f"postgresql://app@/conference?service=elsewhere&{CHECKED}": False,
}


def environment(tmp_path: Path, database: str, mode: str = "production") -> dict[str, str]:
    return {
        "CONFERENCE_DATA": str(tmp_path),
        "CONFERENCE_DATABASE": database,
        "CONFERENCE_MODE": mode,
        "CONFERENCE_URL": "https://conference.example",
    }


@pytest.mark.parametrize("database", WAYS)
def test_production_takes_no_other_way(tmp_path: Path, database: str) -> None:
    assert from_environment(environment(tmp_path, database, "embedded")).database == database
    if WAYS[database]:
        assert from_environment(environment(tmp_path, database)).database == database
        return
    with pytest.raises(BadSettings) as refused:
        from_environment(environment(tmp_path, database))
    (fault,) = refused.value.faults
    assert "sslmode=verify-full" in fault or "from CONFERENCE_DATABASE alone" in fault


@pytest.mark.parametrize("name", ["PGHOST", "PGHOSTADDR", "PGSERVICE", "PGSERVICEFILE"])
def test_no_variable_of_libpqs_leads_elsewhere(tmp_path: Path, name: str) -> None:
    given = environment(tmp_path, "postgresql:///conference") | {name: "db.example"}
    with pytest.raises(BadSettings, match=name):
        from_environment(given)


# --- a server with a certificate --------------------------------------------------------------------------


@dataclass(frozen=True)
class Behind:
    """A server that answers on a port of this machine, with TLS: its port, and files of certificates."""

    port: int
    ours: Path
    others: Path


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    folder = tmp_path_factory.mktemp("tls")
    signed, others = certificate(folder, "ours", "127.0.0.1"), certificate(folder, "others", "127.0.0.1")
    user = postgres._user()
    for path in (signed, signed.with_suffix(".key")):
        os.chown(path, user.pw_uid, user.pw_gid)
    for above in (folder, *folder.parents[:3]):
        above.chmod(above.stat().st_mode | 0o011)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "ssl": "on",
        "ssl_cert_file": str(signed),
        "ssl_key_file": str(signed.with_suffix(".key")),
    }
    with postgres.cluster(settings):
        yield Behind(port, signed, others)


def certificate(folder: Path, name: str, host: str) -> Path:
    """One that signs itself, with its key beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    at = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - dt.timedelta(days=1))
        .not_valid_after(at + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    path.with_suffix(".key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    path.with_suffix(".key").chmod(0o600)
    return path


@pytest.mark.slow
@pytest.mark.postgres
def test_only_the_server_with_the_right_certificate_is_talked_to(behind: Behind, tmp_path: Path) -> None:
    keys = KeyFile.create(tmp_path / "keys")

    def database(host: str, root: Path) -> Database:
        where = f"postgresql://conference_app@{host}:{behind.port}/postgres"
        return Database(f"{where}?{CHECKED}&sslrootcert={root}", keys)

    right = database("127.0.0.1", behind.ours)
    with right.read() as session:
        query = text("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        is_tls, version = session.execute(query).one()
        assert is_tls
        assert version in {"TLSv1.2", "TLSv1.3"}
        assert wall_standing.connection_faults(session) == []
    right.close()
    for host, root in (("127.0.0.1", behind.others), ("localhost", behind.ours)):
        other = database(host, root)
        with pytest.raises(OperationalError, match="certificate"), other.read() as session:
            session.execute(text("SELECT 1"))
        other.close()


# --- time -------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.postgres
def test_what_takes_too_long_is_ended(postgres_url: str, tmp_path: Path) -> None:
    keys = KeyFile.create(tmp_path / "keys")
    for agency, timeouts in ((None, SERVING), ("*", WORKING)):
        database = Database(postgres_url, keys, agency=agency)
        with database.engine.connect() as connection:
            found = {
                name: connection.exec_driver_sql(
                    "SELECT setting::int FROM pg_settings WHERE name = %s", (name,)
                ).scalar_one()
                for name in timeouts
            }
        assert found == timeouts
        database.close()
    hasty = Database(f"{postgres_url}&options=-c%20statement_timeout%3D50", keys)  # the operator's own word
    with pytest.raises(OperationalError, match="statement timeout"), hasty.read() as session:
        session.execute(text("SELECT pg_sleep(5)"))
    hasty.close()
