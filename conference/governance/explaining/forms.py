"""What an officer supposes, to ask the rules about it."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, SelectField

from conference.forms import choices
from conference.governance.explaining.services import Choices
from conference.sharing.explaining import Question

OFFERED = {
    "full": "In full",
    "summary": "A summary",
    "presence": "Only that information is held",
    "none": "Not offered",
}
WORDS = {
    "silent": "They have said nothing",
    "granted": "They agreed",
    "refused": "They refused",
}


class QuestionForm(FlaskForm):
    """One cell. Everything is chosen; what nobody can choose is refused."""

    class_name = SelectField("Your agency's information")
    subject = SelectField("About")
    recipient = SelectField("Who would see it")
    role = SelectField("Their role")
    purpose = SelectField("Purpose")
    offered = RadioField("How far your agency offers it", choices=choices(OFFERED.items()), default="full")
    word = RadioField("What the person said", choices=choices(WORDS.items()), default="silent")
    approvals = SelectField("How many of your staff approved an override")
    excluded = BooleanField("The reader is kept out of the case")

    def offer(self, choice: Choices) -> None:
        """What can be chosen."""
        self.class_name.choices = choices(choice.classes)
        self.subject.choices = choices(choice.subjects)
        self.recipient.choices = choices(choice.recipients)
        self.role.choices = choices(choice.roles)
        self.purpose.choices = choices([*choice.purposes, ("", "Not said")])
        self.approvals.choices = choices(
            [(str(number), str(number)) for number in range(choice.approvals + 1)]
        )

    def question(self, owner: str) -> Question:
        """What was asked, valid, about `owner`'s information."""
        return Question(
            owner=owner,
            class_name=self.class_name.data,
            recipient=self.recipient.data,
            role=self.role.data,
            purpose=self.purpose.data,
            subject=self.subject.data,
            offered=self.offered.data,
            word=self.word.data,
            approvals=int(self.approvals.data),
            excluded=bool(self.excluded.data),
        )
