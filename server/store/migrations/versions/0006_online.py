"""Who is on line at each of several servers."""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('online',
    sa.Column('server_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('at_us', sa.BigInteger(), nullable=False),
    sa.Column('people', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('server_id')
    )


def downgrade() -> None:
    op.drop_table('online')
