"""A log key, logs of some events, an exported folder."""

import pytest

import audit
from tests.audit.made import ORIGIN, ROSTER, SEED, counted, opened, some_events


@pytest.fixture
def key():
    return audit.SigningKey(ORIGIN, SEED)


@pytest.fixture
def log(key):
    """Makes a log of some events: the store, and the parts of each leaf."""

    def make(count):
        random = counted()
        sealed = [audit.seal_event(event, ROSTER, random) for event in some_events(count)]
        store = audit.MemoryStore(key)
        store.append(parts.leaf for parts in sealed)
        return store, sealed

    return make


@pytest.fixture
def exported(tmp_path, log):
    """Makes an exported folder with an agency's parts, and a copy of the key outside it."""

    def make(count, agency="almo", erased=()):
        store, sealed = log(count)
        folder = tmp_path / f"log-{count}"
        audit.export_log(store, folder, store.verifier, parts=[opened(one, agency, erased) for one in sealed])
        key_file = tmp_path / "vkey"
        key_file.write_text(f"{store.verifier}\n")
        return folder, key_file

    return make
