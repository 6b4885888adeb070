"""How alembic reaches the database: over the connection of `conference migrate`, or by the settings."""

from alembic import context
from sqlalchemy.engine import Connection

from conference import settings
from conference.commands import migrating


def run_on(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=context.config.attributes.get("metadata"),
        transactional_ddl=True,
        transaction_per_migration=True,
        on_version_apply=migrating.say,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run_on(given)
else:  # alembic's own command line, by a developer
    with migrating.connected(settings.from_environment().database) as own:
        run_on(own)
