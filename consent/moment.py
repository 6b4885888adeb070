"""Moments as the law writes them: `YYYY-MM-DDThh:mm:ss[.f…]Z`, 1 to 6 decimals, real, UTC."""

import re
from datetime import UTC, datetime

_SHAPE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,6}))?Z")


def parse_moment(text: object) -> datetime | None:
    """The moment that `text` writes, aware, UTC; None if it writes none."""
    shape = _SHAPE.fullmatch(text) if isinstance(text, str) else None
    if shape is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in shape.groups()[:6])
    decimals = shape.group(7) or ""
    try:
        return datetime(year, month, day, hour, minute, second, int(decimals.ljust(6, "0")), UTC)
    except ValueError:
        return None


def write_moment(at: datetime) -> str:
    """`at`, aware, as the law writes it, to the microsecond."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
