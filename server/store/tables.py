"""The tables, declared once with SQLModel; Alembic reads them. Instants are integers: microseconds since 1970, UTC (`_us`)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Text, text
from sqlmodel import Field, SQLModel


COMPACT = {"sqlite_with_rowid": False}
"""For tables that are written much: SQLite then keeps the row in the key's own tree, and writes half as many pages."""


OPEN_DRILL = text("drill_id IS NOT NULL AND due_us IS NOT NULL")
"""The index of open drills only: asked after every commit, and nearly always empty. In the question it must stand word for word."""


AWAY = text("away")


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
    drill_id: str | None = Field(default=None, index=True)
    """The drill that it is part of; None for what is real."""
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


FREE, LEASED = text("next_us IS NOT NULL AND lease_us IS NULL"), text("next_us IS NOT NULL AND lease_us IS NOT NULL")
"""What nobody holds is found without looking at what somebody does: in a storm thousands are on their way to a vendor."""


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
        Index("order_free", "device", "next_us", sqlite_where=FREE, postgresql_where=FREE),
        Index("order_leased", "device", "lease_us", sqlite_where=LEASED, postgresql_where=LEASED),
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


IN_USE = text("until_us IS NULL")


class CustodyRow(SQLModel, table=True):
    """Who has had which portable alarm, from when to when. At most one has it at a time."""

    __tablename__ = "custody"
    device_id: str = Field(primary_key=True)
    since_us: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    person_id: str
    until_us: int | None = Field(default=None, sa_column=us(nullable=True))
    __table_args__ = (Index("custody_in_use", "device_id", unique=True, sqlite_where=IN_USE, postgresql_where=IN_USE),)


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
    spool: str = Field(default="ok", sa_column_kwargs={"server_default": "ok"})


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
    key_id: str = Field(index=True, default="")
    signed_in_us: int | None = Field(default=None, sa_column=us(nullable=True))


class DeviceKeyRow(SQLModel, table=True):
    """One phone's own key."""

    __tablename__ = "device_key"
    id: str = Field(primary_key=True)
    person_id: str = Field(index=True)
    public_key: str
    phone_id: str
    label: str
    added_us: int = Field(sa_column=us())
    seen_us: int = Field(sa_column=us())


class NonceRow(SQLModel, table=True):
    """What has been signed once is not taken a second time."""

    __tablename__ = "key_nonce"
    key_id: str = Field(primary_key=True)
    nonce: str = Field(primary_key=True)
    at_us: int = Field(sa_column=us())
    __table_args__ = (COMPACT,)


class InvitationRow(SQLModel, table=True):
    __tablename__ = "invitation"
    code_hash: str = Field(primary_key=True)
    person_id: str
    expires_us: int = Field(sa_column=us())
    used_by: str | None = None
    """The attempt that has used it: for a while that one may ask again."""


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


class NumberRow(SQLModel, table=True):
    """What is proven of one person's number on one channel. `mark` is its fingerprint."""

    __tablename__ = "number"
    person_id: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    mark: str
    tested_us: int | None = Field(default=None, sa_column=us(nullable=True))
    proven_us: int | None = Field(default=None, sa_column=us(nullable=True))


class AftermathRow(SQLModel, table=True):
    """What one person has said after an alarm."""

    __tablename__ = "aftermath"
    alarm_id: str = Field(primary_key=True)
    person_id: str = Field(primary_key=True)
    word: str
    at_us: int = Field(sa_column=us())
    seen_by: str | None = None


class ProofRow(SQLModel, table=True):
    """One run of the silent test of the chain. `body` is the whole of it as JSON."""

    __tablename__ = "proof"
    id: str = Field(primary_key=True)
    office_id: str
    made_us: int = Field(sa_column=us())
    ended_us: int | None = Field(default=None, sa_column=us(nullable=True))
    body: str
    __table_args__ = (
        Index("proof_office", "office_id", "made_us"),
        Index("proof_running", "made_us", sqlite_where=text("ended_us IS NULL"), postgresql_where=text("ended_us IS NULL")),
    )


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
    decided_us: int = Field(sa_column=us(server_default="0"))
    """When the clock stood at when this was decided. In the future: it stood wrong."""
    forgettable: bool
    body: str = Field(sa_column=Column(Text, nullable=False))
    __table_args__ = (Index("visit_due", "due_us"), Index("visit_decided", "decided_us"))


