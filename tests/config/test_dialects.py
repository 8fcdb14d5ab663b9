"""Bought devices and dialects in the configuration: what is meant reaches the gateway's list, and each mistake is named with its remedy."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device_gateway.dialects.profile import read_profile
from device_gateway.devices import Device as Listed
from device_gateway.dialects import Book
from device_gateway.router import FAMILIES as SPOKEN
from device_gateway.router import Router
from server.site import broker_topics
from server.config.loading import ConfigError, read
from server.config.dialects import FAMILIES, read_dialect
from server.config.strict_yaml import parse
from server.core.directory import Device, DeviceKind
from tests.golden import golden

CONFIG = Path(__file__).resolve().parents[2] / "config"
BIG, OWN, LISTS = "nav-fjordvik.yaml", "own.yaml", "nav-fjordvik.devices.csv"

DIALECT = """\
schema: varde.dialect/1
id: own
name: Our panel
messages:
  - topic: "panel/{address}/key"
    word_at: /key
    words: {RED: panic, BLUE: assist, "UP": nothing}
  - topic: "panel/{address}/lwt"
    words: {"1": online, "0": offline}
"""
PANEL = "  - {id: fjordvik-panel-1, name: Panel, kind: button, zone: mottak, situation: desk_alarm, heartbeat_s: 3600, dialect: own, address: k1}\n"
HUB = "{id: fjordvik-zigbee, name: Zigbee-hub, kind: hub, zone: kontorlandskap-ost, dialect: zigbee2mqtt, address: zigbee2mqtt/fjordvik, heartbeat_s: 600}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(CONFIG / "demo", tmp_path / "demo")
    (tmp_path / "demo" / OWN).write_text(DIALECT)
    change(tmp_path / "demo", BIG, HUB, f"{HUB}\n{PANEL.rstrip()}")
    return tmp_path / "demo"


def change(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{file} no longer says {old!r}: change this test"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def problems_in(folder: Path) -> list[str]:
    try:
        return [str(problem) for problem in read(folder, CONFIG / "content").problems]
    except ConfigError as error:
        return [str(problem) for problem in error.problems]


def test_bought_devices_and_dialects_reach_the_directory(folder: Path) -> None:
    directory = read(folder, CONFIG / "content").directory
    button, hub = directory.devices["fjordvik-moterom-1"], directory.devices["fjordvik-zigbee"]
    assert button.bought is not None and (button.bought.dialect, button.bought.hub_id) == ("zigbee2mqtt", "fjordvik-zigbee")
    assert (button.bought.model, dict(button.bought.gestures), button.hears) == ("HS1EB", {"double": "assist"}, False)
    assert hub.kind is DeviceKind.HUB and not hub.hears and directory.devices["fjordvik-sirene-1"].hears
    assert {device.id for device in directory.outputs["nav-fjordvik"]} >= {"fjordvik-sirene-1", "fjordvik-lampe-2", "fjordvik-lyd-1"}
    assert {"own", "tasmota", "esphome"} <= set(directory.dialects)
    own = read_profile(directory.dialects["own"])
    assert own is not None and own.rules[0].words["RED"] == "panic"


def test_every_family_that_the_configuration_knows_is_spoken_by_the_gateway() -> None:
    assert set(FAMILIES) == {dialect.name for dialect in SPOKEN} - {"native"} | {"shelly-blu"}


def test_the_broker_lets_the_gateway_hear_and_tell_exactly_its_own_offices_and_each_device_only_itself(folder: Path) -> None:
    more = [
        "{id: f-plugg, name: P, kind: lamp, zone: pauserom, dialect: shelly-gen1, address: \"shellyplug-s-1#0\", heartbeat_s: 300}",
        "{id: f-plugg-knapp, name: K, kind: button, zone: pauserom, situation: desk_alarm, dialect: shelly-gen1, "
        "address: \"shellyplug-s-1#1\", heartbeat_s: 300}",
        "{id: f-tas, name: T, kind: lamp, zone: pauserom, dialect: tasmota, address: lampe_9, heartbeat_s: 300}",
        "{id: f-blu, name: B, kind: button, zone: pauserom, situation: desk_alarm, dialect: shelly-blu, hub: fjordvik-hub-2, "
        "address: 'f8:44:77:06:50:84', heartbeat_s: 300}",
    ]  # fmt: skip
    change(folder, BIG, "  - {id: fjordvik-lampe-1,", SECOND_HUB + "".join(f"  - {row}\n" for row in more) + "  - {id: fjordvik-lampe-1,")
    directory = read(folder, CONFIG / "content").directory
    for offices in (["nav-fjordvik"], ["nav-lillevik"], ["nav-fjordvik", "nav-lillevik"]):
        listed = {d.id: gateways_device(d) for d in directory.devices.values() if d.office_id in offices}
        router = Router(listed, offices, directory.dialects)
        hears, tells = broker_topics.gateways(directory, offices)
        assert {one for one in router.filters if not covered(one, hears)} == set()
        book = Book(tuple(offices), listed, lambda: "made")
        told = {topic for d in listed.values() if (told := router.tell(d, {"say": "alarm", "drill": False}, book)) for topic in [told[0]]}
        assert {one for one in told if not covered(one, tells)} == set() and told
        elsewhere = [d for d in directory.devices.values() if d.office_id not in offices and d.bought is not None]
        said = broker_topics.topics_of(directory)
        assert not [one for d in elsewhere for one in said[d.id].says if covered(one, hears) and one != "shellies/announce"]
    assert {id_ for id_, topics in said.items() if topics.login is None} == {"fjordvik-moterom-1", "fjordvik-sirene-1", "f-blu"}, "they are behind a hub"
    assert said["f-plugg-knapp"].login == "f-plugg", "one box, one login"


def gateways_device(device: Device) -> Listed:
    bought = device.bought
    if bought is None:
        return Listed(device.id, device.office_id, device.kind)
    return Listed(
        device.id, device.office_id, device.kind, dialect=bought.dialect, address=bought.address, hub=bought.hub_id, model=bought.model, output=bought.output
    )


def covered(filter_: str, rules: tuple[str, ...]) -> bool:
    """Whether one of the broker's rules lets everything through that fits the filter."""
    def fits(levels: list[str], rule: list[str]) -> bool:
        if rule[:1] == ["#"]:
            return True
        if not levels or not rule:
            return levels == rule
        return (rule[0] == "+" and levels[0] != "#" or rule[0] == levels[0]) and fits(levels[1:], rule[1:])

    return any(fits(filter_.split("/"), rule.split("/")) for rule in rules)


