"""What people can be found by although nobody types their name quite right."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Integer, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from conference.db import Base, OfPartnership
from conference.vault.rows import RowSealed

BIG = BigInteger().with_variant(Integer(), "sqlite")


class IndexState(RowSealed, Base, OfPartnership):
    """Under which version of its keys a partnership's indexes are.

    building: the version that `conference search reindex` is making; what is new goes there.
    upto: the last case that it has done.
    """

    __tablename__ = "index_state"
    SEALED = ("version", "building", "upto")
    SEAL_ROW = 0

    partnership_id: Mapped[str] = mapped_column(ForeignKey("partnership.id"), primary_key=True)
    version: Mapped[int]
    building: Mapped[int | None]
    upto: Mapped[str | None]


class Likeness(Base, OfPartnership):
    """A name that can be found by likeness. places: the blocks that it is in, sealed."""

    __tablename__ = "likeness"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 - a number is never used again

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    owner: Mapped[str]
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    field_id: Mapped[str] = mapped_column(ForeignKey("field.id"), index=True)
    version: Mapped[int]
    places: Mapped[bytes] = mapped_column(LargeBinary)


class LikenessBlock(Base):
    """Some of the names on one list, sealed, under a label that no other block has."""

    __tablename__ = "likeness_block"

    label: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    partnership_id: Mapped[str] = mapped_column(ForeignKey("partnership.id"))
    version: Mapped[int]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
