"""Applied configurations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'configuration',
        sa.Column('version', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('at_us', sa.BigInteger(), nullable=False),
        sa.Column('by', sa.String(), nullable=False),
        sa.Column('digest', sa.String(), nullable=False),
        sa.PrimaryKeyConstraint('version'),
    )
    op.create_table(
        'configuration_file',
        sa.Column('version', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('name', sa.String(), nullable=False),
        sa.Column('body', sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint('version', 'name'),
    )


def downgrade() -> None:
    op.drop_table('configuration_file')
    op.drop_table('configuration')
