"""A planned drill against the real server, broker and gateway, by the calls that the app makes: planned, approved, run, fenced, and ended by a real press."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.e2e.parts import BUTTON, Caller, new_id, publish, until
from tests.stack import ROOT

OFFICE = "nav-fjordvik"


def act(caller: Caller, drill_id: str, action: str, **more: object) -> dict[str, Any]:
    answer = caller.http.post(f"/api/drills/{drill_id}/actions", json={"id": new_id(), "action": action, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()["drill"]  # type: ignore[no-any-return]


def ready(sondre: Caller, liv: Caller) -> str:
    """Planned by Sondre from the catalogue, approved by Liv; Ola plays no part, and Amina is left out."""
    now = datetime.now(UTC)
    plan = {
        "id": new_id(), "offices": [OFFICE], "exercise_id": "desk_walkthrough", "name": "Høylytt besøk", "leader_id": "sondre.vik",
        "starts_at": now.isoformat(), "ends_at": (now + timedelta(minutes=30)).isoformat(), "notice": "announced",
        "presses": [{"office_id": OFFICE, "zone_id": "mottak", "person_id": "kari.nilsen"}], "cast": [{"role": "alarm_raiser", "person_id": "kari.nilsen"}],
    }  # fmt: skip
    answer = sondre.http.post("/api/drills", json=plan)
    assert answer.status_code == 200, answer.text
    drill_id = str(answer.json()["drill"]["id"])
    act(liv, drill_id, "approve", yes=True)
    act(sondre, drill_id, "consult", who="hakon.lunde", remark="Greit")
    act(sondre, drill_id, "leave_out", person_id="amina.hassan")
    act(sondre, drill_id, "announce")
    return drill_id


def the_drill(caller: Caller, drill_id: str) -> dict[str, Any]:
    return caller.http.get(f"/api/drills/{drill_id}").raise_for_status().json()  # type: ignore[no-any-return]


def test_a_drill_runs_on_the_real_chain_and_a_real_press_ends_it(stack, caller):
    sondre, liv, ola, amina = (caller(one) for one in ("sondre.vik", "liv.solberg", "ola.brekke", "amina.hassan"))
    drill_id = ready(sondre, liv)
    foreseen = sondre.http.get(f"/api/drills/{drill_id}/dry-run").raise_for_status().json()
    assert "ola.brekke" in {row["person_id"] for row in foreseen["told"]} and "amina.hassan" not in str(foreseen)
    act(sondre, drill_id, "start", accept=["visit_out", "nobody_on_duty"])
    alarm = ola.the_alarm()
    assert alarm["drill"]["planned"] and alarm["drill"]["leader"]["name"] == "Sondre Vik" and alarm["place"]["zone_id"] == "mottak"
    assert amina.alarms() == [] and amina.http.get(f"/api/drills/{drill_id}").status_code == 404, "left out: she sees nothing of it"
    assert ola.act(alarm["id"], "acknowledge").status_code == 200
    board = sondre.http.get(f"/api/drills/{drill_id}/board").raise_for_status().json()
    assert board["counts"]["coming"] == 1 and {row["id"]: row["word"] for row in board["targets"]}["acknowledged/alarm"] == "met"
    assert sondre.http.get(f"/api/drills/{drill_id}/board").status_code == 200 and ola.http.get(f"/api/drills/{drill_id}/board").status_code == 403

    publish(stack, b'{"kind":"panic"}', BUTTON)
    stopped = until(lambda: (found := the_drill(sondre, drill_id))["state"] == "STOPPED" and found, what="the drill gives way")
    real = until(lambda: next((one for one in ola.alarms() if one["drill"] is None), None), what="the real alarm")
    assert stopped["stopping"]["why"] == "real" and stopped["stopping"]["alarm_id"] == real["id"] and real["ended_drill"]
    until(lambda: not [one for one in ola.alarms() if one["drill"]], what="the drill's alarm is over")

    answer = ola.http.put(f"/api/drills/{drill_id}/evaluation", json={"answers": [{"question": "pair", "answer": "yes"}]})
    assert answer.status_code == 204, answer.text
    act(sondre, drill_id, "report", summary="Avbrutt av en ekte alarm.")
    wheel = liv.http.get(f"/api/offices/{OFFICE}/drills/programme").raise_for_status().json()
    duty = next(row for row in wheel["duties"] if row["exercise_id"] == "desk_walkthrough")
    assert duty["held"] == [], "what a real alarm cut short was not exercised"


def test_pretend_colleagues_answer_a_drill_and_let_a_real_alarm_be(stack, caller, put_away):
    sondre, liv = caller("sondre.vik"), caller("liv.solberg")
    pretend = subprocess.Popen([sys.executable, "-m", "firmware_sim.colleagues", stack.url, "--but", "kari.nilsen"], cwd=ROOT)
    put_away.callback(lambda: (pretend.terminate(), pretend.wait(10)))
    drill_id = ready(sondre, liv)
    act(sondre, drill_id, "start", accept=["visit_out", "nobody_on_duty"])
    board = lambda: sondre.http.get(f"/api/drills/{drill_id}/board").json()["counts"]  # noqa: E731
    until(lambda: board()["coming"] >= 1 and board()["reached"] >= 2, 60, "somebody comes")
    act(sondre, drill_id, "stop")
    until(lambda: not liv.alarms(), what="all of it is over")
    publish(stack, b'{"kind":"panic"}', BUTTON)
    real = liv.the_alarm()
    assert real["drill"] is None and real["people"] == []
