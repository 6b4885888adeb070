"""Put the third-party assets that pages use into conference/static/vendor/, with their integrity hashes.

They come from node_modules, where npm has checked them against package-lock.json. The same packages always
give the same bytes. Standard library only, so that it runs before anything else is installed:

    python3 setup/vendor.py

manifest.json maps each file's name to its `integrity` attribute.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ROOT / "node_modules"
TARGET = ROOT / "conference" / "static" / "vendor"

GOVUK = Path("govuk-frontend/dist/govuk")
HTMX = Path("htmx.org/dist")

# Order matters: htmx, then the gate that must be shut before htmx looks at the page, then what is behind it.
# One file, because as separate files a slow or missing gate leaves htmx running without it.
HTMX_PARTS = (HTMX / "htmx.min.js", HTMX / "ext/hx-csp.min.js", HTMX / "ext/hx-sse.min.js")

TYPEFACE = "GDS Transport,arial,sans-serif"
OUR_TYPEFACE = "Arial,Helvetica,sans-serif"


class Unexpected(Exception):
    """A package does not look as it did when this script was written."""


def read(path: Path) -> str:
    try:
        return (PACKAGES / path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Unexpected(f"{path} is not in node_modules: run `make setup`, which installs it") from None


def notice(package: str, licence: str) -> str:
    version = json.loads(read(Path(package) / "package.json"))["version"]
    return f"{package} {version} ({licence})"


def without_source_map(text: str) -> str:
    """The map is not served, so a browser's tools must not ask for it."""
    return re.sub(r"(?:/\*|//)# sourceMappingURL=\S+(?: \*/)?\s*$", "", text).rstrip() + "\n"


def govuk_css() -> str:
    """The design system's styles without what is GOV.UK's alone: its typeface and its crest.

    Source: GOV.UK Frontend's licence note: code is MIT, the GDS Transport typeface and the crest are not.
    """
    css = without_source_map(read(GOVUK / "govuk-frontend.min.css"))
    css, faces = re.subn(r"(?:/\*!(?:(?!\*/).)*\*/)?@font-face\{[^}]*\}", "", css, flags=re.DOTALL)
    css, families = re.subn(re.escape(TYPEFACE), OUR_TYPEFACE, css)
    css, crests = re.subn(r"[a-z-]+:url\([^)]*crest[^)]*\);?", "", css)
    if not (faces and families and crests):
        raise Unexpected(
            f"stripped {faces} typefaces, {families} families, {crests} crests; each should be some"
        )
    left = re.search(r"GDS|Transport|@font-face|crest|url\((?!data:)", css)
    if left:
        raise Unexpected(f"govuk-frontend.min.css still holds {css[left.start() : left.start() + 60]!r}")
    charset, rest = '@charset "UTF-8";', css
    if not rest.startswith(charset):
        raise Unexpected("govuk-frontend.min.css no longer begins with its charset")
    head = f"/*! {notice('govuk-frontend', 'MIT, Crown copyright')}, typeface and crest removed */"
    return charset + head + rest.removeprefix(charset)


def htmx_js() -> str:
    """htmx, its CSP gate and its event stream as one script."""
    head = f"/*! {notice('htmx.org', '0BSD')}, with hx-csp and hx-sse, in this order, as one file */\n"
    return head + "".join(without_source_map(read(part)).rstrip(";\n") + ";\n" for part in HTMX_PARTS)


def govuk_js() -> str:
    head = f"/*! {notice('govuk-frontend', 'MIT, Crown copyright')}, an ES module */\n"
    return head + without_source_map(read(GOVUK / "govuk-frontend.min.js"))


def integrity(data: bytes) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384(data).digest()).decode("ascii")


def put(path: Path, data: bytes) -> None:
    """Write a file unless it already says so; whole or not at all, since a server may be reading."""
    if path.is_file() and path.read_bytes() == data:
        return
    handle, scratch = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as out:
        out.write(data)
    Path(scratch).chmod(0o644)
    Path(scratch).replace(path)


def main() -> int:
    try:
        texts = {
            "govuk-frontend.min.css": govuk_css(),
            "govuk-frontend.min.js": govuk_js(),
            "htmx.js": htmx_js(),
        }
    except Unexpected as fault:
        print(f"setup/vendor.py: {fault}", file=sys.stderr)
        return 1
    files = {name: text.encode("utf-8") for name, text in texts.items()}
    manifest = {name: integrity(data) for name, data in files.items()}
    files["manifest.json"] = (json.dumps(manifest, indent=2, sort_keys=True) + "\n").encode("utf-8")

    TARGET.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        put(TARGET / name, data)
    for stray in set(TARGET.iterdir()) - {TARGET / name for name in files}:
        shutil.rmtree(stray) if stray.is_dir() else stray.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
