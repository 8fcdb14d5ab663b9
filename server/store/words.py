"""The statements that every press, and every deadline of a visit, passes, in the databases' own words. SQLAlchemy's take three times as long
to begin as a short one takes to run, and a machine that has been idle pays most for whatever code it has not run lately."""

from __future__ import annotations

from server.core.model import ENDED, State
from server.core.orders import Say
from server.store.driver import SKIPPING, Words
from server.store.rows import ORDER_READ

_OPEN = ", ".join(f"'{state.value}'" for state in State if state not in ENDED)
_RANK = "CASE WHEN status = 'seen' THEN 3 WHEN status IN ('reached', 'done') THEN 2 WHEN status = 'failed' THEN 0 ELSE 1 END"
_TELLS = f"say = '{Say.ALARM.value}' AND NOT device"

SIGNALS_BY_ID = Words("SELECT id, body, digest, outcome, alarm_id, received_us FROM signal WHERE id IN :")
_OPEN_ALARM = f"SELECT 'alarm', id, body, NULL, NULL, NULL, opened_us FROM alarm WHERE state IN ({_OPEN})"
KNOWN = Words(
    "SELECT 'signal', id, body, digest, outcome, alarm_id, received_us FROM signal WHERE id IN : "
    'UNION ALL SELECT \'armed\', device_id, purpose, "by", NULL, NULL, until_us FROM armed WHERE device_id IN : AND until_us >= : '
    f"UNION ALL {_OPEN_ALARM} AND presser IN : UNION ALL {_OPEN_ALARM} AND (office_id, zone_id) IN PAIRS :"
)
OTHERS_BY_ZONE = Words(f"SELECT id FROM alarm WHERE state IN ({_OPEN}) AND (office_id, zone_id) IN PAIRS : AND NOT id IN :")
OTHERS_BY_PRESSER = Words(f"SELECT id FROM alarm WHERE state IN ({_OPEN}) AND presser IN : AND NOT id IN :")
ALARMS_BY_ID = Words("SELECT id, body FROM alarm WHERE id IN :")
ALARM_COLUMNS = ("version", "office_id", "zone_id", "presser", "state", "due_us", "opened_us", "ended_us", "body")
UPDATE_ALARM = Words(f"UPDATE alarm SET {', '.join(f'{name} = :' for name in ALARM_COLUMNS)} WHERE id = : AND version = :")
ARMED_BY_ID = Words('SELECT device_id, purpose, "by", until_us FROM armed WHERE device_id IN : AND until_us >= :')
HEADS_OF = Words("SELECT office_id, seq FROM stream_head WHERE office_id IN :")
_TOLD = ("alarm_id", "recipient", "told", "channel")
_TOLD_AS = f"alarm_id, recipient, {_RANK} AS told, channel"
_TOLD_OF = f'FROM "order" WHERE {_TELLS} AND alarm_id'
_IN_ORDER = "ORDER BY made_us, id"
TOLD_NAMED = Words(f"SELECT {_TOLD_AS} {_TOLD_OF} IN : {_IN_ORDER}", _TOLD)
_FEW = f"SELECT {_TOLD_AS}, made_us, id {_TOLD_OF} IN SINCE : LIMIT :"
TOLD_SINCE = Words(f"WITH few AS MATERIALIZED ({_FEW}) SELECT {', '.join(_TOLD)} FROM few {_IN_ORDER}", _TOLD)
"""At most so many rows, any of them: where there are more, nobody reads them, and nothing was sorted for nobody."""
ALARMS_SINCE = Words("SELECT id, body FROM alarm WHERE id IN SINCE :")
STATUSES_OF_STEP = Words(f'SELECT status FROM "order" WHERE alarm_id = : AND made_us = : AND {_TELLS}')
RECEIPTABLE = Words(
    'SELECT id, alarm_id, recipient, made_us FROM "order" WHERE alarm_id IN : AND recipient IN : AND status IN :',
    ("id", "alarm_id", "recipient", "made_us"),
)
_UNTRIED_PUSH = "rung = 0 AND substr(ladder, 1, 4) = 'push' AND replace(tries, 'push ', '') = tries"
_RECEIPT_OF = "WHERE id IN : AND status NOT IN ('seen', 'done', 'void')"
DRAWN = Words(f"UPDATE \"order\" SET status = :, tries = tries || :, channel = 'screen', next_us = CASE WHEN {_UNTRIED_PUSH} THEN next_us END {_RECEIPT_OF}")
PUSHED = Words(f"UPDATE \"order\" SET status = :, tries = tries || :, channel = 'push', next_us = NULL {_RECEIPT_OF}")
_RECORDED = "tries = tries || :, lease = NULL, lease_us = NULL WHERE id = : AND lease = :"
_DEVICE = ("device_id", "state", "heard_us", "battery", "flags", "gateway_id")
PUT_DEVICE = Words(
    f"INSERT INTO device_state ({', '.join(_DEVICE)}) VALUES ({', '.join(':' for _ in _DEVICE)}) ON CONFLICT (device_id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _DEVICE[1:])
)
DEVICES_BY_ID = Words(f"SELECT {', '.join(_DEVICE)}, tested_us FROM device_state WHERE device_id IN :")
# Milliseconds, since microseconds of a whole country are more than SQLite adds up; where that hides a change, the duty is another.
DUTY_MARK = Words("SELECT COUNT(*), SUM(since_us / 1000), SUM(CASE duty WHEN 'off' THEN 0 WHEN 'present' THEN 1 ELSE 2 END) FROM duty")
_FREE = 'FROM "order" WHERE device = : AND next_us <= : AND lease_us IS NULL'
_SOONEST = f"ORDER BY next_us LIMIT :{SKIPPING}"
_TAKE = f'UPDATE "order" SET lease = :, lease_us = : WHERE id IN (SELECT id FROM free) RETURNING {", ".join(ORDER_READ)}'
ANY_FREE = Words(f"SELECT 1 {_FREE} LIMIT 1")
ANY_FREE_OF = Words(f"SELECT 1 {_FREE} AND office_id IN : LIMIT 1")
LEASE = Words(f"WITH free AS MATERIALIZED (SELECT id {_FREE} {_SOONEST}) {_TAKE}")
LEASE_OF = Words(f"WITH free AS MATERIALIZED (SELECT id {_FREE} AND office_id IN : {_SOONEST}) {_TAKE}")
_OVERDUE = 'FROM "order" WHERE device = : AND next_us IS NOT NULL AND lease_us < :'
ANY_LEASE_OVER = Words(f"SELECT 1 {_OVERDUE} LIMIT 1")
END_LEASES_OVER = Words(f'UPDATE "order" SET lease = NULL, lease_us = NULL WHERE id IN (SELECT id {_OVERDUE}{SKIPPING})')
NEXT_ORDER = Words('SELECT min(next_us) FROM "order" WHERE device = : AND next_us IS NOT NULL AND lease_us IS NULL')
NEXT_LEASE_OVER = Words('SELECT min(lease_us) FROM "order" WHERE device = : AND next_us IS NOT NULL AND lease_us IS NOT NULL')
SOONEST = Words("SELECT due_us, id FROM alarm WHERE due_us IS NOT NULL ORDER BY due_us, id LIMIT :")
DUE_UNTIL = Words("SELECT due_us, id FROM alarm WHERE due_us <= : ORDER BY due_us, id LIMIT :")
VISITS_SOONEST = Words("SELECT due_us, id FROM visit WHERE due_us IS NOT NULL ORDER BY due_us, id LIMIT :")
VISITS_DUE_UNTIL = Words("SELECT due_us, id FROM visit WHERE due_us <= : ORDER BY due_us, id LIMIT :")
DRILLS_SOONEST = Words("SELECT due_us, id FROM drill WHERE due_us IS NOT NULL ORDER BY due_us, id LIMIT :")
DRILLS_DUE_UNTIL = Words("SELECT due_us, id FROM drill WHERE due_us <= : ORDER BY due_us, id LIMIT :")
RECORD = Words(f"UPDATE \"order\" SET rung = :, next_us = :, status = :, channel = :, reason = :, {_RECORDED} AND status = 'waiting'")
RECORD_TRY = Words(f"UPDATE \"order\" SET rung = :, next_us = NULL, {_RECORDED} AND status IN ('reached', 'seen')")
VISITS_BY_ID = Words("SELECT body FROM visit WHERE id IN :")
VISITS_WITH = Words("SELECT v.id, v.starts_us, v.body FROM visit v JOIN visit_person p ON p.visit_id = v.id WHERE p.person_id IN :")
VISIT_COLUMNS = ("version", "office_id", "state", "due_us", "starts_us", "ended_us", "decided_us", "forgettable", "body")
UPDATE_VISIT = Words(f"UPDATE visit SET {', '.join(f'{name} = :' for name in VISIT_COLUMNS)} WHERE id = : AND version = :")
PEOPLE_OF_VISITS = Words("SELECT person_id, visit_id, away FROM visit_person WHERE visit_id IN :")
DELETE_VISIT_PERSON = Words("DELETE FROM visit_person WHERE person_id = : AND visit_id = :")
