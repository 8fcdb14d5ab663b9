"""Two servers on one PostgreSQL, with a Redis between them and a proxy before them: as one to everybody, also when their clocks are minutes apart."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import httpx
import pytest

from tests.e2e.parts import BUTTON, LIV, OFFICE, OLA, Caller, closed_with, hear, hello, live, new_id, publish, signed, until
from tests.stack import Stack

A, B = "server-1", "server-2"
NEIGHBOUR = "nav-lillevik"
SWEEP_S = 8.0
"""By when everything has been looked at again that no bell has told of."""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Stack]:
    """The clock of one is four minutes ahead, the other's five behind."""
    with Stack(tmp_path_factory.mktemp("site") / "site", pwa=True, servers=2, gateways=2, skew_s={A: 240, B: -300}) as site:
        yield site


@pytest.fixture
def at(stack, put_away) -> Callable[[str, str], Caller]:
    """A person who calls one of the servers."""

    def make(server: str, person_id: str) -> Caller:
        one = Caller(stack, person_id, server)
        put_away.callback(one.stop)
        return one

    return make


def raise_at(caller: Caller) -> str:
    """A press in the app, taken in by that server. Gives the alarm."""
    answer = caller.http.post("/api/signals", json={"id": new_id(), "kind": "panic"})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["alarm_id"])


def alarm_on(socket, alarm_id: str, within_s: float = 5) -> dict:
    """That alarm, as it comes by this socket."""
    end_s = time.monotonic() + within_s
    while (left_s := end_s - time.monotonic()) > 0:
        for view in hear(socket, "alarms", left_s)["alarms"]:
            if view["id"] == alarm_id:
                return view
    raise AssertionError("the alarm did not come")


def findings(stack: Stack, server: str) -> tuple[int, list[str]]:
    said = httpx.get(f"{stack.url_of(server)}/api/ready", timeout=10)
    return said.status_code, said.json()["findings"]


# ---------------------------------------------------------------- as one


def test_an_alarm_taken_in_at_one_server_is_on_the_screens_of_the_other_at_once(stack, at):
    with live(stack, at(B, "ola.brekke").cookie, B) as ola:
        ola.send(hello())
        assert hear(ola, "welcome")["snapshot"]
        for _ in range(3):
            alarm_id = raise_at(at(A, "amina.hassan"))
            assert alarm_on(ola, alarm_id, 1)["state"] == "RAISED", "sooner than it would have looked by itself"


def test_what_a_screen_at_one_server_has_drawn_the_other_knows_and_tells(stack, at):
    liv = at(A, "liv.solberg")
    with live(stack, at(B, "ola.brekke").cookie, B) as ola, live(stack, liv.cookie, A) as screen:
        for socket in (ola, screen):
            socket.send(hello())
            hear(socket, "welcome")
        alarm_id = raise_at(at(A, "amina.hassan"))
        frame = hear(ola, "alarms")
        while alarm_id not in [view["id"] for view in frame["alarms"]]:  # the end of an earlier test's: what has not been shown cannot have been seen
            frame = hear(ola, "alarms")
        ola.send(json.dumps({"type": "got", "seq": frame["seq"]}))
        ola.send(json.dumps({"type": "seen", "alarm_id": alarm_id}))

        def reached() -> bool:
            told = [one["told"]["people"] for one in hear(screen, "delivery")["news"] if one["alarm_id"] == alarm_id]
            return ("ola.brekke", "seen") in {(one["person_id"], one["status"]) for people in told for one in people}

        until(reached, what="liv's screen shows that ola has seen it")


def test_a_tap_at_one_server_is_seen_at_the_other_and_the_same_tap_again_is_the_same(stack, at):
    alarm_id = raise_at(at(A, "amina.hassan"))
    ola_a, ola_b = at(A, "ola.brekke"), at(B, "ola.brekke")
    tap = {"id": new_id(), "action": "acknowledge"}
    with live(stack, at(B, "liv.solberg").cookie, B) as liv:
        liv.send(hello())
        hear(liv, "welcome")
        answers = [one.http.post(f"/api/alarms/{alarm_id}/actions", json=tap).json() for one in (ola_a, ola_b, ola_a)]
        assert [answer["receipt"]["repeated"] for answer in answers] == [False, True, True]
        assert len({answer["receipt"]["at"] for answer in answers}) == 1
        assert [one["stage"] for one in alarm_on(liv, alarm_id)["people"] if one["person_id"] == "ola.brekke"] == ["coming"]
    assert [entry["what"] for entry in ola_b.log(alarm_id)["entries"]].count("acknowledged") == 1


