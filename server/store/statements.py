"""The tables by short names, and the statements of the alarm path, built once: building one costs more than running it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Table, and_, bindparam, case, func, select, text

from server.core.model import ENDED, State
from server.core.orders import Say, Status
from server.store import tables as t

ALARM: Table = t.AlarmRow.__table__  # type: ignore[attr-defined]
SIGNAL: Table = t.SignalRow.__table__  # type: ignore[attr-defined]
LOG: Table = t.LogRow.__table__  # type: ignore[attr-defined]
ORDER: Table = t.OrderRow.__table__  # type: ignore[attr-defined]
ACTION: Table = t.ActionRow.__table__  # type: ignore[attr-defined]
HEAD: Table = t.StreamHeadRow.__table__  # type: ignore[attr-defined]
STREAM: Table = t.StreamRow.__table__  # type: ignore[attr-defined]
META: Table = t.MetaRow.__table__  # type: ignore[attr-defined]
DUTY: Table = t.DutyRow.__table__  # type: ignore[attr-defined]
ARMED: Table = t.ArmedRow.__table__  # type: ignore[attr-defined]
DEVICE: Table = t.DeviceRow.__table__  # type: ignore[attr-defined]
GATEWAY: Table = t.GatewayRow.__table__  # type: ignore[attr-defined]
PINS: Table = t.PinsRow.__table__  # type: ignore[attr-defined]
SESSION: Table = t.SessionRow.__table__  # type: ignore[attr-defined]
DEVICE_KEY: Table = t.DeviceKeyRow.__table__  # type: ignore[attr-defined]
NONCE: Table = t.NonceRow.__table__  # type: ignore[attr-defined]
INVITATION: Table = t.InvitationRow.__table__  # type: ignore[attr-defined]
PHONE: Table = t.PhoneRow.__table__  # type: ignore[attr-defined]
CUSTODY: Table = t.CustodyRow.__table__  # type: ignore[attr-defined]
REPORT: Table = t.ReportRow.__table__  # type: ignore[attr-defined]
NUMBER: Table = t.NumberRow.__table__  # type: ignore[attr-defined]
AFTERMATH: Table = t.AftermathRow.__table__  # type: ignore[attr-defined]
PROOF: Table = t.ProofRow.__table__  # type: ignore[attr-defined]
VISIT: Table = t.VisitRow.__table__  # type: ignore[attr-defined]
VISIT_PERSON: Table = t.VisitPersonRow.__table__  # type: ignore[attr-defined]
POSITION: Table = t.VisitPositionRow.__table__  # type: ignore[attr-defined]
DRILL: Table = t.DrillRow.__table__  # type: ignore[attr-defined]
DRILL_OFFICE: Table = t.DrillOfficeRow.__table__  # type: ignore[attr-defined]
DRILL_PART: Table = t.DrillPartRow.__table__  # type: ignore[attr-defined]
DRILL_EVALUATION: Table = t.DrillEvaluationRow.__table__  # type: ignore[attr-defined]
DRILL_LEFT_OUT: Table = t.DrillLeftOutRow.__table__  # type: ignore[attr-defined]
WHEEL: Table = t.WheelRow.__table__  # type: ignore[attr-defined]
EXERCISE: Table = t.ExerciseRow.__table__  # type: ignore[attr-defined]
CONFIGURATION: Table = t.ConfigurationRow.__table__  # type: ignore[attr-defined]
CONFIGURATION_FILE: Table = t.ConfigurationFileRow.__table__  # type: ignore[attr-defined]
ONLINE: Table = t.OnlineRow.__table__  # type: ignore[attr-defined]

RANK = case((ORDER.c.status == "seen", 3), (ORDER.c.status.in_(("reached", "done")), 2), (ORDER.c.status == "failed", 0), else_=1)
RANK_WORD = {3: "seen", 2: "reached", 1: "told", 0: "failed"}
WAITING = Status.WAITING.value
OPEN = tuple(state.value for state in State if state not in ENDED)
CHUNK = 500

IDS = bindparam("ids", expanding=True)
OPEN_DRILLS = select(ALARM.c.body).where(t.OPEN_DRILL).order_by(ALARM.c.opened_us, ALARM.c.id)
ACTIONS_BY_ID = select(ACTION).where(ACTION.c.id.in_(IDS))
TOLD = and_(ORDER.c.say == Say.ALARM.value, ORDER.c.device.is_(False), ORDER.c.alarm_id.in_(IDS))
BEST = select(ORDER.c.alarm_id, func.max(RANK).label("best")).where(TOLD).group_by(ORDER.c.alarm_id, ORDER.c.recipient).subquery()
TOLD_COUNTED = select(BEST.c.alarm_id, BEST.c.best, func.count()).group_by(BEST.c.alarm_id, BEST.c.best)
SESSION_OF = select(SESSION).where(SESSION.c.token_hash == bindparam("token"), SESSION.c.expires_us > bindparam("now_us"))
EPOCH = select(META.c.value).where(META.c.key == "epoch")
WHICH_DATABASE = text(
    "SELECT concat_ws('/', (SELECT system_identifier FROM pg_control_system()), substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8), "
    "'alarm'::regclass::oid)"
)
"""PostgreSQL: another cluster, a copy that was brought forward to some moment or a standby that took over (its timeline), or a dump that was put back
(a new table). In each of them numbers may be given a second time."""


def chunks(ids: Iterable[Any]) -> Iterator[list[Any]]:
    """Ids without doubles, as many at a time as one statement takes."""
    rows = list(dict.fromkeys(ids))
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]
