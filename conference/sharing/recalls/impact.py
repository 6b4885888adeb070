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
from conference.cases.models import CONFERENCE
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
    """Something shown that leaned on the consent, or goes with it.

    stands: whether it may still be shown as far as it was.
    """

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
        fields = stored_fields(session, nobody, self.cases, EVERYTHING, even_dark=True)
        self.fields = {one.id: one for one in fields}
        self.before, self.after = self._policies()
        self._coarser = {one.name: one.presence_as or one.name for one in self.after.classes}
        self._readers: dict[str, tuple[Viewer | None, set[str]]] = {}

    def touched(self, exposures: Iterable[Exposure]) -> list[Touched]:
        """Those that leaned on the consent, or that its withdrawal takes away, in the order given.

        A withdrawn grant is a refusal from then on: it also takes away what leaned on an earlier consent to
        the same, or on no consent but only as long as nobody refused.
        """
        found = []
        for one in exposures:
            texts = self._texts(one)
            before, after = self._levels(one, texts)
            if one.item.consent == self.row.id or after < before or self._leaned(one, texts):
                is_here = self._reader(one.staff_id)[0] is not None
                found.append(Touched(one, stands=is_here and after >= _level(one.item.level)))
        return found

    def now_shown(self, case_id: str, purpose: str, agency: str, roles: Iterable[str]) -> bool:
        """Whether anything that the consent spoke of is shown to such a reader in the case after it."""
        document = json.loads(self.row.document)
        covered = tuple(document["classes"])
        for one in self.fields.values():
            speaks = one.case_id == case_id and self.row.person_id in one.subjects and one.owner != agency
            if speaks and any(_covers(name, one.class_name) for name in covered):
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

    def _texts(self, one: Exposure) -> list[list[Stored]]:
        """The fields that what was shown may have been, each with those that it repeats, as stored now.

        None for what is gone, or repeats what is gone.
        """
        item = one.item
        if item.field is not None:
            known = [self.fields[item.field]] if item.field in self.fields else []
        else:
            known = [each for each in self.fields.values() if self._is_behind(one, each)]
        return [
            [each, *(self.fields[source] for source in each.sources)]
            for each in known
            if self.fields.keys() >= set(each.sources)
        ]

    def _is_behind(self, one: Exposure, each: Stored) -> bool:
        """Whether a field can stand behind a line of presence. A text that repeats nothing never does."""
        item = one.item
        return (
            (each.case_id, each.owner) == (one.case_id, item.owner)
            and item.class_name in {each.class_name, self._coarser.get(each.class_name)}
            and bool(set(item.subjects) & set(each.subjects))
            and (each.owner != CONFERENCE or bool(each.sources))
        )

    def _leaned(self, one: Exposure, texts: list[list[Stored]]) -> bool:
        """Whether less would have been shown then without the consent."""
        roles = self._roles(one)
        asked = []
        for cell in (cell for text in texts for cell in text):
            request = self._request(cell, one.purpose or "", one.agency_id, roles, excluded=False)
            request |= {"at": moment(one.at), "offered": "full"}
            asked.append(consent.Disclosure(cell.id, request, _level(one.item.level), None))
        return bool(consent.impact(self.before, self.after, self.row.id, asked, at=self.at))

    def _levels(self, one: Exposure, texts: list[list[Stored]]) -> tuple[consent.Level, consent.Level]:
        """How far the reader would be shown it today, had nothing been withdrawn, and how far they are."""
        viewer, kept_out = self._reader(one.staff_id)
        excluded = viewer is not None and (one.case_id in kept_out or not viewer.trained)
        requests = [
            [
                self._request(cell, one.purpose or "", one.agency_id, self._roles(one), excluded=excluded)
                for cell in text
            ]
            for text in texts
        ]
        before, after = (
            max(
                (min(consent.decide(rules, asked).level for asked in text) for text in requests),
                default=consent.Level.NONE,
            )
            for rules in (self.before, self.after)
        )
        return before, after

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
        """What the reader is; of somebody who has left it is not known any more."""
        viewer, _ = self._reader(one.staff_id)
        return ["representative"] if viewer is None else [role.value for role in viewer.roles]

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
