"""A log whose front was cut verifies under a signed minimum index; any other cut does not."""

import shutil

import pytest

import audit
from audit.pruning import MINIMUM, kept_from, open_minimum, sign_minimum
from tests.audit.made import opened


@pytest.fixture
def cut(tmp_path, log, key):
    """Makes a folder with the parts of one agency, cut at an index."""

    def make(count, minimum):
        store, sealed = log(count)
        folder = tmp_path / f"log-{count}-{minimum}"
        audit.export_log(
            store,
            folder,
            store.verifier,
            parts=[opened(one, "almo") for one in sealed[kept_from(minimum) :]],
            minimum=bytes(sign_minimum(minimum, [key])),
        )
        key_file = tmp_path / "vkey"
        key_file.write_text(f"{store.verifier}\n")
        return folder, key_file, store

    return make


def bundles(folder):
    return len([path for path in (folder / "tile/entries").rglob("*") if path.is_file()])


@pytest.mark.parametrize(
    ("minimum", "left"), [(0, 3), (1, 3), (255, 3), (256, 2), (511, 2), (512, 1), (600, 1)]
)
def test_it_verifies_from_the_minimum_on(cut, minimum, left):
    folder, key_file, _ = cut(600, minimum)
    assert audit.verify_folder(folder, key_file).size == 600
    assert bundles(folder) == left


def test_a_log_is_not_kept_from_beyond_its_end(cut):
    with pytest.raises(audit.BadFolder, match="cannot be kept"):
        cut(300, 301)


def test_what_it_still_shows(cut, tmp_path, log):
    """Previous checkpoints from the minimum on; those before are said to have been cut away."""
    folder, key_file, _ = cut(600, 300)
    for size in (1, 255, 256, 257, 300, 512, 600):
        store, _ = log(size)
        earlier = tmp_path / f"earlier-{size}"
        earlier.write_bytes(store.checkpoint())
        if size < 256:
            with pytest.raises(audit.BadFolder, match="cut away"):
                audit.verify_folder(folder, key_file, previous=earlier)
        else:
            audit.verify_folder(folder, key_file, previous=earlier)


@pytest.mark.parametrize("size", [256, 300, 512])
def test_a_previous_checkpoint_of_another_log_is_found_out(cut, tmp_path, key, size):
    folder, key_file, _ = cut(600, 256)
    other = audit.MemoryStore(key)
    other.append([b"other"] * size)
    (tmp_path / "earlier").write_bytes(other.checkpoint())
    with pytest.raises(audit.BadTile, match="previous checkpoint"):
        audit.verify_folder(folder, key_file, previous=tmp_path / "earlier")


OTHER_CUTS = {
    "nothing says so": lambda folder, key: (folder / MINIMUM).unlink(),
    "one more bundle": lambda folder, key: (folder / "tile/entries/001").unlink(),
    "one more tile": lambda folder, key: (folder / "tile/0/001").unlink(),
    "a tile above": lambda folder, key: shutil.rmtree(folder / "tile/1"),
    "the end": lambda folder, key: shutil.rmtree(folder / "tile/entries/002.p"),
    "less than it says": lambda folder, key: (folder / "tile/0/000").write_bytes(bytes(8192)),
    "another index": lambda folder, key: (folder / MINIMUM).write_bytes(bytes(sign_minimum(512, [key]))),
    "an index of before": lambda folder, key: (folder / MINIMUM).write_bytes(bytes(sign_minimum(0, [key]))),
    "beyond the end": lambda folder, key: (folder / MINIMUM).write_bytes(bytes(sign_minimum(601, [key]))),
    "another key": lambda folder, key: (folder / MINIMUM).write_bytes(
        bytes(sign_minimum(256, [audit.SigningKey(key.name, bytes(32))]))
    ),
    "another log": lambda folder, key: (folder / MINIMUM).write_bytes(
        bytes(sign_minimum(256, [audit.SigningKey("example.org/other", bytes(range(32)))]))
    ),
    "no signature": lambda folder, key: (folder / MINIMUM).write_bytes(b"example.org/disclosures\n"),
    "a checkpoint": lambda folder, key: shutil.copy(folder / "checkpoint", folder / MINIMUM),
    "edited hashes of what is gone": lambda folder, key: _flip(folder / "tile/1/000.p/2", 3),
}


def _flip(path, at):
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("how", OTHER_CUTS)
def test_any_other_cut_does_not(cut, key, how):
    folder, key_file, _ = cut(600, 256)
    audit.verify_folder(folder, key_file)
    OTHER_CUTS[how](folder, key)
    with pytest.raises(audit.LogFault):
        audit.verify_folder(folder, key_file)


def test_its_note_is_no_checkpoint(key):
    note = sign_minimum(256, [key])
    assert open_minimum(bytes(note), key.verifier) == 256
    with pytest.raises(audit.BadNote):
        audit.open_checkpoint(bytes(note), key.verifier)


@pytest.mark.slow
def test_whole_tiles_of_a_higher_level_go(tmp_path, key):
    store = audit.MemoryStore(key)
    store.append(b"%d" % number for number in range(66_000))
    key_file = tmp_path / "vkey"
    key_file.write_text(f"{store.verifier}\n")
    for minimum in (65_535, 65_536, 65_900):
        folder = tmp_path / f"log-{minimum}"
        audit.export_log(store, folder, store.verifier, minimum=bytes(sign_minimum(minimum, [key])))
        assert audit.verify_folder(folder, key_file).size == 66_000
        assert (folder / "tile/1/000").exists() == (minimum < 65_536)
    earlier = tmp_path / "earlier"
    short = audit.MemoryStore(key)
    short.append(b"%d" % number for number in range(65_792))
    earlier.write_bytes(short.checkpoint())
    audit.verify_folder(folder, key_file, previous=earlier)
