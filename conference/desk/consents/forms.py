"""One question a page. What is missing is said here, before anything is kept."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask_wtf import FlaskForm
from wtforms import RadioField, SelectMultipleField, StringField, TextAreaField, ValidationError
from wtforms.validators import Length
from wtforms.widgets import CheckboxInput, ListWidget

from conference import clock
from conference.forms import DateParts, choices
from conference.sharing.taking.taken import WAYS
from conference.sharing.taking.wording import CURRENT

YES_NO = [("yes", "Yes"), ("no", "No")]
LONGEST_NOTE = 2_000
NOTE = Length(max=LONGEST_NOTE, message=f"Use {LONGEST_NOTE:,} characters or fewer.")
YEARS_AT_MOST = 2


class StepForm(FlaskForm):
    """A page with one question. `answers` are what is kept of it."""

    def offer(self, found: list[tuple[str, str]]) -> None:
        """What can be chosen, where that is not always the same."""

    @property
    def answers(self) -> dict[str, Any]:
        """What was answered, as it is kept."""
        return {name: field.data for name, field in self._fields.items() if name != "csrf_token"}

    def begin_with(self, answers: dict[str, Any]) -> None:
        """Show what was answered before."""
        self.process(formdata=None, data=answers)


class _Radios(RadioField):
    """Radios that say what to do where nothing of the page's is chosen."""

    def __init__(self, label: str, missing: str, **more: Any) -> None:
        super().__init__(label, validate_choice=False, **more)
        self.missing = missing

    def pre_validate(self, _form: object) -> None:
        """One of those that the page has."""
        if self.data not in {option.data for option in self}:
            raise ValidationError(self.missing)


class _Checkboxes(SelectMultipleField):
    """Checkboxes, none of them ticked; `missing` where at least one must be."""

    widget = ListWidget()
    option_widget = CheckboxInput()

    def __init__(self, label: str, missing: str | None = None, **more: Any) -> None:
        super().__init__(label, validate_choice=False, **more)
        self.missing = missing

    def pre_validate(self, _form: object) -> None:
        """Only those that the page has, and one at least where it must be."""
        known = {option.data for option in self}
        if not set(self.data or ()) <= known or (self.missing and not self.data):
            raise ValidationError(self.missing or "Choose from the list.")


class PersonForm(StepForm):
    """Who is asked."""

    person = _Radios("Who are you asking?", "Choose who you are asking.")

    def offer(self, found: list[tuple[str, str]]) -> None:
        """Those whom the worker knows of."""
        self.person.choices = choices(found)


class SafeForm(StepForm):
    """Whether it is safe."""

    safe = _Radios("Is it safe to ask them now?", "Say whether it is safe to ask.", choices=choices(YES_NO))


class AloneForm(StepForm):
    """Whether they are alone."""

    alone = _Radios("Are they alone with you?", "Say whether they are alone.", choices=choices(YES_NO))


class UnsafeForm(StepForm):
    """Who must not know."""

    unsafe = _Checkboxes("Is anybody in this case unsafe to tell?")

    def offer(self, found: list[tuple[str, str]]) -> None:
        """The others whom the worker knows of."""
        self.unsafe.choices = choices(found)


class InterpreterForm(StepForm):
    """Whether they understand each other."""

    interpreter = _Radios(
        "Do you need an interpreter?",
        "Say whether an interpreter is needed.",
        choices=choices(
            [
                ("none", "No"),
                ("professional", "Yes, and a professional interpreter is with us"),
                ("missing", "Yes, but nobody suitable is here"),
            ]
        ),
    )
    language = StringField("Language, and who interprets", validators=[NOTE])

    def validate_language(self, field: StringField) -> None:
        """Where there is an interpreter."""
        if self.interpreter.data == "professional" and not (field.data or "").strip():
            raise ValidationError("Enter the language, and who interprets.")


class SpeakerForm(StepForm):
    """Who decides for a child."""

    speaker = _Radios("Who decides?", "Choose who decides.")

    def offer(self, found: list[tuple[str, str]]) -> None:
        """The child, or the adults whom the worker knows of."""
        self.speaker.choices = choices(found)


class AbleForm(StepForm):
    """Whether they can decide this."""

    able = _Radios("Can they decide this, now?", "Say whether they can decide.", choices=choices(YES_NO))
    able_note = TextAreaField("What shows that?", validators=[NOTE])

    def validate_able_note(self, field: TextAreaField) -> None:
        """That they cannot needs a reason; that they can is presumed."""
        if self.able.data == "no" and not (field.data or "").strip():
            raise ValidationError("Say what shows that they cannot decide this now.")


class GillickForm(StepForm):
    """Why somebody under 16 can decide."""

    gillick = TextAreaField("Why do they understand enough to decide this?", validators=[NOTE])

    def validate_gillick(self, field: TextAreaField) -> None:
        """There is a note."""
        if not (field.data or "").strip():
            raise ValidationError("Say why they understand enough to decide this.")


class ReadForm(StepForm):
    """What was read, and how."""

    way = _Radios("How was this read?", "Say how this was read.", choices=choices(WAYS.items()))

    @property
    def answers(self) -> dict[str, Any]:
        """With the version of the words."""
        return {"way": self.way.data, "wording": CURRENT}


class AgenciesForm(StepForm):
    """Who may be told."""

    agencies = _Checkboxes(
        "Which agencies may be told?", "Name each agency. 'Partner agencies' is not enough."
    )

    def offer(self, found: list[tuple[str, str]]) -> None:
        """Each by its name."""
        self.agencies.choices = choices(found)


class PurposesForm(StepForm):
    """What for."""

    purposes = _Checkboxes("What may it be used for?", "Choose what it may be used for.")

    def offer(self, found: list[tuple[str, str]]) -> None:
        """The purposes that the rules know."""
        self.purposes.choices = choices(found)


class KindsForm(StepForm):
    """What about."""

    kinds = _Checkboxes("What may they be told about?", "Choose what they may be told about.")

    def offer(self, found: list[tuple[str, str]]) -> None:
        """The kinds that one can agree to."""
        self.kinds.choices = choices(found)


class LeftOutForm(StepForm):
    """What not."""

    left_out = _Checkboxes("Is anything to be left out?")

    def offer(self, found: list[tuple[str, str]]) -> None:
        """Parts of what was chosen."""
        self.left_out.choices = choices(found)


class UntilForm(StepForm):
    """Until when."""

    until = DateParts("Until when?", missing="Enter the last day on which this counts.")

    @property
    def answers(self) -> dict[str, Any]:
        """The date as text."""
        return {"until": self.until.data.isoformat()}

    def begin_with(self, answers: dict[str, Any]) -> None:
        """What was answered before; else a year from now."""
        known = answers.get("until")
        self.process(formdata=None, data={"until": date.fromisoformat(known) if known else a_year_from_now()})

    def validate_until(self, field: DateParts) -> None:
        """In the future, and not for ever."""
        if field.data is not None and field.data < clock.today():
            raise ValidationError("The last day must be today or later.")
        if field.data is not None and field.data > clock.today() + timedelta(days=366 * YEARS_AT_MOST):
            raise ValidationError(f"Choose a day within {YEARS_AT_MOST} years. Then ask again.")


def a_year_from_now() -> date:
    """The last day of a year that begins today."""
    today = clock.today()
    month_day = (today.month, today.day)
    year_on = today.replace(year=today.year + 1, day=28 if month_day == (2, 29) else today.day)
    return year_on - timedelta(days=1)
