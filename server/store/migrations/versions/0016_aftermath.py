"""How people are after an alarm."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'aftermath',
        sa.Column('alarm_id', sa.String(), primary_key=True),
        sa.Column('person_id', sa.String(), primary_key=True),
        sa.Column('word', sa.String(), nullable=False),
        sa.Column('at_us', sa.BigInteger(), nullable=False),
        sa.Column('seen_by', sa.String(), nullable=True),
    )


def downgrade() -> None:
    op.drop_table('aftermath')
