"""What people call the things that a policy names by a code."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Names:
    """Names of agencies, classes, purposes, roles, bases, rules; a code where there is none.

    As they stand inside a sentence: "Housing", "the safe address", "preventing serious harm", "victim",
    "public task", "rule r-010". people: by id; a person without a name is called by their role only.
    """

    agencies: Mapping[str, str] = field(default_factory=dict)
    classes: Mapping[str, str] = field(default_factory=dict)
    purposes: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    bases: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)

    def agency(self, name: str) -> str:
        """The agency's name."""
        return self.agencies.get(name, name)

    def class_of(self, name: str) -> str:
        """The class's name."""
        return self.classes.get(name, name)

    def purpose(self, name: str) -> str:
        """What the purpose is, after "for"."""
        return self.purposes.get(name, name)

    def role(self, name: str) -> str:
        """The role's name, of a subject or of a recipient."""
        return self.roles.get(name, name)

    def person(self, name: str, role: str) -> str:
        """The person in that role."""
        return f"{self.people.get(name, 'the person it is about')} ({self.role(role)})"

    def basis(self, code: str) -> str:
        """The lawful basis's name."""
        return self.bases.get(code, code)

    def rule(self, name: str) -> str:
        """What the rule is called."""
        return self.rules.get(name, f"rule {name}")
