"""The answer of each gate, and that it was passed, in sentences for people."""

from consent.ask import Request
from consent.gates import GATE_OF, Gate, passed_before
from consent.matching import agreements_fitting
from consent.model import Decision, Level, Need, Policy, Reason, Rule
from consent.names import Names

EXTENTS = {
    Level.PRESENCE: "only that something is held",
    Level.SUMMARY: "a summary",
    Level.FULL: "in full",
}


class Telling:
    """Tells one request and what was decided about it. subject: the person and role that it is told about."""

    def __init__(
        self, policy: Policy, asked: Request | None, subject: tuple[str, str] | None, names: Names
    ) -> None:
        self.policy, self.asked, self.names = policy, asked, names
        self.owner = names.agency(asked.owner.name) if asked else ""
        self.recipient = names.agency(asked.recipient.name) if asked else ""
        self.matter = names.class_of(asked.class_name) if asked else ""
        self.purpose = names.purpose(asked.purpose) if asked else ""
        self.person = names.person(*subject) if subject else ""
        self._rules: dict[str | None, Rule] = {rule.id: rule for rule in policy.rules}

    def words(self, decision: Decision) -> tuple[str, ...]:
        """A sentence for each gate passed, then the answer."""
        passed = [self._passed(gate) for gate in passed_before(GATE_OF[decision.reason])]
        return (*passed, *self._answer(decision))

    def rule(self, name: str | None) -> Rule:
        """The rule that a decision names."""
        return self._rules[name]

    def people(self, person: str) -> str:
        """The person of that id, in each role that they have in the request."""
        roles = [role for one, role in self.asked.subjects if one == person] if self.asked else []
        return " and ".join(self.names.person(person, role) for role in roles)

    def capital(self, sentence: str) -> str:
        """The sentence with a capital letter, whatever name it begins with."""
        return sentence[:1].upper() + sentence[1:]

    def _passed(self, gate: Gate) -> str:
        if self.asked is None:
            return ""
        agreements = sorted(agreements_fitting(self.policy.agreements, self.asked))
        locked = any(not self.asked.above.isdisjoint(lock.classes) for lock in self.policy.locks)
        return {
            Gate.COMPLETE: "The question is complete.",
            Gate.EXCLUDED: "Nothing keeps this reader out of the case.",
            Gate.OWN: f"{self.owner} holds it, and {self.recipient} would like to see it.",
            Gate.LOCK: f"{self.matter} is locked, and an exemption is in force."
            if locked
            else f"No lock closes {self.matter}.",
            Gate.AGREEMENT: f"{self.owner} and {self.recipient} have an agreement in force that covers it: "
            f"{', '.join(agreements)}.",
            Gate.FORBID: "No rule forbids it.",
            Gate.OFFER: f"{self.owner} offers it: {EXTENTS.get(self.asked.offered, '')}.",
            Gate.PERMIT: "A rule permits it.",
        }[gate]

    def _answer(self, decision: Decision) -> list[str]:
        told = {
            Reason.INCOMPLETE: "the question cannot be answered: something in it is missing or not known.",
            Reason.EXCLUDED: "this reader is kept out of the case: a conflict of interest, the other side, "
            "stepped aside, or not trained.",
            Reason.OWN: f"{self.owner} holds it itself, so its own staff see it in full.",
            Reason.LOCKED: f"{self.matter} is locked ({decision.lock}): nobody but {self.owner} sees it "
            "without an exemption, and none is in force.",
            Reason.NO_AGREEMENT: f"{self.owner} and {self.recipient} have no agreement in force that covers "
            f"{self.matter} for this purpose: {self.purpose}.",
            Reason.FORBIDDEN: f"{self.names.rule(decision.rule or '')} forbids it.",
            Reason.NOT_OFFERED: f"{self.owner} has not offered it.",
            Reason.NO_RULE: f"No rule permits {self.recipient} to see it in this role and for this purpose.",
            Reason.LIMITED: f"A rule permits it, but it is limited to nothing by {self._limits(decision)}.",
        }.get(decision.reason)
        sentences = [told] if told else self._permitted(decision) or [self._failed(decision)]
        return [self.capital(sentence) for sentence in sentences]

    def _failed(self, decision: Decision) -> str:
        """Why the permit that is named is not live."""
        rule = self.rule(decision.rule)
        name = self.names.rule(rule.id)
        if decision.reason is Reason.BASIS_INVALID:
            basis = self.names.basis(rule.basis or "")
            return f"{name} would permit it, but {self.owner} cannot use its lawful basis now ({basis})."
        if decision.reason is Reason.CONSENT_MISSING:
            return f"{name} asks for the consent of {self.person}, and there is no word from them."
        if decision.reason is Reason.CONSENT_REFUSED:
            lifted = ", and no override is in force" if rule.need is Need.CONSIDERED else ""
            return f"{name} would permit it, but {self.person} does not agree ({decision.consent}){lifted}."
        staff = "member" if rule.approvals == 1 else "members"
        asks = f"{name} asks for the approval of {rule.approvals} {staff} of staff of {self.owner}"
        return f"{asks}, and it is not given."

    def _permitted(self, decision: Decision) -> list[str]:
        if decision.reason is not Reason.PERMITTED or self.asked is None:
            return []
        rule = self.rule(decision.rule)
        name = self.names.rule(rule.id)
        rests = [f"the lawful basis is {self.names.basis(decision.basis or '')}"]
        rests += [f"the power is {decision.power}"] if decision.power else []
        rests += [f"the condition is {decision.condition}"] if decision.condition else []
        rests += [f"{self.person} agreed ({decision.consent})"] if decision.consent else []
        rests += [f"an override was approved ({decision.override})"] if decision.override else []
        told = [f"{name} permits it, and {self.recipient} sees it: {EXTENTS[decision.level]}."]
        told.append(f"{'; '.join(rests)}.")
        less = self._why_no_more(decision, rule)
        return [*told, f"It goes no further because {less}."] if less else told

    def _why_no_more(self, decision: Decision, rule: Rule) -> str:
        """What keeps the level down, if it is not full."""
        asked = self.asked
        if asked is None or decision.level is Level.FULL:
            return ""
        if decision.limits:
            return f"it is limited by {self._limits(decision)}"
        if asked.offered is decision.level:
            return f"{self.owner} offers no more"
        if rule.level is decision.level:
            return "no rule permits more as things stand"
        return "what was approved goes no further"

    def _limits(self, decision: Decision) -> str:
        return ", ".join(self.names.rule(name) for name in decision.limits)
