"""What officers type about an agreement. What is missing is said by the service, in the order of the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from flask_wtf import FlaskForm
from wtforms import SelectMultipleField, StringField, TextAreaField
from wtforms.widgets import CheckboxInput, ListWidget

from conference.forms import DateParts, choices
from conference.sharing import catalogue
from conference.sharing.agreements.terms import ASKED, Terms

HINTS = {
    "basis": "For each agency: the lawful basis, and the duty or power that lets it share",
    "special": "For example, Schedule 1 paragraph 18, and where the policy document is",
    "controllers": "For example, each agency is controller of its own records",
    "contact": "A team and its shared address, not a person's name",
    "dpia": "Its reference and date",
}


class Many(SelectMultipleField):
    """Boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label, validate_choice=False, **kwargs)


class TermsForm(FlaskForm):
    """An agreement's words."""

    title = StringField("Title")
    parties = Many("Agencies that share under it")
    purposes = Many("Purposes")
    classes = Many("Kinds of information it covers")
    starts = DateParts("First day", missing="Enter the first day.")
    ends = DateParts("First day without it", missing="Enter the first day without it.")
    review_on = DateParts("To be reviewed on", missing="Enter the day of the review.")
    aims = TextAreaField(ASKED["aims"])
    controllers = TextAreaField(ASKED["controllers"])
    basis = TextAreaField(ASKED["basis"])
    special = TextAreaField(ASKED["special"])
    access = TextAreaField(ASKED["access"])
    retention = TextAreaField(ASKED["retention"])
    security = TextAreaField(ASKED["security"])
    rights = TextAreaField(ASKED["rights"])
    contact = TextAreaField(ASKED["contact"])
    dpia = TextAreaField(ASKED["dpia"])

    def offer(self, agencies: Mapping[str, str], purposes: Iterable[str], classes: Mapping[str, str]) -> None:
        """What can be chosen: agencies and kinds of information as (name to words), and purposes."""
        self.parties.choices = choices(agencies.items())
        known = ((one, catalogue.PURPOSES.get(one, one)) for one in purposes)
        self.purposes.choices = choices((one, words[:1].upper() + words[1:]) for one, words in known)
        self.classes.choices = choices(classes.items())

    def begin_with(self, terms: Terms) -> None:
        """Show an agreement's words."""
        same = ("title", "parties", "purposes", "classes", "starts", "ends", "review_on")
        self.process(formdata=None, data={**{key: getattr(terms, key) for key in same}, **terms.answers})

    def terms(self, today: date) -> Terms:
        """What was typed. Days that are missing are told by `validate`; here they stand as `today`."""
        starts = self.starts.data or today
        return Terms(
            title=(self.title.data or "").strip(),
            parties=tuple(sorted(set(self.parties.data or ()))),
            purposes=tuple(self.purposes.data or ()),
            classes=tuple(self.classes.data or ()),
            starts=starts,
            ends=self.ends.data or starts + timedelta(days=1),
            review_on=self.review_on.data or starts,
            answers={key: (self._fields[key].data or "").strip() for key in ASKED},
        )


class SignForm(FlaskForm):
    """The mark of what was on the page."""

    seen = StringField()


class EndForm(FlaskForm):
    """Why an agreement ends before its time."""

    why = TextAreaField("Why does it end?")
