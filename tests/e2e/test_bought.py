"""Bought buttons from the thumb to the all-clear: pretend hubs, real Mosquitto, gateway, server and screens."""

from __future__ import annotations

import json
import subprocess

import pytest
from playwright.sync_api import expect

from firmware_sim.hubs import Hubs
from tests.e2e.parts import KARI, OLA, Caller, until

ZIGBEE, SHELLY, SIREN, PLUG = "fjordvik-moterom-1", "fjordvik-inngang-1", "fjordvik-sirene-1", "fjordvik-lampe-2"
OFFICE = "nav-fjordvik"


@pytest.fixture
def hubs(stack, put_away, caller):
    rows = json.loads(stack.devices_file.read_text())["devices"]
    hubs = Hubs(rows, "127.0.0.1", stack.broker_port)
    hubs.start()
    put_away.callback(hubs.stop)
    until(hubs.connected, what="the hubs have their broker")
    until(lambda: devices(caller("kari.nilsen"))[ZIGBEE]["state"] == "ok", what="the gateway has heard the hub")
    return hubs


def devices(person: Caller) -> dict:
    return {row["id"]: row for row in person.http.get(f"/api/offices/{OFFICE}/now").raise_for_status().json()["devices"]}


def test_a_zigbee_press_rings_lights_the_siren_and_the_lamp_and_the_end_puts_them_out(hubs, phone, caller):
    ola = phone(OLA)
    hubs.press(ZIGBEE)
    expect(ola.heading("Møterom")).to_be_visible()
    expect(ola.text("Ubekreftet signal. Ta det på alvor.")).to_have_count(0)
    until(lambda: hubs.is_on(SIREN) and hubs.is_on(PLUG), what="siren and lamp are on")
    liv = caller("liv.solberg")
    alarm = liv.the_alarm()
    assert (alarm["presses"], alarm["presser"]["device"]) == (1, "Knapp i møterommet")
    assert liv.act(alarm["id"], "resolve", outcome="handled", seen_signal=alarm["last_signal"]).status_code == 200
    until(lambda: not hubs.is_on(SIREN) and not hubs.is_on(PLUG), what="siren and lamp are off")
    expect(ola.heading("Alarmen er avsluttet")).to_be_visible()


def test_with_the_server_killed_the_house_is_lit_by_the_table_that_it_had_compiled_and_its_orders_end_it(stack, hubs, caller):
    until(lambda: (stack.folder / "spool/local_table.json").exists(), what="the gateway has its table")
    stack.kill("server")
    hubs.press(ZIGBEE)
    until(lambda: hubs.is_on(SIREN) and hubs.is_on(PLUG), what="siren and lamp are on, and no server runs")
    stack.start("server")
    liv = caller("liv.solberg")
    alarm = liv.the_alarm()
    assert alarm["presses"] == 1 and hubs.is_on(SIREN) and hubs.is_on(PLUG), "it has become an alarm, and nothing went dark meanwhile"
    assert liv.act(alarm["id"], "resolve", outcome="handled", seen_signal=alarm["last_signal"]).status_code == 200
    until(lambda: not hubs.is_on(SIREN) and not hubs.is_on(PLUG), 40, what="the end puts out what no server had lit")


def test_a_word_that_the_office_has_given_another_meaning_has_it(hubs, caller):
    hubs.press(ZIGBEE, "double")
    assert caller("liv.solberg").the_alarm()["level"] == "assist"
    hubs.press(ZIGBEE)
    until(lambda: caller("liv.solberg").the_alarm()["level"] == "emergency", what="the second press is stronger")


def test_a_shelly_press_is_one_alarm_and_each_further_press_is_noted_in_it(hubs, caller):
    for presses in (1, 2, 3):
        hubs.press(SHELLY)
        alarm = until(lambda n=presses: next((a for a in caller("liv.solberg").alarms() if a["presses"] == n), None), what="the press is noted")
    assert alarm["place"]["zone"] == "Inngang bakside"


def test_a_bought_button_is_tested_like_any_other(hubs, caller):
    kari = caller("kari.nilsen")
    assert kari.http.post(f"/api/devices/{ZIGBEE}/arm", json={"purpose": "test"}).status_code == 200
    hubs.press(ZIGBEE)
    until(lambda: devices(kari)[ZIGBEE]["tested_at"], what="the test is noted")
    assert not kari.alarms() and not caller("liv.solberg").alarms() and not hubs.is_on(SIREN)


def test_by_hand_any_mqtt_client_is_such_a_button_and_what_is_stored_is_none(stack, hubs, caller):
    def say(topic: str, body: str, *more: str) -> None:
        subprocess.run(["mosquitto_pub", "-p", str(stack.broker_port), "-t", topic, "-m", body, *more], check=True, timeout=20)

    say("zigbee2mqtt/fjordvik/0x00158d0001a2b3c4", '{"action":""}')
    say("zigbee2mqtt/fjordvik/0x00158d0001a2b3c4", '{"action":"off"}')
    say("zigbee2mqtt/fjordvik/0x00158d0001a2b3c4", '{"action":"single"}')
    alarm = caller("liv.solberg").the_alarm()
    assert (alarm["presses"], alarm["unverified"]) == (1, False)
    say("zigbee2mqtt/fjordvik/ukjent", '{"action":"emergency"}')
    until(lambda: len(caller("liv.solberg").alarms()) == 2, what="an unknown device raises for the hub's office")
    assert any(one["unverified"] for one in caller("liv.solberg").alarms())


def test_a_hub_that_is_gone_makes_its_devices_unknown_on_the_desk(hubs, desk, caller):
    kari = caller("kari.nilsen")
    screen = desk(KARI)
    expect(screen.text("Knapp i møterommet")).to_be_visible()
    hubs.stop()
    until(lambda: devices(kari)["fjordvik-zigbee"]["state"] == "offline", what="the hub's will is heard")
    until(lambda: devices(kari)[ZIGBEE]["state"] == devices(kari)[SIREN]["state"] == "unknown", what="nobody knows how its devices are")
    assert screen.faults == []
