"""One FHIR file as the resources in it, each with its place."""

from __future__ import annotations

from dataclasses import dataclass, field

from conference.exchange.fhir_json import read_json
from conference.exchange.fhir_xml import read_xml
from conference.exchange.found import Fault, Malformed
from conference.exchange.tree import Node

_HOLDS = {"Bundle": ("entry", "resource"), "Parameters": ("parameter", "resource")}
_DEEPEST_BUNDLE = 5
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass
class Resource:
    """One resource. place: file and entry. full_url: the entry's, by which others refer to it."""

    node: Node
    place: str
    full_url: str = ""
    contained: dict[str, Node] = field(default_factory=dict)

    @property
    def type(self) -> str:
        """The resource type."""
        return self.node.type or ""

    @property
    def reference(self) -> str:
        """How others refer to it: `Patient/17`, or empty."""
        identity = self.node.text("id")
        return f"{self.type}/{identity}" if identity else ""


def read_fhir(content: bytes, place: str) -> list[Resource | str]:
    """Every resource in `content`: itself, or what its Bundle holds, to any depth.

    A Bundle's entry without a resource comes back as its place only.
    Raises Malformed with every fault that was found before it had to stop.
    """
    return _inside(Resource(_parse(content), place), 0)


def _parse(content: bytes) -> Node:
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start == b"<" or content.startswith(_UTF16):
        return read_xml(content)
    if start in {b"{", b"["}:
        return read_json(content)
    raise Malformed(Fault("", "neither FHIR XML nor FHIR JSON"))


def _inside(resource: Resource, depth: int) -> list[Resource | str]:
    resource.node.one("id")  # a resource with two of them cannot be spoken of
    names = _HOLDS.get(resource.type)
    if names is None:
        for inner in resource.node.all("contained"):
            if inner.type is None:
                raise Malformed(Fault(inner.path, "no resource in it"))
            resource.contained[inner.text("id") or ""] = inner
        return [resource]
    if depth >= _DEEPEST_BUNDLE:
        raise Malformed(Fault(resource.node.path, f"Bundles nested deeper than {_DEEPEST_BUNDLE}"))
    found: list[Resource | str] = []
    for number, entry in enumerate(resource.node.all(names[0])):
        place = f"{resource.place}{'.' if depth else '#'}{names[0]}[{number}]"
        inner_node = entry.one(names[1])
        if inner_node is None:
            found.append(place)
        elif inner_node.type is None:
            raise Malformed(Fault(inner_node.path, "no resource in it"))
        else:
            found += _inside(Resource(inner_node, place, entry.text("fullUrl") or ""), depth + 1)
    return found or [resource.place]
