"""One tree for both of FHIR's syntaxes, so that what follows cannot tell XML from JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from conference.exchange.fhir_types import ELEMENTS, RESOURCES
from conference.exchange.found import Fault, Malformed
from conference.exchange.text import why_not_plain

DEEPEST = 100
MOST_NODES = 200_000


@dataclass(slots=True)
class Node:
    """An element: its name, its value if it is a primitive, and what is inside.

    type: the resource type, where the element holds a resource. url: an extension's.
    path: where it stands, as FHIRPath would say it; only FHIR's own words, never the file's.
    """

    name: str
    value: str | None = None
    children: list[Node] = field(default_factory=list)
    type: str | None = None
    url: str = ""
    path: str = ""

    def all(self, *names: str) -> list[Node]:
        """Every element reached by this chain of names. A name that ends in `[x]` takes any type of value."""
        reached = [self]
        for name in names:
            reached = [child for node in reached for child in node.children if _called(child.name, name)]
        return reached

    def one(self, name: str) -> Node | None:
        """The element of this name, which may be there once. Raises Malformed if it is there more often."""
        found = self.all(name)
        if len(found) > 1:
            raise Malformed(Fault(found[1].path, "given more than once"))
        return found[0] if found else None

    def text(self, *names: str) -> str | None:
        """The value of the one primitive reached by these names, or None."""
        node: Node | None = self
        for name in names:
            node = node.one(name) if node is not None else None
        return node.value if node is not None else None

    def extension(self, ending: str) -> Node | None:
        """The first extension whose url ends in `ending`."""
        return next((child for child in self.all("extension") if child.url.endswith(ending)), None)

    def walk(self) -> Iterator[Node]:
        """This element and all inside it, resources that it holds included."""
        yield self
        for child in self.children:
            yield from child.walk()


def settle(root: Node) -> Node:
    """Give every element its path and check every value. Raises Malformed with all that is wrong."""
    faults: list[Fault] = []
    root.path = shown(root.type or "")
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.value is not None and (why := why_not_plain(node.value)):
            faults.append(Fault(node.path, why))
        seen: Counter[str] = Counter()
        for child in node.children:
            place = f"[{seen[child.name]}]" if seen[child.name] else ""
            seen[child.name] += 1
            child.path = f"{node.path}.{shown(child.name)}{place}"
            waiting.append(child)
    if faults:
        raise Malformed(*sorted(faults, key=lambda fault: fault.place))
    return root


def shown(name: str) -> str:
    """An element's name as a message may say it: one that FHIR does not know might be somebody's."""
    return name if name in ELEMENTS or name in RESOURCES else "?"


def _called(name: str, wanted: str) -> bool:
    if wanted.endswith("[x]"):
        stem = wanted[:-3]
        return name.startswith(stem) and name[len(stem) : len(stem) + 1].isupper()
    return name == wanted
