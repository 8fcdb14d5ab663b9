"""The contract of every store: duty, devices, gateways, and signing in."""

from __future__ import annotations


from server.core.directory import Duty
from server.core.values import replace
from server.store.contract import Armed, Change, Configuration, DeviceState, GatewayState, Pins, Session, Store
from tests.store.values import NEIGHBOUR, OFFICE, T0, at, together


def test_duty_is_what_was_said_last_in_each_office(store: Store) -> None:
    assert store.duty() == {}
    store.set_duty("ola", OFFICE, Duty.PRESENT, T0)
    store.set_duty("ola", NEIGHBOUR, Duty.ON_DUTY, T0)
    store.set_duty("liv", OFFICE, Duty.ON_DUTY, T0)
    store.set_duty("ola", OFFICE, Duty.OFF, at(1))
    assert store.duty() == {("ola", OFFICE): Duty.OFF, ("ola", NEIGHBOUR): Duty.ON_DUTY, ("liv", OFFICE): Duty.ON_DUTY}


def test_the_mark_of_duty_changes_with_it_and_stands_while_it_stands(store: Store) -> None:
    marks = [store.duty_mark()]

    def changed() -> bool:
        marks.append(store.duty_mark())
        return store.duty_mark() == marks[-1] and marks[-1] not in marks[:-1]

    store.set_duty("ola", OFFICE, Duty.PRESENT, T0)
    assert changed()
    for duty in (Duty.OFF, Duty.ON_DUTY):
        store.set_duty("ola", OFFICE, duty, T0)
        assert changed(), "also in the same moment"
    store.set_duty("ola", NEIGHBOUR, Duty.ON_DUTY, T0)
    assert changed()
    store.set_duty("liv", OFFICE, Duty.OFF, at(-3600))
    assert changed(), "also by a clock that is behind"
    store.set_duty("liv", OFFICE, Duty.OFF, at(0.001))
    assert changed()
    store.configure(Configuration(1, T0, "eva", "digest", {"a": b"1"}), {("per", OFFICE): Duty.OFF})
    assert changed()


def test_an_armed_device_is_armed_until_its_time_or_its_first_press(store: Store) -> None:
    first, second = Armed("button-1", "test", "liv", at(120)), Armed("button-2", "drill", "ola", at(60))
    store.arm(first)
    store.arm(second)
    assert store.armed(["button-1", "button-2", "button-3"], at(60)) == {"button-1": first, "button-2": second}
    assert store.armed(iter(["button-1", "button-2"]), at(60.000001)) == {"button-1": first}
    store.commit(Change(T0, disarmed=["button-1"]))
    assert store.armed(["button-1"], at(1)) == {}


def test_arming_again_counts_from_then(store: Store) -> None:
    store.arm(Armed("button-1", "test", "liv", at(120)))
    store.arm(Armed("button-1", "drill", "ola", at(200)))
    assert store.armed(["button-1"], at(150)) == {"button-1": Armed("button-1", "drill", "ola", at(200))}


def test_a_device_is_as_it_was_last_said_to_be(store: Store) -> None:
    ok = DeviceState("button-1", "ok", at(0.000001), 87, ("tamper", "moved"), None, "g-1")
    store.set_devices([ok, DeviceState("button-2")])
    assert store.devices(["button-1", "button-2", "none"]) == {"button-1": ok, "button-2": DeviceState("button-2")}
    silent = DeviceState("button-1", "silent")
    store.set_devices([DeviceState("button-1", "offline"), silent])
    assert store.devices(iter(["button-1"])) == {"button-1": silent}


def test_when_a_device_was_tested_outlives_what_its_gateway_says(store: Store) -> None:
    store.set_devices([DeviceState("button-1", "silent", T0, 12, ("low",), None, "g-1")])
    store.set_tested(["button-1", "new"], at(5))
    tested = DeviceState("button-1", "silent", T0, 12, ("low",), at(5), "g-1")
    assert store.devices(["button-1", "new"]) == {"button-1": tested, "new": DeviceState("new", "ok", tested_at=at(5))}
    store.set_devices([DeviceState("button-1", "ok", at(6), 11, (), None, "g-2")])
    assert store.devices(["button-1"])["button-1"] == DeviceState("button-1", "ok", at(6), 11, (), at(5), "g-2")
    store.set_tested(["button-1"], at(9))
    assert store.devices(["button-1"])["button-1"].tested_at == at(9)


