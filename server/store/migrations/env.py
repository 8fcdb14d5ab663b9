"""Alembic's way in: runs on the connection that `server.store.migrate` hands over."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

from server.store import tables  # noqa: F401  the tables must be known before they are compared

context.configure(connection=context.config.attributes["connection"], target_metadata=SQLModel.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
