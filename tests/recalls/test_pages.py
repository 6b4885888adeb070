"""The pages, through the client: who is told, who answers, who sees how far it is, and nobody else."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from conference import clock
from conference.cases import services as cases
from conference.cases.models import Case, ExclusionKind
from conference.sharing.door import disclose
from conference.sharing.overrides.services import break_glass
from conference.sharing.recalls.models import Recall, RecallNotice
from conference.sharing.recalls.receipts import RECALLED
from conference.sharing.reviews.models import Review
from conference.sharing.reviews.services import ReviewKind, next_working_day, open_review
from conference.web import ConferenceFlask, parts_of
from tests.recalls.conftest import HOST, Story
from tests.support.client import application, copied, signed_in, without_tokens
from tests.support.world import HOME, by, told

LAW = "The retention schedule of the Housing Act"


@pytest.fixture
def gone(served: Story) -> Story:
    """It was shown to Sam and to the IDVA, and was withdrawn."""
    served.see("h-rep", "v-idva", "p-rep")
    served.withdraw()
    return served


def client(story: Story, who: str) -> FlaskClient:
    assert story.app is not None
    return signed_in(story.app, story.world, who)


def read(story: Story, who: str, path: str, status: int = 200) -> str:
    with clock.held(story.world.now + timedelta(minutes=20)):
        answer = client(story, who).get(path, base_url=HOST)
    assert answer.status_code == status, f"{who} {path}"
    return answer.get_data(as_text=True)


def send(story: Story, who: str, path: str, status: int = 303, **form: object) -> str:
    with clock.held(story.world.now + timedelta(minutes=30)):
        answer = client(story, who).post(path, data=form, base_url=HOST)
    assert answer.status_code == status, f"{who} {path}"
    return answer.get_data(as_text=True)


def ids(story: Story) -> tuple[str, str, str]:
    """Sam's notice, the recall, the review in the MARAC."""
    with story.world.database.read() as session:
        query = select(RecallNotice).where(RecallNotice.staff_id == story.world.staff["h-rep"])
        notice = session.scalars(query).unique().one()
        recall = session.scalars(select(Recall)).one()
        review = session.scalars(select(Review).where(Review.case_id == story.world.case_id)).first()
        assert review is not None
        return notice.id, recall.id, review.id


def test_the_case_and_my_work_tell_a_recalled_reader_and_no_one_else(gone: Story) -> None:
    path = f"/cases/{gone.case_id}"
    for who in ("h-rep", "v-idva"):
        assert RECALLED in read(gone, who, path)
        assert RECALLED in read(gone, who, "/")
    for who in ("p-rep", "h-dep", "n-rep", "s-chair", "s-coord"):
        assert RECALLED not in read(gone, who, path)
        assert RECALLED not in read(gone, who, "/")
    assert RECALLED not in read(gone, "h-rep", f"/cases/{gone.world.case_id}")  # another case


def test_a_notice_says_what_and_from_whom_but_never_why(gone: Story) -> None:
    notice, _, _ = ids(gone)
    text = read(gone, "h-rep", f"/notices/{notice}")
    assert RECALLED in text
    assert "Moorland NHS Trust" in text
    assert "Physical health, a summary, 24 November 2026" in text
    assert not re.search(r"consent|withdr[ae]w|Maria", text.partition("<main")[2].partition("</main")[0])


def test_a_notice_is_its_readers_own(gone: Story) -> None:
    notice, _, _ = ids(gone)
    for who in ("h-dep", "p-rep", "n-rep", "s-chair", "h-ig", "n-ig"):
        read(gone, who, f"/notices/{notice}", 404)
        send(gone, who, f"/notices/{notice}", 404, how="destroyed")
        assert notice not in read(gone, who, "/notices")


def test_a_receipt_says_what_became_of_the_copies(gone: Story) -> None:
    notice, _, _ = ids(gone)
    path = f"/notices/{notice}"
    assert "Say what you did with what you were shown." in send(gone, "h-rep", path, 422)
    assert "Say which law says that you must keep it." in send(gone, "h-rep", path, 422, how="kept-by-law")
    assert "Say what you did" in send(gone, "h-rep", path, 422, how="corrected")
    send(gone, "h-rep", path, how="kept-by-law", reason=LAW)
    send(gone, "h-rep", path, 409, how="destroyed")
    assert RECALLED not in read(gone, "h-rep", f"/cases/{gone.case_id}")
    assert "Kept, because a law says so" in read(gone, "h-rep", path)


