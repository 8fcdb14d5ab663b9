"""Whether a gateway's own disk takes what it hears."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('gateway_state', sa.Column('spool', sa.String(), nullable=False, server_default='ok'))


def downgrade() -> None:
    with op.batch_alter_table('gateway_state') as gateway:
        gateway.drop_column('spool')
