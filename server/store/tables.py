"""The tables, declared once with SQLModel; Alembic reads them. Instants are integers: microseconds since 1970, UTC (`_us`)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Text, text
from sqlmodel import Field, SQLModel


COMPACT = {"sqlite_with_rowid": False}
"""For tables that are written much: SQLite then keeps the row in the key's own tree, and writes half as many pages."""


OPEN_DRILL = text("drill AND due_us IS NOT NULL")
"""The index of open drills only: asked after every commit, and nearly always empty. In the question it must stand word for word."""


def us(nullable: bool = False, **options: object) -> Column:  # type: ignore[type-arg]
    return Column(BigInteger, nullable=nullable, **options)


class AlarmRow(SQLModel, table=True):
    """One alarm as it is now. The columns beside `body` are what is searched for."""

    __tablename__ = "alarm"
    id: str = Field(primary_key=True)
    version: int
    office_id: str = Field(index=True)
    zone_id: str | None = None
    presser: str
    state: str
    drill: bool
    due_us: int | None = Field(default=None, sa_column=us(nullable=True))
    """None exactly when the alarm has ended."""
    opened_us: int = Field(sa_column=us())
    ended_us: int | None = Field(default=None, sa_column=us(nullable=True))
    body: str = Field(sa_column=Column(Text, nullable=False))
    __table_args__ = (
        Index("alarm_due", "due_us"),
        Index("alarm_presser", "presser", "state"),
        Index("alarm_zone", "office_id", "zone_id", "state"),
        Index("alarm_drill", "opened_us", sqlite_where=OPEN_DRILL, postgresql_where=OPEN_DRILL),
    )


class SignalRow(SQLModel, table=True):
    """Every signal that may raise, as received."""

    __tablename__ = "signal"
    id: str = Field(primary_key=True)
    digest: str
    kind: str
    outcome: str
    alarm_id: str | None = Field(default=None, index=True)
    received_us: int = Field(sa_column=us())
    body: str = Field(sa_column=Column(Text, nullable=False))


class LogRow(SQLModel, table=True):
    """One link of an alarm's log. Append-only."""

    __tablename__ = "log"
    alarm_id: str = Field(primary_key=True)
    n: int = Field(primary_key=True)
    at_us: int = Field(sa_column=us())
    what: str
    by: str | None = None
    data: str = Field(sa_column=Column(Text, nullable=False))
    salt: str
    digest: str
    hash: str
    __table_args__ = (COMPACT,)


class OrderRow(SQLModel, table=True):
    """One order to one recipient: the outbox."""

    __tablename__ = "order"
    id: str = Field(primary_key=True)
    alarm_id: str
    office_id: str
    recipient: str
    say: str
    ladder: str
    drill: bool
    step: int
    made_us: int = Field(sa_column=us())
    next_us: int | None = Field(default=None, sa_column=us(nullable=True))
    quiet: bool
    count: int
    rung: int
    status: str
    channel: str | None = None
    reason: str | None = None
    lease: str | None = None
    lease_us: int | None = Field(default=None, sa_column=us(nullable=True))
    device: bool = False
    tries: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    """`channel word us;` for each try and receipt: only ever added to, so that two who write at once lose nothing."""
    __table_args__ = (
        Index("order_alarm", "alarm_id"),
        Index("order_next", "device", "next_us", sqlite_where=text("next_us IS NOT NULL"), postgresql_where=text("next_us IS NOT NULL")),
        COMPACT,
    )


class ActionRow(SQLModel, table=True):
    __tablename__ = "action"
    id: str = Field(primary_key=True)
    person_id: str
    alarm_id: str
    digest: str
    at_us: int = Field(sa_column=us())
    reason: str | None = None


class StreamHeadRow(SQLModel, table=True):
    """The last number given in an office's stream. Its row lock orders the commits of that office."""

    __tablename__ = "stream_head"
    office_id: str = Field(primary_key=True)
    seq: int = Field(sa_column=us())


class StreamRow(SQLModel, table=True):
    """*Look at this alarm*: never what has changed, only that something has."""

    __tablename__ = "stream"
    office_id: str = Field(primary_key=True)
    seq: int = Field(sa_column=us(primary_key=True, autoincrement=False))
    alarm_id: str = Field(index=True)
    at_us: int = Field(sa_column=us())
    __table_args__ = (COMPACT,)


class MetaRow(SQLModel, table=True):
    __tablename__ = "meta"
    key: str = Field(primary_key=True)
    value: str