def test_whoever_withdrew_sees_who_answered_but_not_by_what_law(gone: Story) -> None:
    notice, recall, _ = ids(gone)
    send(gone, "h-rep", f"/notices/{notice}", how="kept-by-law", reason=LAW)
    text = read(gone, "v-idva", f"/recalls/{recall}")
    assert "Sam Okafor, Northmoor Homes" in text
    assert "Kept, because a law says so" in text
    assert "Not answered" in text
    assert LAW not in text
    assert recall in read(gone, "v-idva", "/recalls")
    for who in ("h-rep", "n-rep", "s-chair"):
        read(gone, who, f"/recalls/{recall}", 404)
        assert "Nothing went back" in read(gone, who, "/recalls")


def test_whoever_withdrew_what_others_recorded_sees_their_own_part(served: Story) -> None:
    """Homes may take it back for her; that it named Haven too is not theirs to know."""
    served.see("h-dep", "v-idva")
    served.withdraw("h-rep")
    text = read(served, "h-rep", "/recalls")
    assert "Dina Deputy" in text
    assert "Hana Said" not in text
    (recall,) = set(re.findall(r"rcl_\w+", text))
    assert "Hana Said" not in read(served, "h-rep", f"/recalls/{recall}")


def test_a_recall_of_which_nothing_is_theirs_is_as_if_it_were_not(served: Story) -> None:
    served.see("v-idva")
    served.withdraw("h-rep")
    assert "Nothing went back" in read(served, "h-rep", "/recalls")


def test_officers_of_reader_and_owner_know_of_it_and_no_other(gone: Story) -> None:
    notice, _, _ = ids(gone)
    send(gone, "h-rep", f"/notices/{notice}", how="kept-by-law", reason=LAW)
    homes, nhs, police = (read(gone, who, "/governance/notices") for who in ("h-ig", "n-ig", "p-ig"))
    assert "Sam Okafor" in homes
    assert "Hana Said" not in homes  # who is at another agency
    assert "Sam Okafor" in nhs
    assert "Hana Said" in nhs
    assert LAW in homes
    assert LAW in nhs
    assert "Nothing has gone back." in police
    read(gone, "n-ig", f"/governance/notices/{notice}", 404)  # only the reader's own officer answers for them


def test_an_officer_answers_for_a_colleague_who_is_away(gone: Story) -> None:
    notice, _, _ = ids(gone)
    path = f"/governance/notices/{notice}"
    assert "Notice to Sam Okafor" in read(gone, "h-ig", path)
    assert "Say what you did" in send(gone, "h-ig", path, 422)
    send(gone, "h-ig", path, how="destroyed")
    assert "Destroyed, or no copy was made" in read(gone, "n-ig", "/governance/notices")


def test_chair_and_idva_review_what_goes_on_by_the_next_working_day(gone: Story) -> None:
    _, _, review = ids(gone)
    path = f"/reviews/{review}"
    for who in ("s-chair", "v-idva"):
        assert f"Review sharing in {gone.world.reference}" in read(gone, who, "/")
        text = read(gone, who, path)
        assert "Some sharing to prevent serious harm does not rest on consent, and goes on." in text
        assert "Due by 25 November 2026" in text
    read(gone, "p-rep", path, 403)
    assert "Choose what you found." in send(gone, "s-chair", path, 422, note="Looked")
    assert "Write what you looked at" in send(gone, "s-chair", path, 422, outcome="goes-on")
    send(gone, "s-chair", path, outcome="goes-on", note="The danger is as it was")
    assert "The danger is as it was" in read(gone, "v-idva", path)
    send(gone, "v-idva", path, 409, outcome="ends", note="No")
    assert "Review sharing" not in read(gone, "v-idva", "/")


# --- the register ---


def opened(story: Story, agency: str, kind: ReviewKind, days: int) -> str:
    at = story.world.now - timedelta(days=days)
    with told(f"{agency} {kind} {days}", at), story.world.database.write() as session:
        review = open_review(
            session,
            partnership_id=HOME,
            kind=kind,
            agency_id=agency,
            about="evt_" + "b" * 26,
            case_id=story.world.case_id,
            due=next_working_day(at),
            at=at,
        )
        return review.id


