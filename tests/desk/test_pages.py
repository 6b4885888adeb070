"""The pages of the desk, rendered from hand-made views."""

from __future__ import annotations

import re
from datetime import date
from types import SimpleNamespace

import pytest
from flask import Flask, g

from conference.desk.forms import FieldForm, FindForm, NewFieldForm, ReasonForm
from conference.desk.my_work import Job, Work
from conference.desk.research_page import ResearchPage
from conference.identity.services import Viewer
from conference.meetings.told import Task, risk_of
from conference.permissions import Role
from tests.desk.conftest import Render, named, page, row, view, words_of

FOOT = (
    "This page shows what agencies share with you for this purpose. "
    "It does not tell you whether anything else exists. "
    "Why you might not see something . Ask an agency ."
)
WAYS = [{"text": "By person", "href": "?view=person", "is_current": True}]


def case(render: Render, *rows: object, way: str = "person", tasks: tuple[Task, ...] = ()) -> str:
    return render("desk/case.html", page=page(view(*rows), way, tasks), ways=WAYS)


def h1(html: str) -> str:
    found = re.findall(r"<h1[^>]*>(.*?)</h1>", html, re.DOTALL)
    assert len(found) == 1
    return words_of(found[0])


def title(html: str) -> str:
    return words_of(re.search(r"<title>(.*?)</title>", html, re.DOTALL)[1])


# --- every page --------------------------------------------------------------------------------------------


def test_marking_reader_and_receipt_are_on_the_page(render: Render) -> None:
    html = case(render, *named())
    said = words_of(html)
    assert "OFFICIAL-SENSITIVE" in said
    assert "Receipt K7QX-2MFD-94TW : shown to Sam Okafor, Northmoor Homes, 24 November 2026, 9:58am." in said
    assert "v1;key;sig" in said
    assert FOOT in said


def test_nothing_is_inline_and_scripts_are_whole(render: Render) -> None:
    html = case(render, *named())
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", html)
    for tag in re.findall(r"<script[^>]*>(.*?)</script>", html, re.DOTALL):
        assert tag.strip() == ""
    assert all("integrity=" in tag for tag in re.findall(r"<(?:script|link rel=\"stylesheet\")[^>]*>", html))


@pytest.mark.parametrize("role", list(Role))
def test_the_menu_follows_the_role(app: Flask, looking: None, viewer: Viewer, role: Role) -> None:
    g.viewer = SimpleNamespace(
        may=Viewer("s", "p", "a", "A", "nhs", "N", frozenset({role}), trained=True).may
    )
    texts = [place.text for place in app.jinja_env.globals["navigation"]()]
    assert texts[0] == "My work"
    assert ("Governance" in texts) is (role is Role.IG_OFFICER)
    assert ("Find a case" in texts) is (role not in {Role.OBSERVER, Role.IG_OFFICER, Role.ADMINISTRATOR})


def test_an_error_page_needs_nobody(app: Flask) -> None:
    with app.test_request_context("/"):
        html = app.jinja_env.get_template("errors/page.html").render(status=404, url_for=lambda *_, **__: "")
    assert "Page not found. Ask the coordinator." in words_of(html)


@pytest.mark.parametrize(
    ("status", "gate", "words"),
    [
        (404, None, "Page not found. Ask the coordinator."),
        (403, "role", "This page is not for your role."),
        (403, "training", "Your training for case conferences is out of date."),
        (403, "statement", "Sign the confidentiality statement first."),
        (403, "a gate that is new", "Ask your Conference lead."),
        (
            503,
            None,
            "We cannot show this, because we cannot log it. Try again soon, or use your continuity pack.",
        ),
    ],
)
def test_errors_say_what_to_do(render: Render, status: int, gate: str | None, words: str) -> None:
    html = render("errors/page.html", status=status, gate=gate, message=None)
    assert words in words_of(html)
    assert "Receipt" not in html


