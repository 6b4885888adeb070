"""Seals of rows that decisions rest on. Whoever writes SQL without the key file cannot make one.

A seal says that the application wrote these parts into this row. It says nothing of a row that is gone,
nor of one put back whole with its own seal from before: where that matters, another seal covers a whole list.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any, ClassVar

from sqlalchemy import LargeBinary, event
from sqlalchemy.orm import Mapped, Mapper, Session, mapped_column, object_session
from sqlalchemy.orm.context import QueryContext

from conference.vault.errors import KeyMissing, RowBroken
from conference.vault.keyfile import KeyFile

__all__ = ["RowBroken", "RowSealed", "check_row", "list_parts", "plain", "row_seal"]

SEAL_BYTES = 16
Parts = tuple[str | None, ...]


def row_seal(keys: KeyFile, partnership: str, table: str, parts: Parts) -> bytes:
    """The seal of a row of `table` with these parts, its own id among them."""
    return _mac(keys.key_or_new(_name(partnership)), table, parts)


def check_row(
    keys: KeyFile, partnership: str, table: str, row: str, parts: Parts, seal: bytes | None
) -> None:
    """Raises RowBroken unless `seal` is what `row_seal` gives."""
    try:
        key = keys.key(_name(partnership))
    except (KeyMissing, ValueError):
        raise RowBroken(table, row) from None
    if seal is None or not hmac.compare_digest(_mac(key, table, parts), bytes(seal)):
        raise RowBroken(table, row)


def plain(value: object) -> str | None:
    """A value of a column as a part: the same before it is stored and after it was read."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if isinstance(value, str | int | date):
        return str(value)
    raise TypeError(f"no part of a row: {type(value).__name__}")


class RowSealed:
    """A model whose rows are sealed as they are written and checked as they are read. Columns alone are not.

    SEALED: names of the attributes that the seal covers, what identifies the row first.
    SEAL_ROW: how many of them say which row it is.
    """

    SEALED: ClassVar[tuple[str, ...]]
    SEAL_ROW: ClassVar[int] = 1

    row_seal: Mapped[bytes | None] = mapped_column(LargeBinary)


def parts_of(row: Any) -> Parts:
    """What the seal of a model's row covers."""
    return (row.partnership_id, *(plain(getattr(row, name)) for name in row.SEALED))


def list_parts(of: str, rows: Iterable[tuple[str, str, bytes | None]]) -> Parts:
    """Parts of a seal over all rows that belong to `of`: (table, id, seal) of each, in any order."""
    found = sorted((table, row, plain(seal) or "") for table, row, seal in rows)
    return ("all", of, *(part for one in found for part in one))


def _name(partnership: str) -> str:
    return f"rows/{partnership}/1"


def _mac(key: bytes, table: str, parts: Parts) -> bytes:
    text = json.dumps([table, *parts], ensure_ascii=True, separators=(",", ":"))
    return hmac.digest(key, text.encode("ascii"), hashlib.sha256)[:SEAL_BYTES]


def _write(mapper: Mapper[Any], _connection: object, target: Any) -> None:
    for known in mapper.column_attrs:  # what a default will fill in is not there yet
        default = known.columns[0].default
        if default is not None and default.is_scalar and getattr(target, known.key) is None:
            setattr(target, known.key, default.arg)
    keys: KeyFile = object_session(target).info["keys"]  # type: ignore[union-attr]
    target.row_seal = row_seal(keys, target.partnership_id, target.__tablename__, parts_of(target))


def _read(target: Any, context: QueryContext | None) -> None:
    session: Session | None = context.session if context is not None else object_session(target)
    if session is None or "keys" not in session.info:
        raise RowBroken(target.__tablename__, "of a session without keys")
    names = target.SEALED[: target.SEAL_ROW]
    row = " ".join(plain(getattr(target, name)) or "" for name in names)
    keys: KeyFile = session.info["keys"]
    check_row(keys, target.partnership_id, target.__tablename__, row, parts_of(target), target.row_seal)


def _read_again(target: Any, context: QueryContext, attributes: Iterable[str] | None) -> None:
    if attributes is None or "row_seal" in attributes:
        _read(target, context)


event.listen(RowSealed, "before_insert", _write, propagate=True)
event.listen(RowSealed, "before_update", _write, propagate=True)
event.listen(RowSealed, "load", _read, propagate=True)
event.listen(RowSealed, "refresh", _read_again, propagate=True)
