"""Which witnesses a log has, whose they are, and how many agencies make a quorum."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import COSIGNATURE, BadNote, VerifierKey
from conference.clock import now
from conference.errors import BadInput, NotFound
from conference.ids import new_id
from conference.trail import epochs, roster
from conference.trail.witnessing.models import Witness
from conference.trail.writing import record


def add(session: Session, partnership: str, agency: str, vkey: str, url: str) -> Witness:
    """Register a witness of an agency's; every agency's officers see it in the log. Raises BadInput.

    A key that is known already, be it removed or under another name, is refused: it would be counted twice.
    """
    key = _key(vkey)
    address = _address(url)
    if any(VerifierKey.parse(one.vkey).public == key.public for one in all_of(session, partnership)):
        raise BadInput("This key is or was registered already. A new witness needs a new key.", "vkey")
    agencies = roster.current(session, partnership).agencies
    if agency not in agencies:
        raise BadInput("This agency has no part in the log.", "agency")
    made = Witness(
        id=new_id("wit"),
        partnership_id=partnership,
        agency_id=agency,
        vkey=str(key),
        url=address,
        added_at=now(),
        removed_at=None,
    )
    session.add(made)
    session.flush()
    _log(session, "witness.added", made, agencies)
    return made


def remove(session: Session, witness_id: str) -> Witness:
    """Ask this witness no more. What it cosigned stands. Raises NotFound."""
    found = session.get(Witness, witness_id)
    if found is None or found.removed_at is not None:
        raise NotFound(f"witness {witness_id}")
    found.removed_at = now()
    session.flush()
    _log(session, "witness.removed", found, roster.current(session, found.partnership_id).agencies)
    return found


def all_of(session: Session, partnership: str) -> list[Witness]:
    """Every witness that there is or was, oldest first. Raises RowBroken."""
    query = select(Witness).where(Witness.partnership_id == partnership)
    return list(session.scalars(query.order_by(Witness.added_at, Witness.id)))


def active(session: Session, partnership: str) -> list[Witness]:
    """Those that are asked."""
    return [one for one in all_of(session, partnership) if one.removed_at is None]


def least(witnesses: Iterable[Witness]) -> int:
    """How many distinct agencies make a quorum: more than half of those that run a witness; 2 of 3."""
    agencies = {one.agency_id for one in witnesses}
    return len(agencies) // 2 + 1 if agencies else 0


def policy(session: Session, partnership: str) -> bytes:
    """The quorum as a tlog-policy: a group for each agency, which counts once however many keys it has."""
    witnesses = active(session, partnership)
    lines = [f"log {epochs.verifier(session, partnership)}"]
    groups: dict[str, list[str]] = {}
    for one in witnesses:
        names = groups.setdefault(one.agency_id, [])
        names.append(f"{one.agency_id}.{len(names) + 1}")
        lines.append(f"witness {names[-1]} {one.vkey} {one.url}")
    lines += [f"group {agency} any {' '.join(names)}" for agency, names in groups.items()]
    if groups:
        lines.append(f"group agencies.quorum {least(witnesses)} {' '.join(groups)}")
    lines.append(f"quorum {'agencies.quorum' if groups else 'none'}")
    return ("\n".join(lines) + "\n").encode()


def _key(vkey: str) -> VerifierKey:
    try:
        key = VerifierKey.parse(vkey.strip())
    except BadNote as fault:
        raise BadInput(f"This is no verifier key: {fault}.", "vkey") from None
    if key.kind != COSIGNATURE:
        raise BadInput("This key makes no cosignatures of type 0x04. Give the vkey of a witness.", "vkey")
    return key


def _address(url: str) -> str:
    parts = urlsplit(url.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise BadInput("Give the witness's address, like https://witness.police.example.", "url")
    if parts.username or parts.password or any(sign.isspace() for sign in url.strip()):
        raise BadInput("Give the address without a name, a password or spaces.", "url")
    return url.strip().rstrip("/")


def _log(session: Session, name: str, witness: Witness, agencies: Iterable[str]) -> None:
    record(
        session,
        name,
        partnership=witness.partnership_id,
        actor=None,
        agency=None,
        about=(witness.id, witness.agency_id),
        concerns=agencies,
    )