# --- a case ------------------------------------------------------------------------------------------------


def test_the_heading_says_who_with_age_and_birth(render: Render) -> None:
    html = case(render, *named())
    assert h1(html) == "Maria Kowalczyk, 34"
    assert "(born 3 March 1992)" in words_of(html)


def test_without_a_name_the_heading_is_the_reference(render: Render) -> None:
    html = case(render, row("own"))
    assert h1(html) == "NM-7KQ4XP"
    assert words_of(html).count("NM-7KQ4XP") == 2  # the tab and the heading


def test_no_name_in_the_tab(render: Render) -> None:
    assert title(case(render, *named())) == "NM-7KQ4XP - Conference"


def test_the_contact_rule_is_on_every_case(render: Render) -> None:
    for rows in ([], named()):
        said = words_of(case(render, *rows))
        assert "Contact nobody in this case unless an action says so. Ask the IDVA." in said


def test_an_empty_case_says_so_and_no_more(render: Render) -> None:
    html = case(render)
    assert "Nothing is shared with you in this case." in words_of(html)
    assert "<h2" not in html.partition("<main")[2].partition("</main")[0]


def test_safe_contact_comes_before_wishes_and_both_before_the_rest(render: Render) -> None:
    said = words_of(
        case(
            render,
            *named(),
            row("full", "wishes", text="To stay near the school"),
            row("full", "contact.safe-address", text="Refuge"),
        )
    )
    places = [
        said.find(words) for words in ("Refuge", "To stay near the school", "Maria Kowalczyk, 34, victim")
    ]
    assert places == sorted(places)
    assert min(places) > 0
    assert said.count("Refuge") == 1


def test_nothing_says_safe_address_to_others(render: Render) -> None:
    assert "safe" not in case(render, *named()).partition("<body")[2].lower()


@pytest.mark.parametrize("way", ["person", "agency", "timeline", "actions"])
def test_presence_brings_nothing_but_its_sentence(render: Render, way: str) -> None:
    with_it = case(render, *named(), row("presence", "health", owner_name="Moorland NHS Trust"), way=way)
    without = case(render, *named(), way=way)
    extra = words_of(with_it).replace(words_of(without), "")
    if way in {"timeline", "actions"}:
        assert words_of(with_it) == words_of(without)
    else:
        assert "Moorland NHS Trust. Ask them." in extra


def test_an_agency_without_lines_has_no_card(render: Render) -> None:
    html = case(render, *named(), way="agency")
    assert "Northmoor Homes" in words_of(html)
    assert "Police" not in html


def test_the_risk_is_the_latest_and_the_higher_of_one_day() -> None:
    def risk(text: str, on: int) -> object:
        return row("full", "conference.risk", text=text, recorded_on=date(2026, 11, on))

    assert risk_of(view(*named())) is None
    assert risk_of(view(risk("High risk. Knife", 1), risk("Standard risk.", 8))) == "Standard risk"
    assert risk_of(view(risk("Medium risk.", 8), risk("High risk.", 8))) == "High risk"
    assert risk_of(view(row("presence", "conference.risk"))) is None


def test_actions_say_who_and_by_when_and_what_is_late(render: Render) -> None:
    one = row("full", "conference.action", text="Change locks")
    tasks = (
        Task(one, "Sam Okafor", date(2026, 11, 27), "To do", is_late=False),
        Task(one, "K. Shah", date(2026, 11, 20), "Overdue", is_late=True),
    )
    html = case(render, *named(), one, tasks=tasks)
    assert "Change locks, Sam Okafor, 27 November To do" in words_of(html)
    assert re.search(r"app-state--late\">Overdue", html)


def test_the_timeline_has_only_dated_lines_the_latest_first(render: Render) -> None:
    html = case(
        render,
        row("full", text="Older", recorded_on=date(2019, 5, 2)),
        row("full", "tenancy.arrears", text="Newer", recorded_on=date(2026, 1, 9)),
        row("summary", "asb.record", text="Undated"),
        way="timeline",
    )
    said = words_of(html)
    assert 0 < said.find("Newer") < said.find("Older")
    assert "Undated" not in said


