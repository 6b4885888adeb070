"""Where somebody goes after signing in: a page of this application, and nowhere else."""

from __future__ import annotations

from urllib.parse import urlsplit

HOME = "/"


def safe_onward(wanted: str | None) -> str:
    """`wanted` when it is a path of ours, else the first page. Never another origin, nor signing out."""
    if not wanted or len(wanted) > 2000 or not wanted.startswith("/") or wanted.startswith(("//", "/sign-")):
        return HOME
    if any(sign <= " " or sign in "\\\x7f" for sign in wanted):
        return HOME
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return HOME
    return HOME if parts.scheme or parts.netloc else wanted
