"""`python -m firmware_sim`: runs pretend devices, and presses, flattens or loses one of them from the command line."""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import threading
import time
from pathlib import Path

from firmware_sim.button import Light
from firmware_sim.desk import Lights, ask, command, serve
from firmware_sim.fleet import Fleet
from firmware_sim.hubs import Hubs
from firmware_sim.protocol import Identity
from firmware_sim.radio import Weather
from firmware_sim.visits_day import Day

CONNECTED_WITHIN_S = 10.0
STORM_ANSWERED_WITHIN_S = 30.0


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    if options.do == "visits-day":
        return 1 if Day(options.url.rstrip("/"), options.seed or 1, options.visits).play(options.minutes) else 0
    if options.devices is None:
        print("Say which devices: --devices FILE, or VARDE_DEVICES in the environment.", file=sys.stderr)
        return 2
    try:
        host, port, identities = read_devices(Path(options.devices))
        bought = read_bought(Path(options.devices))
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"The devices file cannot be read: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    path = Path(options.socket or f"{options.devices}.sock")
    if options.do == "run":
        return run(identities, bought, host, port, path, options)
    if options.do == "storm":
        return storm_of_bought(bought, host, port, options) if options.bought else storm(identities, host, port, options)
    return one_command(identities, bought, host, port, path, options)


def read_devices(file: Path) -> tuple[str, int, list[Identity]]:
    """Host, port and devices from `{"broker":{"host","port"},"devices":[{"id","office","kind","name","key_hex","heartbeat_s"}]}`."""
    listed = json.loads(file.read_text())
    identities = [
        Identity(
            row["id"], row["office"], row.get("kind", "button"), row.get("name", ""),
            bytes.fromhex(row.get("key_hex") or ""), float(row.get("heartbeat_s", 30)), row.get("password") or "",
        )
        for row in listed["devices"]
        if not row.get("dialect")
    ]  # fmt: skip
    return listed["broker"]["host"], int(listed["broker"]["port"]), identities


def read_bought(file: Path) -> list[dict]:
    """The rows of devices of other makers: `{"id","kind","dialect","address","hub","heartbeat_s"}`."""
    return [row for row in json.loads(file.read_text())["devices"] if row.get("dialect")]


def run(identities: list[Identity], bought: list[dict], host: str, port: int, path: Path, options: argparse.Namespace) -> int:
    """A fleet that idles with its heartbeats, prints its lights, and takes commands until it is stopped."""
    lights = Lights()
    until = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: until.set())
    fleet = Fleet(identities, host, port, options.connections, _weather(options), options.seed, lights.changed)
    fleet.start()
    hubs = _hubs(bought, host, port, lights, options)
    hubs.start()
    desk = serve(fleet, hubs, lights, path)
    print(f"{len(identities)} devices, {len(hubs.devices)} bought ones", flush=True)
    until.wait()
    desk.shutdown()
    path.unlink(missing_ok=True)
    fleet.stop()
    hubs.stop()
    return 0


def one_command(identities: list[Identity], bought: list[dict], host: str, port: int, path: Path, options: argparse.Namespace) -> int:
    """To the fleet that runs; without one, this process is the device (or its hub) for as long as it takes."""
    words = {key: getattr(options, key, None) for key in ("do", "device", "kind", "word", "state", "follow", "timeout_s")}
    lines = ask(path, words)
    if lines is not None:
        return _print(lines)
    mine = [identity for identity in identities if identity.id == getattr(options, "device", None)]
    if not mine:
        return one_bought_command(bought, host, port, words, options)
    lights = Lights()
    fleet = Fleet(mine, host, port, seed=options.seed, weather=_weather(options), on_light=lights.changed)
    fleet.start()
    if options.do != "press" and not _wait(fleet.connected, CONNECTED_WITHIN_S):
        print("no broker answers", file=sys.stderr)
        return 1
    code = _print(command(fleet, None, lights, words))
    if options.do == "go-dark":
        os._exit(code)  # without a goodbye: the broker publishes the last will
    time.sleep(0.2)  # the last message is on its way
    fleet.stop()
    return code


def one_bought_command(bought: list[dict], host: str, port: int, words: dict, options: argparse.Namespace) -> int:
    lights = Lights()
    hubs = _hubs(bought, host, port, lights, options)
    if words["do"] != "junk" and words["device"] not in hubs.devices:
        print(f"no such device: {words['device']}", file=sys.stderr)
        return 2
    hubs.start()
    if not _wait(hubs.connected, CONNECTED_WITHIN_S):
        print("no broker answers", file=sys.stderr)
        return 1
    code = _print(command(None, hubs, lights, words))
    time.sleep(0.2)
    hubs.stop()
    return code


def storm_of_bought(bought: list[dict], host: str, port: int, options: argparse.Namespace) -> int:
    """Many presses on bought buttons, which nobody answers: prints how many were said."""
    hubs = _hubs(bought, host, port, Lights(), options)
    buttons = [row["id"] for row in bought if row.get("kind") in ("button", "portable") and row["id"] in hubs.devices]
    hubs.start()
    if not buttons or not _wait(hubs.connected, CONNECTED_WITHIN_S):
        print("no broker answers, or there are no bought buttons", file=sys.stderr)
        return 1
    chance, count, started_s = random.Random(options.seed), max(1, round(options.rate * options.seconds)), time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, started_s + number / options.rate - time.monotonic()))
        hubs.press(chance.choice(buttons))
    time.sleep(0.5)  # the last ones are on their way
    hubs.stop()
    print(f"{count} presses said in {options.seconds:g} s; nothing answers a bought button")
    return 0