# --- my work -----------------------------------------------------------------------------------------------


def home(render: Render, *jobs: Job, meeting: object = None, not_back: tuple[str, ...] = ()) -> str:
    return render("desk/home.html", work=Work(meeting, list(not_back), list(jobs)))


def test_empty_work_says_so(render: Render) -> None:
    said = words_of(home(render))
    assert "You have no meetings." in said
    assert "You have no actions." in said
    assert "Do first" not in said


def test_what_is_late_comes_first_and_once(render: Render) -> None:
    late = Job(
        "action", "/a", "Change locks, NM-7KQ4XP", None, "Overdue, due 20 November", True, date(2026, 11, 20)
    )
    said = words_of(home(render, late))
    assert "Do first Change locks, NM-7KQ4XP Overdue, due 20 November" in said
    assert said.count("Change locks") == 1
    assert "You have no actions." not in said


def test_somebody_without_cases_gets_a_fitting_page(render: Render) -> None:
    g.viewer = Viewer("s", "p", "a", "A", "nhs", "Ada Moss", frozenset({Role.ADMINISTRATOR}), trained=True)
    said = words_of(home(render))
    assert "Your role has no meetings and no cases here." in said
    assert "You have no actions." not in said


def test_an_ig_officer_is_led_to_governance(render: Render) -> None:
    g.viewer = Viewer("s", "p", "a", "A", "nhs", "Ian Gale", frozenset({Role.IG_OFFICER}), trained=True)
    assert "Open governance" in words_of(home(render))


# --- forms -------------------------------------------------------------------------------------------------


def posted(app: Flask, **form: str) -> object:
    return app.test_request_context("/x", method="POST", data=form)


def research(*rows: object) -> ResearchPage:
    made = view(*rows)
    return ResearchPage(SimpleNamespace(id="cas_1"), made, made, date(2026, 11, 20), "Started", is_done=False)


def test_a_summary_is_asked_for_and_nothing_typed_is_lost(app: Flask, render: Render) -> None:
    with posted(app, value="Arrears of £1,240", kind="fact", offered="summary", source="Rent account"):
        g.viewer = None
        form = FieldForm()
        assert not form.validate_on_submit()
        html = render("desk/field.html", page=research(row("own")), form=form, preview=None)
    said = words_of(html)
    assert said.count("Write the summary, or choose another level.") == 2  # above, and beside the question
    assert "Arrears of £1,240" in html
    assert 'value="Rent account"' in html
    assert title(html).startswith("Error: ")


