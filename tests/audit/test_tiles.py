"""Paths, bundles and tiles of every size, against the second implementation."""

import pytest

import audit
from audit import tiles
from tests.audit import second


def written(store, size):
    return {tile.path: audit.tile_bytes(store, tile) for tile in tiles.tiles_at(size)}


def test_files_of_every_size_to_600_equal_the_second_implementation(key):
    store = audit.MemoryStore(key)
    entries = [b"entry %d" % number * (number % 3) for number in range(600)]
    assert written(store, 0) == second.files([]) == {}
    for size in range(1, 601):
        store.append(entries[size - 1 : size])
        if size % 7 in (0, 1) or size in (255, 256, 257, 511, 512, 513):
            assert list(written(store, size).items()) == list(second.files(entries[:size]).items())


def test_files_of_70_000(key):
    store = audit.MemoryStore(key)
    entries = [b"%d" % number for number in range(70_000)]
    store.append(entries)
    assert written(store, 70_000) == second.files(entries)
    paths = [tile.path for tile in tiles.tiles_at(70_000)]
    for path in ("tile/0/272", "tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"):
        assert path in paths
    assert len([path for path in paths if path.startswith("tile/0/")]) == 274


def test_size_256_has_a_full_tile_and_one_hash_above():
    assert [tile.path for tile in tiles.tiles_at(256)] == ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]


@pytest.mark.parametrize(
    ("number", "path"), [(0, "000"), (999, "999"), (1000, "x001/000"), (1234067, "x001/x234/067")]
)
def test_index_path(number, path):
    assert tiles.index_path(number) == path == second.place(number)
    for width in (1, 255, 256):
        for level in (None, 0, 7, 63):
            tile = tiles.Tile(level, number, width)
            assert tiles.parse_path(tile.path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile",
        "tile/0",
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/x000/001",
        "tile/0/001/000",
        "tile/0/x001",
        "tile/0/000.p",
        "tile/0/000.p/",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/999",
        "tile/entry/000",
        "tile/entries/000/",
        "/tile/0/000",
        "tile/0/000\n",
        "tile/0/../0/000",
        "tile/0/\u0660\u0660\u0660",
        "tile/data/000",
        "tile/0/" + "x999/" * 7 + "000",
    ],
)
def test_other_paths_are_refused(path):
    with pytest.raises(audit.BadTile):
        tiles.parse_path(path)


def test_a_bundle_holds_empty_and_longest_leaves():
    leaves = [b"", b"x" * 65_535, b"y"]
    assert tiles.decode_bundle(tiles.encode_bundle(leaves), 3) == leaves
    for bad in ([b"x" * 65_536], [], [b""] * 257):
        with pytest.raises(audit.BadTile):
            tiles.encode_bundle(bad)


@pytest.mark.parametrize(
    "data", [b"", b"\0", b"\0\1", b"\0\1a\0", b"\0\1a\0\1", b"\0\1a\0\1bc", b"\xff\xffa\0\1b"]
)
def test_a_bundle_that_ends_too_soon_or_too_late_is_refused(data):
    with pytest.raises(audit.BadTile):
        tiles.decode_bundle(data, 2)


def test_a_tile_has_exactly_its_width():
    assert tiles.decode_tile(tiles.encode_tile([bytes(32)] * 3), 3) == [bytes(32)] * 3
    for data, width in ((bytes(95), 3), (bytes(97), 3), (bytes(64), 3)):
        with pytest.raises(audit.BadTile):
            tiles.decode_tile(data, width)
    for bad in ([], [bytes(31)], [bytes(32)] * 257):
        with pytest.raises(audit.BadTile):
            tiles.encode_tile(bad)
