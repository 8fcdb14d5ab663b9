"""Runs of the daily proof, and what is proven of phone numbers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

RUNNING = sa.text('ended_us IS NULL')


def upgrade() -> None:
    op.create_table(
        'number',
        sa.Column('person_id', sa.String(), nullable=False),
        sa.Column('channel', sa.String(), nullable=False),
        sa.Column('mark', sa.String(), nullable=False),
        sa.Column('tested_us', sa.BigInteger(), nullable=True),
        sa.Column('proven_us', sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint('person_id', 'channel'),
    )
    op.create_table(
        'proof',
        sa.Column('id', sa.String(), nullable=False),
        sa.Column('office_id', sa.String(), nullable=False),
        sa.Column('made_us', sa.BigInteger(), nullable=False),
        sa.Column('ended_us', sa.BigInteger(), nullable=True),
        sa.Column('body', sa.String(), nullable=False),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_index('proof_office', 'proof', ['office_id', 'made_us'], unique=False)
    op.create_index('proof_running', 'proof', ['made_us'], unique=False, sqlite_where=RUNNING, postgresql_where=RUNNING)


def downgrade() -> None:
    op.drop_table('proof')
    op.drop_table('number')
