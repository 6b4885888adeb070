"""What officers type to change rules, as the policy writes it, and the engine's faults in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from flask_wtf import FlaskForm
from wtforms import RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.widgets import CheckboxInput, ListWidget

from conference.clock import LONDON
from conference.forms import DateParts, choices
from conference.governance.rules.listing import ABOUT, EVERYBODY
from conference.governance.rules.sentences import CONDITIONS, KINDS, POWERS, ROLES, SUBJECTS
from conference.sharing import catalogue
from conference.sharing.versions import day_moment, parsed

EFFECTS = {
    "permit": "Allow",
    "limit": "Limit: never more than this",
    "forbid": "Forbid",
}
LEVELS = {
    "none": "Nothing",
    "presence": "Only that information is held",
    "summary": "A summary",
    "full": "In full",
}
CONSENT = {
    "required": "Only with the person's consent",
    "considered": "A refusal is considered: it stops this, unless an override is approved",
    "irrelevant": "Consent does not decide",
}

# The first words of a fault, and what to tell whoever typed it. None: the engine's own words.
_TOLD = {
    "level": "Choose how much may be shown. Leave it empty where the rule forbids.",
    "basis": "Choose the lawful basis. Leave it empty where the rule limits or forbids.",
    "consent": "Choose what consent does. Leave it empty where the rule limits or forbids.",
    "approvals": "Enter a number of approvals, 0 or more. Leave it empty where the rule limits or forbids.",
    "classes": "Choose kinds of information that the policy knows.",
    "purposes": "Choose purposes that the policy knows.",
    "until": "Enter an end that is after the start.",
    "from": "Enter a real date.",
    "effect": "Choose what the rule does.",
}
_FIELD = {"consent": "consent", "from": "starts", "until": "ends"}


class Many(SelectMultipleField):
    """Boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label, validate_choice=False, **kwargs)


class RuleForm(FlaskForm):
    """One rule. Nothing ticked in a list does not restrict."""

    effect = RadioField("What the rule does", choices=choices(EFFECTS.items()), validate_choice=False)
    owner_kinds = Many("Whose information: kinds of agency")
    owner_agencies = Many("Whose information: only these agencies")
    kinds = Many("Who may be shown it: kinds of agency")
    agencies = Many("Who may be shown it: only these agencies")
    roles = Many("Who in those agencies")
    level = SelectField("How much", validate_choice=False)
    classes = Many("Kinds of information")
    subjects = Many("About whom")
    purposes = Many("What for")
    basis = SelectField("Lawful basis", validate_choice=False)
    condition = StringField("Condition for special or criminal offence information")
    power = StringField("Power")
    consent = SelectField("Consent", validate_choice=False)
    approvals = StringField("Approvals by colleagues of whoever holds the information")
    starts = DateParts("From")
    ends = DateParts("Until")

    def offer(self, part: Mapping[str, Any], agencies: Mapping[str, str], rule: Mapping[str, Any]) -> None:
        """What can be chosen: agencies (id to name), what the draft knows, and what the rule has already."""
        owners, recipients = rule.get("owners") or {}, rule.get("recipients") or {}
        self.owner_kinds.choices = _and(KINDS, owners.get("kinds"))
        self.kinds.choices = _and(KINDS, recipients.get("kinds"))
        self.roles.choices = _and(ROLES, recipients.get("roles"))
        self.subjects.choices = _and(SUBJECTS, rule.get("subjects"))
        self.owner_agencies.choices = self.agencies.choices = choices(agencies.items())
        self.classes.choices = choices(
            (one["name"], _class_label(one["name"], part)) for one in part["classes"]
        )
        known = ((one, catalogue.PURPOSES.get(one, one)) for one in part["purposes"])
        self.purposes.choices = choices((one, words[:1].upper() + words[1:]) for one, words in known)
        codes = (one["code"] for one in part["bases"])
        self.basis.choices = choices([("", "None"), *((one, catalogue.BASES.get(one, one)) for one in codes)])
        self.level.choices = choices([("", "Does not apply"), *LEVELS.items()])
        self.consent.choices = choices([("", "Does not apply"), *CONSENT.items()])

    def begin_with(self, rule: Mapping[str, Any]) -> None:
        """Show a rule as it is."""
        owners, recipients = rule.get("owners") or {}, rule.get("recipients") or {}
        data = {
            "effect": rule["effect"],
            "owner_kinds": owners.get("kinds"),
            "owner_agencies": owners.get("agencies"),
            "kinds": recipients.get("kinds"),
            "agencies": recipients.get("agencies"),
            "approvals": str(rule["approvals"]) if rule.get("approvals") is not None else "",
            "starts": _day(rule.get("from")),
            "ends": _day(rule.get("until")),
            "roles": recipients.get("roles"),
        }
        same = ("level", "classes", "subjects", "purposes", "basis", "condition", "power", "consent")
        self.process(formdata=None, data={**data, **{key: rule.get(key) for key in same}})

    def rule(self, rule_id: str) -> dict[str, Any]:
        """What was typed, as a policy writes it; what is empty is left out. It is not judged here."""
        made: dict[str, Any] = {
            "id": rule_id,
            "effect": self.effect.data,
            "level": self.level.data,
            "classes": self.classes.data,
            "owners": _filled(kinds=self.owner_kinds.data, agencies=self.owner_agencies.data),
            "recipients": _filled(kinds=self.kinds.data, agencies=self.agencies.data, roles=self.roles.data),
            "purposes": self.purposes.data,
            "subjects": self.subjects.data,
            "basis": self.basis.data,
            "condition": (self.condition.data or "").strip(),
            "power": (self.power.data or "").strip(),
            "consent": self.consent.data,
            "approvals": _number(self.approvals.data),
            "from": day_moment(self.starts.data),
            "until": day_moment(self.ends.data),
        }
        return {key: value for key, value in made.items() if value not in ("", None, [], {})}

    def tell(self, faults: Iterable[str], place: int | None) -> None:
        """Put each fault of the engine beside the question that it is about."""
        for fault in faults:
            path, _, what = fault.partition(": ")
            beside = re.fullmatch(rf"rules\[{place}\]\.([a-z]+)(.*)", path)
            field = self._beside(beside[1], beside[2]) if beside is not None else None
            if field is None:
                self.form_errors.append(f"The rules cannot be used so: {path}, {what}.")
                continue
            message = _TOLD.get(beside[1] if beside else "", f"This cannot be used: {what}.")
            if message not in field.errors:
                field.errors = [*field.errors, message]

    def _beside(self, key: str, rest: str) -> Any:
        sides = {"owners": {"kinds": "owner_kinds", "agencies": "owner_agencies"}, "recipients": {}}
        if key in sides:
            inner = rest.removeprefix(".").partition("[")[0]
            return self._fields.get(sides[key].get(inner, inner))
        return self._fields.get(_FIELD.get(key, key))


