"""Partnerships, agencies and staff: adding them, finding them, and who is looking."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from conference import clock, ids
from conference.errors import BadInput, NotFound
from conference.identity.models import Agency, Kind, Partnership, Sector, Staff, StaffRole
from conference.permissions import Permission, Role, held_by
from conference.vault import directory
from conference.vault.rows import check_row, list_parts, plain, row_seal

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Viewer:
    """Who is looking: somebody at one agency of one partnership, with what they are there."""

    staff_id: str
    partnership_id: str
    agency_id: str
    agency_name: str
    agency_kind: str
    name: str
    roles: frozenset[Role]
    trained: bool

    def may(self, permission: Permission) -> bool:
        """Whether one of their roles holds `permission`."""
        return permission in held_by(self.roles)


@dataclass(frozen=True)
class Provider:
    """An agency's own sign-in, as it registered us with it.

    secret_file: the name of a file in the secrets folder; none for a public client.
    algorithms:  the only ones its tokens may be signed with.
    acr, amr:    any one of these, seen in a token, says that a second factor was used.
    max_age:     seconds since somebody last proved to the provider who they are.
    """

    issuer: str
    client_id: str
    secret_file: str | None = None
    algorithms: tuple[str, ...] = ("RS256",)
    acr: tuple[str, ...] = ()
    amr: tuple[str, ...] = ("mfa",)
    max_age: int = 43200


def add_partnership(
    session: Session, partnership_id: str, *, name: str, reference_prefix: str
) -> Partnership:
    """A new partnership. `reference_prefix` begins its case references: `NM` gives NM-7KQ4XP."""
    partnership = Partnership(id=_slug(partnership_id), name=name, reference_prefix=reference_prefix)
    nothing = list_parts(partnership_id, ())
    partnership.policies_seal = row_seal(session.info["keys"], partnership_id, "partnership", nothing)
    session.add(partnership)
    session.flush()
    return partnership


def add_agency(
    session: Session,
    partnership_id: str,
    agency_id: str,
    *,
    name: str,
    kind: Kind | str,
    sector: Sector | str,
    position: int = 0,
    provider: Provider | None = None,
    email_domains: Iterable[str] = (),
) -> Agency:
    """A new agency of the partnership. `agency_id` is a slug that no agency of any partnership has."""
    agency = Agency(
        id=_slug(agency_id),
        partnership_id=partnership_id,
        name=name,
        kind=Kind(kind).value,
        sector=Sector(sector).value,
        position=position,
        email_domains=" ".join(domain.lower() for domain in email_domains),
        joined_at=clock.now(),
    )
    if provider is not None:
        set_provider(agency, provider)
    session.add(agency)
    session.flush()
    return agency


def set_provider(agency: Agency, provider: Provider) -> None:
    """Let this agency's staff sign in with `provider`. Raises BadInput unless it can show a second factor."""
    unknown = set(provider.algorithms) - ALGORITHMS
    if unknown or not provider.algorithms:
        raise BadInput(f"Use one of these to sign tokens: {', '.join(sorted(ALGORITHMS))}.", "algorithms")
    if not provider.acr and not provider.amr:
        raise BadInput("Say which acr or amr value shows a second factor.", "amr")
    if provider.secret_file is not None and not _SLUG.fullmatch(provider.secret_file):
        raise BadInput("Name a file in the secrets folder: small letters, digits and hyphens.", "secret_file")
    agency.oidc_issuer = provider.issuer
    agency.oidc_client_id = provider.client_id
    agency.oidc_secret_file = provider.secret_file
    agency.oidc_algorithms = " ".join(provider.algorithms)
    agency.oidc_acr = " ".join(provider.acr)
    agency.oidc_amr = " ".join(provider.amr)
    agency.oidc_max_age = provider.max_age


# Asymmetric only: `none` and the HMAC family are never among them.
ALGORITHMS = frozenset({"RS256", "PS256", "ES256"})


def add_staff(
    session: Session,
    agency_id: str,
    *,
    subject: str,
    name: str,
    roles: Iterable[Role | str],
    trained_until: date | None = None,
    active: bool = True,
) -> Staff:
    """Somebody at the agency, known to its provider as `subject`. Raises NotFound without the agency."""
    agency = get_agency(session, agency_id)
    staff_id = ids.new_id("stf")
    staff = Staff(
        id=staff_id,
        partnership_id=agency.partnership_id,
        agency_id=agency.id,
        subject=subject,
        name_sealed=directory.seal_name(session, agency.partnership_id, staff_id, name),
        trained_until=trained_until,
        active=active,
        roles=[StaffRole(role=role.value) for role in sorted({Role(role) for role in roles})],
    )
    _seal_staff(session, staff)
    nothing = list_parts(staff_id, ())
    staff.kept_out_seal = row_seal(session.info["keys"], agency.partnership_id, "staff", nothing)
    session.add(staff)
    session.flush()
    return staff


