from __future__ import annotations

from sqlalchemy import select

from conference.sharing.recalls.models import RecallNotice
from tests.recalls.conftest import Story


def told(story: Story) -> dict[str, list[str]]:
    """What each was told of, by subject of the world."""
    names = {staff: who for who, staff in story.world.staff.items()}
    with story.world.database.read() as session:
        rows = session.scalars(select(RecallNotice)).unique().all()
        return {names[row.staff_id]: [item.class_name for item in row.items] for row in rows}


def test_exactly_those_who_were_shown_it_are_told(story: Story) -> None:
    story.see("h-rep", "p-rep", "n-rep", "v-idva")
    after = story.withdraw()
    assert told(story) == {"h-rep": ["health.physical"], "v-idva": ["health.physical"]}
    assert after.told == 2
    assert after.unread == 0
