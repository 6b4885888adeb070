"""What a withdrawal touches: what leaned on the consent, and how far it may still be shown.

The engine answers for single fields (`consent.impact`). Two things that a page shows rest on several of
them: a line of presence stands while any field behind it does, and a text of the conference goes as far as
the least of what it repeats.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

import consent
from conference.clock import moment
from conference.identity.services import Viewer, viewer_for
from conference.sharing import policy
from conference.sharing.models import ConsentRow
from conference.sharing.recalls.shown import Exposure
from conference.sharing.said import said_about
from conference.sharing.stored import EVERYTHING, Stored, kept_out_of, people_of, stored_fields

BREAK_GLASS = "break-glass"  # ends within the hour: nothing stands on it


@dataclass(frozen=True, slots=True)
class Touched:
    """Something shown that leaned on the consent. stands: whether it may be shown as far as it was."""

    exposure: Exposure
    stands: bool


class Withdrawn:
    """The rules before and after a consent was withdrawn, and what is stored in the cases concerned."""

    def __init__(self, session: Session, row: ConsentRow, case_ids: Iterable[str], at: datetime) -> None:
        """row: the consent, withdrawn by now; in every case that is given."""
        self.session, self.row, self.at = session, row, at
        self.cases = sorted(set(case_ids))
        self.people = people_of(session, self.cases)
        nobody = Viewer("", row.partnership_id, "", "", "", "", frozenset(), trained=False)
        self.fields = {one.id: one for one in stored_fields(session, nobody, self.cases, EVERYTHING)}
        self.before, self.after = self._policies()
        self._coarser = {one.name: one.presence_as or one.name for one in self.after.classes}
        self._readers: dict[str, tuple[Viewer | None, set[str]]] = {}

    def touched(self, exposures: Iterable[Exposure]) -> list[Touched]:
        """Those that leaned on the consent, in the order given."""
        found = []
        for one in exposures:
            cells = self._cells(one)
            if one.item.consent == self.row.id or self._leaned(one, cells):
                found.append(Touched(one, self._stands(one, cells)))
        return found

    def now_shown(self, case_id: str, purpose: str, agency: str, roles: Iterable[str]) -> bool:
        """Whether anything that the consent spoke of is shown to such a reader in the case after it."""
        document = json.loads(self.row.document)
        covered = tuple(document["classes"])
        for one in self.fields.values():
            speaks = one.case_id == case_id and self.row.person_id in one.subjects and one.owner != agency
            if speaks and any(
                one.class_name == name or one.class_name.startswith(f"{name}.") for name in covered
            ):
                request = self._request(one, purpose, agency, roles, excluded=False)
                if consent.decide(self.after, request).level is not consent.Level.NONE:
                    return True
        return False

    def _policies(self) -> tuple[consent.Policy, consent.Policy]:
        people = sorted({who for of in self.people.values() for who in of} | {self.row.person_id})
        base = policy.in_force(self.session, self.row.partnership_id, (), self.at).policy
        consents, decisions = said_about(self.session, people)
        said = [json.loads(one.document) for one in consents]
        signed = [
            one for one in (json.loads(each.document) for each in decisions) if one["kind"] != BREAK_GLASS
        ]
        unsaid = [
            {key: value for key, value in one.items() if key != "withdrawn_at" or one["id"] != self.row.id}
            for one in said
        ]
        before = consent.extend(base, consents=unsaid, decisions=signed)
        return before, consent.extend(base, consents=said, decisions=signed)

    # --- the cells behind what was shown ---

    def _cells(self, one: Exposure) -> list[Stored]:
        """The fields that what was shown rests on, as they are stored now; none if they are gone."""
        item = one.item
        if item.field is not None:
            field = self.fields.get(item.field)
            known = [self.fields.get(source) for source in field.sources] if field is not None else []
            return [each for each in (field, *known) if each is not None]
        return [
            each
            for each in self.fields.values()
            if (each.case_id, each.owner) == (one.case_id, item.owner)
            and item.class_name in {each.class_name, self._coarser.get(each.class_name)}
            and set(item.subjects) & set(each.subjects)
        ]

    def _leaned(self, one: Exposure, cells: list[Stored]) -> bool:
        """Whether less would have been shown then without the consent."""
        roles = self._roles(one)
        purpose = one.purpose or ""
        asked = []
        for cell in cells:
            request = self._request(cell, purpose, one.agency_id, roles, excluded=False)
            request |= {"at": moment(one.at), "offered": "full"}
            asked.append(consent.Disclosure(cell.id, request, _level(one.item.level), None))
        return bool(consent.impact(self.before, self.after, self.row.id, asked, at=self.at))

    def _stands(self, one: Exposure, cells: list[Stored]) -> bool:
        """Whether the reader may be shown it today as far as they were."""
        viewer, kept_out = self._reader(one.staff_id)
        if not cells or viewer is None or self._lacks_a_source(one):
            return False
        excluded = one.case_id in kept_out or not viewer.trained
        levels = []
        for cell in cells:
            request = self._request(
                cell, one.purpose or "", one.agency_id, self._roles(one), excluded=excluded
            )
            levels.append(consent.decide(self.after, request).level)
        level = max(levels) if one.item.field is None else min(levels)
        return level >= _level(one.item.level)

    def _lacks_a_source(self, one: Exposure) -> bool:
        field = self.fields.get(one.item.field or "")
        return field is not None and not self.fields.keys() >= set(field.sources)

    def _request(
        self, cell: Stored, purpose: str, agency: str, roles: Iterable[str], *, excluded: bool
    ) -> dict[str, object]:
        people = self.people[cell.case_id]
        return policy.request_for(
            at=self.at,
            purpose=purpose,
            owner=cell.owner,
            class_name=cell.class_name,
            offered=cell.offered,
            subjects=[(who, people[who]) for who in cell.subjects],
            agency=agency,
            roles=roles,
            excluded=excluded,
        )

    def _roles(self, one: Exposure) -> list[str]:
        viewer, _ = self._reader(one.staff_id)
        return [] if viewer is None else [role.value for role in viewer.roles]

    def _reader(self, staff_id: str) -> tuple[Viewer | None, set[str]]:
        if staff_id not in self._readers:
            viewer = viewer_for(self.session, staff_id)
            kept_out = set() if viewer is None else kept_out_of(self.session, viewer, self.cases)
            self._readers[staff_id] = viewer, kept_out
        return self._readers[staff_id]


def _level(word: str) -> consent.Level:
    return consent.Level[word.upper()]


def _covers(name: str, class_name: str) -> bool:
    return class_name == name or class_name.startswith(f"{name}.")