def get_agency(session: Session, agency_id: str) -> Agency:
    """The agency. Raises NotFound."""
    agency = session.get(Agency, agency_id)
    if agency is None:
        raise NotFound(f"agency {agency_id}")
    return agency


def list_agencies(session: Session, partnership_id: str | None = None) -> list[Agency]:
    """The agencies of one partnership, or of all, by position and then by name."""
    query = select(Agency).order_by(Agency.position, Agency.name, Agency.id)
    if partnership_id is not None:
        query = query.where(Agency.partnership_id == partnership_id)
    return list(session.scalars(query))


def find_staff(session: Session, agency_id: str, subject: str) -> Staff | None:
    """Who the agency's provider means by `subject`, active or not."""
    query = select(Staff).where(Staff.agency_id == agency_id, Staff.subject == subject)
    staff = session.scalars(query.options(selectinload(Staff.roles))).one_or_none()
    return None if staff is None else _checked(session, staff)


def list_staff(session: Session, partnership_id: str, agency_id: str | None = None) -> list[Staff]:
    """The active staff of a partnership, or of one of its agencies, oldest id first."""
    query = select(Staff).where(Staff.partnership_id == partnership_id, Staff.active).order_by(Staff.id)
    if agency_id is not None:
        query = query.where(Staff.agency_id == agency_id)
    return [_checked(session, staff) for staff in session.scalars(query.options(selectinload(Staff.roles)))]


def viewer_for(session: Session, staff_id: str) -> Viewer | None:
    """Who `staff_id` is now; None when there is no such person, they have left, or they hold no role.

    Raises RowBroken where somebody else than this application has said what they are.
    """
    query = select(Staff).where(Staff.id == staff_id).execution_options(populate_existing=True)
    staff = session.scalars(query.options(joinedload(Staff.agency), selectinload(Staff.roles))).one_or_none()
    if staff is None or not _checked(session, staff).active or not staff.roles:
        return None
    names = directory.open_names(session, staff.partnership_id, {staff.id: staff.name_sealed})
    return Viewer(
        staff_id=staff.id,
        partnership_id=staff.partnership_id,
        agency_id=staff.agency_id,
        agency_name=staff.agency.name,
        agency_kind=staff.agency.kind,
        name=names[staff.id],
        roles=frozenset(Role(row.role) for row in staff.roles),
        trained=staff.trained_until is not None and staff.trained_until >= clock.today(),
    )


def staff_names(session: Session, partnership_id: str, staff_ids: Collection[str]) -> dict[str, str]:
    """The names of many staff of one partnership in one query; an id that is not theirs is left out."""
    if not staff_ids:
        return {}
    query = select(Staff.id, Staff.name_sealed).where(
        Staff.partnership_id == partnership_id, Staff.id.in_(sorted(set(staff_ids)))
    )
    return directory.open_names(
        session, partnership_id, {row.id: row.name_sealed for row in session.execute(query)}
    )


def deactivate(session: Session, staff_id: str) -> None:
    """Somebody has left: from now on no session of theirs shows them anything. Raises NotFound.

    `session_store.end_all_of` ends those sessions, and says so in the log.
    """
    staff = session.get(Staff, staff_id, options=[selectinload(Staff.roles)])
    if staff is None:
        raise NotFound(f"staff {staff_id}")
    _checked(session, staff).active = False
    _seal_staff(session, staff)


def _staff_parts(staff: Staff) -> tuple[str | None, ...]:
    """What the seal of somebody's row covers; the name has one of its own."""
    said = (staff.id, staff.agency_id, staff.subject, staff.active, staff.trained_until)
    roles = sorted(str(row.role) for row in staff.roles)
    return (*(plain(value) for value in said), *roles)


def _seal_staff(session: Session, staff: Staff) -> None:
    staff.row_seal = row_seal(session.info["keys"], staff.partnership_id, "staff", _staff_parts(staff))


def _checked(session: Session, staff: Staff) -> Staff:
    """Raises RowBroken."""
    keys = session.info["keys"]
    check_row(keys, staff.partnership_id, "staff", staff.id, _staff_parts(staff), staff.row_seal)
    return staff


def _slug(value: str) -> str:
    if not _SLUG.fullmatch(value) or len(value) > 64:
        raise BadInput("Use small letters, digits and single hyphens.", "id")
    return value
