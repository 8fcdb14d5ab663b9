"""The offices' yearly wheels of drills."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'wheel',
        sa.Column('id', sa.String(), nullable=False),
        sa.Column('office_id', sa.String(), nullable=False),
        sa.Column('body', sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_index(op.f('ix_wheel_office_id'), 'wheel', ['office_id'], unique=False)


def downgrade() -> None:
    op.drop_table('wheel')
