"""What a withdrawal does: exactly those who were shown it are told, and what goes on is looked at."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from conference import clock
from conference.cases.models import Case
from conference.cases.records import write_for_conference
from conference.identity.services import deactivate
from conference.sharing import consents
from conference.sharing.recalls import receipts
from conference.sharing.recalls.models import Recall, RecallNotice
from conference.sharing.recalls.services import Aftermath
from conference.sharing.reviews import services as reviews
from conference.sharing.reviews.models import Review
from conference.sharing.reviews.working_days import next_working_day
from conference.trail.reading import Wanted, events_for
from tests.recalls.conftest import MEMBERS, Story, tell
from tests.support.client import copied
from tests.support.world import HOME, World, by, told

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # each example is a world: never shrunk
NAMED = {"h-rep", "h-dep", "v-idva"}  # staff of the agencies to which Maria consented


def notices(story: Story) -> dict[str, list[str]]:
    """What each was told of because of the consent, by subject of the world."""
    names = {staff: who for who, staff in story.world.staff.items()}
    with story.world.database.read() as session:
        query = select(RecallNotice).join(Recall, Recall.id == RecallNotice.recall_id)
        rows = session.scalars(query.where(Recall.about == story.consent_id)).unique().all()
        return {names[row.staff_id]: [item.class_name for item in row.items] for row in rows}


def found_reviews(story: Story, who: str) -> list[Review]:
    with clock.held(story.world.now), story.world.database.read() as session:
        return reviews.of_own_cases(session, story.world.viewer(who), at=story.world.now)


# --- on both databases ---


def test_who_was_shown_it_is_told_and_what_goes_on_is_looked_at(anywhere: World) -> None:
    story = tell(anywhere)
    story.see("h-rep", "p-rep", "n-rep", "v-idva")
    after = story.withdraw()
    assert notices(story) == {"h-rep": ["health.physical"], "v-idva": ["health.physical"]}
    assert (after.told, after.unread) == (2, 0)
    assert after.review_due == next_working_day(anywhere.now + timedelta(minutes=10))
    for who in ("s-chair", "v-idva"):  # of the MARAC, where health goes to Homes for another reason
        (review,) = found_reviews(story, who)
        assert (review.case_id, review.due, review.about) == (
            anywhere.case_id,
            after.review_due,
            story.consent_id,
        )
    with told("answer"), anywhere.database.write() as session:
        viewer = anywhere.viewer("h-rep")
        waiting = receipts.own_notices(session, viewer)
        (notice,) = [one for one in waiting if one.recall_id == after.recall_id]
        receipts.answer(session, viewer, notice, how="destroyed", reason="", at=anywhere.now)
        assert notice not in receipts.own_notices(session, viewer)
    with told("close"), anywhere.database.write() as session:
        viewer = anywhere.viewer("s-chair")
        (review,) = reviews.of_own_cases(session, viewer, at=anywhere.now)
        reviews.close_review(
            session, viewer, review, outcome="goes-on", note="Still in danger", doers=(), at=anywhere.now
        )
        assert reviews.note_of(session, anywhere.viewer("v-idva"), review) == "Still in danger"


# --- who is told ---


@pytest.mark.slow
@settings(max_examples=6, phases=PHASES, suppress_health_check=[HealthCheck.too_slow])
@given(
    before=st.sets(st.sampled_from(MEMBERS)),
    elsewhere=st.sets(st.sampled_from(MEMBERS)),
    after=st.sets(st.sampled_from(MEMBERS)),
)
def test_a_recall_reaches_exactly_those_who_were_shown_it(
    told_once: Story, before: set[str], elsewhere: set[str], after: set[str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        story = replace(told_once, world=copied(told_once.world, Path(folder)))
        story.see(*sorted(before))
        story.see(*sorted(elsewhere), case_id=story.world.case_id)
        result = story.withdraw()
        story.see(*sorted(after), minutes=15)
        assert set(notices(story)) == before & NAMED
        assert result.told == len(before & NAMED)
        story.world.database.close()


def test_a_text_that_repeats_it_goes_back_too(story: Story) -> None:
    world = story.world
    with told("text"), world.database.write() as session:
        write_for_conference(
            session,
            session.get_one(Case, story.case_id),
            class_name="conference.note",
            value="She has a broken wrist",
            about=[world.people["victim"]],
            sources=[world.fields["consented"]],
            audience=[world.staff["h-rep"]],
            by=by(world, "s-chair"),
            at=world.now,
        )
    story.see("h-rep", "p-rep")
    story.withdraw()
    with world.database.read() as session:
        rows = session.scalars(select(RecallNotice)).unique().all()
        seen = {(row.staff_id, row.owner, item.class_name) for row in rows for item in row.items}
    assert seen == {
        (world.staff["h-rep"], "nhs", "health.physical"),
        (world.staff["h-rep"], "conference", "conference.note"),
    }


def test_somebody_who_has_left_is_told_by_their_officer(story: Story) -> None:
    story.see("h-rep")
    with told("left"), story.world.database.write() as session:
        deactivate(session, story.world.staff["h-rep"])
    story.withdraw()
    with told("officer"), story.world.database.write() as session:
        viewer = story.world.viewer("h-ig")
        (notice,) = receipts.at_own_agency(session, viewer)
        receipts.answer(session, viewer, notice, how="destroyed", reason="", at=story.world.now)
    with story.world.database.read() as session:
        (entry,) = events_for(session, HOME, "homes", Wanted(names=("recall.answered",)))
        assert (entry.actor, entry.on_behalf_of) == (story.world.staff["h-ig"], story.world.staff["h-rep"])


def test_nothing_goes_back_that_nobody_was_shown(story: Story) -> None:
    story.see("p-rep", "s-chair")
    after = story.withdraw()
    assert (after.recall_id, after.told) == (None, 0)
    assert notices(story) == {}


def test_a_refusal_that_is_withdrawn_takes_nothing_back(story: Story) -> None:
    world = story.world
    with told("refusal"), world.database.write() as session:
        case = session.get_one(Case, story.case_id)
        row = consents.record_consent(
            session,
            case,
            world.people["victim"],
            word={
                "decision": "refuse",
                "purposes": ["tenancy-support"],
                "recipients": ["*"],
                "classes": ["tenancy"],
            },
            how="Alone",
            by=by(world, "v-idva"),
            at=world.now,
        )
        story.consent_id = row.id
    story.see("h-rep")
    assert story.withdraw() == Aftermath()


def test_the_log_tells_the_readers_agency_alone_and_not_why(story: Story) -> None:
    story.see("h-rep")
    story.withdraw()
    with story.world.database.read() as session:
        for agency in ("homes", "nhs", "haven", "police"):
            found = events_for(session, HOME, agency, Wanted(names=("recall.sent",)))
            assert len(found) == (agency == "homes")
            for entry in found:
                assert (entry.actor, entry.mark, entry.items) == (None, None, ())
                assert story.consent_id not in entry.about
        opened = events_for(session, HOME, "haven", Wanted(names=("review.opened",)))
        assert [entry.mark for entry in opened] == ["withdrawal"]
