"""What people call the things that a policy names by a code."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Names:
    """Names of agencies, classes, purposes, roles, people and bases; a code where there is none."""

    agencies: Mapping[str, str] = field(default_factory=dict)
    classes: Mapping[str, str] = field(default_factory=dict)
    purposes: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    bases: Mapping[str, str] = field(default_factory=dict)

    def agency(self, name: str) -> str:
        """The agency's name."""
        return self.agencies.get(name, name)

    def class_of(self, name: str) -> str:
        """The class's name."""
        return self.classes.get(name, name)

    def purpose(self, name: str) -> str:
        """The purpose's name."""
        return self.purposes.get(name, name)

    def role(self, name: str) -> str:
        """The role's name, of a subject or of a recipient."""
        return self.roles.get(name, name)

    def person(self, name: str) -> str:
        """The person's name."""
        return self.people.get(name, name)

    def basis(self, code: str) -> str:
        """The lawful basis's name."""
        return self.bases.get(code, code)
