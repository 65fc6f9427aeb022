"""How Alembic runs a migration: on the connection it is handed."""

from alembic import context

from invoco.store.columns import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=False)
context.run_migrations()
