"""Keep a copy of the log up to date from the application, piece by piece. What does not verify is not kept.

Each piece is put together with what is there beside the folder, verified as a whole, and swapped in: a copy
that was good stays good whatever is sent, and whenever the power goes.
"""

import http.client
import io
import os
import re
import secrets
import shutil
import ssl
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.errors import BadFolder
from audit.export import CHECKPOINT, PARTS, VKEY
from audit.files import read_within
from audit.note import NOTE_LIMIT
from audit.tiles import parse_path
from audit.verify import read_key, verify_folder

PIECE_LIMIT = 256 * 1024 * 1024
SECONDS = 60
_NUMBER = re.compile(r"0|[1-9][0-9]{0,12}", re.ASCII)


class Piece(NamedTuple):
    """What was sent: a zip, and how many leaves the log has by what it says."""

    content: bytes
    whole: int


Ask = Callable[[int], Piece]
"""Gives the piece from so many leaves on."""


def fetch_log(folder: Path, key_file: Path, ask: Ask, tell: Callable[[str], None]) -> Checkpoint:
    """Bring the copy in `folder`, which may not be there yet, up to what the application has now.

    Raises LogFault for what cannot be fetched or does not verify; the folder is then as it was.
    """
    size = _size(folder, key_file)
    while True:
        piece = ask(size)
        reached = _add(folder, key_file, piece.content, size)
        tell(f"{reached.size} of {max(piece.whole, reached.size)} entries")
        if reached.size >= piece.whole:
            return reached
        if reached.size == size:
            raise BadFolder("the application sends nothing new and says that there is more")
        size = reached.size


def asking(url: str, token: str) -> Ask:
    """Asks the application at `url`, like https://conference.example, with the agency's token."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadFolder(f"{url!a}: not the address of the application")
    if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise BadFolder(f"{url!a}: a token is sent through TLS only; give https://")

    def ask(start: int) -> Piece:
        connection: http.client.HTTPConnection = (
            http.client.HTTPSConnection(
                parts.hostname or "", parts.port, timeout=SECONDS, context=ssl.create_default_context()
            )
            if parts.scheme == "https"
            else http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=SECONDS)
        )
        try:
            path = f"{parts.path.rstrip('/')}/api/log/copy?{urlencode({'from': start})}"
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
            return _read(connection.getresponse())
        except (OSError, http.client.HTTPException) as error:
            raise BadFolder(f"the application does not answer ({type(error).__name__})") from None
        finally:
            connection.close()

    return ask


def _read(answer: http.client.HTTPResponse) -> Piece:
    if answer.status != 200:
        why = {401: "the token opens nothing", 404: "it has fewer entries than this copy, or is another log"}
        raise BadFolder(f"the application answers {answer.status}: {why.get(answer.status, 'refused')}")
    content = answer.read(PIECE_LIMIT + 1)
    whole = answer.getheader("Log-Size", "")
    if len(content) > PIECE_LIMIT or not _NUMBER.fullmatch(whole):
        raise BadFolder("the application sends what is no piece of a log")
    return Piece(content, int(whole))


def _size(folder: Path, key_file: Path) -> int:
    left = sorted(folder.absolute().parent.glob(f".{folder.name}.*.old"))
    if not folder.exists() and left:
        left[-1].rename(folder)  # the power went while the new one was about to take its place
    if not folder.exists():
        return 0
    data = read_within(folder, CHECKPOINT, NOTE_LIMIT)
    return open_checkpoint(data, read_key(key_file))[0].size


def _add(folder: Path, key_file: Path, content: bytes, size: int) -> Checkpoint:
    """Put a piece to what is there; the new whole is verified before it takes the old one's place."""
    folder = folder.absolute()
    draft = folder.parent / f".{folder.name}.{secrets.token_hex(8)}.partial"
    old = folder.parent / f".{folder.name}.{secrets.token_hex(8)}.old"
    try:
        draft.mkdir(mode=0o700, parents=True)
        if folder.exists():
            _link(folder, draft)
        _unpack(draft, content, size)
        previous = folder / CHECKPOINT if folder.exists() else None
        reached = verify_folder(draft, key_file, previous=previous)
        if folder.exists():
            folder.rename(old)
        draft.rename(folder)
    except BaseException:
        if old.exists() and not folder.exists():
            old.rename(folder)
        shutil.rmtree(draft, ignore_errors=True)
        raise
    shutil.rmtree(old, ignore_errors=True)
    return reached


def _link(folder: Path, draft: Path) -> None:
    """The same files in another folder. Those that will change are replaced, never written to."""
    for path in sorted(folder.rglob("*")):
        target = draft / path.relative_to(folder)
        if path.is_symlink():
            raise BadFolder(f"{str(path)!a}: a link")
        if path.is_dir():
            target.mkdir()
        else:
            os.link(path, target)


def _unpack(draft: Path, content: bytes, size: int) -> None:
    """Write a piece's files over those there; of partial tiles only those of the new size stay."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            total = sum(one.file_size for one in archive.infolist())
            is_fit = len(set(names)) == len(names) and total <= PIECE_LIMIT
            files = {name: archive.read(name) for name in names} if is_fit else {}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError):
        raise BadFolder("the application sends what is no piece of a log") from None
    if not files:
        raise BadFolder("a piece that is empty or too large, or names a file twice")
    parts = draft / PARTS
    before = parts.read_bytes() if parts.exists() else b""
    if size and not before:
        raise BadFolder(f"{PARTS}: missing from the copy")
    for name, data in files.items():
        if name not in (CHECKPOINT, VKEY, PARTS):
            _forget_partial(draft, name)
        _replace(draft / name, before + data if name == PARTS else data)


def _forget_partial(draft: Path, name: str) -> None:
    """Check a tile's path, and take away what an earlier size had of the same tile."""
    tile = parse_path(name)
    for width in range(1, tile.width):
        earlier = draft / tile._replace(width=width).path
        if earlier.exists():
            earlier.unlink()
    partial = (draft / tile._replace(width=1).path).parent
    if partial.is_dir() and not any(partial.iterdir()):
        partial.rmdir()


def _replace(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with path.open("xb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