class DutyRow(SQLModel, table=True):
    __tablename__ = "duty"
    person_id: str = Field(primary_key=True)
    office_id: str = Field(primary_key=True)
    duty: str
    since_us: int = Field(sa_column=us())


class ArmedRow(SQLModel, table=True):
    __tablename__ = "armed"
    device_id: str = Field(primary_key=True)
    purpose: str
    by: str
    until_us: int = Field(sa_column=us())


class DeviceRow(SQLModel, table=True):
    __tablename__ = "device_state"
    device_id: str = Field(primary_key=True)
    state: str = "unknown"
    heard_us: int | None = Field(default=None, sa_column=us(nullable=True))
    battery: int | None = None
    flags: str = ""
    tested_us: int | None = Field(default=None, sa_column=us(nullable=True))
    gateway_id: str | None = None


class GatewayRow(SQLModel, table=True):
    __tablename__ = "gateway_state"
    gateway_id: str = Field(primary_key=True)
    heard_us: int = Field(sa_column=us())
    broker: str
    spooled: int
    offices: str


class PinsRow(SQLModel, table=True):
    __tablename__ = "pins"
    person_id: str = Field(primary_key=True)
    pin_hash: str
    duress_hash: str
    wrong: int = 0


class SessionRow(SQLModel, table=True):
    __tablename__ = "session"
    token_hash: str = Field(primary_key=True)
    person_id: str
    expires_us: int = Field(sa_column=us())


class InvitationRow(SQLModel, table=True):
    __tablename__ = "invitation"
    code_hash: str = Field(primary_key=True)
    person_id: str
    expires_us: int = Field(sa_column=us())


class PhoneRow(SQLModel, table=True):
    """One phone that can be pushed to, with its subscription."""

    __tablename__ = "phone"
    id: str = Field(primary_key=True)
    person_id: str = Field(index=True)
    endpoint: str = Field(index=True)
    """Empty once the push service has said that the subscription is gone."""
    p256dh: str
    auth: str
    origin: str
    language: str
    surface: str
    label: str
    secret_hash: str
    added_us: int = Field(sa_column=us())
    renewed_us: int = Field(sa_column=us())
    sent_us: int | None = Field(default=None, sa_column=us(nullable=True))
    receipt_us: int | None = Field(default=None, sa_column=us(nullable=True))
    tested_us: int | None = Field(default=None, sa_column=us(nullable=True))
    trouble: str
    gone_us: int | None = Field(default=None, sa_column=us(nullable=True))


class VisitRow(SQLModel, table=True):
    """One visit as it is now. `forgettable`: it holds an address that must be deleted some time after its end."""

    __tablename__ = "visit"
    id: str = Field(primary_key=True)
    version: int
    office_id: str = Field(index=True)
    state: str
    due_us: int | None = Field(default=None, sa_column=us(nullable=True))
    """None exactly when the visit has ended."""
    starts_us: int = Field(sa_column=us())
    ended_us: int | None = Field(default=None, sa_column=us(nullable=True))
    forgettable: bool
    body: str = Field(sa_column=Column(Text, nullable=False))
    __table_args__ = (Index("visit_due", "due_us"),)


class VisitPersonRow(SQLModel, table=True):
    """Who is, or is to be, on which open visit; and the portable alarm along, as `device:<id>`."""

    __tablename__ = "visit_person"
    person_id: str = Field(primary_key=True)
    visit_id: str = Field(primary_key=True, index=True)


class VisitPositionRow(SQLModel, table=True):
    """The latest position of a visit, and only that; sealed until an alarm opens it."""

    __tablename__ = "visit_position"
    visit_id: str = Field(primary_key=True)
    lat: float
    lon: float
    accuracy_m: float | None = None
    at_us: int | None = Field(default=None, sa_column=us(nullable=True))


class ConfigurationRow(SQLModel, table=True):
    """One configuration that was applied. The newest is the one that holds."""

    __tablename__ = "configuration"
    version: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    at_us: int = Field(sa_column=us())
    by: str
    digest: str


class ConfigurationFileRow(SQLModel, table=True):
    """One of its files, byte for byte."""

    __tablename__ = "configuration_file"
    version: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    name: str = Field(primary_key=True)
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class OnlineRow(SQLModel, table=True):
    """Who has an open screen at one server, as that server last said."""

    __tablename__ = "online"
    server_id: str = Field(primary_key=True)
    at_us: int = Field(sa_column=us())
    people: str = Field(sa_column=Column(Text, nullable=False))