def test_what_is_overdue_stands_first_and_is_the_agencys_own(served: Story) -> None:
    new = opened(served, "homes", ReviewKind.OVERRIDE, 0)
    late = opened(served, "homes", ReviewKind.BREAK_GLASS, 4)
    other = opened(served, "nhs", ReviewKind.BREAK_GLASS, 0)
    text = read(served, "h-ig", "/governance/reviews")
    assert text.index("Overdue") < text.index(late) < text.index(new)
    assert "Overdue, due 23 November 2026" in text
    assert other not in text
    assert "Emergency access" in read(served, "h-ig", "/").partition("Do first")[2]
    read(served, "h-ig", f"/governance/reviews/{other}", 404)
    path = f"/governance/reviews/{late}"
    assert "Choose what you found." in send(served, "h-ig", path, 422)
    send(served, "h-ig", path, outcome="justified", note="Rang at 2am, nobody there")
    again = read(served, "h-ig", path)
    assert "Rang at 2am, nobody there" in again
    assert "Iris Cole" in again
    send(served, "h-ig", path, 409, outcome="justified", note="Twice")


def test_an_officer_who_is_kept_out_of_the_case_does_not_see_its_reviews(served: Story) -> None:
    review = opened(served, "homes", ReviewKind.BREAK_GLASS, 0)
    with told("kept out"), served.world.database.write() as session:
        case = session.get_one(Case, served.world.case_id)
        actor = by(served.world, "s-coord")
        staff = served.world.staff["h-ig"]
        cases.exclude(session, case, staff, ExclusionKind.OTHER_SIDE, by=actor, at=served.world.now)
    assert review not in read(served, "h-ig", "/governance/reviews")
    read(served, "h-ig", f"/governance/reviews/{review}", 404)


def test_an_emergency_is_reviewed_with_what_was_shown_by_it(served: Story) -> None:
    world = served.world
    with told("emergency", world.now), world.database.write() as session:
        case = session.get_one(Case, world.case_id)
        break_glass(session, world.viewer("h-rep"), case, "She rang, he is at the door", at=world.now)
    with told("looks", world.now + timedelta(minutes=1)), world.database.write() as session:
        disclose(session, world.viewer("h-rep"), [session.get_one(Case, world.case_id)])
    for who, is_theirs in (("h-ig", True), ("n-ig", False), ("p-ig", False)):
        (review,) = set(re.findall(r"rvw_\w+", read(served, who, "/governance/reviews")))
        text = read(served, who, f"/governance/reviews/{review}")
        assert "Sam Okafor, Northmoor Homes" in text
        assert ("She rang, he is at the door" in text) is is_theirs
        assert "Due by 25 November 2026" in text
        assert "What was shown by it" in text


# --- two worlds ---

PAGES = (
    "/",
    "/notices",
    "/recalls",
    "/cases/{case}",
    "/cases/{marac}",
    "/notices/{notice}",
    "/recalls/{recall}",
    "/governance/notices",
    "/governance/reviews",
    "/governance/wrong",
)


@pytest.mark.slow
def test_two_worlds_are_one_to_whoever_was_not_shown_it(story: Story, tmp_path: Path) -> None:
    """One in which Sam was shown her health and is recalled, one in which he was shown only a name."""
    first = story
    worlds = (first, replace(first, world=copied(first.world, tmp_path / "two")))
    first.see("h-rep")
    worlds[1].see("h-rep", case_id=first.world.recused_case_id)
    named = {"case": first.case_id, "marac": first.world.case_id, "notice": "", "recall": ""}
    for each in worlds:
        each.withdraw()
    named["notice"], named["recall"], _ = ids(first)
    apps = [application(each.world) for each in worlds]
    counts = [watched(app) for app in apps]
    for who in ("p-rep", "h-dep", "n-rep", "s-obs", "p-ig", "a-rep"):
        for path in PAGES:
            seen = []
            for each, app, count in zip(worlds, apps, counts, strict=True):
                with told(f"{who} {path}", each.world.now + timedelta(minutes=20)):
                    sign = signed_in(app, each.world, who)
                    count.clear()
                    answer = sign.get(path.format(**named), base_url=HOST)
                body = re.sub(rb"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", b"", without_tokens(answer.get_data()))
                seen.append((answer.status_code, body, len(count)))
            assert seen[0] == seen[1], f"{who} {path}"


def watched(app: ConferenceFlask) -> list[str]:
    """The statements that an application sends, one after another."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(parts_of(app).database.engine, "before_cursor_execute", note)
    return sent
