"""Whom in a case an input is about."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.cases import services as cases
from conference.cases.finding import keeping
from conference.cases.models import Case, PersonIndex
from conference.errors import BadInput
from conference.exchange.found import Fault, PersonHint, What
from conference.exchange.seen import Seen
from conference.identity.models import Agency
from conference.identity.services import Viewer
from conference.permissions import Role
from conference.sharing.door import Asked, disclose
from conference.sharing.search import FOUND_BY
from conference.sharing.view import CaseView
from conference.vault import index

NotHere = tuple[What, str] | Fault
"""Why somebody is nobody in the case: set aside with these words, or refused."""


def named(session: Session, case: Case, about: str) -> str:
    """The person whom `--about` names, by id or by role. Raises BadInput unless exactly one fits."""
    found = [person for person, role in cases.people_in(session, case) if about in {person, role.value}]
    if len(found) != 1:
        why = "nobody in this case has that id or role" if not found else "more than one person has that role"
        raise BadInput(f"--about: {why}.", "about")
    return found[0]


class People:
    """Matches the people whom one command's inputs speak of with those of the case."""

    def __init__(
        self, session: Session, case: Case, agency_id: str, seen: Seen, about: str | None, *, by: str
    ) -> None:
        self._session = session
        self._case = case
        self._agency_id = agency_id
        self._seen = seen
        self._by = by
        self._view: CaseView | None = None
        known = select(
            PersonIndex.token, PersonIndex.person_id, PersonIndex.field_id, PersonIndex.birth_field_id
        )
        self._index = session.execute(known.where(PersonIndex.case_id == case.id)).all()
        self._about = named(session, case, about) if about is not None else None
        self._found: dict[object, str | NotHere] = {}
        self._asked: dict[tuple[str | None, str | None, str | None], str | None] = {}

    def settle(self, hints: Iterable[PersonHint]) -> None:
        """Decide about everybody at once: `--about` may name one unknown person, never several."""
        by_key: dict[object, list[PersonHint]] = {}
        for hint in hints:
            by_key.setdefault(hint.key, []).append(hint)
        self._found = {key: self._match(group) for key, group in by_key.items()}
        if self._about is None:
            return
        unknown = [key for key, found in self._found.items() if not isinstance(found, str | Fault)]
        silent: list[object] = [key for key in unknown if isinstance(key, PersonHint) and key.says_nothing]
        telling = [key for key in unknown if key not in silent]
        for key in silent:
            self._found[key] = self._about
        if self._about in [found for key, found in self._found.items() if key not in silent]:
            return  # they were told by name: whoever else is here is somebody else
        for key in telling:
            several = Fault(
                "", "--about names one person, and this command's inputs speak of several unknown ones"
            )
            self._found[key] = self._about if len(telling) == 1 else several

    def of(self, hint: PersonHint) -> str | NotHere:
        """The person, or why not. A hint that says too little is refused."""
        found = self._found[hint.key]
        if isinstance(found, str | Fault) or hint.describes:
            return found
        if hint.says_nothing:
            return Fault("", "does not say whom it is about; name them with --about")
        if hint.role_hint and not hint.external_id:
            return Fault("", "not exactly one person in the case has the role that the map names")
        return Fault(
            "", "its patient is not in these files, nor known from before; add that file or use --about"
        )

    def among_these(self, hint: PersonHint) -> str | None:
        """Somebody of the case, if this further hint means one of them."""
        found = self._by_what_is_said(hint)
        return found if isinstance(found, str) else None

    def _match(self, group: list[PersonHint]) -> str | NotHere:
        found = {self._one(hint) for hint in group}
        if len(found) == 1:
            return found.pop()
        return Fault("", "one person by the agency's own name, and two by what is said of them")

    def _one(self, hint: PersonHint) -> str | NotHere:
        found = self._by_what_is_said(hint)
        known = self._seen.find(self._seen.person_token(hint.external_id)) if hint.external_id else None
        before = known.person_id if known is not None else None
        if isinstance(found, Fault):
            return found
        if found is not None and before is not None and found != before:
            return Fault("", "came in before about one person of the case, and now fits another")
        if found or before:
            return found or before or ""
        if hint.role_hint is not None and not hint.describes:
            people = [
                one
                for one, role in cases.people_in(self._session, self._case)
                if role.value == hint.role_hint
            ]
            if len(people) == 1:
                return people[0]
        return What.OTHER_PERSON, f"nobody in case {self._case.reference}"

    def _by_what_is_said(self, hint: PersonHint) -> str | Fault | None:
        by_number = self._ask(None, None, hint.nhs_number) if hint.nhs_number else None
        by_name = {self._ask(name, hint.born, None) for name in hint.names if hint.born} - {None}
        found = by_name | ({by_number} if by_number else set())
        if len(found) > 1:
            return Fault(
                "", "fits two people of the case: NHS number and name with date of birth do not agree"
            )
        return found.pop() if found else None

    def _ask(self, name: str | None, born: str | None, nhs: str | None) -> str | None:
        asked = (name, born, nhs)
        if asked not in self._asked:
            self._asked[asked] = self._asked_once(name, date.fromisoformat(born) if born else None, nhs)
        return self._asked[asked]

    def _asked_once(self, name: str | None, born: date | None, nhs: str | None) -> str | None:
        """Through the door, and only where the index knows such a person: most of an extract is not here."""
        keys, partnership = self._session.info["keys"], self._case.partnership_id
        if nhs is None and (name is None or born is None):
            return None
        try:
            tokens = keeping.tokens_now(
                self._session,
                partnership,
                lambda version: (
                    index.nhs_number(keys, partnership, nhs, version=version)
                    if nhs is not None
                    else index.name_and_birth(
                        keys, partnership, name or "", born or date.min, version=version
                    )
                ),
            )
        except BadInput:
            return None
        found = {
            person
            for known, person, field, birth in self._index
            if known in tokens and self._may_know(field) and self._may_know(birth)
        }
        return found.pop() if len(found) == 1 else None

    def _may_know(self, field_id: str | None) -> bool:
        """Whether the agency holds this field or is shown it in full. Asked of the door once in a command."""
        if field_id is None:
            return True
        if self._view is None:
            agency = self._session.get_one(Agency, self._agency_id)
            viewer = Viewer(
                staff_id=self._by,
                partnership_id=self._case.partnership_id,
                agency_id=agency.id,
                agency_name=agency.name,
                agency_kind=agency.kind,
                name="",
                roles=frozenset({Role.IDVA if agency.kind == "idva" else Role.REPRESENTATIVE}),
                trained=True,
            )
            asked = Asked(classes=FOUND_BY)
            self._view = disclose(self._session, viewer, [self._case], channel="import", asked=asked)[
                self._case.id
            ]
        row = self._view.row(field_id)
        return row is not None and row.level in {"own", "full"}
