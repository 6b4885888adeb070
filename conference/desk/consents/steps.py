"""Which question comes next, and what can be answered to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from conference.cases.models import Case
from conference.desk import known
from conference.desk.consents import forms, words
from conference.desk.consents.draft import Draft
from conference.sharing.view import PersonView

CHECK, STOP = "check", "stop"
SELF = "self"
FORMS: dict[str, type[forms.StepForm]] = {
    "person": forms.PersonForm,
    "safe": forms.SafeForm,
    "alone": forms.AloneForm,
    "unsafe": forms.UnsafeForm,
    "interpreter": forms.InterpreterForm,
    "speaker": forms.SpeakerForm,
    "able": forms.AbleForm,
    "gillick": forms.GillickForm,
    "read": forms.ReadForm,
    "agencies": forms.AgenciesForm,
    "purposes": forms.PurposesForm,
    "kinds": forms.KindsForm,
    "left_out": forms.LeftOutForm,
    "until": forms.UntilForm,
}
"""The questions, in order."""

_STOPS = (("safe", "safe", "no"), ("alone", "alone", "no"))
_UNABLE = (("interpreter", "interpreter", "missing"), ("able", "able", "no"))


@dataclass(frozen=True, slots=True)
class Asking:
    """Somebody is being asked: what was answered, and who and what can be named.

    people: whom the worker knows of in the case.   agencies: (id, name).
    """

    session: Session
    case: Case
    draft: Draft
    people: list[PersonView]
    agencies: list[tuple[str, str]]

    @property
    def person(self) -> PersonView | None:
        """Who is asked: one of those who may be."""
        chosen = self.draft.of("person", "person")
        return next((one for one in self.askable if one.person_id == chosen), None)

    @property
    def askable(self) -> list[PersonView]:
        """Everybody but the alleged perpetrator, who is never asked."""
        return [one for one in self.people if one.role != "alleged-perpetrator"]

    @property
    def others(self) -> list[PersonView]:
        """Those who might be unsafe to tell; of the alleged perpetrator it is known."""
        chosen = self.draft.of("person", "person")
        return [one for one in self.askable if one.person_id != chosen]

    @property
    def unsafe(self) -> list[str]:
        """Who was named unsafe, of those that the worker knows of."""
        named = set(self.draft.of("unsafe", "unsafe") or ())
        return [one.person_id for one in self.others if one.person_id in named]

    @property
    def speaker(self) -> PersonView | None:
        """Who decides for a child; None where the child does, and for everybody else."""
        chosen = self.draft.of("speaker", "speaker")
        return next((one for one in self.speakers if one.person_id == chosen), None)

    @property
    def speakers(self) -> list[PersonView]:
        """The adults of the case who might decide for a child."""
        if not self.is_child:
            return []
        return [one for one in self.others if one.role != "child" and one.person_id not in self.unsafe]

    @property
    def is_child(self) -> bool:
        """Whether who is asked is a child in the case, or under 16 by what is shown."""
        return self.person is not None and (self.person.role == "child" or self.is_under_16)

    @property
    def is_under_16(self) -> bool:
        """Whether who is asked is under 16: by the date of birth, else as their role says."""
        person = self.person
        if person is None:
            return False
        born, today = person.born, person.today
        if born is None:
            return person.role == "child"
        return today.year - born.year - ((today.month, today.day) < (born.month, born.day)) < 16

    @property
    def must_stop(self) -> str | None:
        """`unsafe` or `unable`, where an answer says that nobody can be asked now."""
        if any(self.draft.of(step, name) == value for step, name, value in _STOPS):
            return "unsafe"
        unable = any(self.draft.of(step, name) == value for step, name, value in _UNABLE)
        return "unable" if unable else None

    @property
    def steps(self) -> list[str]:
        """The questions that are asked of this person."""
        asked_only_if = {
            "unsafe": bool(self.others),
            "speaker": self.is_child,
            "gillick": self.is_under_16 and self.speaker is None,
            "left_out": bool(words.parts_of(self.draft.of("kinds", "kinds") or ())),
        }
        return [step for step in FORMS if asked_only_if.get(step, True)]

    @property
    def next(self) -> str:
        """The first question without an answer; `stop` where one says so, `check` after the last."""
        if self.person is None:
            return "person"
        if self.must_stop:
            return STOP
        return next((step for step in self.steps if step not in self.draft.answers), CHECK)

    def is_open(self, step: str) -> bool:
        """Whether a question can be looked at: those before the first without an answer, and it itself."""
        if step not in self.steps:
            return False
        return step in self.draft.answers or step == self.next

    def before(self, step: str) -> str | None:
        """The question before this one."""
        place = self.steps.index(step)
        return self.steps[place - 1] if place else None

    def form(self, step: str) -> forms.StepForm:
        """The form of a question, with what can be chosen."""
        form = FORMS[step]()
        form.offer(self._choices(step))
        return form

    def _choices(self, step: str) -> list[tuple[str, str]]:
        """What can be chosen, as (value, words)."""
        chosen = self.draft.of("kinds", "kinds") or ()
        of: dict[str, Callable[[], list[tuple[str, str]]]] = {
            "person": lambda: _named(self.askable),
            "unsafe": lambda: _named(self.others),
            "speaker": lambda: [(SELF, "They decide themselves"), *_named(self.speakers)],
            "agencies": lambda: self.agencies,
            "purposes": words.purposes,
            "kinds": words.kinds,
            "left_out": lambda: words.parts_of(chosen),
        }
        return of[step]() if step in of else []


def _named(people: list[PersonView]) -> list[tuple[str, str]]:
    return [(one.person_id, known.title(one)) for one in people]
