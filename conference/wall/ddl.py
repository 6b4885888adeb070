"""What stands in the database for the second wall. Migrations copy this text; nothing of it is for SQLite.

A policy that asks who is asking does so in a sub-select of its own, which is answered once a statement. What
a policy looks up in another table it sees through that table's own policies, by a key and row by row: written
as EXISTS, PostgreSQL would rather read all of the other table for each statement. None found is no.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

_ASKING = "(SELECT wall.agency())"
_THEIRS = f"{_ASKING} = ANY (ARRAY[%s, '*'])"
_LISTED = "(SELECT true FROM case_agency AS l WHERE l.case_id = {table}.case_id AND l.agency_id = {asking})"
_OF_CONFERENCE = "{table}.owner = 'conference'"
_OFFERED = (
    "(SELECT true FROM field AS f WHERE f.record_id = record.id AND f.owner = record.owner"
    " AND f.case_id = record.case_id AND f.offered <> 'NONE' LIMIT 1)"
)


@dataclass(frozen=True, slots=True)
class Rows:
    """Which rows of a table a transaction sees, may add, change and take away: conditions in SQL."""

    seen: str
    added: str
    changed: str
    dropped: str

    def policies(self, table: str) -> Iterator[str]:
        """The statements that say so."""
        yield f"CREATE POLICY {table}_seen ON {table} FOR SELECT USING ({self.seen})"
        yield f"CREATE POLICY {table}_added ON {table} FOR INSERT WITH CHECK ({self.added})"
        changed = f"USING ({self.changed}) WITH CHECK ({self.changed})"
        yield f"CREATE POLICY {table}_changed ON {table} FOR UPDATE {changed}"
        yield f"CREATE POLICY {table}_dropped ON {table} FOR DELETE USING ({self.dropped})"


def _own(column: str) -> str:
    return _THEIRS % column


def _listed(table: str) -> str:
    return _LISTED.format(table=table, asking=_ASKING)


def _through(other: str, column: str, also: str = "") -> str:
    """A row of what `column` names, as far as that is seen itself."""
    return f"(SELECT true FROM {other} AS o WHERE o.id = {column}{also})"  # noqa: S608


def _owned(table: str, shown: str) -> Rows:
    """Rows with an owner and a case: one's own; of a listed case what is `shown`, and the conference's."""
    own, listed, ours = _own(f"{table}.owner"), _listed(table), _OF_CONFERENCE.format(table=table)
    written = f"{own} OR ({ours} AND {listed})"
    return Rows(f"{own} OR (({ours} OR {shown}) AND {listed})", written, written, own)


def _beside(table: str, shown: str) -> Rows:
    """Rows of one owner's that others see as far as `shown`."""
    own = _own(f"{table}.owner")
    return Rows(f"{own} OR {shown}", own, own, own)


def _part_of(other: str, column: str) -> Rows:
    """Rows that go with another table's: seen with it, written by its owner or for the conference."""
    theirs = _through(other, column, f" AND ({_own('o.owner')})")
    written = _through(other, column, f" AND (o.owner = 'conference' OR {_own('o.owner')})")
    return Rows(_through(other, column), written, written, theirs)


_VERSIONS = _part_of("field", "field_version.field_id")
_INDEX = (
    "(SELECT true FROM field AS o WHERE o.id = person_index.field_id AND o.owner = person_index.owner)"
    " AND (person_index.birth_field_id IS NULL OR (SELECT true FROM field AS o"
    " WHERE o.id = person_index.birth_field_id AND o.owner = person_index.owner))"
)
_COPY = (
    "(SELECT true FROM attachment AS o WHERE o.copy_id = {copy} AND o.field_id = {table}.field_id"
    " AND o.owner = {table}.owner)"
)
_ONLY_SYSTEM = f"{_ASKING} = '*'"

