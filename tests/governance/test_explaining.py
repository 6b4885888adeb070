"""The page that asks the rules, through the client."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from tests.governance.conftest import Seen
from tests.support.client import application, signed_in
from tests.support.world import NOW, told

BASE = "http://localhost"
PAGE = "/governance/why"
QUESTION = {
    "class_name": "tenancy.arrears",
    "subject": "victim",
    "recipient": "nhs",
    "role": "representative",
    "purpose": "prevent-serious-harm",
    "offered": "full",
    "word": "silent",
    "approvals": "0",
}


@pytest.fixture
def homes(seen: Seen) -> Iterator[FlaskClient]:
    app = application(seen.world)
    app.config["WTF_CSRF_ENABLED"] = False
    with told("pages", NOW):
        yield signed_in(app, seen.world, "h-ig")


def asked(client: FlaskClient, **changes: str) -> tuple[int, str]:
    answer = client.post(PAGE, data=QUESTION | changes, base_url=BASE)
    return answer.status_code, html.unescape(answer.get_data(as_text=True))


def test_the_question_comes_first(homes: FlaskClient) -> None:
    answer = homes.get(PAGE, base_url=BASE)
    assert answer.status_code == 200
    text = html.unescape(answer.get_data(as_text=True))
    assert "Why would they see it?" in text
    assert 'id="answer"' not in text
    assert "Everything about health" in text


def test_the_answer_says_why_and_what_would_show_more(homes: FlaskClient) -> None:
    status, text = asked(homes)
    assert status == 200
    assert "They would see:" in text
    assert "What would show more" in text
    assert re.search(r'data-reason="[a-z-]+"', text)
    assert "Northmoor Homes" in text


def test_it_is_always_about_ones_own_agency(homes: FlaskClient) -> None:
    _, text = asked(homes, owner="police", recipient="homes")
    assert 'data-reason="own"' in text


def test_what_cannot_be_chosen_is_refused(homes: FlaskClient) -> None:
    for changes in (
        {"class_name": "nothing"},
        {"recipient": "conference"},
        {"approvals": "10"},
        {"word": "x"},
    ):
        status, text = asked(homes, **changes)
        assert status == 422
        assert 'id="answer"' not in text


def test_a_word_and_approvals_are_only_supposed(homes: FlaskClient) -> None:
    _, refused = asked(homes, class_name="health.mental", purpose="tenancy-support", word="refused")
    _, granted = asked(homes, class_name="health.mental", purpose="tenancy-support", word="granted")
    assert refused != granted
    assert "does not agree (as you said)" in refused