def test_a_device_list_may_come_from_a_spreadsheet_with_its_dialect(folder: Path) -> None:
    row = "fjordvik-bak;Knapp bak;button;mottak;desk_alarm;86400;zigbee2mqtt;0x9;fjordvik-zigbee;double=assist, hold=nothing"
    (folder / LISTS).write_text(f"id;name;kind;zone;situation;heartbeat_s;dialect;address;hub;gestures\n{row}\n")
    device = read(folder, CONFIG / "content").directory.devices["fjordvik-bak"]
    assert device.bought is not None and dict(device.bought.gestures) == {"double": "assist", "hold": "nothing"}
    (folder / LISTS).write_text(f"id;name;kind;zone;situation;heartbeat_s;dialect;address;hub;gestures\n{row.replace('assist', 'asist')}\n")
    (problem,) = problems_in(folder)
    assert problem.startswith(f"{LISTS}:2: gestures.double must be 'panic', 'assist'")


ADDRESS = 'address: "0x00158d0001a2b3c4"'

# file, what stands there, what a hurried editor might put there, what must be said
MISTAKES = {
    "a dialect that is not there": (BIG, "dialect: zigbee2mqtt, hub", "dialect: zigbeemqtt, hub", "'zigbeemqtt' is not a dialect: did you mean 'zigbee2mqtt'?"),
    "a dialect that nobody knows": (BIG, "dialect: own", "dialect: knx", "'knx' is not a dialect: there are"),
    "a bought button without an address": (BIG, f", {ADDRESS}", "", "'fjordvik-moterom-1' needs 'address': '0x00158d"),
    "an address that is a filter": (BIG, ADDRESS, 'address: "knapp/#"', "is not an address in zigbee2mqtt"),
    "a bought button without its hub": (BIG, "hub: fjordvik-zigbee, address: \"0x00158d0001", "address: \"0x00158d0001", "needs 'hub'"),
    "a hub that is not there": (BIG, "hub: fjordvik-zigbee", "hub: fjordvik-sigbee", "'fjordvik-sigbee' is not a device of kind hub in this office"),
    "a hub that speaks something else": (BIG, "hub: fjordvik-zigbee, " + ADDRESS, "hub: fjordvik-hub-2, " + ADDRESS,
                                         "heard by a hub of the dialect zigbee2mqtt"),
    "a hub of what has none": (BIG, "dialect: zigbee2mqtt, address: zigbee2mqtt/fjordvik", "dialect: own, address: x", "'own' has no hubs"),
    "a hub behind a hub": (BIG, HUB, HUB.replace("address", "hub: fjordvik-hub-2, address"), "a hub is heard directly"),
    "a hub without a dialect": (BIG, ", dialect: zigbee2mqtt, address: zigbee2mqtt/fjordvik, heartbeat_s: 600", ", heartbeat_s: 600", "a hub speaks a dialect"),
    "a hub on Varde's own topics": (BIG, "address: zigbee2mqtt/fjordvik", "address: varde/nav-fjordvik", "is not an address in zigbee2mqtt"),
    "a hub on the root of Varde's own topics": (BIG, "address: zigbee2mqtt/fjordvik", "address: varde", "is not an address in zigbee2mqtt"),
    "a hub over a Shelly": (BIG, HUB, HUB + "\n  - {id: fjordvik-hub-3, name: H, kind: hub, zone: mottak, dialect: zigbee2mqtt, address: shellyplug-9}",
                            "'shellyplug-9' lies inside the topic of 'fjordvik-hub-2'"),
    "a hub over the topics of another dialect": (BIG, HUB, HUB + "\n  - {id: fjordvik-hub-3, name: H, kind: hub, zone: mottak, dialect: zigbee2mqtt, "
                                                 "address: panel}", "lies inside the topic of 'fjordvik-hub-3' (panel)"),
    "a hub that can be pressed": (BIG, "kind: hub, ", "kind: hub, situation: desk_alarm, ", "a hub cannot be pressed: take 'situation' out"),
    "a hub where a device stands alone": (BIG, "dialect: own", "dialect: own, hub: fjordvik-zigbee", "'own' devices are heard directly"),
    "an address without a dialect": (BIG, "{id: fjordvik-skranke-1,", "{id: fjordvik-skranke-1, address: x,", "'address' is for bought devices"),
    "a button in two places": (BIG, "0x00158d0005f6a7b8", "0X00158D0005F6A7B8\", model: HS2WD-E}\n  - {id: fjordvik-sirene-2, name: S, kind: sounder, "
                               "zone: pauserom, dialect: zigbee2mqtt, hub: fjordvik-zigbee, address: \"0x00158d0005f6a7b8",
                               "is there twice (first as 'fjordvik-sirene-1'"),
    "an input that is listed with all the others": (BIG, "dialect: own, address: k1", "dialect: shelly-gen2, address: shellyplusi4-a8032cb12ea4",
                                                    "'shellyplusi4-a8032cb12ea4#0' is there twice (first as 'fjordvik-panel-1'"),
    "two hubs inside each other": (BIG, HUB, HUB + "\n  - {id: fjordvik-hub-3, name: H, kind: hub, zone: mottak, dialect: zigbee2mqtt, address: zigbee2mqtt}",
                                   "lies inside the topic of 'fjordvik-hub-3' (zigbee2mqtt)"),
    "a gesture that means a test": (BIG, "{double: assist}", "{double: test}", "gestures.double must be 'panic', 'assist', 'duress'"),
    "a gesture of what cannot be pressed": (BIG, "model: HS2WD-E", "model: HS2WD-E, gestures: {single: panic}", "a sounder cannot be pressed"),
    "a word that the dialect does not have": (BIG, "dialect: own", "dialect: own, gestures: {bleu: panic}", "'bleu' is no word of own: did you mean 'blue'?"),
    "a lamp of what switches nothing": (BIG, "dialect: shelly-gen2, address: shellyplugsg3", "dialect: own, address: shellyplugsg3", "own can switch nothing"),
    "a lamp that is a siren": (BIG, "address: shellyplugsg3-543204689994", "address: shellyplugsg3-543204689994, output: alarm",
                               "shelly-gen2 can be switched as switch or light"),
    "an output that is pressed": (BIG, "dialect: own", "dialect: own, output: switch", "a button is not switched"),
    "a button that is shared": (BIG, "dialect: own", "dialect: own, shared: true", "only a hub is shared"),
    "a native button that lives once a day": (BIG, "situation: desk_alarm, heartbeat_s: 30", "situation: desk_alarm, heartbeat_s: 86400",
                                              "heartbeat_s is an impossible time for a device of Varde's own kind"),
    "a BLU address that is none": (BIG, "dialect: own, address: k1", "dialect: shelly-blu, hub: fjordvik-hub-2, address: f8447706",
                                   "is not an address in shelly-blu"),
    "a dialect that Varde has": (OWN, "id: own", "id: zigbee2mqtt", "the dialect 'zigbee2mqtt' is there twice (first in Varde itself)"),
    "a dialect that ships": (OWN, "id: own", "id: tasmota", "the dialect 'tasmota' is there twice (first in "),
    "a topic without an address": (OWN, "panel/{address}/key", "panel/key", "must have {address} once"),
    "a topic with half a wildcard": (OWN, "panel/{address}/key", "panel+/{address}/key", "'+' stands for a whole level"),
    "a topic for everything": (OWN, "panel/{address}/key", "panel/{address}/#", "must be a topic: levels with / between them, and no #"),
    "a topic of Varde's own": (OWN, "panel/{address}/key", "varde/{address}/up", "is for Varde's own devices"),
    "two topics that fit one message": (OWN, "panel/{address}/lwt", "panel/{address}/+", "also fits the topic of messages[1]"),
    "a pointer that is none": (OWN, "word_at: /key", "word_at: key", "must be a JSON pointer"),
    "a meaning that is none": (OWN, "RED: panic", "RED: alarm", "messages[1].words.RED must be 'press', 'panic'"),
    "a word twice but for its letters": (OWN, "BLUE: assist", "red: assist", "is there twice but for capital letters"),
    "a pointer without words": (OWN, 'words: {RED: panic, BLUE: assist, "UP": nothing}', "battery_at: /b", "'word_at' is about words"),
    "numbers for a state": (OWN, "word_at: /key", "word_at: /key\n    once_at: /n\n    changes_only: true", "keep one of them"),
    "a misspelt key in a dialect": (OWN, "word_at", "wordat", "unknown key 'wordat': did you mean 'word_at'?"),
    "a dialect without messages": (OWN, "messages:", "messages: []\nx:", "messages is empty"),
    "an order to many": (OWN, "messages:", 'outputs: {switch: {topic: "do/+/{address}", turn_on: a, turn_off: b}}\nmessages:', "write it out, without '+'"),
}  # fmt: skip
SECOND_HUB = "  - {id: fjordvik-hub-2, name: Shelly-hub, kind: hub, zone: mottak, dialect: shelly-gen2, address: shellyplug-9, heartbeat_s: 600}\n"


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_names_its_file_its_line_and_what_to_do(name: str, folder: Path) -> None:
    file, old, new, said = MISTAKES[name]
    change(folder, BIG, "  - {id: fjordvik-lampe-1,", SECOND_HUB + "  - {id: fjordvik-lampe-1,")
    change(folder, file, old, new)
    problems = problems_in(folder)
    golden(f"dialects: {name}", problems)
    found = [problem for problem in problems if said in problem]
    assert found, f"nobody said {said!r}, but {problems}"
    assert found[0].split(":")[1].isdigit()


