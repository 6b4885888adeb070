"""Add agencies' records and their sealed fields, and how people are found and related.

Why: what agencies put on the table, one field at a time.
Locks: none, new tables.  Undo: drops them with what they hold.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "record",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("case_id", sa.String(length=255), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(length=255), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=255), nullable=False),
        sa.Column("external_token", sa.LargeBinary(), nullable=True),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_record_case_id_case")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_record_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record")),
    )
    op.create_index(op.f("ix_record_case_id"), "record", ["case_id"], unique=False)
    op.create_index(op.f("ix_record_external_token"), "record", ["external_token"], unique=False)
    op.create_index(op.f("ix_record_partnership_id"), "record", ["partnership_id"], unique=False)
    op.create_table(
        "field",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("record_id", sa.String(length=255), nullable=False),
        sa.Column("case_id", sa.String(length=255), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=False),
        sa.Column("class_name", sa.String(length=255), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("summary", sa.LargeBinary(), nullable=True),
        sa.Column("source", sa.LargeBinary(), nullable=True),
        sa.Column("relevance", sa.LargeBinary(), nullable=True),
        sa.Column("withheld_reason", sa.LargeBinary(), nullable=True),
        sa.Column("offered", sa.Enum("NONE", "PRESENCE", "SUMMARY", "FULL", name="offered"), nullable=False),
        sa.Column("kind", sa.Enum("FACT", "OPINION", name="fieldkind"), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=255), nullable=False),
        sa.Column("external_token", sa.LargeBinary(), nullable=True),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_field_version_counts_from_one")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_field_case_id_case")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_field_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_field_record_id_record")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field")),
    )
    op.create_index(op.f("ix_field_case_id"), "field", ["case_id"], unique=False)
    op.create_index(op.f("ix_field_external_token"), "field", ["external_token"], unique=False)
    op.create_index(op.f("ix_field_partnership_id"), "field", ["partnership_id"], unique=False)
    op.create_index(op.f("ix_field_record_id"), "field", ["record_id"], unique=False)
    op.create_table(
        "record_subject",
        sa.Column("record_id", sa.String(length=255), nullable=False),
        sa.Column("person_id", sa.String(length=255), nullable=False),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_record_subject_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_record_subject_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_record_subject_record_id_record")
        ),
        sa.PrimaryKeyConstraint("record_id", "person_id", name=op.f("pk_record_subject")),
    )
    op.create_index(
        op.f("ix_record_subject_partnership_id"), "record_subject", ["partnership_id"], unique=False
    )
    op.create_table(
        "field_audience",
        sa.Column("field_id", sa.String(length=255), nullable=False),
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["field_id"], ["field.id"], name=op.f("fk_field_audience_field_id_field")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_field_audience_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_field_audience_staff_id_staff")),
        sa.PrimaryKeyConstraint("field_id", "staff_id", name=op.f("pk_field_audience")),
    )
    op.create_index(
        op.f("ix_field_audience_partnership_id"), "field_audience", ["partnership_id"], unique=False
    )
    op.create_table(
        "field_source",
        sa.Column("field_id", sa.String(length=255), nullable=False),
        sa.Column("source_id", sa.String(length=255), nullable=False),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["field_id"], ["field.id"], name=op.f("fk_field_source_field_id_field")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_field_source_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(["source_id"], ["field.id"], name=op.f("fk_field_source_source_id_field")),
        sa.PrimaryKeyConstraint("field_id", "source_id", name=op.f("pk_field_source")),
    )
    op.create_index(op.f("ix_field_source_partnership_id"), "field_source", ["partnership_id"], unique=False)
    op.create_table(
        "field_version",
        sa.Column("field_id", sa.String(length=255), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("summary", sa.LargeBinary(), nullable=True),
        sa.Column("source", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaced_by", sa.String(length=255), nullable=False),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["field_id"], ["field.id"], name=op.f("fk_field_version_field_id_field")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_field_version_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("field_id", "version", name=op.f("pk_field_version")),
    )
    op.create_index(
        op.f("ix_field_version_partnership_id"), "field_version", ["partnership_id"], unique=False
    )
    op.create_table(
        "person_index",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=False),
        sa.Column("case_id", sa.String(length=255), nullable=False),
        sa.Column("person_id", sa.String(length=255), nullable=False),
        sa.Column("field_id", sa.String(length=255), nullable=False),
        sa.Column("birth_field_id", sa.String(length=255), nullable=True),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["birth_field_id"], ["field.id"], name=op.f("fk_person_index_birth_field_id_field")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_person_index_case_id_case")),
        sa.ForeignKeyConstraint(["field_id"], ["field.id"], name=op.f("fk_person_index_field_id_field")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_person_index_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_index_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_index")),
    )
    op.create_index(op.f("ix_person_index_field_id"), "person_index", ["field_id"], unique=False)
    op.create_index(op.f("ix_person_index_partnership_id"), "person_index", ["partnership_id"], unique=False)
    op.create_index(op.f("ix_person_index_person_id"), "person_index", ["person_id"], unique=False)
    op.create_index(op.f("ix_person_index_token"), "person_index", ["token"], unique=False)
    op.create_table(
        "relation",
        sa.Column("field_id", sa.String(length=255), nullable=False),
        sa.Column("case_id", sa.String(length=255), nullable=False),
        sa.Column("person_id", sa.String(length=255), nullable=False),
        sa.Column("other_id", sa.String(length=255), nullable=False),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_relation_case_id_case")),
        sa.ForeignKeyConstraint(["field_id"], ["field.id"], name=op.f("fk_relation_field_id_field")),
        sa.ForeignKeyConstraint(["other_id"], ["person.id"], name=op.f("fk_relation_other_id_person")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_relation_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_relation_person_id_person")),
        sa.PrimaryKeyConstraint("field_id", name=op.f("pk_relation")),
    )
    op.create_index(op.f("ix_relation_case_id"), "relation", ["case_id"], unique=False)
    op.create_index(op.f("ix_relation_partnership_id"), "relation", ["partnership_id"], unique=False)


def downgrade() -> None:
    op.drop_table("relation")
    op.drop_table("person_index")
    op.drop_table("field_version")
    op.drop_table("field_source")
    op.drop_table("field_audience")
    op.drop_table("record_subject")
    op.drop_table("field")
    op.drop_table("record")
    sa.Enum(name="offered").drop(op.get_bind())
    sa.Enum(name="fieldkind").drop(op.get_bind())
