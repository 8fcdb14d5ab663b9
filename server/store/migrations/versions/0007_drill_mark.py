"""Open drill alarms are found without looking at real ones."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

OPEN_DRILL = sa.text('drill AND due_us IS NOT NULL')


def upgrade() -> None:
    op.add_column('alarm', sa.Column('drill', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index('alarm_drill', 'alarm', ['opened_us'], unique=False, sqlite_where=OPEN_DRILL, postgresql_where=OPEN_DRILL)


def downgrade() -> None:
    op.drop_index('alarm_drill', table_name='alarm')
    with op.batch_alter_table('alarm') as alarm:
        alarm.drop_column('drill')