class VisitPersonRow(SQLModel, table=True):
    """Who is, or is to be, on which open visit; and the portable alarm along, as `device:<id>`. `away`: out now, as everyone near believes."""

    __tablename__ = "visit_person"
    person_id: str = Field(primary_key=True)
    visit_id: str = Field(primary_key=True, index=True)
    away: bool
    __table_args__ = (Index("visit_person_away", "person_id", sqlite_where=AWAY, postgresql_where=AWAY),)


class VisitPositionRow(SQLModel, table=True):
    """The latest position of a visit, and only that; sealed until an alarm opens it."""

    __tablename__ = "visit_position"
    visit_id: str = Field(primary_key=True)
    lat: float
    lon: float
    accuracy_m: float | None = None
    at_us: int | None = Field(default=None, sa_column=us(nullable=True))


class DrillRow(SQLModel, table=True):
    """One planned drill as it is now."""

    __tablename__ = "drill"
    id: str = Field(primary_key=True)
    version: int
    state: str = Field(index=True)
    due_us: int | None = Field(default=None, sa_column=us(nullable=True))
    starts_us: int = Field(sa_column=us())
    body: str = Field(sa_column=Column(Text, nullable=False))
    __table_args__ = (Index("drill_due", "due_us"),)


class DrillOfficeRow(SQLModel, table=True):
    """Which offices a drill is in."""

    __tablename__ = "drill_office"
    office_id: str = Field(primary_key=True)
    drill_id: str = Field(primary_key=True, index=True)


class DrillPartRow(SQLModel, table=True):
    """How somebody took part in a drill: kept for as long as the training must be proven."""

    __tablename__ = "drill_part"
    drill_id: str = Field(primary_key=True)
    person_id: str = Field(primary_key=True, index=True)
    office_id: str = Field(index=True)
    exercise_id: str
    role: str | None = None
    part: str
    at_us: int = Field(sa_column=us())


class DrillEvaluationRow(SQLModel, table=True):
    """What one person answered after a drill. The person is taken away some weeks later, the answers stay."""

    __tablename__ = "drill_evaluation"
    drill_id: str = Field(primary_key=True)
    person_id: str = Field(primary_key=True)
    at_us: int = Field(sa_column=us())
    role: str | None = None
    answers: str = Field(sa_column=Column(Text, nullable=False))


class DrillLeftOutRow(SQLModel, table=True):
    """Who has asked to be left out of every drill, without saying why."""

    __tablename__ = "drill_left_out"
    person_id: str = Field(primary_key=True)
    at_us: int = Field(sa_column=us())


class ExerciseRow(SQLModel, table=True):
    """An office's own version of an exercise. `gone`: put away, so that no new drill is made of it."""

    __tablename__ = "exercise"
    id: str = Field(primary_key=True)
    office_id: str = Field(index=True)
    version: int
    at_us: int = Field(sa_column=us())
    by: str
    gone: bool
    body: str = Field(sa_column=Column(Text, nullable=False))


class WheelRow(SQLModel, table=True):
    """One line of an office's yearly wheel of drills."""

    __tablename__ = "wheel"
    id: str = Field(primary_key=True)
    office_id: str = Field(index=True)
    body: str = Field(sa_column=Column(Text, nullable=False))


class ReportRow(SQLModel, table=True):
    """The draft of a report after a visit, until `delete_us`."""

    __tablename__ = "report"
    visit_id: str = Field(primary_key=True)
    version: int
    office_id: str = Field(index=True)
    delete_us: int = Field(sa_column=us())
    body: str = Field(sa_column=Column(Text, nullable=False))


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