def test_a_dialect_that_is_wrong_is_told_beside_the_other_mistakes(folder: Path) -> None:
    change(folder, OWN, "name: Our panel", "colour: red")
    change(folder, BIG, "size: 60", "size: sixty")
    assert {problem.split(":")[0] for problem in problems_in(folder)} == {BIG, OWN}


def test_a_button_that_only_speaks_when_it_is_pressed_is_worth_a_word(folder: Path) -> None:
    change(folder, BIG, "dialect: own, address: k1", "dialect: shelly-gen1, address: shellybutton1-A4CF12")
    (problem,) = problems_in(folder)
    assert "set heartbeat_s to 604800 and press it once a week" in problem
    change(folder, BIG, "heartbeat_s: 3600, dialect: shelly-gen1", "heartbeat_s: 604800, dialect: shelly-gen1")
    assert problems_in(folder) == []


def blocks(page: str) -> list[str]:
    """The YAML that a page of docs/ shows."""
    return re.findall(r"```yaml\n(.*?)```", (CONFIG.parent / "docs" / page).read_text(encoding="utf-8"), re.DOTALL)


def test_the_recipes_example_is_the_dialect_that_the_captures_are_held_against() -> None:
    homie, outputs = blocks("dialects.md")
    tested = (CONFIG.parent / "tests/device_gateway/dialects/homie.yaml").read_text(encoding="utf-8")
    assert parse(homie, OWN).data == parse(tested, OWN).data
    assert read_profile(read_dialect(parse(homie + outputs, OWN)).compiled()) is not None


def test_the_devices_that_the_pages_show_can_be_listed(folder: Path) -> None:
    (listed,) = [block for block in blocks("buttons.md") if block.startswith("devices:")]
    shown = "".join(listed.splitlines(keepends=True)[1:])
    path = folder / BIG
    text = path.read_text(encoding="utf-8")
    before, after = text.split("  # Bought ones (docs/buttons.md)", 1)
    kept = after[after.index("  # A push button wired") :]
    path.write_text(f"{before}{shown}{kept}", encoding="utf-8")
    assert problems_in(folder) == []


WORDS = st.text("abc:{}[]/+#~* \n-\"'é", max_size=30)


@settings(max_examples=300, deadline=None)
@given(lines=st.lists(st.one_of(st.sampled_from(DIALECT.splitlines()), WORDS), max_size=14))
def test_whatever_stands_in_a_dialects_file_only_a_mistake_is_told(lines: list[str]) -> None:
    try:
        read_dialect(parse("\n".join(lines), OWN))
    except ConfigError as error:
        assert error.problems
