"""Build the second wall on PostgreSQL: row-level security, and who is asking, signed for each transaction.

Why: SQL that somebody smuggles into a request shows no row that its reader's agency was not offered.
Locks: each table behind it for a moment.  Undo: takes policies, functions and the key away; no row changes.

On SQLite there is nothing to do. `conference migrate` puts the key from the key file into `wall.key`.
"""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

ASKING = "(SELECT wall.agency())"
FUNCTION = """
CREATE FUNCTION wall.agency() RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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
END $$
"""
REFUSE = (
    "CREATE FUNCTION wall.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION"
    " USING MESSAGE = TG_TABLE_NAME || ' stays what it is of', ERRCODE = 'insufficient_privilege'; END $$"
)


def own(column: str) -> str:
    return f"{ASKING} = ANY (ARRAY[{column}, '*'])"


def through(other: str, column: str, also: str = "") -> str:
    return f"(SELECT true FROM {other} AS o WHERE o.id = {column}{also})"  # noqa: S608


def owned(table: str, shown: str) -> tuple[str, ...]:
    mine, ours = own(f"{table}.owner"), f"{table}.owner = 'conference'"
    listed = (
        f"(SELECT true FROM case_agency AS l WHERE l.case_id = {table}.case_id AND l.agency_id = {ASKING})"  # noqa: S608
    )
    written = f"{mine} OR ({ours} AND {listed})"
    return (f"{mine} OR (({ours} OR {shown}) AND {listed})", written, written, mine)


def part_of(other: str, column: str) -> tuple[str, ...]:
    written = through(other, column, f" AND (o.owner = 'conference' OR {own('o.owner')})")
    return (
        through(other, column),
        written,
        written,
        through(other, column, f" AND ({own('o.owner')})"),
    )


def beside(table: str, shown: str) -> tuple[str, ...]:
    mine = own(f"{table}.owner")
    return (f"{mine} OR {shown}", mine, mine, mine)


def shared_copy(table: str, copy: str) -> str:
    return (
        f"(SELECT true FROM attachment AS o WHERE o.copy_id = {copy}"  # noqa: S608
        f" AND o.field_id = {table}.field_id AND o.owner = {table}.owner)"
    )


INDEXED = (
    "(SELECT true FROM field AS o WHERE o.id = person_index.field_id AND o.owner = person_index.owner)"
    " AND (person_index.birth_field_id IS NULL OR (SELECT true FROM field AS o"
    " WHERE o.id = person_index.birth_field_id AND o.owner = person_index.owner))"
)
OFFERED = (
    "(SELECT true FROM field AS f WHERE f.record_id = record.id AND f.owner = record.owner"
    " AND f.case_id = record.case_id AND f.offered <> 'NONE' LIMIT 1)"
)
VERSIONS = part_of("field", "field_version.field_id")
SYSTEM = f"{ASKING} = '*'"
# Table, and what may be seen, added, changed and taken away.
BEHIND = {
    "case_agency": ("true", SYSTEM, own("case_agency.agency_id"), SYSTEM),
    "record": owned("record", OFFERED),
    "record_subject": part_of("record", "record_subject.record_id"),
    "field": owned("field", "field.offered <> 'NONE'"),
    "field_version": (VERSIONS[1], *VERSIONS[1:]),
    "field_source": part_of("field", "field_source.field_id"),
    "field_audience": part_of("field", "field_audience.field_id"),
    "relation": part_of("field", "relation.field_id"),
    "person_index": beside("person_index", f"({INDEXED})"),
    "likeness": beside("likeness", through("field", "likeness.field_id", " AND o.owner = likeness.owner")),
    "attachment": beside(
        "attachment", through("field", "attachment.field_id", " AND o.owner = attachment.owner")
    ),
    "document_copy": beside("document_copy", shared_copy("document_copy", "document_copy.id")),
    "file_chunk": beside("file_chunk", shared_copy("file_chunk", "split_part(file_chunk.file_id, '/', 1)")),
    "import_seen": (own("import_seen.agency_id"),) * 4,
    "override_request": (own("override_request.owner"),) * 4,
    "override_answer": (through("override_request", "override_answer.request_id"),) * 4,
    "wrong_note": (own("wrong_note.agency_id"),) * 4,
}


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    op.execute("CREATE SCHEMA wall")
    op.execute("REVOKE ALL ON SCHEMA wall FROM PUBLIC")
    op.execute(
        "CREATE TABLE wall.key (alone boolean PRIMARY KEY DEFAULT true CHECK (alone),"
        " inner_pad bytea NOT NULL, outer_pad bytea NOT NULL)"
    )
    op.execute("REVOKE ALL ON wall.key FROM PUBLIC")
    for function, name in ((FUNCTION, "agency"), (REFUSE, "refuse")):
        op.execute(function.strip())
        op.execute(f"REVOKE ALL ON FUNCTION wall.{name}() FROM PUBLIC")
    for table, (seen, added, changed, dropped) in BEHIND.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY {table}_seen ON {table} FOR SELECT USING ({seen})")
        op.execute(f"CREATE POLICY {table}_added ON {table} FOR INSERT WITH CHECK ({added})")
        op.execute(
            f"CREATE POLICY {table}_changed ON {table} FOR UPDATE USING ({changed}) WITH CHECK ({changed})"
        )
        op.execute(f"CREATE POLICY {table}_dropped ON {table} FOR DELETE USING ({dropped})")
    op.execute(
        "CREATE TRIGGER case_agency_stays BEFORE UPDATE OF case_id, agency_id, partnership_id ON case_agency"
        " FOR EACH STATEMENT EXECUTE FUNCTION wall.refuse()"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    op.execute("DROP TRIGGER case_agency_stays ON case_agency")
    for table in BEHIND:
        for name in ("seen", "added", "changed", "dropped"):
            op.execute(f"DROP POLICY {table}_{name} ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY")
    op.execute("DROP SCHEMA wall CASCADE")
