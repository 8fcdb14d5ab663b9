"""Who has used an invitation, so that an answer that was lost can be asked for again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('invitation', sa.Column('used_by', sa.String(), nullable=True))


def downgrade() -> None:
    op.execute("DELETE FROM invitation WHERE used_by IS NOT NULL")  # the version before would take it for one that nobody has used
    with op.batch_alter_table('invitation') as invitation:
        invitation.drop_column('used_by')
