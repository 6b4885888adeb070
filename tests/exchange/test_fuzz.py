"""Whatever bytes come: our own errors or an answer, and never a word of them in it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from conference.exchange.commands import _plan
from conference.exchange.csv_map import read_extract
from conference.exchange.csv_plan import load_plan
from conference.exchange.fhir_map import read_files
from conference.exchange.fhir_types import RESOURCES
from conference.exchange.found import Malformed, Parsed
from tests.exchange.hostile import FHIR
from tests.exchange.made import as_json, as_xml, clinical, concept, patient
from tests.exchange.test_fhir_fields import EXAMPLES

MARK = "zqxjkvwpfbh"
SEEDS = [content for content, _ in FHIR.values() if len(content) < 5000]
SEEDS += [write(case[0]) for case in EXAMPLES.values() for write in (as_json, as_xml)]
NAMES = sorted(
    {key for case in EXAMPLES.values() for key in case[0]} | {"text", "coding", "value", "url", "id"}
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.just(MARK),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=20,
)


def lines(found: list[Parsed]) -> str:
    return "\n".join(line for one in found if one.outcome for line in one.outcome.lines())


def check(content: bytes) -> None:
    for file in read_files([("x", content)]):
        assert MARK not in lines(file)


@given(st.binary(max_size=300))
def test_any_bytes_as_fhir(content):
    check(content)


@given(st.sampled_from(SEEDS), st.data())
def test_a_spoilt_file(seed, data):
    spoilt = bytearray(seed)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, max(len(spoilt) - 1, 0)))
        spoilt[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    check(bytes(spoilt))


@given(
    st.sampled_from(sorted(RESOURCES)),
    st.dictionaries(st.sampled_from(NAMES) | st.just(MARK), VALUES, max_size=8),
)
def test_any_json_as_a_resource(kind: str, content: dict[str, Any]):
    resource = {**content, "resourceType": kind}
    try:
        encoded = as_json(resource)
    except UnicodeEncodeError:
        return
    check(encoded)


@given(st.sampled_from(sorted(EXAMPLES)), st.sampled_from(NAMES), VALUES)
def test_one_element_of_a_good_resource_changed(example, name, value):
    resource = {key: part for key, part in EXAMPLES[example][0].items() if part not in (None, [])}
    try:
        encoded = as_json({**resource, name: value})
    except UnicodeEncodeError:
        return
    check(encoded)


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=60))
def test_xml_and_json_agree_on_any_text(text):
    resource = clinical("Condition", code=concept(text))
    from_json, from_xml = (
        read_files([("x", write(resource)), ("y", write(patient()))])[0][0] for write in (as_json, as_xml)
    )
    # What XML cannot hold at all, or folds (line ends in an attribute), JSON may still say.
    if from_xml.record is not None and from_json.record is not None:
        assert from_json.record.fields == from_xml.record.fields


@given(st.binary(max_size=300))
def test_any_bytes_as_an_extract(content):
    read_extract(content, "x", _plan("childrens-services"))


@given(
    st.lists(st.text(max_size=30), min_size=1, max_size=8),
    st.sampled_from(["adult-social-care", "police-crime"]),
)
def test_any_cells_as_an_extract(cells, plan):
    wanted = _plan(plan)
    header = ",".join(list(wanted.columns)[: len(cells)])
    row = ",".join(cells)
    found = read_extract(f"{header}\n{row}\n{MARK}\n".encode("utf-8", "surrogatepass"), "x", wanted)
    assert MARK not in lines(found)


@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
def test_any_bytes_as_a_map(content):
    with suppress(Malformed):
        load_plan(content)