BEHIND: dict[str, Rows] = {
    # Who is on a case is no secret to those on it; but whoever could add a row here would open the case.
    "case_agency": Rows("true", _ONLY_SYSTEM, _own("case_agency.agency_id"), _ONLY_SYSTEM),
    "record": _owned("record", _OFFERED),
    "record_subject": _part_of("record", "record_subject.record_id"),
    "field": _owned("field", "field.offered <> 'NONE'"),
    # What somebody said before is only ever its owner's to look at.
    "field_version": replace(_VERSIONS, seen=_VERSIONS.changed),
    "field_source": _part_of("field", "field_source.field_id"),
    "field_audience": _part_of("field", "field_audience.field_id"),
    "relation": _part_of("field", "relation.field_id"),
    "person_index": _beside("person_index", f"({_INDEX})"),
    "likeness": _beside("likeness", _through("field", "likeness.field_id", " AND o.owner = likeness.owner")),
    # Of a file others see that there is one, and the copy that is shared now; never what it was made from.
    "attachment": _beside(
        "attachment", _through("field", "attachment.field_id", " AND o.owner = attachment.owner")
    ),
    "document_copy": _beside("document_copy", _COPY.format(table="document_copy", copy="document_copy.id")),
    "file_chunk": _beside(
        "file_chunk", _COPY.format(table="file_chunk", copy="split_part(file_chunk.file_id, '/', 1)")
    ),
    "import_seen": Rows(*[_own("import_seen.agency_id")] * 4),
    "override_request": Rows(*[_own("override_request.owner")] * 4),
    "override_answer": Rows(*[_through("override_request", "override_answer.request_id")] * 4),
    "wrong_note": Rows(*[_own("wrong_note.agency_id")] * 4),
}

# Tables with an owner's sealed values that are in front of it all the same, and why. `docs/decisions/0021-…`.
IN_FRONT: dict[str, str] = {
    "data_key": "each answer's log entry is sealed for all whom it concerns, under their keys; opens nothing",
    "staff": "who works where is for all who meet; the names are sealed for the directory",
    "action": "what was agreed at the table, for everybody on the case; the note is sealed for its owner",
    "emergency": "that somebody took emergency access is shown to the agencies whose information it opened",
    "review": "an officer's review is of what concerns two agencies; the note is sealed for its owner",
    "wrong_report": "what is said to be wrong concerns the agency it came from and all who were shown it",
    "recall_notice": "the word from one agency's staff to another's",
    "legal_hold": "that there is one is for the officers of every agency on the case",
    "retention_day": "the day from which an agency counts; what rests on it is looked at for all",
}

BODY = """
DECLARE
  said text := current_setting('wall.binding', true);
BEGIN
  IF said IS NULL OR said = '' THEN
    RETURN NULL;
  END IF;
  -- In one statement, so that the key is never a variable that a plan could be printed with; and both sides
  -- are hashed again, so that how long the comparison takes says nothing.
  RETURN (
    SELECT substr(said, 66) FROM wall.key AS k
    WHERE sha256(k.outer_pad || convert_to(substr(said, 1, 64), 'UTF8'))
      = sha256(k.outer_pad || convert_to(encode(sha256(k.outer_pad || sha256(k.inner_pad || convert_to(
          concat_ws(chr(31), 'conference wall 1',
            concat_ws('.', pg_backend_pid(), extract(epoch FROM now())), substr(said, 66)),
          'UTF8'))), 'hex'), 'UTF8'))
  );
END """
_FUNCTION = (
    "CREATE FUNCTION wall.agency() RETURNS text LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER"
    f" SET search_path = pg_catalog, pg_temp AS $${BODY}$$"
)


_REFUSE = (
    "CREATE FUNCTION wall.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION"
    " USING MESSAGE = TG_TABLE_NAME || ' stays what it is of', ERRCODE = 'insufficient_privilege'; END $$"
)


def up() -> Iterator[str]:
    """The statements that build it, on PostgreSQL, for the role that owns the tables."""
    yield "CREATE SCHEMA wall"
    yield "REVOKE ALL ON SCHEMA wall FROM PUBLIC"
    yield (
        "CREATE TABLE wall.key (alone boolean PRIMARY KEY DEFAULT true CHECK (alone),"
        " inner_pad bytea NOT NULL, outer_pad bytea NOT NULL)"
    )
    yield "REVOKE ALL ON wall.key FROM PUBLIC"
    yield _FUNCTION
    yield "REVOKE ALL ON FUNCTION wall.agency() FROM PUBLIC"
    yield _REFUSE
    yield "REVOKE ALL ON FUNCTION wall.refuse() FROM PUBLIC"
    for table, rows in BEHIND.items():
        yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"
        yield from rows.policies(table)
    # An agency changes its own line on a case, never which case it is of.
    yield (
        "CREATE TRIGGER case_agency_stays BEFORE UPDATE OF case_id, agency_id, partnership_id ON case_agency"
        " FOR EACH STATEMENT EXECUTE FUNCTION wall.refuse()"
    )


PUT_KEY = (
    "INSERT INTO wall.key (inner_pad, outer_pad) VALUES (:inner, :outer)"
    " ON CONFLICT (alone) DO UPDATE SET inner_pad = :inner, outer_pad = :outer"
)
