"""What is stored about partnerships, agencies, their staff, and who is signed in."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from conference.db import Base, OfPartnership, SealedBytes
from conference.permissions import Role
from conference.vault.rows import RowSealed


class Kind(StrEnum):
    """What an agency does."""

    POLICE = "police"
    IDVA = "idva"
    CHILDRENS = "childrens"
    ADULT_CARE = "adult-care"
    NHS = "nhs"
    MENTAL_HEALTH = "mental-health"
    HOUSING = "housing"
    ASB = "asb"
    PROBATION = "probation"
    EDUCATION = "education"
    SUBSTANCE = "substance"
    FIRE = "fire"
    VOLUNTARY = "voluntary"


class Sector(StrEnum):
    """What sort of body an agency is."""

    PUBLIC = "public"
    VOLUNTARY = "voluntary"
    REGISTERED_PROVIDER = "registered-provider"


def _one_of(column: str, values: type[StrEnum]) -> str:
    quoted = ", ".join(f"'{value}'" for value in values)
    return f"{column} IN ({quoted})"


class Partnership(Base):
    """Agencies that meet together: one area's panel. Its id is the partition key of all that is theirs.

    policies_seal: over all versions of its policy, so that none goes missing.
    """

    __tablename__ = "partnership"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str]
    reference_prefix: Mapped[str] = mapped_column(String(8))
    policies_seal: Mapped[bytes | None] = mapped_column(LargeBinary)


class Agency(RowSealed, OfPartnership, Base):
    """A body that takes part, and how its own staff sign in."""

    __tablename__ = "agency"
    SEALED = (
        *("id", "name", "kind", "sector", "oidc_issuer", "oidc_client_id", "oidc_secret_file"),
        *("oidc_algorithms", "oidc_acr", "oidc_amr", "oidc_max_age"),
    )
    __table_args__ = (
        CheckConstraint(_one_of("kind", Kind), name="kind"),
        CheckConstraint(_one_of("sector", Sector), name="sector"),
        CheckConstraint("oidc_max_age > 0", name="oidc_max_age"),
        UniqueConstraint("oidc_issuer", "oidc_client_id"),
    )

    id: Mapped[str] = mapped_column(String(64), primary_key=True)  # a slug, unique in the whole database
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(String(20))
    sector: Mapped[str] = mapped_column(String(20))
    position: Mapped[int]
    oidc_issuer: Mapped[str | None]
    oidc_client_id: Mapped[str | None]
    # A file's name in the secrets folder, never the secret. A public client has none, only PKCE.
    oidc_secret_file: Mapped[str | None]
    oidc_algorithms: Mapped[str] = mapped_column(String(64), default="RS256")  # space separated
    oidc_acr: Mapped[str] = mapped_column(default="")  # any of these, space separated, is a second factor ...
    oidc_amr: Mapped[str] = mapped_column(default="mfa")  # ... and so is any of these
    oidc_max_age: Mapped[int] = mapped_column(default=43200)  # seconds since they last proved who they are
    email_domains: Mapped[str] = mapped_column(String(1000), default="")  # space separated, small letters
    joined_at: Mapped[datetime]

    @property
    def can_sign_in(self) -> bool:
        """Whether this agency's own provider is known."""
        return bool(self.oidc_issuer and self.oidc_client_id)


class Staff(OfPartnership, Base):
    """Somebody at an agency who may sign in. The name is sealed under the directory's key.

    row_seal:      over where they work, how they sign in, their training and their roles.
    kept_out_seal: over all that keeps them out of cases, so that nothing of it goes missing.
    """

    __tablename__ = "staff"
    __table_args__ = (UniqueConstraint("agency_id", "subject"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    agency_id: Mapped[str] = mapped_column(ForeignKey("agency.id"))
    subject: Mapped[str]  # what the agency's provider calls them: the `sub` of its tokens
    name_sealed: Mapped[SealedBytes]
    trained_until: Mapped[date | None]
    active: Mapped[bool] = mapped_column(default=True)
    row_seal: Mapped[bytes | None] = mapped_column(LargeBinary)
    kept_out_seal: Mapped[bytes | None] = mapped_column(LargeBinary)

    agency: Mapped[Agency] = relationship()
    roles: Mapped[list[StaffRole]] = relationship(cascade="all, delete-orphan", order_by="StaffRole.role")


class StaffRole(Base):
    """One role that somebody holds."""

    __tablename__ = "staff_role"
    __table_args__ = (CheckConstraint(_one_of("role", Role), name="role"),)

    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(20), primary_key=True)


class WebSession(Base):
    """One browser's session. The row can be neither used nor read without the token in that browser's cookie.

    Before sign-in it has no staff and holds only what the callback must be compared with.
    """

    __tablename__ = "web_session"
    __table_args__ = (
        CheckConstraint("(staff_id IS NULL) = (partnership_id IS NULL)", name="whose"),
        CheckConstraint("ends_at > created_at", name="ends_at"),
    )

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)  # SHA-256 of the token, in hex
    staff_id: Mapped[str | None] = mapped_column(ForeignKey("staff.id"), index=True)
    partnership_id: Mapped[str | None] = mapped_column(ForeignKey("partnership.id"), index=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)  # JSON, sealed: see `session_store`
