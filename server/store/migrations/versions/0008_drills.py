"""Planned drills, who took part in them, what people said of them, and the offices' own exercises. Alarms name the drill that they belong to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

WAS_OPEN = sa.text('drill AND due_us IS NOT NULL')
OPEN_DRILL = sa.text('drill_id IS NOT NULL AND due_us IS NOT NULL')
DRILL_ID = {'sqlite': "json_extract(body, '$.drill.id')", 'postgresql': "body::json -> 'drill' ->> 'id'"}


def upgrade() -> None:
    op.add_column('alarm', sa.Column('drill_id', sa.String(), nullable=True))
    op.execute(f'UPDATE alarm SET drill_id = {DRILL_ID[op.get_bind().dialect.name]} WHERE drill')
    op.drop_index('alarm_drill', table_name='alarm')
    with op.batch_alter_table('alarm') as alarm:
        alarm.drop_column('drill')
    op.create_index('alarm_drill', 'alarm', ['opened_us'], unique=False, sqlite_where=OPEN_DRILL, postgresql_where=OPEN_DRILL)
    op.create_index(op.f('ix_alarm_drill_id'), 'alarm', ['drill_id'], unique=False)
    op.create_table(
        'drill',
        sa.Column('id', sa.String(), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('state', sa.String(), nullable=False),
        sa.Column('due_us', sa.BigInteger(), nullable=True),
        sa.Column('starts_us', sa.BigInteger(), nullable=False),
        sa.Column('body', sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_index(op.f('ix_drill_state'), 'drill', ['state'], unique=False)
    op.create_index('drill_due', 'drill', ['due_us'], unique=False)
    op.create_table(
        'drill_office',
        sa.Column('office_id', sa.String(), nullable=False),
        sa.Column('drill_id', sa.String(), nullable=False),
        sa.PrimaryKeyConstraint('office_id', 'drill_id'),
    )
    op.create_index(op.f('ix_drill_office_drill_id'), 'drill_office', ['drill_id'], unique=False)
    _people()


def _people() -> None:
    op.create_table(
        'drill_part',
        sa.Column('drill_id', sa.String(), nullable=False),
        sa.Column('person_id', sa.String(), nullable=False),
        sa.Column('office_id', sa.String(), nullable=False),
        sa.Column('exercise_id', sa.String(), nullable=False),
        sa.Column('role', sa.String(), nullable=True),
        sa.Column('part', sa.String(), nullable=False),
        sa.Column('at_us', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('drill_id', 'person_id'),
    )
    op.create_index(op.f('ix_drill_part_person_id'), 'drill_part', ['person_id'], unique=False)
    op.create_index(op.f('ix_drill_part_office_id'), 'drill_part', ['office_id'], unique=False)
    op.create_table(
        'drill_evaluation',
        sa.Column('drill_id', sa.String(), nullable=False),
        sa.Column('person_id', sa.String(), nullable=False),
        sa.Column('at_us', sa.BigInteger(), nullable=False),
        sa.Column('role', sa.String(), nullable=True),
        sa.Column('answers', sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint('drill_id', 'person_id'),
    )
    op.create_table(
        'drill_left_out',
        sa.Column('person_id', sa.String(), nullable=False),
        sa.Column('at_us', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('person_id'),
    )
    op.create_table(
        'exercise',
        sa.Column('id', sa.String(), nullable=False),
        sa.Column('office_id', sa.String(), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('at_us', sa.BigInteger(), nullable=False),
        sa.Column('by', sa.String(), nullable=False),
        sa.Column('gone', sa.Boolean(), nullable=False),
        sa.Column('body', sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_index(op.f('ix_exercise_office_id'), 'exercise', ['office_id'], unique=False)


def downgrade() -> None:
    for table in ('exercise', 'drill_left_out', 'drill_evaluation', 'drill_part', 'drill_office', 'drill'):
        op.drop_table(table)
    op.drop_index(op.f('ix_alarm_drill_id'), table_name='alarm')
    op.drop_index('alarm_drill', table_name='alarm')
    op.add_column('alarm', sa.Column('drill', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute('UPDATE alarm SET drill = (drill_id IS NOT NULL)')
    with op.batch_alter_table('alarm') as alarm:
        alarm.drop_column('drill_id')
    op.create_index('alarm_drill', 'alarm', ['opened_us'], unique=False, sqlite_where=WAS_OPEN, postgresql_where=WAS_OPEN)
