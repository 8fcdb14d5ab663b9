"""What strangers, broken devices and lying screens may send: refused or marked, never a crash and never a lost press."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from socket import SO_RCVBUF, SOL_SOCKET
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import end_all
from tests.e2e.parts import BUTTON, OFFICE, Caller, closed_with, hear, hello, live, new_id, publish, signed, until

TOO_LARGE = 64 * 1024 + 1


# ---------------------------------------------------------------- HTTP


@pytest.mark.parametrize("path", ["/api/signals", "/api/session", "/api/demo/session"])
def test_a_body_over_the_limit_is_refused(path, caller):
    ola = caller("ola.brekke")
    answer = ola.http.post(path, content=b'{"id":"' + b"x" * TOO_LARGE + b'"}', headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["reason"]) == (413, "too_large")
    in_pieces = ola.http.post(path, content=iter([b"x" * 1000] * 70), headers={"Content-Type": "application/json"})
    assert in_pieces.status_code == 413


def test_without_a_cookie_nothing_is_told_and_nothing_is_done(stack):
    with httpx.Client(base_url=stack.url) as stranger:
        for path in ("/api/session", "/api/alarms", "/api/alarms/a-1", "/api/alarms/a-1/log", "/api/content", f"/api/offices/{OFFICE}/now"):
            assert stranger.get(path).status_code == 401, path
        assert stranger.post("/api/signals", json={"id": new_id(), "kind": "panic"}).status_code == 401
        for path in ("/api/gateway/devices", "/api/gateway/orders"):
            assert stranger.get(path, headers={"Authorization": "Bearer wrong"}).status_code == 401, path


def test_another_site_cannot_act_with_the_cookie_of_a_person(stack, caller):
    ola = caller("ola.brekke")
    answer = ola.http.post("/api/signals", json={"id": new_id(), "kind": "panic"}, headers={"Origin": "https://elsewhere.example"})
    assert (answer.status_code, answer.json()["reason"]) == (403, "wrong_origin")
    assert ola.alarms() == []


STRANGE = ["\x00", "a" * 500, "../../etc/passwd", "a-1\ud800", "'; drop table alarms; --", "%00", "💥", "NaN", "1e400"]


@pytest.mark.parametrize("strange", STRANGE, ids=range(len(STRANGE)))
def test_strange_values_are_refused_with_a_reason_and_never_with_a_fault(strange, stack, caller):
    publish(stack, signed(stack, boot=100, n=STRANGE.index(strange)))
    liv = caller("liv.solberg")
    alarm_id = liv.the_alarm()["id"]
    bodies = [
        {"action": "note", "text": strange}, {"action": "acknowledge", "role": strange}, {"action": "tick", "role": strange, "step": strange},
        {"action": "mark", "mark": strange}, {"action": "swap_role", "role": strange}, {"action": "change_situation", "switch": strange},
        {"action": "call_off", "pin": strange, "seen_signal": 1}, {"action": "decline", "text": strange}, {"action": "acknowledge", "age_s": strange},
    ]  # fmt: skip
    for body in bodies:
        for id_ in (new_id(), strange):
            raw = json.dumps({"id": id_, **body})
            answer = liv.http.post(f"/api/alarms/{alarm_id}/actions", content=raw, headers={"Content-Type": "application/json"})
            assert answer.status_code in (200, 400, 409, 422), (body, answer.status_code, answer.text)
    raw = json.dumps({"id": strange * 8, "kind": "panic", "office_id": strange, "zone_id": strange})
    assert caller("kari.nilsen").http.post("/api/signals", content=raw[:20_000], headers={"Content-Type": "application/json"}).status_code in (200, 422)
    raw = json.dumps({"office_id": strange, "duty": "present"})
    assert liv.http.put("/api/duty", content=raw, headers={"Content-Type": "application/json"}).status_code in (403, 422)
    assert liv.http.get("/api/alarms").status_code == 200


def test_sixteen_different_taps_at_once_on_one_alarm_are_all_answered(stack, caller):
    publish(stack, signed(stack, boot=200))
    people = [caller(name) for name in ("ola.brekke", "liv.solberg", "kari.nilsen", "sondre.vik")]
    alarm_id = people[1].the_alarm()["id"]
    taps: list[dict[str, Any]] = [
        {"action": "acknowledge"}, {"action": "note", "text": "på vei"}, {"action": "mark", "mark": "police_called"}, {"action": "arrive"},
    ]  # fmt: skip
    start = threading.Barrier(16)

    def tap(person: Caller, body: dict[str, Any]) -> httpx.Response:
        with httpx.Client(base_url=stack.url, headers=person.cookie, timeout=30) as http:
            start.wait()
            return http.post(f"/api/alarms/{alarm_id}/actions", json={"id": new_id(), **body})

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda pair: tap(*pair), [(person, body) for person in people for body in taps]))
    assert {answer.status_code for answer in answers} <= {200, 404, 409}, [answer.text for answer in answers]
    assert sum(answer.status_code == 200 for answer in answers) >= 8
    log = people[1].log(alarm_id)
    assert log["intact"] and [entry["n"] for entry in log["entries"]] == list(range(1, len(log["entries"]) + 1))


# ---------------------------------------------------------------- the live socket


def test_the_socket_closes_for_strangers_wrong_origins_and_nonsense(stack, caller):
    cookie = caller("ola.brekke").cookie
    assert closed_with(live(stack), [hello()]) == 4401
    assert closed_with(live(stack, {"Cookie": "varde_session=made-up"}), [hello()]) == 4401
    assert closed_with(live(stack, cookie, Origin="https://elsewhere.example"), [hello()]) == 4403
    for nonsense in ("garbage", "{}", "[]", '{"type":"hello","seq":{"nav-fjordvik":-1}}', '{"type":"got","seq":{}}', "null", '{"type":"hello","seq":'):
        assert closed_with(live(stack, cookie), [nonsense]) == 4400, nonsense
    assert closed_with(live(stack, cookie), [hello(), *["garbage"] * 5]) == 4400


def test_a_screen_that_says_nothing_any_more_counts_as_gone_and_one_that_talks_without_end_is_sent_away(stack, caller):
    liv = caller("liv.solberg")
    there = lambda: {one["person_id"] for one in liv.http.get(f"/api/offices/{OFFICE}/now").json()["reachable"] if one["screen"]}  # noqa: E731
    with live(stack, caller("ola.brekke").cookie, mute=True) as silent, live(stack, caller("amina.hassan").cookie) as good:
        for socket in (silent, good):
            socket.send(hello())
            hear(socket, "welcome")
        until(lambda: {"ola.brekke", "amina.hassan"} <= there(), what="both count as there")
        with live(stack, liv.cookie, mute=True) as talker:
            assert closed_with(talker, [hello(), *['{"type":"ping","n":1}'] * 20_000], within_s=30) == 4400
        assert closed_with(silent, [], within_s=60) == 4408
        until(lambda: "ola.brekke" not in there(), what="nobody is said to be reached by a screen that may be gone")
        assert "amina.hassan" in there(), "who says something each ten seconds stays"


def test_a_screen_that_says_that_it_is_there_and_takes_no_frame_counts_as_gone_and_delays_nobody(stack, caller):
    liv, kari = caller("liv.solberg"), caller("kari.nilsen")
    there = lambda: {one["person_id"] for one in liv.http.get(f"/api/offices/{OFFICE}/now").json()["reachable"] if one["screen"]}  # noqa: E731
    with live(stack, caller("ola.brekke").cookie, ping_interval_s=None) as deaf, live(stack, caller("amina.hassan").cookie) as good:
        for socket in (deaf, good):
            socket.send(hello())
            hear(socket, "welcome")
        deaf.socket.setsockopt(SOL_SOCKET, SO_RCVBUF, 8192)
        threading.Thread(target=closed_with, args=(good, [], 300), daemon=True).start()  # takes all that comes
        body = {"id": new_id(), "kind": "panic", "age_s": 0, "office_id": OFFICE, "zone_id": "kontorlandskap-vest"}
        alarm_id = kari.http.post("/api/signals", json=body).raise_for_status().json()["alarm_id"]
        for n in range(450):  # some megabytes: more than the line holds by itself
            assert liv.act(alarm_id, "note", text=f"{n} " + "x" * 400).status_code == 200
        until(lambda: "ola.brekke" not in there(), 40, "nobody is said to be reached by a screen that takes nothing")
        assert "amina.hassan" in there()
        assert closed_with(deaf, [], within_s=60) in (4408, 0), "told why, where the line still takes a word"
    end_all(stack)


def test_bytes_that_are_no_text_end_only_their_own_socket(stack, caller):
    ola = caller("ola.brekke")
    with live(stack, ola.cookie) as good:
        good.send(hello())
        hear(good, "welcome")
        assert closed_with(live(stack, ola.cookie), [b"\xff\xfe\x00"]) != 0
        assert closed_with(live(stack, ola.cookie), [hello(), b"\xff\xfe\x00"]) != 0
        good.send('{"type":"ping","n":7}')
        assert hear(good, "pong")["n"] == 7
    assert "Traceback" not in stack.log("server")


def test_a_receipt_from_the_future_marks_nobody_reached_by_what_was_not_sent(stack, caller):
    liv = caller("liv.solberg")
    with live(stack, caller("ola.brekke").cookie) as socket:
        socket.send(hello())
        hear(socket, "welcome")
        socket.send(json.dumps({"type": "got", "seq": {OFFICE: 2**53, "nav-lillevik": 2**53}}))
        socket.send('{"type":"seen","alarm_id":"a-made-up"}')
        socket.send('{"type":"ping","n":1}')
        hear(socket, "pong")
        publish(stack, signed(stack, boot=300))
        [view] = hear(socket, "alarms")["alarms"]
        told = {one["person_id"]: one["status"] for one in liv.alarm(view["id"])["told"]["people"]}
        assert told["ola.brekke"] == "told", "sent, but not yet said to be drawn"
        socket.send(json.dumps({"type": "got", "seq": {OFFICE: 2**53, "nav-lillevik": 2**53}}))
        until(lambda: {one["person_id"]: one["status"] for one in liv.alarm(view["id"])["told"]["people"]}["ola.brekke"] == "reached", what="reached")


# ---------------------------------------------------------------- MQTT


def test_a_retained_press_from_long_ago_does_not_raise(stack, caller):
    liv = caller("liv.solberg")
    publish(stack, signed(stack, boot=400), retain=True)  # this one is live: whoever listens hears it as a press
    until(liv.alarms, what="the live one raises")
    end_all(stack)
    before = stack.log("gateway").count('"event": "broker_connected"')
    stack.kill("gateway")
    stack.start("gateway")
    stack.wait_connected("gateway", before + 1)  # and is handed the old message
    publish(stack, signed(stack, boot=401, kind="heartbeat"))
    until(lambda: heartbeat_heard(liv), 30, "what came after the old message has been dealt with")
    assert liv.alarms() == []
    publish(stack, b"", retain=True)  # takes the retained message away
    end_all(stack)


def heartbeat_heard(caller: Caller) -> bool:
    devices = caller.http.get(f"/api/offices/{OFFICE}/now").json()["devices"]
    return next(one for one in devices if one["id"] == BUTTON)["battery"] == 80


@pytest.mark.parametrize(
    ("message", "unverified"), [(b"x" * 5000, True), (b"\xff\xfe\x80 panic", True), (b"{}", True), (b'{"kind":"coffee"}', True), (b"[" * 3000, True)],
    ids=["five kilobytes", "not UTF-8", "an empty object", "an unknown kind", "deep nesting"],
)  # fmt: skip
def test_what_cannot_be_read_raises_and_is_marked(message, unverified, stack, caller):
    liv = caller("liv.solberg")
    publish(stack, message)
    assert liv.the_alarm()["unverified"] is unverified


def test_an_unknown_device_raises_for_the_office_of_its_topic_and_is_marked(stack, caller):
    liv = caller("liv.solberg")
    publish(stack, b'{"kind":"panic"}', device_id="nobody-knows-me")
    alarm = liv.the_alarm()
    assert alarm["unverified"] and not alarm["place"]["zone"] and alarm["office_id"] == OFFICE


def test_a_captured_press_that_is_played_again_is_the_same_press(stack, caller):
    liv = caller("liv.solberg")
    captured = signed(stack, boot=500)
    for _ in range(5):
        publish(stack, captured)
    alarm = liv.the_alarm()
    publish(stack, signed(stack, boot=500, n=2))  # what comes after the repeats is heard after them
    until(lambda: liv.alarm(alarm["id"])["presses"] == 2, what="the new press has joined")
    assert not liv.alarm(alarm["id"])["unverified"] and len(liv.alarms()) == 1


def test_a_forged_signature_raises_but_never_speaks_as_the_device(stack, caller):
    liv = caller("liv.solberg")
    genuine = signed(stack, boot=600)
    publish(stack, genuine[:-1] + (b"0" if genuine[-1:] != b"0" else b"1"))
    assert liv.the_alarm()["unverified"]
    publish(stack, genuine)
    alarm_id = liv.the_alarm()["id"]
    until(lambda: liv.alarm(alarm_id)["presses"] == 2, what="the genuine press counts too: the forgery has not used up its number")