def test_a_device_is_told_wherever_its_gateway_asks_and_each_office_by_its_own_gateway(stack, at, device):
    button, elsewhere = device(BUTTON), device("lillevik-skranke-1")
    button.press()
    elsewhere.press()
    button.wait_for_light("received")
    elsewhere.wait_for_light("received")
    mine = next(alarm for alarm in at(B, "ola.brekke").alarms() if alarm["office_id"] == OFFICE)
    at(B, "ola.brekke").act(mine["id"], "acknowledge")
    button.wait_for_light("coming", 1)
    for gateway, office in zip(stack.gateways, (OFFICE, NEIGHBOUR), strict=True):
        assert stack.offices_of(gateway) == [office]


def test_who_is_on_line_at_any_server_counts_on_every_desk(stack, at):
    def shown(server: str) -> dict[str, bool]:
        now = at(server, "kari.nilsen").http.get(f"/api/offices/{OFFICE}/now").json()
        return {one["person_id"]: one["screen"] for one in now["reachable"]}

    with live(stack, at(A, "kari.nilsen").cookie, A) as desk:
        desk.send(hello(surface="desk", zone_id="mottak"))
        hear(desk, "welcome")
        assert not shown(A).get("ola.brekke")
        with live(stack, at(B, "ola.brekke").cookie, B) as ola:
            ola.send(hello())
            hear(ola, "welcome")
            until(lambda: shown(A).get("ola.brekke"), 5, "ola is reachable at the other server")
            assert shown(B).get("ola.brekke")
            hear(desk, "now")
        until(lambda: not shown(A).get("ola.brekke"), 5, "and no longer when he has left")


def test_a_session_is_good_at_every_server_until_it_is_ended_at_one(stack, at):
    ola = at(A, "ola.brekke")
    other = at(B, "liv.solberg").http
    mine = lambda: other.get("/api/session", headers=ola.cookie | {"Cookie": ola.cookie["Cookie"]}).status_code  # noqa: E731
    other.cookies.clear()
    assert mine() == 200
    assert ola.http.delete("/api/session").status_code == 204
    assert mine() == 401


def test_duty_set_at_one_server_holds_at_the_other(stack, at):
    ola, liv = at(A, "ola.brekke"), at(B, "liv.solberg")

    def duty() -> str:
        [office] = [one for one in ola_at_b.http.get("/api/session").json()["offices"] if one["id"] == OFFICE]
        return str(office["duty"])

    ola_at_b = at(B, "ola.brekke")
    before = duty()
    for wanted in ("off", "present"):
        assert ola.http.put("/api/duty", json={"office_id": OFFICE, "duty": wanted}).status_code == 204
        until(lambda wanted=wanted: duty() == wanted, 3, f"ola is {wanted}")
    ola.http.put("/api/duty", json={"office_id": OFFICE, "duty": before})
    assert liv.http.get("/api/session").status_code == 200


def test_clocks_that_are_minutes_apart_make_no_deadline_early_or_late(stack, at):
    with live(stack, at(B, "ola.brekke").cookie, B) as ola:
        ola.send(hello())
        hear(ola, "welcome")
        true_s = time.time()
        alarm_id = raise_at(at(A, "amina.hassan"))
        ola.send(json.dumps({"type": "got", "seq": hear(ola, "alarms")["seq"]}))
        ola.send(json.dumps({"type": "seen", "alarm_id": alarm_id}))  # one is reached: the next step waits its time
        alarm = at(B, "liv.solberg").alarm(alarm_id)
        opened_s, next_s = (datetime.fromisoformat(text).timestamp() for text in (alarm["opened_at"], alarm["step"]["next_at"]))
        assert abs(opened_s - true_s) < 10, "the time is the database's, and neither server's"
        assert next_s - opened_s == 30
        until(lambda: at(A, "liv.solberg").alarm(alarm_id)["step"]["number"] == 2, next_s - time.time() + 5, "one that is behind holds nothing up")
        assert time.time() >= next_s - 0.5, "and one that is ahead hurries nothing"
    liv = at(B, "liv.solberg")
    assert liv.act(alarm_id, "acknowledge").status_code == 200
    lapse_s = [datetime.fromisoformat(one["lapse_at"]).timestamp() - time.time() for one in at(A, "ola.brekke").alarm(alarm_id)["people"] if one["lapse_at"]]
    assert len(lapse_s) == 1 and 170 < lapse_s[0] <= 180, "a promise lapses by the same clock"
    ended = liv.act(alarm_id, "resolve", outcome="test", seen_signal=liv.alarm(alarm_id)["last_signal"])
    assert ended.status_code == 200
    said = Counter(entry["what"] for entry in at(A, "ola.brekke").log(alarm_id)["entries"])
    twice = stack.postgres.execute(f"""SELECT recipient, say, step FROM "order" WHERE alarm_id = '{alarm_id}' GROUP BY 1, 2, 3 HAVING count(*) > 1""")
    assert (said["step_started"], said["resolved"], twice) == (2, 1, []), said


