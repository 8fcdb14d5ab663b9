"""Who is out is read without opening every visit; and what was decided by a clock that stood ahead is found; and
who has taken which portable alarm; and drafts of reports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

AWAY = sa.text('away')
IN_USE = sa.text('until_us IS NULL')
OUT = "EXISTS (SELECT 1 FROM visit WHERE visit.id = visit_id AND due_us IS NOT NULL AND state <> 'PLANNED')"
# whoever seems to be home, and is not, must not be shown as out: what near screens believe stands in the body
FEIGNED = """EXISTS (SELECT 1 FROM visit WHERE visit.id = visit_id AND body LIKE '%"feigned":"%')"""


def upgrade() -> None:
    op.add_column('visit_person', sa.Column('away', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(f"UPDATE visit_person SET away = true WHERE person_id NOT LIKE 'device:%' AND {OUT} AND NOT {FEIGNED}")
    op.add_column('visit', sa.Column('decided_us', sa.BigInteger(), nullable=False, server_default='0'))
    op.create_index('visit_decided', 'visit', ['decided_us'], unique=False)
    op.create_table(
        'custody', sa.Column('device_id', sa.String(), nullable=False), sa.Column('since_us', sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column('person_id', sa.String(), nullable=False), sa.Column('until_us', sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint('device_id', 'since_us'),
    )
    op.create_table(
        'report', sa.Column('visit_id', sa.String(), nullable=False), sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('office_id', sa.String(), nullable=False), sa.Column('delete_us', sa.BigInteger(), nullable=False),
        sa.Column('body', sa.Text(), nullable=False), sa.PrimaryKeyConstraint('visit_id'),
    )
    op.create_index('ix_report_office_id', 'report', ['office_id'], unique=False)
    op.create_index('custody_in_use', 'custody', ['device_id'], unique=True, sqlite_where=IN_USE, postgresql_where=IN_USE)
    op.create_index('visit_person_away', 'visit_person', ['person_id'], unique=False, sqlite_where=AWAY, postgresql_where=AWAY)


def downgrade() -> None:
    op.drop_table('report')
    op.drop_index('custody_in_use', table_name='custody')
    op.drop_table('custody')
    op.drop_index('visit_decided', table_name='visit')
    with op.batch_alter_table('visit') as visit:
        visit.drop_column('decided_us')
    op.drop_index('visit_person_away', table_name='visit_person')
    with op.batch_alter_table('visit_person') as person:
        person.drop_column('away')
