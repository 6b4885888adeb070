"""What came in before, known by keyed tokens: it is compared without opening anything."""

from __future__ import annotations

import hashlib
import hmac
import json

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.cases.models import Case
from conference.exchange.found import FoundField, FoundRecord
from conference.exchange.models import ImportSeen


class Seen:
    """What one agency has imported into one case."""

    def __init__(self, session: Session, case: Case, agency_id: str) -> None:
        self._session = session
        self._case = case
        self._agency_id = agency_id
        kept = select(ImportSeen).where(ImportSeen.agency_id == agency_id, ImportSeen.case_id == case.id)
        self._kept = {row.token: row for row in session.scalars(kept)}
        self._by_record: dict[str, list[ImportSeen]] = {}
        for row in self._kept.values():
            if row.record_id is not None:
                self._by_record.setdefault(row.record_id, []).append(row)
        self._key: bytes = session.info["keys"].key_or_new(f"index/{case.partnership_id}/import/1")

    def record_token(self, record: FoundRecord) -> bytes:
        """A record's name: what the agency's system calls it, else what it says."""
        if record.external_id:
            return self._mac("record", record.external_id)
        return self._mac("content", *self._all(record))

    def field_token(self, record: bytes, field: FoundField) -> bytes:
        """A field's name within its record. One that moves to another class is another field."""
        return self._mac("field", record.hex(), field.class_name, field.external_id)

    def person_token(self, external_id: str) -> bytes:
        """The name of what the agency's system calls a person."""
        return self._mac("person", external_id)

    def record_digest(self, record: FoundRecord) -> bytes:
        """Everything that a record says, and about whom."""
        return self._mac("digest", *self._all(record))

    def field_digest(self, field: FoundField) -> bytes:
        """Everything that a field says."""
        return self._mac("field-digest", *_said(field))

    def find(self, token: bytes) -> ImportSeen | None:
        """What is kept under this token."""
        return self._kept.get(token)

    def fields_of(self, record_id: str) -> list[ImportSeen]:
        """What was kept of a record's fields before this run."""
        return [row for row in self._by_record.get(record_id, ()) if row.field_id is not None]

    def keep(
        self,
        token: bytes,
        digest: bytes,
        *,
        record: str | None = None,
        field: str | None = None,
        person: str | None = None,
    ) -> None:
        """Remember this from now on."""
        row = self.find(token)
        if row is None:
            row = ImportSeen(
                partnership_id=self._case.partnership_id,
                agency_id=self._agency_id,
                case_id=self._case.id,
                token=token,
            )
            self._session.add(row)
            self._kept[token] = row
        row.digest, row.record_id, row.field_id, row.person_id = digest, record, field, person

    def _all(self, record: FoundRecord) -> list[str]:
        about = record.about
        who = [
            *about.names,
            about.born or "",
            about.nhs_number or "",
            about.role_hint or "",
            about.external_id,
        ]
        others = [name for one in record.also for name in one.names]
        parts = [record.type, record.title, json.dumps(who), json.dumps(others)]
        return parts + [
            json.dumps([field.class_name, field.external_id, *_said(field)]) for field in record.fields
        ]

    def _mac(self, *parts: str) -> bytes:
        text = json.dumps([self._case.id, self._agency_id, *parts])
        return hmac.digest(self._key, text.encode("utf-8"), hashlib.sha256)


def _said(field: FoundField) -> list[str]:
    recorded = field.recorded_at.isoformat() if field.recorded_at else ""
    return [field.value, field.kind, field.source, recorded]
