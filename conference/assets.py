"""Our own and third-party assets, each with its integrity hash, from our own origin."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from pathlib import Path


class Assets:
    """Files below the static folder; what is named but missing stops the page, with what to do."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def tag_values(self, name: str) -> dict[str, str]:
        """`{"path": "vendor/htmx.js", "integrity": "sha384-…"}` for a link or script tag."""
        path = self._folder / name
        try:
            changed = path.stat().st_mtime_ns
        except FileNotFoundError as error:
            raise FileNotFoundError(f"{path.name} is not installed: run make setup") from error
        return {"path": name, "integrity": _integrity(path, changed)}


@lru_cache(maxsize=64)
def _integrity(path: Path, changed: int) -> str:  # noqa: ARG001 - a changed file is read again
    data = path.read_bytes()
    return "sha384-" + base64.b64encode(hashlib.sha384(data).digest()).decode("ascii")
