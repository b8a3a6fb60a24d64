"""Run by Alembic: migrate on the connection that was handed over."""

from alembic import context

from data.registry.models import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
