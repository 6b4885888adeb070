"""Erase a person: destroy the one key that everything sealed about them needs."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from conference.db import WriteInReadSession, writable
from conference.inputs import Inputs, moved
from conference.vault.datakeys import forget
from conference.vault.keyfile import KeyFile


def erase_person(session: Session, keys: KeyFile, person_id: str) -> None:
    """Make all that is sealed about `person_id`, alone or with others, unreadable for good.

    It happens when the transaction of `session` has committed, so that an erasure is never done without its
    event. If the process dies between the two, doing it again is harmless and finishes it. Whatever is being
    shown meanwhile is decided again.
    """
    destroy_after_commit(session, keys, [f"person/{person_id}"])
    for partnership in session.scalars(select(Inputs.partnership_id).order_by(Inputs.partnership_id)):
        moved(session, partnership)  # of all, for whose they are is not known here


def destroy_after_commit(session: Session, keys: KeyFile, names: Sequence[str]) -> None:
    """Destroy keys once what `session` writes is durable. A name that never was a key is gone, too, then."""
    if not writable(session):
        raise WriteInReadSession("erasing needs a write session")
    waiting = list(names)

    def destroy(committed: Session) -> None:
        if not committed.in_nested_transaction():
            while waiting:
                keys.destroy(waiting.pop(0))

    forget(session)
    event.listen(session, "after_commit", destroy)
