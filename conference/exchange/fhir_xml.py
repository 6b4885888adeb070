"""FHIR's XML, read without trusting it: no document type, no entities, nothing fetched."""

from __future__ import annotations

from typing import cast
from xml.parsers.expat import ExpatError, errors

from defusedxml.common import DefusedXmlException, DTDForbidden
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from conference.exchange.fhir_types import FHIR, RESOURCES, XHTML
from conference.exchange.found import Fault, Malformed
from conference.exchange.tree import DEEPEST, MOST_NODES, Node, settle

_HOLDERS = frozenset({"contained", "resource", "outcome"})


def read_xml(content: bytes) -> Node:
    """The resource that `content` holds. Raises Malformed with line and column."""
    builder = _Builder()
    parser = DefusedXMLParser(target=builder, forbid_dtd=True)
    builder.parser = parser
    try:
        parser.feed(content)
        root = parser.close()
    except DTDForbidden:
        raise builder.stop("a document type or entity declaration, which no FHIR file needs") from None
    except DefusedXmlException:
        raise builder.stop("an entity or outside reference, which no FHIR file needs") from None
    except ParseError as error:
        line, column = error.position
        why = f"line {line}, column {column + 1}"
        raise Malformed(Fault(why, _reason(error.code))) from None
    except ExpatError as error:
        raise Malformed(
            Fault(f"line {error.lineno}, column {error.offset + 1}", _reason(error.code))
        ) from None
    except (LookupError, ValueError):
        raise builder.stop("the encoding it declares is unknown or is not what it is written in") from None
    return settle(_resource(cast(Node, root)))


class _Builder:
    """Takes the parser's events, and stops at the first thing that FHIR's XML does not have."""

    parser: DefusedXMLParser

    def __init__(self) -> None:
        self._open: list[Node] = []
        self._root: Node | None = None
        self._narrative = 0
        self._count = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) + self._narrative >= DEEPEST:
            raise self.stop(f"nested deeper than {DEEPEST}")
        if self._count > MOST_NODES:
            raise self.stop(f"more than {MOST_NODES} elements")
        space, _, name = tag.rpartition("}")
        space = space[1:]
        if self._narrative or (space == XHTML and name == "div" and self._open):
            self._narrative += 1
            return
        if space != FHIR:
            raise self.stop("an element outside FHIR's name space")
        node = Node(name)
        for key, value in attributes.items():
            self._attribute(node, key, value)
        if self._open:
            self._open[-1].children.append(node)
        self._open.append(node)

    def end(self, _tag: str) -> None:
        if self._narrative:
            self._narrative -= 1
            return
        node = self._open.pop()
        if node.name in _HOLDERS and len(node.children) == 1 and node.children[0].name[:1].isupper():
            inner = _resource(node.children[0])
            node.type, node.children = inner.type, inner.children
        if not self._open:
            self._root = node

    def data(self, text: str) -> None:
        if not self._narrative and text.strip():
            raise self.stop("text between elements")

    def close(self) -> Node:
        if self._root is None:
            raise self.stop("no element at all")
        return self._root

    def stop(self, reason: str) -> Malformed:
        inner = self.parser.parser
        return Malformed(
            Fault(f"line {inner.CurrentLineNumber}, column {inner.CurrentColumnNumber + 1}", reason)
        )

    def _attribute(self, node: Node, key: str, value: str) -> None:
        if key == "value":
            node.value = value.strip() or None
        elif key == "url":
            node.url = value
        elif key != "id" and not key.startswith("{"):
            raise self.stop("an attribute that FHIR does not have")


def _resource(node: Node) -> Node:
    """An element named after a resource type, as that resource. Raises Malformed if there is no such type."""
    if node.name not in RESOURCES:
        raise Malformed(Fault("", "not a resource type of FHIR R4"))
    node.type = node.name
    return node


def _reason(code: int) -> str:
    words = errors.messages.get(code, "not well formed")
    return f"not well-formed XML ({words})"
