"""What an open page asks each second."""

from __future__ import annotations

import html
import re

_MARK = re.compile(r'data-live="([^"]*)" data-live-seen="([0-9a-f]{32})"')


def asked_by(text: str) -> str | None:
    """The address that a page asks; None where it asks nothing."""
    found = _MARK.search(text)
    return f"{html.unescape(found[1])}&seen={found[2]}" if found else None
