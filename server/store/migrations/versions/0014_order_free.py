"""Orders that nobody holds are found without looking through those that somebody does."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

FREE, LEASED = sa.text('next_us IS NOT NULL AND lease_us IS NULL'), sa.text('next_us IS NOT NULL AND lease_us IS NOT NULL')
NEXT = sa.text('next_us IS NOT NULL')


def upgrade() -> None:
    op.drop_index('order_next', 'order')
    op.create_index('order_free', 'order', ['device', 'next_us'], sqlite_where=FREE, postgresql_where=FREE)
    op.create_index('order_leased', 'order', ['device', 'lease_us'], sqlite_where=LEASED, postgresql_where=LEASED)


def downgrade() -> None:
    op.drop_index('order_leased', 'order')
    op.drop_index('order_free', 'order')
    op.create_index('order_next', 'order', ['device', 'next_us'], sqlite_where=NEXT, postgresql_where=NEXT)
