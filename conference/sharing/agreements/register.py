"""The register as it is stored: agreements, who signed their words, and what the policy makes of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.errors import NotFound
from conference.sharing.agreements.models import Agreement, AgreementSignature
from conference.sharing.agreements.readiness import Standing
from conference.sharing.agreements.terms import Terms, read
from conference.vault.errors import RowBroken


@dataclass(frozen=True, slots=True)
class Registered:
    """One agreement, its words, and the signatures that are to these words, by agency."""

    row: Agreement
    terms: Terms
    signatures: Mapping[str, AgreementSignature]

    @property
    def is_ended(self) -> bool:
        """Whether somebody ended it before its time."""
        return self.row.ended_at is not None

    def ready(self, standing: Mapping[str, Standing], at: datetime) -> list[Standing]:
        """The parties that have signed and have users and training in place."""
        parties = (standing.get(party) for party in self.terms.parties if party in self.signatures)
        return [one for one in parties if one is not None and one.is_ready(at)]


def registered(session: Session, partnership_id: str) -> list[Registered]:
    """Every agreement of the partnership, oldest first. Two queries. Raises RowBroken."""
    query = select(Agreement).where(Agreement.partnership_id == partnership_id)
    rows = session.scalars(query.order_by(Agreement.created_at, Agreement.id)).all()
    signed = session.scalars(
        select(AgreementSignature)
        .where(AgreementSignature.partnership_id == partnership_id)
        .order_by(AgreementSignature.signed_at, AgreementSignature.id)
    ).all()
    return [_registered(row, signed) for row in rows]


def _registered(row: Agreement, signed: Iterable[AgreementSignature]) -> Registered:
    terms = read(row.document)
    theirs = {
        one.agency_id: one
        for one in signed
        if one.agreement_id == row.id and one.content == row.document_hash and one.agency_id in terms.parties
    }
    return Registered(row, terms, theirs)


def find(session: Session, partnership_id: str, agreement_id: str) -> Registered:
    """One of them. Raises NotFound."""
    for one in registered(session, partnership_id):
        if one.row.id == agreement_id:
            return one
    raise NotFound(f"agreement {agreement_id}")


# --- in the policy ------------------------------------------------------------------------------------------


SIGNED = "signed-"
"""What the names of registered agreements begin with, and no other's."""


def is_of(agreement_id: str, name: str) -> bool:
    """Whether a policy's agreement is the registered one `name`, or a later stretch of it."""
    return re.fullmatch(rf"{re.escape(name)}(\.[0-9]+)?", agreement_id) is not None


def installed(document: str, known: Iterable[Registered]) -> list[dict[str, Any]]:
    """The agreements of a policy that no register keeps: they came with the installation.

    Raises RowBroken where one was registered and its row is gone: it would never end.
    """
    names = [one.row.name for one in known]
    agreements: list[dict[str, Any]] = json.loads(document)["agreements"]
    found = [one for one in agreements if not any(is_of(one["id"], name) for name in names)]
    for one in found:
        if one["id"].startswith(SIGNED):
            raise RowBroken("agreement", one["id"])
    return found


def covered(terms: Terms, policy: Mapping[str, Any]) -> bool:
    """Whether a policy (as JSON gives it) knows all that an agreement names; else it can take no effect."""
    classes = {one["name"] for one in policy["classes"]}
    return classes.issuperset(terms.classes) and set(policy["purposes"]).issuperset(terms.purposes)


def taking_part(one: Registered, standing: Mapping[str, Standing], at: datetime) -> list[dict[str, Any]]:
    """An agreement as the policy should have it from `at` on, if nothing changes but time.

    With the ready parties; from the moment at which a party's training ends, without that party.
    """
    ready = [] if one.is_ended else one.ready(standing, at)
    last = {each.agency_id: min(each.ends_at or at, one.terms.ends_at) for each in ready}
    stretches: list[dict[str, Any]] = []
    starts = one.terms.starts_at
    for ends in sorted(set(last.values())):
        parties = [agency for agency, until in last.items() if until >= ends]
        if len(parties) >= 2 and ends > starts:
            name = one.row.name if not stretches else f"{one.row.name}.{len(stretches) + 1}"
            stretch = one.terms.in_policy(name, parties, until=ends)
            stretches.append({**stretch, "from": stretches[-1]["until"]} if stretches else stretch)
    return stretches


def to_compare(known: Iterable[Registered], document: str) -> list[dict[str, Any]]:
    """The agreements as they would be if every party that is asked had signed and was ready.

    A change of the rules is compared by these: what it shows more of to somebody who is not ready yet is
    listed, and accepted, before they are.
    """
    rows = list(known)
    said = json.loads(document)
    asked = [one for one in rows if one.signatures and not one.is_ended and covered(one.terms, said)]
    everybody = [
        one.terms.in_policy(one.row.name, [name for name in one.terms.parties if name in said["agencies"]])
        for one in asked
    ]
    return [*installed(document, rows), *everybody]
