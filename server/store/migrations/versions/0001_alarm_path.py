"""The alarm path."""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('action',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('person_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('alarm_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('digest', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('at_us', sa.BigInteger(), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('alarm',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('office_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('zone_id', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('presser', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('state', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('due_us', sa.BigInteger(), nullable=True),
    sa.Column('opened_us', sa.BigInteger(), nullable=False),
    sa.Column('ended_us', sa.BigInteger(), nullable=True),
    sa.Column('body', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('alarm', schema=None) as batch_op:
        batch_op.create_index('alarm_due', ['due_us'], unique=False)
        batch_op.create_index('alarm_presser', ['presser', 'state'], unique=False)
        batch_op.create_index('alarm_zone', ['office_id', 'zone_id', 'state'], unique=False)
        batch_op.create_index(batch_op.f('ix_alarm_office_id'), ['office_id'], unique=False)

    op.create_table('armed',
    sa.Column('device_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('purpose', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('by', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('until_us', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('device_id')
    )
    op.create_table('device_state',
    sa.Column('device_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('state', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('heard_us', sa.BigInteger(), nullable=True),
    sa.Column('battery', sa.Integer(), nullable=True),
    sa.Column('flags', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('tested_us', sa.BigInteger(), nullable=True),
    sa.Column('gateway_id', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.PrimaryKeyConstraint('device_id')
    )
    op.create_table('duty',
    sa.Column('person_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('office_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('duty', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('since_us', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('person_id', 'office_id')
    )
    op.create_table('gateway_state',
    sa.Column('gateway_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('heard_us', sa.BigInteger(), nullable=False),
    sa.Column('broker', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('spooled', sa.Integer(), nullable=False),
    sa.Column('offices', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.PrimaryKeyConstraint('gateway_id')
    )
    op.create_table('invitation',
    sa.Column('code_hash', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('person_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('expires_us', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('code_hash')
    )
    op.create_table('log',
    sa.Column('alarm_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('n', sa.Integer(), nullable=False),
    sa.Column('at_us', sa.BigInteger(), nullable=False),
    sa.Column('what', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('by', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('data', sa.Text(), nullable=False),
    sa.Column('salt', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('digest', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('hash', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.PrimaryKeyConstraint('alarm_id', 'n'),
    sqlite_with_rowid=False
    )
    op.create_table('meta',
    sa.Column('key', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('value', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.PrimaryKeyConstraint('key')
    )
    op.create_table('order',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('alarm_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('office_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('recipient', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('say', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('ladder', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('drill', sa.Boolean(), nullable=False),
    sa.Column('step', sa.Integer(), nullable=False),
    sa.Column('made_us', sa.BigInteger(), nullable=False),
    sa.Column('next_us', sa.BigInteger(), nullable=True),
    sa.Column('quiet', sa.Boolean(), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('rung', sa.Integer(), nullable=False),
    sa.Column('status', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('channel', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('lease', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('lease_us', sa.BigInteger(), nullable=True),
    sa.Column('device', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('order', schema=None) as batch_op:
        batch_op.create_index('order_alarm', ['alarm_id'], unique=False)
        batch_op.create_index(
            'order_next', ['device', 'next_us'], unique=False, sqlite_where=sa.text('next_us IS NOT NULL'), postgresql_where=sa.text('next_us IS NOT NULL')
        )

    op.create_table('pins',
    sa.Column('person_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('pin_hash', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('duress_hash', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('wrong', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('person_id')
    )
    op.create_table('session',
    sa.Column('token_hash', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('person_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('expires_us', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('token_hash')
    )
    op.create_table('signal',
    sa.Column('id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('digest', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('outcome', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('alarm_id', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('received_us', sa.BigInteger(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('signal', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_signal_alarm_id'), ['alarm_id'], unique=False)

    op.create_table('stream',
    sa.Column('office_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('alarm_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('at_us', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('office_id', 'seq'),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('stream', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_stream_alarm_id'), ['alarm_id'], unique=False)

    op.create_table('stream_head',
    sa.Column('office_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('office_id')
    )


def downgrade() -> None:
    op.drop_table('stream_head')
    with op.batch_alter_table('stream', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_stream_alarm_id'))

    op.drop_table('stream')
    with op.batch_alter_table('signal', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_signal_alarm_id'))

    op.drop_table('signal')
    op.drop_table('session')
    op.drop_table('pins')
    with op.batch_alter_table('order', schema=None) as batch_op:
        batch_op.drop_index('order_next')
        batch_op.drop_index('order_alarm')

    op.drop_table('order')
    op.drop_table('meta')
    op.drop_table('log')
    op.drop_table('invitation')
    op.drop_table('gateway_state')
    op.drop_table('duty')
    op.drop_table('device_state')
    op.drop_table('armed')
    with op.batch_alter_table('alarm', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_alarm_office_id'))
        batch_op.drop_index('alarm_zone')
        batch_op.drop_index('alarm_presser')
        batch_op.drop_index('alarm_due')

    op.drop_table('alarm')
    op.drop_table('action')
