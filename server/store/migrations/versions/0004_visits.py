"""Visits: who is out, until when, and where they were last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'visit',
        sa.Column('id', sa.String(), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('office_id', sa.String(), nullable=False),
        sa.Column('state', sa.String(), nullable=False),
        sa.Column('due_us', sa.BigInteger(), nullable=True),
        sa.Column('starts_us', sa.BigInteger(), nullable=False),
        sa.Column('ended_us', sa.BigInteger(), nullable=True),
        sa.Column('forgettable', sa.Boolean(), nullable=False),
        sa.Column('body', sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_index(op.f('ix_visit_office_id'), 'visit', ['office_id'], unique=False)
    op.create_index('visit_due', 'visit', ['due_us'], unique=False)
    op.create_table(
        'visit_person',
        sa.Column('person_id', sa.String(), nullable=False),
        sa.Column('visit_id', sa.String(), nullable=False),
        sa.PrimaryKeyConstraint('person_id', 'visit_id'),
    )
    op.create_index(op.f('ix_visit_person_visit_id'), 'visit_person', ['visit_id'], unique=False)
    op.create_table(
        'visit_position',
        sa.Column('visit_id', sa.String(), nullable=False),
        sa.Column('lat', sa.Float(), nullable=False),
        sa.Column('lon', sa.Float(), nullable=False),
        sa.Column('accuracy_m', sa.Float(), nullable=True),
        sa.Column('at_us', sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint('visit_id'),
    )


def downgrade() -> None:
    op.drop_table('visit_position')
    op.drop_table('visit_person')
    op.drop_table('visit')