class WhyForm(FlaskForm):
    """Why the rules should change."""

    why = TextAreaField("Why should the rules change?")


class AcceptForm(FlaskForm):
    """A tick for each line."""

    ticked = Many("What your agency would show more of")
    mark = StringField()

    def offer(self, lines: Iterable[str]) -> None:
        """The lines to tick, by their places."""
        self.ticked.choices = choices((str(place), f"I accept: {said}") for place, said in enumerate(lines))


class ConfirmForm(FlaskForm):
    """Nothing but the proof that our own page sent it."""


class FilterForm(FlaskForm):
    """Which rules to show."""

    class Meta:
        """A question, not a change."""

        csrf = False

    whose = SelectField("Whose information", validate_choice=False)
    to = SelectField("Who may be shown it", validate_choice=False)
    about = SelectField("Kind of information", validate_choice=False)

    def offer(self, own: str) -> None:
        """What can be chosen. own: the name of the reader's agency."""
        self.whose.choices = choices([("", own), (EVERYBODY, "All agencies"), *KINDS.items()])
        self.to.choices = choices([("", "All"), *KINDS.items()])
        self.about.choices = choices([("", "All"), *ABOUT.items()])


SUGGESTED = {"condition": ", ".join(CONDITIONS), "power": ", ".join(POWERS)}
"""What stands in the policy of a new partnership, as hints."""


def _class_label(name: str, part: Mapping[str, Any]) -> str:
    below = any(one["name"].startswith(f"{name}.") for one in part["classes"])
    return f"{catalogue.label(name)}: everything" if below else catalogue.label(name)


def _and(known: Mapping[str, str], more: Iterable[str] | None) -> Any:
    """What is known by a name, and whatever else a rule has: editing it must not lose that."""
    return choices({**known, **{one: one for one in more or () if one not in known}}.items())


def _filled(**lists: list[str] | None) -> dict[str, list[str]]:
    return {key: values for key, values in lists.items() if values}


def _number(typed: str | None) -> object:
    """A whole number where one was typed; else the text itself, for the engine to refuse."""
    text = (typed or "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else text


def _day(moment: str | None) -> date | None:
    return parsed(moment).astimezone(LONDON).date() if moment else None
