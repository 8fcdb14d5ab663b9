"""Makes a bench site: its configuration (some offices, each with its responders and as many buttons as the run needs), and the processes that run it."""

from __future__ import annotations

import argparse
import os
import platform
import random
import tempfile
import timeit
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import yaml

from tests.stack import Stack

SITUATION = "desk_alarm"
BEAT_S = 30


def site_options(parser: argparse.ArgumentParser) -> None:
    """What every benchmark may be told of the site that it runs on."""
    parser.add_argument("--folder", type=Path, help="where the run's files lie; a memory disk such as /dev/shm takes the real disk out of the figures")
    parser.add_argument("--postgres", action="store_true", help="on a PostgreSQL of its own, with a Redis, rather than on SQLite")
    parser.add_argument("--servers", type=int, default=1, help="more than one: behind a proxy, on PostgreSQL")
    parser.add_argument("--save-every-change", action="store_true", help="Mosquitto as a small office has it; good for some hundreds a second")


def machine() -> str:
    """What the figures depend on most: one and the same machine is twice as fast in some hours as in others, and one Python as another.

    A server's work reaches far through its memory, so that the loop alone can be as quick as ever while whoever shares the machine slows the memory.
    """
    models = [line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    loop_ms = min(timeit.repeat("for n in range(100_000): words[n & 1023] = (n, str(n))", "words = {}", number=1, repeat=20)) * 1000
    return (
        f"{os.cpu_count()} cores ({(models or ['unknown'])[0]}), Python {platform.python_version()}, which takes {loop_ms:.1f} ms for a loop that says how "
        f"fast it is here, and {_reach_ns():.0f} ns to reach a place in 256 MB; load before {os.getloadavg()[0]:.1f}"
    )


def _reach_ns() -> float:
    """How much longer it takes to read a byte anywhere than one that was read just now: what lies in no cache."""
    field, count = bytearray(b"\1") * 256_000_000, 200_000
    places = {"near": [n & 1023 for n in range(count)], "far": random.Random(1).choices(range(len(field)), k=count)}
    least_s = {name: min(timeit.repeat(lambda at=at: sum(map(field.__getitem__, at)), number=1, repeat=5)) for name, at in places.items()}  # type: ignore[misc]
    return (least_s["far"] - least_s["near"]) / count * 1e9


@contextmanager
def running_site(
    options: argparse.Namespace, offices: int, people: int, buttons: int, environment: Mapping[str, str] | None = None
) -> Iterator[Stack]:
    """A fresh site, and all its processes until the end."""
    if options.folder is not None:
        tempfile.tempdir = str(options.folder)  # the services' folders too
    with tempfile.TemporaryDirectory(prefix="varde-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        site = write_site(folder / "site", offices, people, buttons)
        with Stack(
            folder / "run", site, environment, demo=False, save_every_change=options.save_every_change, postgres=options.postgres, servers=options.servers
        ) as stack:
            database = "PostgreSQL" if stack.postgres else "SQLite"
            print(f"{len(stack.servers)} server(s) on {database} in {tempfile.gettempdir()}. {stack.broker.describe()}")
            yield stack


def cpu_s(stack: Stack, others: Mapping[str, list[int]] | None = None) -> dict[str, float]:
    """Seconds of CPU that each kind of process has used so far, with those that it has started. `others`: more kinds, each with its processes."""
    roots = {"server": [stack.pid(name) for name in stack.servers], "gateway": [stack.pid(name) for name in stack.gateways], "broker": [stack.broker.pid]}
    roots |= {service.name: [service.pid] for service in (stack.postgres, stack.redis, stack.proxy) if service is not None}
    roots |= {"bench": [os.getpid()], **(others or {})}
    spent: dict[int, float] = {}
    parents: dict[int, int] = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = file.read_text().rsplit(")", 1)[1].split()
        except OSError:  # it has just ended
            continue
        number = int(file.parent.name)
        # with what its own ended children have used: PostgreSQL's come and go
        parents[number], spent[number] = int(fields[1]), sum(int(one) for one in fields[11:15]) / os.sysconf("SC_CLK_TCK")
    known = {name: {number for number in numbers if number} for name, numbers in roots.items()}
    for name, numbers in known.items():
        if name in ("postgres", "proxy"):
            numbers |= {number for number, parent in parents.items() if parent in numbers}
    return {name: sum(spent.get(number, 0.0) for number in numbers) for name, numbers in known.items()}


def write_site(folder: Path, offices: int, people: int, buttons: int, portables: int = 0, others: int = 0) -> Path:
    """Writes a folder as `config/demo` is one. Every press tells all `people` of its office in the first step. `portables`: devices that say each half
    minute that they live; `others`: people who are told of nothing, and see it on their screens."""
    folder.mkdir(parents=True, exist_ok=True)
    text = {"schema": "varde.deployment/1", "name": "Bench", "default_language": "nb", "administrators": ["o0-p0"]}
    (folder / "deployment.yaml").write_text(yaml.safe_dump(text))
    for number in range(offices):
        office = _office(number, people, buttons)
        office["people"] += [_person(f"o{number}", one, ["worker"], []) for one in range(people, people + others)]  # type: ignore[operator]
        office["devices"] += [  # type: ignore[operator]
            {"id": f"o{number}-d{one}", "name": f"o{number}-d{one}", "kind": "portable", "situation": "portable_alarm_outside", "heartbeat_s": BEAT_S}
            for one in range(portables)
        ]
        (folder / f"o{number}.yaml").write_text(yaml.dump(office, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True))
    return folder


def _office(number: int, people: int, buttons: int) -> dict[str, object]:
    office = f"o{number}"
    roles = ["responder", "coordinator", "caller_112", "public_guide", "logger", "police_guide", "leader", "support", "contact_person"]
    names = ["office_address", "police_entrance", "leader_on_duty", "neighbour_office", "nearby_help", "assembly_point", "assembly_point_threat"]
    return {
        "schema": "varde.office/1",
        "office": {
            "id": office, "name": f"Kontor {number}", "address": "Benkegata 1, 0001 Oslo", "phone": "+47 55 55 01 01", "size": 60,
            "neighbours": [], "placeholders": {name: "ved benken" for name in names},
        },
        "zones": [{"id": "mottak", "name": "Mottak", "floor": "1. etasje", "public": True, "detail": "Ved inngangen", "joins_presses": False}],
        "people": [
            _person(office, one, ["worker", "responder", *(["office_lead", "administrator"] if one < 2 else [])], list(roles)) for one in range(people)
        ],
        "contacts": [],
        "devices": [
            {"id": f"{office}-b{one}", "name": f"{office}-b{one}", "kind": "button", "zone": "mottak", "situation": SITUATION, "heartbeat_s": 3600}
            for one in range(buttons)
        ],
        "plans": [
            {"id": f"{office}-plan", "name": "Standard", "owner": f"{office}-p0",
             "steps": [{"tell": [{"role": "responder"}], "channels": ["screen", "push", "sms", "voice"], "wait_s": 30}]}
        ],
    }  # fmt: skip


def _person(office: str, number: int, access: list[str], roles: list[str]) -> dict[str, object]:
    return {
        "id": f"{office}-p{number}", "name": f"Person {office[1:]}-{number}", "language": "nb", "phone": "+47 55 55 01 02", "access": access, "roles": roles,
        "duty": "present", "surface": "phone", "title": {"nb": "Kollega", "nn": "Kollega", "en": "Colleague"},
    }  # fmt: skip
