"""A question goes to whoever is asked; nothing is told back; whether there is anything has no part in it."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from conference.sharing.asking.models import Question
from conference.trail.reading import events_for
from conference.web import parts_of
from tests.support.client import settle, without_tokens
from tests.support.world import HOME, add, told
from tests.taking.conftest import Support, close, copy_of, main, words

pytestmark = pytest.mark.slow

TEXT = "Is she seen by the crisis team this week?"


def put(support: Support, who: str, **form: str) -> str:
    """The address of the page that says that it has gone."""
    known = {"to": "nhs", "about": support.people["victim"], "class_name": "health.mental", "text": TEXT}
    answer = support.post(who, "/cases/{case}/ask", **(known | form))
    assert answer.status_code == 303, words(answer)
    return answer.headers["Location"]


def question_of(sent: str) -> str:
    return f"/questions/{sent.rpartition('/')[2]}"


def test_a_question_lands_in_the_asked_agencys_work_and_is_answered_by_offering(on_both: Support) -> None:
    support = on_both
    sent = put(support, "h-rep")
    told_ = main(support.get("h-rep", sent))
    assert (
        "Your question has gone to Moorland NHS Trust. If they can share something, it will appear here. "
        "If it is urgent, phone them."
    ) in told_
    work = main(support.get("n-rep", "/"))
    assert "question about Mental health Question" in work
    assert "question about Mental health" not in main(support.get("p-rep", "/"))
    page = support.get("n-rep", question_of(sent))
    assert TEXT in main(page)
    assert "From Sam Okafor, Northmoor Homes, 24 November 2026, 10:00am. About: Leila Haddad, victim" in main(
        page
    )
    assert f'href="/cases/{support.case_id}/research/add"' in page.get_data(as_text=True)
    for who in ("h-rep", "h-dep", "p-rep", "v-idva", "s-chair", "s-coord"):
        assert support.get(who, question_of(sent)).status_code == 404, who
        assert support.post(who, f"{question_of(sent)}/done").status_code == 404, who
    assert support.post("n-rep", f"{question_of(sent)}/done").status_code == 303
    assert "question about" not in main(support.get("n-rep", "/"))
    assert support.post("n-rep", f"{question_of(sent)}/done").status_code == 409
    assert main(support.get("h-rep", sent)) == told_, "nothing is told back"
    settle(support.world)


def test_a_question_for_the_victim_goes_to_the_idva_or_the_referrer_alone(support: Support) -> None:
    sent = put(support, "h-rep", to="*", class_name="wishes")
    assert "has gone to the IDVA and the referrer, who will put it to the victim if that is safe" in main(
        support.get("h-rep", sent)
    )
    for who in ("v-idva", "p-ref"):
        assert "question about What they want" in main(support.get(who, "/")), who
        assert TEXT in main(support.get(who, question_of(sent))), who
    for who in ("h-rep", "h-dep", "p-rep", "n-rep", "s-chair", "s-coord"):
        assert "question about" not in main(support.get(who, "/")).replace("question about Tenancy", "")
        assert support.get(who, question_of(sent)).status_code == 404, who


def test_nobody_in_the_case_can_be_asked_but_the_victim(support: Support) -> None:
    page = support.get("h-rep", "/cases/{case}/ask").get_data(as_text=True)
    asked = page.partition("Who is it about?")[0]
    assert "Omar" not in asked
    refused = support.post(
        "h-rep",
        "/cases/{case}/ask",
        to=support.people["perpetrator"],
        about="*",
        class_name="health",
        text="x",
    )
    assert refused.status_code == 422
    assert "Choose whom to ask." in main(refused)


REFUSED = [
    ({"to": "homes"}, "Choose whom to ask."),
    ({"to": "away-police"}, "Choose whom to ask."),
    ({"about": "per_aaaaaaaaaaaaaaaaaaaaaaaaaa"}, "Choose whom this is about."),
    ({"class_name": "contact.safe-address"}, "Choose what you ask for."),
    ({"class_name": ""}, "Choose what you ask for."),
    ({"text": " "}, "Say what you ask, and why."),
    ({"text": "x" * 2001}, "Use 2,000 characters or fewer."),
]


def test_what_cannot_be_asked_is_said(support: Support) -> None:
    for changed, said in REFUSED:
        form = {"to": "nhs", "about": "*", "class_name": "health", "text": TEXT} | changed
        answer = support.post("h-rep", "/cases/{case}/ask", **form)
        assert answer.status_code == 422, said
        assert said in main(answer)


def test_asking_is_the_same_whether_there_is_anything_or_not(told_once: Support, tmp_path) -> None:
    """One world in which the NHS holds a lot that is withheld, one in which it holds nothing of the kind."""
    seen = []
    for number in (0, 1):
        support = copy_of(told_once, tmp_path / str(number))
        with told("withheld", support.now), support.world.database.write() as session:
            for one in range(3 * number):
                add(
                    session, support.world, support.case_id, "n-rep", "health.substance", f"Long ago {one}",
                    offered="presence" if one else "none", people=support.people, name=f"withheld {one}",
                )  # fmt: skip
        seen.append(_walk(support))
        close(support)
    for first, second in zip(*seen, strict=True):
        assert first == second


def _walk(support: Support) -> list[tuple[object, ...]]:
    """All that somebody of another agency gets while asking, with the number of statements."""
    support.client("p-rep")
    statements = []
    engine = parts_of(support.app).database.engine
    event.listen(engine, "before_cursor_execute", lambda *_: statements.append(1))
    form = {"to": "nhs", "about": support.people["victim"], "class_name": "health.substance", "text": TEXT}
    out: list[tuple[object, ...]] = []
    for name, method in (("form", "GET"), ("sent", "POST"), ("again", "POST"), ("form after", "GET")):
        answer = support.ask("p-rep", method, "/cases/{case}/ask", form if method == "POST" else {}, name)
        out.append((answer.status_code, _plain(answer), answer.headers.get("Location"), len(statements)))
        statements.clear()
    answer = support.get("p-rep", str(out[1][2]), "gone")
    return [*out, (answer.status_code, _plain(answer), None, len(statements))]


def _plain(answer) -> bytes:
    return without_tokens(answer.get_data())


def test_a_question_to_an_agency_that_is_not_on_the_case_is_the_coordinators(support: Support) -> None:
    with support.world.database.engine.begin() as connection:
        connection.exec_driver_sql(
            "DELETE FROM case_agency WHERE agency_id = 'nhs' AND case_id = ?", (support.case_id,)
        )
    sent = put(support, "h-rep")
    assert "question about Mental health Agency not on the case" in main(support.get("s-coord", "/"))
    assert "which is not on this case" in main(support.get("s-coord", question_of(sent)))
    assert support.get("n-rep", question_of(sent)).status_code == 404
    assert "question about Mental health" not in main(support.get("s-chair", "/"))


def test_what_is_asked_is_sealed_and_not_in_the_log(support: Support) -> None:
    sent = put(support, "h-rep", text="Zanzibar crisis zebra")
    support.get("n-rep", question_of(sent))
    settle(support.world)
    with support.world.database.read() as session:
        [row] = [one for one in session.query(Question) if one.case_id == support.case_id]
        assert b"Zanzibar" not in row.text
        names = {
            agency: [
                entry.name for entry in events_for(session, HOME, agency) if entry.name.startswith("question")
            ]
            for agency in ("homes", "nhs", "police")
        }
        entries = repr([events_for(session, HOME, agency) for agency in ("homes", "nhs")])
    assert "Zanzibar" not in entries
    assert names["nhs"] == ["question.shown", "question.asked"]
    assert names["homes"] == ["question.asked", "question.asked"], "of both cases; not that it was read"
    assert "question.shown" not in names["police"]


def test_somebody_erased_is_asked_about_no_more(support: Support) -> None:
    sent = put(support, "h-rep")
    keys = parts_of(support.app).database.keys
    keys.destroy(f"person/{support.people['victim']}")
    assert "question about Mental health" not in main(support.get("n-rep", "/"))
    assert support.get("n-rep", question_of(sent)).status_code == 404


def test_a_question_that_was_turned_by_sql_is_refused(support: Support) -> None:
    put(support, "h-rep")
    with support.world.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE question SET to_agency = 'police' WHERE to_agency = 'nhs'")
    assert support.get("p-rep", "/").status_code == 500


def test_whoever_is_not_on_the_case_asks_nothing_and_reads_nothing(support: Support) -> None:
    sent = put(support, "h-rep")
    for who in ("p-other", "a-rep"):
        assert support.get(who, "/cases/{case}/ask").status_code in {303, 404}, who
        assert support.get(who, question_of(sent)).status_code == 404, who
