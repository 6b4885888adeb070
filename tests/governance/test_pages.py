"""The pages through the client: what is asked, what comes back, and in what form."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from tests.governance.conftest import Seen
from tests.support.client import application, signed_in
from tests.support.world import NOW, told

BASE = "http://localhost"
PAGE = "/governance/disclosures"
MARIA = {"name": "Maria Kowalczyk", "born-day": "3", "born-month": "3", "born-year": "1992"}


@pytest.fixture
def police(seen: Seen) -> Iterator[FlaskClient]:
    app = application(seen.world)
    app.config["WTF_CSRF_ENABLED"] = False
    with told("pages", NOW):
        yield signed_in(app, seen.world, "p-ig")


def test_the_newest_are_shown_without_names_of_people(police: FlaskClient) -> None:
    answer = police.get(PAGE, base_url=BASE)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "Sam Okafor, Northmoor Homes" in text
    assert "Maria" not in text
    assert "Other agencies' staff: your agency's information only." in text
    assert "Disclosure-Receipt" in answer.headers


def test_a_search_answers_with_a_sentence_and_keeps_what_was_typed(police: FlaskClient) -> None:
    answer = police.post(PAGE, data={"why": "complaint", "ref": "C-118", **MARIA}, base_url=BASE)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "2 people at 2 agencies were shown your agency&#39;s information about Maria Kowalczyk." in text
    assert 'value="C-118"' in text
    assert answer.request.path == PAGE


@pytest.mark.parametrize(
    ("form", "said"),
    [
        pytest.param({}, "Say why you are looking.", id="no-reason"),
        pytest.param({"why": "audit", "name": "Maria"}, "Enter the date of birth.", id="no-birth"),
        pytest.param({"why": "audit", **MARIA, "name": ""}, "Enter the name.", id="no-name"),
        pytest.param({"why": "audit", **MARIA, "name": "!!"}, "Enter a name", id="no-letter"),
        pytest.param({"why": "gossip"}, "Say why you are looking.", id="another-reason"),
        pytest.param(
            {"why": "audit", "since-day": "1", "since-month": "1", "since-year": "2027"},
            "Enter a last day that is not before the first.",
            id="backwards",
        ),
        pytest.param({"code": ""}, "Enter a receipt code.", id="no-code"),
    ],
)
def test_what_is_missing_is_said(police: FlaskClient, form: dict[str, str], said: str) -> None:
    answer = police.post(PAGE, data=form, base_url=BASE)
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)


def test_nothing_found_says_so(police: FlaskClient) -> None:
    for form in ({"code": "K7QX-2MFD-94TW"}, {"why": "audit", **MARIA, "name": "No One"}):
        answer = police.post(PAGE, data=form, base_url=BASE)
        assert "No disclosures match." in answer.get_data(as_text=True)


def test_one_entry_and_its_downloads(police: FlaskClient, seen: Seen) -> None:
    path = f"{PAGE}/{seen.events['h-rep']}"
    text = police.get(path, base_url=BASE).get_data(as_text=True)
    assert re.search(r"Yes: at place \d+, signed", text)
    assert re.search(r"<title>Disclosure \w{4}-\w{4} - Conference", text)
    for end, name in (("proof", "tlog-proof"), ("leaf", "leaf")):
        answer = police.get(f"{path}/{end}", base_url=BASE)
        assert (
            answer.headers["Content-Disposition"] == f'attachment; filename="{seen.events["h-rep"]}.{name}"'
        )
    assert "python -m audit verify-proof" in police.get(f"{path}/check", base_url=BASE).get_data(as_text=True)


def test_an_entry_that_is_not_there(police: FlaskClient) -> None:
    for end in ("", "/proof", "/leaf", "/check"):
        assert police.get(f"{PAGE}/evt_{'a' * 26}{end}", base_url=BASE).status_code == 404


def test_the_log(police: FlaskClient) -> None:
    text = police.get("/governance/log", base_url=BASE).get_data(as_text=True)
    assert "What left by photo, phone or paper" in text
    assert "Checked just now" not in text
    checked = police.get("/governance/log?verify=now", base_url=BASE).get_data(as_text=True)
    assert "Yes: the log is what was signed." in checked
    copy = police.get("/governance/log/copy", base_url=BASE)
    assert copy.headers["Content-Disposition"] == 'attachment; filename="log-2026-11-24.zip"'
    assert (
        police.get("/governance/log/key", base_url=BASE).get_data(as_text=True).startswith("conference/nm+")
    )
