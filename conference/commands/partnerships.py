"""A partnership from a file: its agencies and how they sign in, its conference types, its agreements.

```toml
[partnership]
id = "northmoor"
name = "Northmoor"
prefix = "NM"                                 # begins case references: NM-7KQ4XP

[[agencies]]
id = "police"
name = "Northmoor Police"
kind = "police"
sector = "public"
email_domains = ["police.example"]            # optional
[agencies.sign_in]                            # optional; without it nobody of theirs can sign in yet
issuer = "https://login.police.example"
client_id = "conference"
secret_file = "police"                        # a file in the secrets folder; none for a public client
algorithms = ["RS256"]
acr = []
amr = ["mfa"]
max_age = 43200

[[conference_types]]
name = "MARAC"
purpose = "prevent-serious-harm"

[[agreements]]                                # parties and classes left out: all of them
id = "dsa-1"
purposes = ["prevent-serious-harm"]
from = 2026-01-01
until = 2027-01-01
```
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.cases import services as cases
from conference.cases.models import CONFERENCE, ConferenceType
from conference.clock import LONDON, moment, now
from conference.commands.errors import Stopped
from conference.errors import BadInput
from conference.identity import services as identity
from conference.identity.models import Agency, Kind, Partnership, Sector
from conference.identity.services import Provider
from conference.sharing import policy
from conference.sharing.agreements.register import SIGNED
from conference.sharing.agreements.settling import settle
from conference.sharing.models import PolicyVersion
from conference.trail import roster

KNOWN: dict[str, dict[str, type]] = {
    "partnership": {"id": str, "name": str, "prefix": str},
    "agencies": {"id": str, "name": str, "kind": str, "sector": str, "email_domains": list, "sign_in": dict},
    "sign_in": {
        "issuer": str,
        "client_id": str,
        "secret_file": str,
        "algorithms": list,
        "acr": list,
        "amr": list,
        "max_age": int,
    },
    "conference_types": {"name": str, "purpose": str},
    "agreements": {
        "id": str,
        "parties": list,
        "purposes": list,
        "classes": list,
        "from": date,
        "until": date,
    },
}
OPTIONAL = frozenset(
    {"email_domains", "sign_in", "secret_file", "algorithms", "acr", "amr", "max_age", "parties", "classes"}
)


@dataclass(frozen=True)
class Wanted:
    """What a partnership's file says."""

    id: str
    name: str
    prefix: str
    agencies: tuple[Mapping[str, Any], ...] = ()
    conference_types: tuple[Mapping[str, Any], ...] = ()
    agreements: tuple[Mapping[str, Any], ...] = ()


