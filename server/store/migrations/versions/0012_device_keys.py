"""Phones' own keys, and which phone a session is on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'device_key',
        sa.Column('id', sa.String(), nullable=False),
        sa.Column('person_id', sa.String(), nullable=False),
        sa.Column('public_key', sa.String(), nullable=False),
        sa.Column('phone_id', sa.String(), nullable=False),
        sa.Column('label', sa.String(), nullable=False),
        sa.Column('added_us', sa.BigInteger(), nullable=False),
        sa.Column('seen_us', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_index(op.f('ix_device_key_person_id'), 'device_key', ['person_id'], unique=False)
    op.create_table(
        'key_nonce',
        sa.Column('key_id', sa.String(), nullable=False),
        sa.Column('nonce', sa.String(), nullable=False),
        sa.Column('at_us', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('key_id', 'nonce'),
        sqlite_with_rowid=False,
    )
    op.add_column('session', sa.Column('key_id', sa.String(), nullable=False, server_default=''))
    op.add_column('session', sa.Column('signed_in_us', sa.BigInteger(), nullable=True))
    op.create_index(op.f('ix_session_key_id'), 'session', ['key_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_session_key_id'), table_name='session')
    with op.batch_alter_table('session') as session:
        session.drop_column('signed_in_us')
        session.drop_column('key_id')
    op.drop_table('key_nonce')
    op.drop_index(op.f('ix_device_key_person_id'), table_name='device_key')
    op.drop_table('device_key')
