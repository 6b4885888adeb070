"""Ask a clamd whether there is a known virus in a file. Without an answer there is no file."""

from __future__ import annotations

import socket

SECONDS = 60.0
_PIECE = 1 << 16
_LONGEST = 4096


class ScannerAway(Exception):
    """The scanner did not answer, or not with a clear yes or no."""


def is_clean(where: str, content: bytes) -> bool:
    """Whether clamd at `where` finds nothing in `content`. Raises ScannerAway.

    where: the path of its socket, or `host:port`.
    Source: clamd(8), INSTREAM: pieces after their lengths, a length of nought at the end.
    """
    try:
        with _connected(where) as connection:
            connection.sendall(b"zINSTREAM\0")
            for at in range(0, len(content), _PIECE):
                piece = content[at : at + _PIECE]
                connection.sendall(len(piece).to_bytes(4, "big") + piece)
            connection.sendall(bytes(4))
            said = _answer(connection)
    except OSError as error:
        raise ScannerAway from error
    if said == "stream: OK":
        return True
    if said.startswith("stream: ") and said.endswith(" FOUND"):
        return False
    raise ScannerAway


def _connected(where: str) -> socket.socket:
    if where.startswith("/"):
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        made.settimeout(SECONDS)
        try:
            made.connect(where)
        except OSError:
            made.close()
            raise
        return made
    host, _, port = where.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=SECONDS)


def _answer(connection: socket.socket) -> str:
    said = b""
    while not said.endswith(b"\0"):
        more = connection.recv(_LONGEST)
        if not more or len(said) > _LONGEST:
            raise ScannerAway
        said += more
    return said[:-1].decode("utf-8", "replace")