@pytest.mark.parametrize(
    ("typed", "field", "message"),
    [
        ({"value": " "}, "value", "Enter what you want to record."),
        ({"kind": "rumour"}, "kind", "Choose fact or opinion."),
        ({"offered": "all"}, "offered", "Choose how far to offer this."),
        ({"class_name": "conference.note"}, "class_name", "Choose what kind of information this is."),
        ({"about": "per_hidden"}, "about", "Choose whom this is about."),
        (
            {"class_name": "identity.dob"},
            "value",
            "Enter the date of birth as year-month-day, like 1992-03-03.",
        ),
        ({"recorded_on-day": "45"}, "recorded_on", "Enter a real date, like 27 11 2026: date of the record."),
        ({"value": "x" * 20_001}, "value", "Use 20,000 characters or fewer."),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_written(
    app: Flask, typed: dict[str, str], field: str, message: str
) -> None:
    good = {
        "class_name": "tenancy.arrears",
        "about": "per_v",
        "value": "£1,240",
        "kind": "fact",
        "offered": "none",
    }
    with posted(app, **(good | typed)):
        form = NewFieldForm()
        form.offer_choices(list(view(*named()).people))
        assert not form.validate_on_submit()
        assert form.errors == {field: [message]}


def test_a_whole_field_is_taken(app: Flask) -> None:
    parts = {"recorded_on-day": "2", "recorded_on-month": "5", "recorded_on-year": "2019"}
    with posted(
        app, class_name="tenancy.arrears", about="per_v", value="£1", kind="fact", offered="none", **parts
    ):
        form = NewFieldForm()
        form.offer_choices(list(view(*named()).people))
        assert form.validate_on_submit(), form.errors
        assert form.typed("tenancy.arrears").recorded_on == date(2019, 5, 2)


def test_a_form_begins_with_what_is_recorded(app: Flask) -> None:
    with app.test_request_context("/x"):
        form = FieldForm()
        form.begin_with(row("own", offered="summary", summary="In arrears", withheld_reason="Not yet"))
    assert form.typed("tenancy.arrears").summary == "In arrears"
    assert form.offered.data == "summary"
    assert form.recorded_on.parts == {"day": "2", "month": "5", "year": "2019"}


def test_who_would_see_it_is_said_by_agency(render: Render) -> None:
    preview = [("Northmoor Police", "Summary"), ("Moorland NHS Trust", "Nothing")]
    html = render("desk/field.html", page=research(row("own")), form=FieldForm(), preview=preview)
    assert "Who would see it: Northmoor Police Summary; Moorland NHS Trust Nothing" in words_of(html)


def test_every_element_with_htmx_carries_the_nonce(render: Render) -> None:
    html = render("desk/field.html", page=research(row("own")), form=FieldForm(), preview=None)
    with_htmx = [tag for tag in re.findall(r"<[a-z][^>]*>", html) if re.search(r"\shx-", tag)]
    assert with_htmx
    assert all('hx-nonce="bm9uY2U="' in tag for tag in with_htmx)


def test_only_what_is_offered_can_be_taken_back(render: Render) -> None:
    for offered, count in (("none", 0), ("summary", 1)):
        html = render("desk/research.html", page=research(row("own", offered=offered)), form=None)
        assert html.count("/take-back") == count


def test_a_nil_return_is_for_those_who_hold_nothing(render: Render) -> None:
    assert "We hold nothing: send nil return" in render("desk/research.html", page=research(), form=None)
    held = render("desk/research.html", page=research(row("own", offered="none")), form=None)
    assert "nil return" not in held
    assert "Only your agency sees this" in held


def test_one_h1_and_at_most_one_primary_button(render: Render) -> None:
    pages = [
        case(render, *named()),
        home(render),
        render("desk/research.html", page=research(row("own", offered="none")), form=None),
        render("desk/research.html", page=research(), form=None),
        render("desk/field.html", page=research(row("own")), form=FieldForm(), preview=None),
        render("desk/find.html", form=FindForm(), hits=None),
        render("desk/reason.html", form=ReasonForm(), reference="NM-7KQ4XP"),
        render("help/labels.html"),
        render("help/why_not_shown.html"),
        render("help/receipts.html"),
    ]
    for html in pages:
        h1(html)
        assert len(re.findall(r'class="govuk-button"', html)) <= 1


def test_no_match_is_one_sentence_whatever_the_cause(render: Render) -> None:
    said = words_of(render("desk/find.html", form=FindForm(), hits=[]))
    assert "No case matches." in said


def test_not_assigned_asks_why_and_says_who_will_see(render: Render) -> None:
    said = words_of(render("desk/reason.html", form=ReasonForm(), reference="NM-7KQ4XP"))
    assert "You are not working on this case Why do you need it? Your IG officer will see this." in said


def test_why_not_shown_is_as_written(render: Render) -> None:
    said = words_of(render("help/why_not_shown.html"))
    assert (
        "An agency may hold nothing, may not have looked, may not have offered it, or the rules or a "
        "person's wishes may not allow it. We never say which, or that anything is missing. "
        "If someone may be harmed, phone them."
    ) in said