def test_the_page_of_a_phone_moves_to_the_other_server_when_its_own_is_killed(stack, phone, device):
    ola, liv = phone(OLA), phone(LIV)
    for server in (A, B):
        stack.kill(server)
        device().press()
        for screen in (ola, liv):
            screen.heading(re.compile("^Mottak")).first.wait_for(timeout=40_000)
        stack.start(server)
    assert ola.faults == liv.faults == []


@pytest.mark.parametrize("strange", ["\0", "\0" * 8, "a-1\ud800 and more", "%00%00%00%00", "é" * 64])
def test_what_postgresql_does_not_keep_is_refused_in_words_and_a_press_never_is(stack, at, strange):
    amina, liv = at(A, "amina.hassan"), at(B, "liv.solberg")
    headers = {"Content-Type": "application/json"}
    raw = json.dumps({"id": strange * 8 if len(strange) < 8 else strange, "kind": "panic", "office_id": strange, "zone_id": strange})
    answer = amina.http.post("/api/signals", content=raw, headers=headers)
    assert answer.status_code == 200 or ("\ud800" in strange and answer.status_code == 422), answer.text
    alarm_id = raise_at(amina)
    for body in ({"action": "note", "text": strange}, {"action": "acknowledge", "role": strange}, {"action": "decline", "text": strange}):
        for id_ in (new_id(), strange, strange[:64].ljust(8, "x")):
            answer = liv.http.post(f"/api/alarms/{alarm_id}/actions", content=json.dumps({"id": id_, **body}), headers=headers)
            assert answer.status_code in (200, 400, 409, 422), (body, answer.status_code, answer.text)
    for path in ("/api/alarms/a%00b", "/api/alarms/a%00b/log", "/api/offices/%00/now", "/api/devices/%00/arm"):
        assert liv.http.get(path).status_code in (404, 405, 422), path
    assert "our_mistake" not in stack.log(A) + stack.log(B)


# ---------------------------------------------------------------- without Redis


@pytest.mark.parametrize("fault", ["killed", "hangs"])
def test_without_redis_everything_comes_only_later(fault, stack, at):
    stack.kill("redis") if fault == "killed" else stack.freeze("redis")
    try:
        until(lambda: all("redis" in findings(stack, server)[1] for server in (A, B)), 15, "readiness says so")
        assert {findings(stack, server)[0] for server in (A, B)} == {200}, "and that the servers carry alarms all the same"
        with live(stack, at(B, "ola.brekke").cookie, B) as ola, live(stack, at(A, "liv.solberg").cookie, A) as liv:
            for socket in (ola, liv):
                socket.send(hello())
                hear(socket, "welcome")
            alarm_id = raise_at(at(A, "amina.hassan"))
            assert alarm_on(ola, alarm_id)["state"] == "RAISED"
            ola.send(json.dumps({"type": "seen", "alarm_id": alarm_id}))
            seen = lambda: "ola.brekke" in [p["person_id"] for p in hear(liv, "delivery")["news"][0]["told"]["people"] if p["status"] == "seen"]  # noqa: E731
            until(seen, SWEEP_S, "the receipt at one server is told at the other")
            assert at(B, "ola.brekke").act(alarm_id, "acknowledge").status_code == 200
            until(lambda: alarm_on(liv, alarm_id)["state"] == "ACKNOWLEDGED", SWEEP_S)
    finally:
        stack.restart("redis") if fault == "killed" else stack.thaw("redis")
    until(lambda: all("redis" not in findings(stack, server)[1] for server in (A, B)), 20, "and recovers by itself")


# ---------------------------------------------------------------- without PostgreSQL


