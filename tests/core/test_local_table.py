"""What a gateway may light without the server: what the alarm itself would have lit, and never in the pressed zone."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from server.core.alarm import open_alarm
from server.core.directory import Bought, Device, DeviceKind, Directory
from server.core.local_table import compiled, local_table, signature
from server.core.model import Drill
from server.core.orders import Say
from server.core.signals import Kind, Signal
from server.core.triage import origin_of, place_of, plan_of
from server.core.values import replace
from tests.core.world import DEVICES, NEIGHBOUR, OFFICE, T0, WORLD, ZONES, at, world

BOUGHT = Device("plugg", OFFICE, "Plugg", DeviceKind.LAMP, "kontor", bought=Bought("shelly-gen2", "plug"))
KONTOR = Device("kontorknapp", OFFICE, "Knapp", DeviceKind.BUTTON, "kontor")
MANY = world(devices=(*DEVICES, BOUGHT, KONTOR))


def table(directory: Directory = MANY, offices=(OFFICE,), armed=None) -> dict:
    return json.loads(local_table(compiled(offices, directory), armed or {}, T0, "abc"))


def lit_by_the_alarm(device_id: str, directory: Directory, drill: Drill | None = None) -> set[str]:
    signal = Signal("s", Kind.PANIC, OFFICE, T0, device_id)
    origin = origin_of(signal, directory)
    plan, situation = plan_of(origin, directory)
    step = open_alarm("a", signal, origin.presser, origin.raiser_id, place_of(origin, directory), situation, plan, T0, directory, drill)
    lit = {order.recipient.removeprefix("device:") for order in step.orders if order.say is Say.ALARM and order.recipient.startswith("device:")}
    return lit & {output.id for outputs in directory.outputs.values() for output in outputs}


@pytest.mark.parametrize("drill", [None, Drill("d", "")])
@pytest.mark.parametrize("device_id", ["knapp", "karis", "adas", "kontorknapp"])
def test_a_row_is_what_the_alarm_itself_would_light_but_for_the_pressed_zone(device_id, drill):
    row = table(offices=(OFFICE, NEIGHBOUR))["devices"][device_id]
    zone_id = MANY.devices[device_id].zone_id
    expected = {one for one in lit_by_the_alarm(device_id, MANY, drill) if zone_id is None or MANY.devices[one].zone_id != zone_id}
    assert set(row["drill" if drill else "real"]) == expected and expected


def test_nothing_speaks_in_rooms_open_to_visitors_nor_where_it_was_pressed():
    rows = table()["devices"]
    assert rows["knapp"] == {"place": "Mottak", "real": ["lampe-landskap", "sirene-landskap", "plugg"], "drill": ["lampe-landskap", "sirene-landskap"]}
    assert "plugg" not in rows["kontorknapp"]["real"], "whoever threatens may be standing there"
    assert rows["adas"]["place"] == ""


def test_what_was_bought_cannot_say_that_it_is_a_drill_and_is_left_dark_in_one():
    assert not [row for row in table()["devices"].values() if "plugg" in row["drill"]]


def test_where_people_hide_no_sounder_sounds():
    content = WORLD.content
    hiding = replace(content, situations={key: replace(one, go_to_scene="sheltered") for key, one in content.situations.items()})
    assert table(replace(MANY, content=hiding))["devices"]["knapp"]["real"] == ["lampe-landskap", "plugg"]


def test_duress_and_a_missed_check_in_are_never_lit_and_a_guess_only_after_the_person_would_have_been_asked():
    assert table()["wait_s"] == {"panic": 2, "assist": 2, "fall": 62, "no_motion": 62}


def test_a_gateway_gets_its_own_offices_only_and_no_name_of_anybody():
    text = local_table(compiled((NEIGHBOUR,), MANY), {}, T0, "abc")
    assert json.loads(text)["devices"] == {} and json.loads(text)["strangers"] == {NEIGHBOUR: []}, "its only lamp hangs where visitors are"
    whole = local_table(compiled((OFFICE, NEIGHBOUR), MANY), {}, T0, "abc")
    assert not [name for person in MANY.people.values() for name in (person.name, person.phone) if name and name in whole]
    assert not [device.name for device in DEVICES if device.kind is DeviceKind.PORTABLE and device.name in whole], "an alarm may be called after who carries it"


def test_strangers_light_lamps_only_and_none_where_visitors_are():
    assert table()["strangers"] == {OFFICE: ["lampe-landskap", "plugg"]}


def test_what_is_armed_is_told_as_time_left_so_that_no_clock_decides():
    armed = {"knapp": ("drill", at(90))}
    assert table(armed=armed)["armed"] == {"knapp": ["drill", 90.0]}


def test_only_the_same_token_and_the_same_text_have_the_same_signature():
    text = local_table(compiled((OFFICE,), MANY), {}, T0, "abc")
    assert signature("t", text) == signature("t", text)
    others = [signature("u", text), signature("t", text + " "), signature("t", local_table(compiled((OFFICE,), MANY), {}, T0 + timedelta(seconds=1), "abc"))]
    assert signature("t", text) not in others and len(set(others)) == 3


def test_ten_thousand_devices_are_compiled_and_each_has_its_row():
    many = [Device(f"k{n}", OFFICE, "Knapp", DeviceKind.BUTTON, ("mottak", "landskap", "kontor")[n % 3]) for n in range(10_000)]
    rows = table(world(devices=(*DEVICES, *many), zones=ZONES))["devices"]
    assert len(rows) == 10_003 and rows["k0"]["real"] == ["lampe-landskap", "sirene-landskap"] and rows["k1"]["real"] == []
