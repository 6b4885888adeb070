"""Speaking with clamd: a small one of our own, on a socket of this machine."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conference.files import scanning
from conference.files.scanning import ScannerAway, is_clean
from conference.settings import BadSettings, from_environment

VIRUS = b"this-stands-for-a-virus"


def heard(connection: socket.socket) -> bytes:
    """What an INSTREAM client sends, as clamd(8) says it does."""
    stream = connection.makefile("rb")
    assert stream.read(10) == b"zINSTREAM\0"
    content = b""
    while length := int.from_bytes(stream.read(4), "big"):
        content += stream.read(length)
    return content


@contextmanager
def clamd(where: str | None = None, answer: bytes | None = None) -> Iterator[str]:
    """Answers until the block ends; `answer` instead of a look at the content."""
    if where is None:
        server = socket.create_server(("127.0.0.1", 0))
        address = f"127.0.0.1:{server.getsockname()[1]}"
    else:
        server, address = socket.socket(socket.AF_UNIX), where
        server.bind(where)
        server.listen()

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                content = heard(connection)
                found = b"stream: Test.Virus FOUND\0" if VIRUS in content else b"stream: OK\0"
                connection.sendall(found if answer is None else answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield address
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)


@pytest.mark.parametrize("size", [0, 1, 1 << 16, (1 << 16) + 1, 1_000_000])
def test_a_clean_file_is_clean(size: int) -> None:
    with clamd() as where:
        assert is_clean(where, bytes(size))
        assert not is_clean(where, bytes(size) + VIRUS)


def test_a_socket_of_the_system(tmp_path: Path) -> None:
    with clamd(str(tmp_path / "clamd.ctl")) as where:
        assert is_clean(where, b"x")
        assert not is_clean(where, VIRUS)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\0",
        b"stream: OK",
        b"OK\0",
        b"INSTREAM size limit exceeded. ERROR\0",
        b"stream: OK FOUND or not\0",
        b"x" * 9000,
    ],
)
def test_what_is_no_answer_is_no_leave(answer: bytes) -> None:
    with clamd(answer=answer) as where, pytest.raises(ScannerAway):
        is_clean(where, b"x")


def test_a_scanner_that_is_away_gives_no_leave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with clamd() as where:
        pass
    for away in (where, str(tmp_path / "nothing.ctl")):
        with pytest.raises(ScannerAway):
            is_clean(away, b"x")
    monkeypatch.setattr(scanning, "SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(ScannerAway):
        is_clean(f"127.0.0.1:{silent.getsockname()[1]}", b"x")


@pytest.mark.parametrize(
    ("given", "is_taken"),
    [("/run/clamav/clamd.ctl", True), ("127.0.0.1:3310", True), ("[::1]:3310", True),
     ("scanner.example:3310", False), ("127.0.0.1", False), ("clamd.ctl", False)],
)  # fmt: skip
def test_only_a_scanner_on_this_machine_is_asked(tmp_path: Path, given: str, *, is_taken: bool) -> None:
    environment = {"CONFERENCE_DATA": str(tmp_path), "CONFERENCE_CLAMD": given}
    if is_taken:
        assert from_environment(environment).clamd == given
    else:
        with pytest.raises(BadSettings, match="CONFERENCE_CLAMD"):
            from_environment(environment)