def _hubs(bought: list[dict], host: str, port: int, lights: Lights, options: argparse.Namespace) -> Hubs:
    return Hubs(bought, host, port, options.legacy, lambda device, on: lights.changed(device, Light("on" if on else "off")))


def storm(identities: list[Identity], host: str, port: int, options: argparse.Namespace) -> int:
    """Many presses on many devices; prints how many were answered and how fast."""
    took_s: list[float] = []
    fleet = Fleet(
        identities, host, port, options.connections or min(8, len(identities)), _weather(options), options.seed,
        on_received=lambda _device, seconds: took_s.append(seconds),
    )  # fmt: skip
    fleet.start()
    if not _wait(fleet.connected, CONNECTED_WITHIN_S):
        print("no broker answers", file=sys.stderr)
        return 1
    chance = random.Random(options.seed)
    count = max(1, round(options.rate * options.seconds))
    started_s = time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, started_s + number / options.rate - time.monotonic()))
        fleet.act(chance.choice(identities).id, lambda button, now_s: button.press(now_s, options.kind))
    _wait(lambda: fleet.unanswered() == 0, STORM_ANSWERED_WITHIN_S)
    took_s.sort()
    share = (
        {name: took_s[min(len(took_s) - 1, int(len(took_s) * part))] * 1000 for name, part in (("p50", 0.5), ("p99", 0.99))}
        if took_s
        else {}
    )
    times = ", ".join(f"{name} {ms:.1f} ms" for name, ms in share.items())
    print(
        f"{count} presses in {options.seconds:g} s: {len(took_s)} received, {fleet.unanswered()} unanswered; press to received {times or '-'}"
    )
    fleet.stop()
    return 0 if fleet.unanswered() == 0 else 1


def _print(lines) -> int:
    last = ""
    for last in lines:
        print(last, flush=True)
    return 1 if last.endswith("time is up") or last.startswith("no such") else 0


def _wait(true, within_s: float) -> bool:
    end_s = time.monotonic() + within_s
    while not true():
        if time.monotonic() > end_s:
            return False
        time.sleep(0.01)
    return True


def _weather(options: argparse.Namespace) -> Weather:
    return Weather(options.lose, options.repeat, 0.0, options.delay_s)


def _demo_devices() -> str | None:
    """What `varde demo` has written here, so that pressing one of its buttons needs no more than a name."""
    return "var/devices.json" if Path("var/devices.json").exists() else None


def _options(arguments: list[str] | None) -> argparse.Namespace:
    common = argparse.ArgumentParser(add_help=False)
    default = os.environ.get("VARDE_DEVICES") or _demo_devices()
    common.add_argument("--devices", default=default, help="JSON file with broker and devices (or VARDE_DEVICES; else the demo's)")
    common.add_argument("--socket", help="where a running fleet takes commands (default: <devices file>.sock)")
    common.add_argument("--seed", type=int, help="the same seed gives the same chances")
    common.add_argument("--lose", type=float, default=0.0, help="how many of its packets the radio loses, 0 to 1")
    common.add_argument("--repeat", type=float, default=0.0, help="how many it repeats, 0 to 1")
    common.add_argument("--delay-s", type=float, default=0.0, help="the longest that it delays one")
    common.add_argument("--legacy", action="store_true", help="bought hubs say everything two or three times, as older ones do")
    common.add_argument("--connections", type=int, help="share so many connections (default: one each, up to 200 devices)")
    parser = argparse.ArgumentParser(prog="python -m firmware_sim", description=__doc__)
    commands = parser.add_subparsers(dest="do", required=True)
    commands.add_parser("run", parents=[common], help="all devices, with heartbeats, until stopped")
    press = commands.add_parser("press", parents=[common], help="press one device and print its light")
    press.add_argument("--kind", choices=["panic", "assist", "fall", "no_motion", "duress", "call_off"], default="panic")
    press.add_argument("--word", help="what a bought button says, such as double or L")
    press.add_argument("--follow", action="store_true", help="until the alarm has ended")
    press.add_argument("--timeout-s", type=float, default=300.0)
    storm_ = commands.add_parser("storm", parents=[common], help="many presses")
    storm_.add_argument("--rate", type=float, default=50.0, help="presses a second")
    storm_.add_argument("--seconds", type=float, default=10.0)
    storm_.add_argument("--kind", default="panic")
    storm_.add_argument("--bought", action="store_true", help="on bought buttons, which nobody answers")
    day = commands.add_parser("visits-day", parents=[common], help="a day of home visits against a running demo")
    day.add_argument("--url", default="http://127.0.0.1:8080", help="where the demo answers")
    day.add_argument("--visits", type=int, help="how many go out; without it everybody but those who lead: an office of 60")
    day.add_argument("--minutes", type=int, default=600, help="the longest day")
    commands.add_parser("junk", parents=[common], help="bought hubs publish what no alarm may come of")
    there = commands.add_parser("availability", parents=[common], help="what a bought device's hub says of it")
    there.add_argument("device")
    there.add_argument("state", choices=["online", "offline"])
    others = [commands.add_parser(name, parents=[common]) for name in ("flat-battery", "go-dark", "tamper")]
    for one in (press, *others):
        one.add_argument("device")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