@pytest.mark.parametrize("fault", ["killed", "hangs"])
def test_a_press_while_the_database_is_away_is_an_alarm_when_it_is_back(fault, stack, at, device):
    button = device()
    liv = at(A, "liv.solberg")
    stack.kill("postgres") if fault == "killed" else stack.freeze("postgres")
    try:
        until(lambda: all(status == 503 and "database" in found for status, found in (findings(stack, one) for one in (A, B))), 30, "readiness says so")
        assert liv.http.get("/api/alarms").status_code in (502, 503), "nobody is told that there are no alarms"
        button.press()
        time.sleep(3)
        assert button.unanswered() == 1, "and no button is told that it was heard"
    finally:
        stack.restart("postgres") if fault == "killed" else stack.thaw("postgres")
    button.wait_for_light("received", within_s=30)
    until(lambda: all(findings(stack, server)[0] == 200 for server in (A, B)), 30, "the servers recover by themselves")
    assert until(liv.alarms, what="the alarm")[0]["presses"] == 1


def test_a_server_that_is_started_before_its_database_waits_for_it(stack):
    stack.stop(A)
    stack.kill("postgres")
    stack.start(A, wait=False)
    until(lambda: "database_awaited" in stack.log(A), 20, "it says what it waits for")
    assert stack.alive(A)
    stack.restart("postgres")
    stack.wait_ready(A)


def test_sockets_are_closed_when_their_server_can_see_no_alarms(stack, at):
    with live(stack, at(A, "ola.brekke").cookie, A) as ola:
        ola.send(hello())
        hear(ola, "welcome")
        stack.freeze("postgres")
        try:
            began = time.monotonic()
            assert closed_with(ola, [], 30) == 1013
            assert time.monotonic() - began < 25, "before the screen would have noticed by itself"
            with live(stack, at_once_cookie(ola), A) as again:
                assert closed_with(again, [hello()], 30) == 1013
        finally:
            stack.thaw("postgres")


def at_once_cookie(socket) -> dict[str, str]:
    return {"Cookie": socket.request.headers["Cookie"]}


def test_a_restored_database_is_a_new_epoch_for_screens_that_stay(stack, at):
    liv = at(A, "liv.solberg")
    with live(stack, liv.cookie, A) as screen:
        screen.send(hello())
        welcome = hear(screen, "welcome")
        stack.postgres.execute("DELETE FROM meta WHERE key = 'epoch'")
        assert closed_with(screen, [], 15) == 1012
    with live(stack, liv.cookie, B) as screen:
        screen.send(hello(epoch=welcome["epoch"], seq=welcome["seq"]))
        again = hear(screen, "welcome")
        assert again["snapshot"] and again["epoch"] != welcome["epoch"]


def test_a_signed_press_sent_to_both_servers_at_once_is_one_press(stack, at):
    """As when a proxy asks the second server because the first one hangs."""
    topic_press = signed(stack, boot=900)
    for _ in range(3):
        publish(stack, topic_press)
    alarm = at(A, "liv.solberg").the_alarm()
    body = {"signals": [{"id": f"{BUTTON}-900-2", "kind": "panic", "office_id": OFFICE, "heard_at": alarm["opened_at"], "device_id": BUTTON}]}
    headers = {"Authorization": f"Bearer {stack.token}"}
    with ThreadPoolExecutor(8) as threads:
        answers = list(
            threads.map(lambda n: httpx.post(stack.url_of((A, B)[n % 2]) + "/api/gateway/signals", json=body, headers=headers, timeout=20).json(), range(8))
        )
    outcomes = sorted(answer["receipts"][0]["outcome"] for answer in answers)
    assert outcomes == ["joined"] + ["repeated"] * 7
    assert at(B, "liv.solberg").the_alarm()["presses"] == 2


def test_a_server_stops_within_a_second_although_gateways_and_screens_hold_on_to_it(stack, at):
    with live(stack, at(A, "ola.brekke").cookie, A) as ola:
        ola.send(hello())
        hear(ola, "welcome")
        began = time.monotonic()
        stack.stop(A)
        assert time.monotonic() - began < 2
        assert closed_with(ola, [], 5) == 1012
    stack.start(A)


def test_two_presses_of_one_person_taken_in_by_two_servers_at_once_are_one_alarm(stack, at):
    people = [at(A, "amina.hassan"), at(B, "amina.hassan")]
    liv = at(A, "liv.solberg")
    for _ in range(10):
        with ThreadPoolExecutor(2) as threads:
            ids = list(threads.map(raise_at, people))
        assert len(set(ids)) == 1
        alarm = liv.the_alarm()
        assert alarm["presses"] == 2
        assert liv.act(alarm["id"], "resolve", outcome="test", seen_signal=alarm["last_signal"]).status_code == 200

