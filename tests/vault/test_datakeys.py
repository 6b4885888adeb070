"""Which data key seals: never one that was rolled back, retired, or taken away meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from conference.clock import now
from conference.db import Base, Database
from conference.identity.models import Partnership
from conference.vault import keychanges, rotation
from conference.vault.bodies import Part, SealedPart, open_parts, seal_parts
from conference.vault.datakeys import SEALING
from conference.vault.envelope import key_id_in
from conference.vault.errors import KeyDark, KeyDestroyed, KeyMissing
from conference.vault.keyfile import KeyFile, owner_key
from conference.vault.keyring import Keyring
from conference.vault.models import DataKey
from conference.vault.place import Place
from conference.vault.providers import Asked, Opened
from tests.vault.conftest import TABLES

HERE = Place("log_part", "evt_1", "police")


class Stop(Exception):
    """Of a transaction that is to be rolled back."""


def part(owner: str = "police") -> Part:
    return Part(b"a body", "north", owner, HERE)


def seal(database: Database) -> bytes:
    """What was sealed for the police in a transaction of its own."""
    with database.write() as session:
        [blob] = seal_parts(session, [part()])
    return blob


def assert_opens(database: Database, blob: bytes) -> None:
    with database.read() as session:
        assert open_parts(session, [SealedPart(blob, "north", "police", HERE)]) == [b"a body"]


def test_one_data_key_seals_until_something_is_said_of_it(database: Database) -> None:
    blobs = [seal(database) for _ in range(3)]
    assert len({key_id_in(blob) for blob in blobs}) == 1
    for blob in blobs:
        assert_opens(database, blob)


def test_a_key_that_was_rolled_back_is_not(database: Database) -> None:
    with suppress(Stop), database.write() as session:
        seal_parts(session, [part()])
        raise Stop
    assert_opens(database, seal(database))


def test_a_key_that_was_found_again_before_it_was_rolled_back_is_not(database: Database) -> None:
    with suppress(Stop), database.write() as session:
        seal_parts(session, [part()])
        with suppress(Stop), session.begin_nested():
            raise Stop
        seal_parts(session, [part()])
        raise Stop
    assert_opens(database, seal(database))


def test_a_key_that_another_process_retires_seals_nothing_more(database: Database) -> None:
    before = [seal(database), seal(database)]
    url = database.engine.url.render_as_string(hide_password=False)
    other = Database(url, KeyFile.open(database.keys.path))
    with other.write() as session:
        owner = rotation.Owner("north", "police")
        task = rotation.begin(session, owner, fields=False, at=now(), log=lambda *_: None)
    rotation.retire(other, task)
    after = [seal(database), seal(database)]
    assert not {key_id_in(blob) for blob in before} & {key_id_in(blob) for blob in after}
    for blob in before + after:
        assert_opens(database, blob)
    other.close()


def test_a_key_that_is_retired_in_the_key_file_alone_seals_nothing_more(database: Database) -> None:
    """As between the two steps of a rotation, or when somebody makes it current again in the database."""
    before = [seal(database), seal(database)]
    other = KeyFile.open(database.keys.path)
    version = other.new_version("north", "police")
    other.key_or_new(f"retired/north/police/{version - 1}")
    after = seal(database)
    assert key_id_in(after) not in {key_id_in(blob) for blob in before}
    with database.read() as session:
        current = session.scalars(select(DataKey.id).where(DataKey.current)).all()
    assert current == [key_id_in(after)]


def test_two_who_let_go_of_the_same_keys_do_not_wait_for_each_other(database: Database) -> None:
    """Neither for a row, nor for a new current key: each has held what the other wants next."""
    if database.is_sqlite:
        return  # one writes at a time
    with database.write() as session:
        seal_parts(session, [part("police"), part("almo")])
    for owner in ("police", "almo"):
        version = database.keys.new_version("north", owner)
        database.keys.key_or_new(f"retired/north/{owner}/{version - 1}")
    blobs: list[tuple[str, bytes]] = []

    def seals(session: Session, owner: str) -> None:
        blobs.append((owner, *seal_parts(session, [part(owner)])))

    with database.write() as one, database.write() as other:
        seals(one, "police")
        seals(other, "almo")
        seals(one, "almo")
        seals(other, "police")
    for owner in ("police", "almo"):
        with database.write() as session:
            seals(session, owner)
    with database.read() as session:
        sealed = [SealedPart(blob, "north", owner, HERE) for owner, blob in blobs]
        assert open_parts(session, sealed) == [b"a body"] * 6
        current = session.execute(select(DataKey.owner, DataKey.version).where(DataKey.current)).all()
    assert sorted(tuple(row) for row in current) == [("almo", 2), ("police", 2)]
    assert len({key_id_in(blob) for _, blob in blobs}) == 4, "two are current, two were for one transaction"


def test_nothing_is_sealed_with_what_a_destroyed_key_protects(database: Database) -> None:
    for _ in range(2):
        seal(database)
    KeyFile.open(database.keys.path).destroy(owner_key("north", "police", 1))
    with database.write() as session, pytest.raises(KeyDestroyed):
        seal_parts(session, [part()])


def test_a_data_key_that_is_no_longer_stored_seals_nothing_more(database: Database) -> None:
    """As after a database went back in time beneath a server: what is sealed from then on opens."""
    for _ in range(2):
        seal(database)
    with database.write() as session:
        session.execute(delete(DataKey))
    assert_opens(database, seal(database))


def test_a_key_that_is_taken_away_while_it_is_asked_for_is_not_remembered(tmp_path: Path) -> None:
    """Whoever unwraps it just then keeps it for its own transaction at most."""
    KeyFile.create(tmp_path / "keys")
    holder = Holder()
    keys = Keyring.open_with(tmp_path / "keys", {"hsm": holder})
    database = Database(f"sqlite:///{tmp_path}/data.db", keys)
    Base.metadata.create_all(database.engine, TABLES)
    with database.write() as session:
        session.add(Partnership(id="north", name="North", reference_prefix="NM"))
    keychanges.hand_over(keys, "north", "police", "hsm")
    made = seal(database)

    def revoke() -> None:
        holder.meanwhile = lambda: None
        keychanges.revoke(Keyring.open_with(tmp_path / "keys", {"hsm": holder}), "north", "police")
        keys.agency("north", "police")  # as another thread may look

    keys = Keyring.open_with(tmp_path / "keys", {"hsm": holder})  # in a process that has not unwrapped it yet
    database.keys = keys
    holder.meanwhile = revoke
    with database.read() as session, suppress(KeyMissing):
        open_parts(session, [SealedPart(made, "north", "police", HERE)])
    assert keys.is_dark("north", "police")
    assert keys.remembered() == {}
    with database.read() as session, pytest.raises(KeyDark):
        open_parts(session, [SealedPart(made, "north", "police", HERE)])
    database.close()


class Holder:
    """A holder of keys who is asked, and does something meanwhile."""

    def __init__(self) -> None:
        self._keys: dict[str, AESGCM] = {}
        self.meanwhile: Callable[[], None] = lambda: None

    def make(self, name: str) -> None:
        self._keys[name] = AESGCM(AESGCM.generate_key(256))

    def wrap(self, name: str, plain: bytes, aad: bytes) -> bytes:
        return b"0" * 12 + self._keys[name].encrypt(b"0" * 12, plain, aad)

    def unwrap_many(self, asked: Sequence[Asked]) -> list[Opened]:
        self.meanwhile()
        return [self._keys[one.name].decrypt(one.wrapped[:12], one.wrapped[12:], one.aad) for one in asked]

    def destroy(self, name: str) -> None:
        del self._keys[name]


def test_on_postgresql_a_rotation_waits_for_whoever_seals_with_it(database: Database) -> None:
    before = [seal(database), seal(database)]
    if database.is_sqlite:
        return  # one writes at a time

    def goes_on(session: Session) -> bool:
        return bool(session.scalar(select(func.pg_try_advisory_xact_lock(SEALING))))

    with database.write() as sealing:
        assert [key_id_in(blob) for blob in seal_parts(sealing, [part()])] == [key_id_in(before[1])]
        with database.write() as rotating:
            assert not goes_on(rotating)
    with database.write() as rotating:
        assert goes_on(rotating)
