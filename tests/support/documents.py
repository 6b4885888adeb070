"""Documents of a world, opened and copied without a workshop: what it would have made is given."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image
from sqlalchemy.orm import Session

from conference import clock
from conference.cases import records
from conference.cases.models import Case, Offered
from conference.files import workshop
from conference.files.painting import built
from conference.identity.services import viewer_for
from conference.sharing import documents
from conference.sharing.files import work
from conference.sharing.files.models import Attachment
from conference.sharing.research import Typed
from tests.support.world import World, by, told

PAGES = ("Seen at the surgery", "Came with her sister")


def png(shade: int = 200, size: tuple[int, int] = (60, 80)) -> bytes:
    """A picture of pixels alone."""
    out = io.BytesIO()
    Image.new("L", size, shade).save(out, "PNG")
    return out.getvalue()


def add_document(
    session: Session,
    world: World,
    case: Case,
    who: str,
    *,
    class_name: str = "asb.record",
    title: str = "Letter about the stairs",
    offered: str = "none",
    about: Sequence[str] = ("victim",),
    pages: Sequence[str] = PAGES,
    content: bytes = b"",
) -> tuple[str, str]:
    """A document of `who`'s agency with a chosen copy: the field's id, and the copy's."""
    viewer, at = viewer_for(session, world.staff[who]), clock.now()
    assert viewer is not None
    people = [world.people.get(one, one) for one in about]
    typed = Typed(class_name, title)
    field = documents.add_document(session, viewer, case, typed, content or png(), about=people, at=at)
    pictures = [png(100 + number) for number in range(len(pages))]
    attachment = session.get_one(Attachment, field.id)
    work.keep_opened(session, attachment, workshop.Opened(pictures, [[] for _ in pages]))
    copy = documents.ask_copy(session, viewer, case, field.id, at=at)
    work.keep_copy(session, copy, workshop.Copy(pictures, built(pictures), list(pages)))
    documents.choose_copy(session, viewer, case, field.id, copy.id, at=at)
    if offered != "none":
        records.set_offer(session, field, Offered(offered), by=by(world, who))
    return field.id, copy.id


def documented(world: World) -> None:
    """Homes hold a document and share its copy: `document` and `copy` in `world.afterwards`."""
    with told("documented", world.now), world.database.write() as session:
        case = session.get_one(Case, world.case_id)
        field_id, copy_id = add_document(session, world, case, "h-rep", offered="full")
        world.afterwards |= {"document": field_id, "copy": copy_id}
