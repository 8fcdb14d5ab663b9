"""Phones that can be pushed to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'phone',
        sa.Column('id', sa.String(), nullable=False),
        sa.Column('person_id', sa.String(), nullable=False),
        sa.Column('endpoint', sa.String(), nullable=False),
        sa.Column('p256dh', sa.String(), nullable=False),
        sa.Column('auth', sa.String(), nullable=False),
        sa.Column('origin', sa.String(), nullable=False),
        sa.Column('language', sa.String(), nullable=False),
        sa.Column('surface', sa.String(), nullable=False),
        sa.Column('label', sa.String(), nullable=False),
        sa.Column('secret_hash', sa.String(), nullable=False),
        sa.Column('added_us', sa.BigInteger(), nullable=False),
        sa.Column('renewed_us', sa.BigInteger(), nullable=False),
        sa.Column('sent_us', sa.BigInteger(), nullable=True),
        sa.Column('receipt_us', sa.BigInteger(), nullable=True),
        sa.Column('tested_us', sa.BigInteger(), nullable=True),
        sa.Column('trouble', sa.String(), nullable=False),
        sa.Column('gone_us', sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_index(op.f('ix_phone_person_id'), 'phone', ['person_id'], unique=False)
    op.create_index(op.f('ix_phone_endpoint'), 'phone', ['endpoint'], unique=False)


def downgrade() -> None:
    op.drop_table('phone')
