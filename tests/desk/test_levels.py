"""How far something is shown can be told by word and by form; what is not shown has no trace."""

from __future__ import annotations

import re

import pytest

from tests.desk.conftest import ROOT, Render, row, words_of

WORDS = {"own": "Yours", "full": "In full", "summary": "Summary", "presence": "Holds information"}


@pytest.mark.parametrize("level", WORDS)
def test_each_level_has_its_word_and_its_form(macro: Render, level: str) -> None:
    html = macro("levels", "row(one)", one=row(level))
    assert f"app-row--{level}" in html
    assert [word for word in WORDS.values() if word in words_of(html)] == [WORDS[level]]


def test_forms_are_four_different_borders() -> None:
    css = (ROOT / "conference/static/conference.css").read_text("utf-8")
    rules = {level: re.search(rf"\.app-row--{level} {{([^}}]*)}}", css)[1] for level in WORDS}
    assert len({rule.strip() for rule in rules.values()}) == 4
    assert not any(re.search(r"color|background", rule) for rule in rules.values())
    assert "border-left-width: 5px" in rules["full"]
    assert "dashed" in rules["summary"]
    assert "dotted" in rules["presence"]


def test_presence_is_one_sentence_without_value_date_or_number(macro: Render) -> None:
    one = row("presence", "health", owner_name="Moorland NHS Trust")
    html = macro("levels", "row(one)", one=one)
    assert words_of(html) == "Health Holds information Moorland NHS Trust. Ask them."
    assert not re.search(r"\d", words_of(html))


def test_full_says_value_kind_date_and_source(macro: Render) -> None:
    said = words_of(macro("levels", "row(one)", one=row("full")))
    assert "Northmoor Homes: Secure Fact" in said
    assert "2 May 2019. Source: Rent account" in said
    assert "Why you see this" in said
    assert "Public task." in said


def test_own_does_not_name_the_agency_to_itself(macro: Render) -> None:
    assert "Northmoor Homes" not in macro("levels", "row(one)", one=row("own"))


def test_summary_has_neither_date_nor_source(macro: Render) -> None:
    said = words_of(macro("levels", "row(one)", one=row("summary", text="In rent arrears")))
    assert "In rent arrears" in said
    assert "2019" not in said
    assert "Source" not in said


def test_opinion_is_told_from_fact(macro: Render) -> None:
    html = macro("levels", "row(one)", one=row("full", kind="opinion"))
    assert "app-row__kind--opinion" in html
    assert "Opinion" in words_of(html)


def test_what_the_conference_writes_is_neither_fact_nor_opinion(macro: Render) -> None:
    one = row("full", "conference.risk", owner="conference", owner_name="The conference", text="High risk.")
    assert "Fact" not in words_of(macro("levels", "row(one)", one=one))


def test_nothing_is_made_of_no_rows(macro: Render) -> None:
    assert macro("levels", "rows(list)", list=[]).strip() == ""
    assert macro("people", "agency_card(name, list)", name="Northmoor Police", list=[]).strip() == ""
    assert macro("people", "risk_tag(risk)", risk=None).strip() == ""


@pytest.mark.parametrize("class_name", ["contact.safe-address", "contact.safe-contact"])
def test_safe_contact_is_framed_twice_with_its_warning(macro: Render, class_name: str) -> None:
    html = macro("levels", "row(one)", one=row("full", class_name, text="Refuge"))
    assert 'class="app-safe"' in html
    assert "SAFE ADDRESS. Do not read out, copy or post." in words_of(html)


def test_dates_and_numbers_are_written_as_people_write_them(macro: Render) -> None:
    said = words_of(macro("levels", "row(one)", one=row("full", "identity.dob", text="1992-03-03")))
    assert "3 March 1992" in said
    said = words_of(macro("levels", "row(one)", one=row("full", "identity.nhs-number", text="9434765919")))
    assert "943 476 5919" in said
    said = words_of(macro("levels", "row(one)", one=row("summary", "identity.dob", text="born 1992")))
    assert "born 1992" in said


def test_the_legend_says_the_same_four_everywhere(macro: Render) -> None:
    said = words_of(macro("levels", "labels_legend()"))
    assert said.startswith("What the labels mean")
    assert [said.find(word) > 0 for word in WORDS.values()] == [True] * 4


def test_what_somebody_typed_is_text_and_no_markup(macro: Render) -> None:
    html = macro("levels", "row(one)", one=row("full", text="<b hx-get='/x'>x</b>"))
    assert "<b" not in html
    assert "&lt;b hx-get" in html