def read(path: Path) -> Wanted:
    """The file. Raises Stopped with everything that is wrong with it."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise Stopped(f"{path} cannot be read: {error.strerror}.") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Stopped(f"{path} is not a TOML file in UTF-8: {error}.") from None
    faults = _faults(data)
    if faults:
        raise Stopped("\n".join(f"{path}: {fault}" for fault in faults))
    own = data["partnership"]
    parts = (tuple(data.get(part, ())) for part in ("agencies", "conference_types", "agreements"))
    return Wanted(own["id"], own["name"], own["prefix"], *parts)


def put(session: Session, wanted: Wanted, *, tell: Callable[[str], None]) -> Partnership:
    """Make what is missing of the partnership, and set its agencies' sign-in as the file has it.

    Nothing is taken away. A new policy is published when there is none, or when agencies have joined.
    Raises Stopped.
    """
    known = session.get(Partnership, wanted.id)
    made = known or _new(session, wanted, tell)
    joined = [
        one["id"] for place, one in enumerate(wanted.agencies) if _agency(session, made, one, place, tell)
    ]
    if identity.list_agencies(session, made.id):
        roster.refresh(session, made.id)
    else:
        tell("It has no agencies yet: name them in a file, and run `conference init --from FILE`.")
        return made
    if joined or _policy(session, made.id) is None:
        _publish(session, made, wanted, tell)
        settle(session, made.id, now())
    for kind in wanted.conference_types:
        _conference_type(session, made, kind, tell)
    return made


def _new(session: Session, wanted: Wanted, tell: Callable[[str], None]) -> Partnership:
    made = identity.add_partnership(session, wanted.id, name=wanted.name, reference_prefix=wanted.prefix)
    tell(f"Made the partnership {made.id}.")
    return made


def _agency(
    session: Session, made: Partnership, one: Mapping[str, Any], place: int, tell: Callable[[str], None]
) -> bool:
    agency = session.get(Agency, one["id"])
    if agency is not None and agency.partnership_id != made.id:
        raise Stopped(f"An agency of another partnership is called {one['id']}. Choose another id.")
    is_new = agency is None
    try:
        if agency is None:
            agency = identity.add_agency(
                session,
                made.id,
                one["id"],
                name=one["name"],
                kind=one["kind"],
                sector=one["sector"],
                position=place,
                email_domains=one.get("email_domains", ()),
            )
            tell(f"Agency {agency.id} has joined.")
        if "sign_in" in one:
            identity.set_provider(agency, _provider(one["sign_in"]))
    except BadInput as error:
        raise Stopped(f"agency {one['id']}: {error.message}") from None
    session.flush()
    return is_new


def _provider(said: Mapping[str, Any]) -> Provider:
    whole: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in said.items()
    }
    return Provider(**whole)


def _policy(session: Session, partnership_id: str) -> str | None:
    newest = select(PolicyVersion).where(PolicyVersion.partnership_id == partnership_id)
    found = session.scalar(newest.order_by(PolicyVersion.published_at.desc()).limit(1))
    return found.document if found is not None else None


def _publish(session: Session, made: Partnership, wanted: Wanted, tell: Callable[[str], None]) -> None:
    """The policy that is in force with the new agencies in it, or the default one."""
    at = now()
    agencies = identity.list_agencies(session, made.id)
    agreed = [_agreement(one, agencies) for one in wanted.agreements]
    if any(one["id"].startswith(SIGNED) for one in agreed):
        raise Stopped(f"agreements: call none {SIGNED}…; the register's own are called so.")
    version = f"{at:%Y-%m-%d}.{_count(session, made.id) + 1}"
    default = policy.default_document(agencies, version=version, agreements=agreed)
    before = _policy(session, made.id)
    if before is not None:
        kept = json.loads(before)
        kept |= {"version": version, "agencies": json.loads(default)["agencies"]}
        kept["agreements"] += [
            one for one in agreed if one["id"] not in {old["id"] for old in kept["agreements"]}
        ]
        default = json.dumps(kept, ensure_ascii=False, indent=1)
    try:
        policy.publish(session, made.id, default, actor=None, agency=None, at=at)
    except policy.BrokenPolicy as broken:
        raise Stopped("\n".join(f"policy: {fault}" for fault in broken.faults)) from None
    tell(f"Published policy {version}.")


def _count(session: Session, partnership_id: str) -> int:
    return len(
        session.scalars(select(PolicyVersion.id).where(PolicyVersion.partnership_id == partnership_id)).all()
    )


def _agreement(one: Mapping[str, Any], agencies: list[Agency]) -> dict[str, Any]:
    roots = [known["name"] for known in json.loads(policy.TEMPLATE.read_text("utf-8"))["classes"]]
    everything = sorted({name.split(".")[0] for name in roots})
    return {
        "id": one["id"],
        "parties": [*one.get("parties", [agency.id for agency in agencies]), CONFERENCE],
        "purposes": one["purposes"],
        "classes": one.get("classes", everything),
        "from": _midnight(one["from"]),
        "until": _midnight(one["until"]),
    }


def _midnight(day: date) -> str:
    if isinstance(day, datetime):
        return moment(day if day.tzinfo else day.replace(tzinfo=UTC))
    return moment(datetime.combine(day, time(), LONDON))


def _conference_type(
    session: Session, made: Partnership, one: Mapping[str, Any], tell: Callable[[str], None]
) -> None:
    known = select(ConferenceType.id).where(
        ConferenceType.partnership_id == made.id, ConferenceType.name == one["name"]
    )
    if session.scalar(known) is not None:
        return
    purposes = json.loads(_policy(session, made.id) or "{}").get("purposes", [])
    if one["purpose"] not in purposes:
        raise Stopped(
            f"conference type {one['name']}: the policy knows no purpose {one['purpose']!r}; "
            f"use one of {', '.join(purposes)}."
        )
    cases.add_conference_type(session, partnership_id=made.id, name=one["name"], purpose=one["purpose"])
    tell(f"Made the conference type {one['name']}.")


# --- what may stand in the file -------------------------------------------------------------------


def _faults(data: Mapping[str, Any]) -> list[str]:
    top = {"partnership", "agencies", "conference_types", "agreements"}
    faults = [f"{name}: unknown; known are {', '.join(sorted(top))}" for name in sorted(set(data) - top)]
    if not isinstance(data.get("partnership"), dict):
        return [
            *faults,
            "partnership: missing; begin the file with [partnership] and its id, name and prefix",
        ]
    faults += _faults_of("partnership", data["partnership"], KNOWN["partnership"])
    for part in sorted(top - {"partnership"}):
        rows = data.get(part, [])
        if not isinstance(rows, list) or any(not isinstance(row, dict) for row in rows):
            faults.append(f"{part}: write each one under [[{part}]]")
            continue
        for number, row in enumerate(rows):
            faults += _faults_of(f"{part}[{number}]", row, KNOWN[part])
            if part == "agencies":
                faults += _faults_of_agency(f"agencies[{number}]", row)
    return faults


def _faults_of(place: str, row: Mapping[str, Any], known: Mapping[str, type]) -> list[str]:
    faults = [f"{place}.{name}: unknown; known are {', '.join(known)}" for name in row if name not in known]
    faults += [f"{place}.{name}: missing" for name in known if name not in row and name not in OPTIONAL]
    faults += [
        f"{place}.{name}: give {_WORDS[kind]}"
        for name, kind in known.items()
        if name in row and (not isinstance(row[name], kind) or row[name] == "")
    ]
    return faults + [
        f"{place}.{name}: give a list of words"
        for name, kind in known.items()
        if kind is list
        and isinstance(row.get(name), list)
        and any(not isinstance(one, str) for one in row[name])
    ]


_WORDS = {
    str: "words",
    list: "a list",
    dict: "a table",
    int: "a whole number",
    date: "a date like 2026-01-31",
}


def _faults_of_agency(place: str, row: Mapping[str, Any]) -> list[str]:
    faults = [
        f"{place}.{name}: use one of {', '.join(known)}"
        for name, known in (("kind", Kind), ("sector", Sector))
        if isinstance(row.get(name), str) and row[name] not in set(known)
    ]
    if isinstance(row.get("sign_in"), dict):
        faults += _faults_of(f"{place}.sign_in", row["sign_in"], KNOWN["sign_in"])
    return faults
