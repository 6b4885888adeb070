"""Add partnerships, their agencies, staff and the sessions of browsers.

Why: everything else belongs to a partnership, and somebody has to sign in.
Locks: none, new tables.  Undo: drops them with what they hold.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "partnership",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("reference_prefix", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partnership")),
    )
    op.create_table(
        "agency",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("sector", sa.String(length=20), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("oidc_issuer", sa.String(length=255), nullable=True),
        sa.Column("oidc_client_id", sa.String(length=255), nullable=True),
        sa.Column("oidc_secret_file", sa.String(length=255), nullable=True),
        sa.Column("oidc_algorithms", sa.String(length=64), nullable=False),
        sa.Column("oidc_acr", sa.String(length=255), nullable=False),
        sa.Column("oidc_amr", sa.String(length=255), nullable=False),
        sa.Column("oidc_max_age", sa.Integer(), nullable=False),
        sa.Column("email_domains", sa.String(length=1000), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "kind IN ('police', 'idva', 'childrens', 'adult-care', 'nhs', 'mental-health', 'housing', 'asb', "
            "'probation', 'education', 'substance', 'fire', 'voluntary')",
            name=op.f("ck_agency_kind"),
        ),
        sa.CheckConstraint(
            "sector IN ('public', 'voluntary', 'registered-provider')", name=op.f("ck_agency_sector")
        ),
        sa.CheckConstraint("oidc_max_age > 0", name=op.f("ck_agency_oidc_max_age")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_agency_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency")),
        sa.UniqueConstraint(
            "oidc_issuer", "oidc_client_id", name=op.f("uq_agency_oidc_issuer_oidc_client_id")
        ),
    )
    op.create_index(op.f("ix_agency_partnership_id"), "agency", ["partnership_id"], unique=False)
    op.create_table(
        "staff",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("trained_until", sa.Date(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_staff_agency_id_agency")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_staff_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("agency_id", "subject", name=op.f("uq_staff_agency_id_subject")),
    )
    op.create_index(op.f("ix_staff_partnership_id"), "staff", ["partnership_id"], unique=False)
    op.create_table(
        "staff_role",
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.CheckConstraint(
            "role IN ('referrer', 'representative', 'deputy', 'coordinator', 'chair', 'idva', 'observer', "
            "'ig-officer', 'administrator')",
            name=op.f("ck_staff_role_role"),
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_role_staff_id_staff")),
        sa.PrimaryKeyConstraint("staff_id", "role", name=op.f("pk_staff_role")),
    )
    op.create_table(
        "web_session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.String(length=64), nullable=True),
        sa.Column("partnership_id", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "(staff_id IS NULL) = (partnership_id IS NULL)", name=op.f("ck_web_session_whose")
        ),
        sa.CheckConstraint("ends_at > created_at", name=op.f("ck_web_session_ends_at")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_web_session_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_web_session_staff_id_staff")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_web_session")),
    )
    op.create_index(op.f("ix_web_session_ends_at"), "web_session", ["ends_at"], unique=False)
    op.create_index(op.f("ix_web_session_partnership_id"), "web_session", ["partnership_id"], unique=False)
    op.create_index(op.f("ix_web_session_staff_id"), "web_session", ["staff_id"], unique=False)


def downgrade() -> None:
    op.drop_table("web_session")
    op.drop_table("staff_role")
    op.drop_table("staff")
    op.drop_table("agency")
    op.drop_table("partnership")