def test_heartbeats_of_many_gateways_at_once_are_all_written(store: Store) -> None:
    states = [DeviceState(f"button-{n}", "ok", T0, n % 100) for n in range(600)]
    together(*(lambda: store.set_devices(states) for _ in range(2)), lambda: store.set_devices(states[::-1]), lambda: store.set_tested(["button-7"], T0))
    kept = store.devices(one.device_id for one in states)
    assert [replace(kept[one.device_id], tested_at=None) for one in states] == states
    assert kept["button-7"].tested_at == T0


def test_a_gateway_is_as_it_last_said(store: Store) -> None:
    first = GatewayState("g-1", T0, "down", 17, (OFFICE, NEIGHBOUR), "broken")
    second = GatewayState("g-2", at(1.5))
    store.set_gateway(first)
    store.set_gateway(second)
    assert sorted(store.gateways(), key=lambda one: one.gateway_id) == [first, second]
    store.set_gateway(replace(first, heard_at=at(9), broker="ok", spooled=0, offices=(), spool="ok"))
    assert {one.gateway_id: (one.heard_at, one.broker, one.offices, one.spool) for one in store.gateways()} == {
        "g-1": (at(9), "ok", (), "ok"), "g-2": (at(1.5), "ok", (), "ok"),
    }  # fmt: skip


def test_of_gateways_that_were_taken_away_nothing_is_known_any_more(store: Store) -> None:
    for name in ("g-1", "g-2", "g-3"):
        store.set_gateway(GatewayState(name, T0))
    store.forget_gateways(["g-1", "g-3", "g-new"])
    assert {one.gateway_id for one in store.gateways()} == {"g-1", "g-3"}


def test_pins_are_those_set_last(store: Store) -> None:
    assert store.pins("kari") is None
    store.set_pins(Pins("kari", "hash", "duress"))
    store.set_pins(Pins("kari", "hash", "duress", wrong=3))
    assert store.pins("kari") == Pins("kari", "hash", "duress", 3) and store.pins("ola") is None


def test_a_session_lasts_until_its_time_or_until_it_is_ended(store: Store) -> None:
    ola, liv = Session("token", "ola", at(60)), Session("other", "liv", at(60), "key-1", at(-1.5))
    store.keep_session(ola)
    store.keep_session(liv)
    assert store.session("token", at(59.999999)) == ola and store.session("other", T0) == liv
    assert store.session("token", at(60)) is None and store.session("none", T0) is None
    longer = replace(ola, expires_at=at(90), key_id="key-2")
    store.keep_session(longer)
    assert store.session("token", at(60)) == longer
    store.end_session("token")
    store.end_session("token")
    assert store.session("token", T0) is None and store.session("other", T0) == liv


def test_an_invitation_is_good_once_and_in_time(store: Store) -> None:
    store.add_invitation("code", "ola", at(60))
    store.add_invitation("late", "liv", at(60))
    assert store.use_invitation("none", T0, "mine", 600) is None
    assert store.use_invitation("late", at(60), "mine", 600) is None
    assert store.use_invitation("code", at(59), "mine", 600) == "ola"
    assert store.use_invitation("code", at(59), "another", 600) is None


def test_whoever_has_used_an_invitation_may_ask_again_for_a_while(store: Store) -> None:
    store.add_invitation("code", "ola", at(60))
    assert store.use_invitation("code", at(59), "mine", 600) == "ola"
    assert store.use_invitation("code", at(600), "mine", 600) == "ola", "also when it would have expired meanwhile"
    assert store.use_invitation("code", at(659), "mine", 600) is None, "counted from the first time"
    assert store.use_invitation("code", at(600), "another", 600) is None


def test_of_several_who_use_one_invitation_at_once_one_gets_in(store: Store) -> None:
    store.add_invitation("code", "ola", at(60))
    got: list[str | None] = []
    together(*(lambda n=n: got.append(store.use_invitation("code", T0, f"phone-{n}", 600)) for n in range(4)))  # type: ignore[misc]
    assert sorted(got, key=str) == [None, None, None, "ola"]


def test_who_is_on_line_is_believed_as_long_as_their_server_says_so(store: Store) -> None:
    assert store.online(at(0)) == {}
    store.set_online("server-a", ["ola", "liv"], at(0))
    store.set_online("server-b", ["kari"], at(5))
    assert store.online(at(-1)) == {"server-a": {"ola", "liv"}, "server-b": {"kari"}}
    store.set_online("server-a", [], at(6))
    assert store.online(at(5)) == {"server-a": frozenset(), "server-b": {"kari"}}
    assert store.online(at(5.5)) == {"server-a": frozenset()}
    assert store.prune(at(5.5)) == 1 and store.online(at(-1)) == {"server-a": frozenset()}
