"""Two hundred presses a second, two servers, two gateways, broker, Redis and PostgreSQL killed, hung and stopped at random: nothing is lost.

`VARDE_STORM_S` seconds (40; `make nightly`: five minutes) by the seed `VARDE_STORM_SEED`, which a failing run prints.
"""

from __future__ import annotations

import json
import os
import random
import re
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import expect

from bench.site import write_site
from tests.e2e.parts import PHONE, Caller, Screen, until
from tests.e2e.storm import Audit, Faults, Presser, Watcher, open_without_deadline
from tests.stack import Stack

SECONDS = float(os.environ.get("VARDE_STORM_S", "40"))
SEED = int(os.environ.get("VARDE_STORM_SEED", "7"))
RATE = float(os.environ.get("VARDE_STORM_RATE", "200"))
SMALL = os.environ.get("VARDE_STORM_BROKER", "large") == "small"
"""The broker of a small site saves at each change. At this rate it would be busy with that: a site as large as this one has `--large`."""
BUTTONS, FEW = 140, 12
CALM_S = 120.0  # by then every button that repeats slowly has been answered


def write(folder: Path) -> Path:
    """Two offices, one of them with few buttons: a person at a real browser looks at that one."""
    write_site(folder, 2, 6, BUTTONS)
    few = yaml.safe_load((folder / "o1.yaml").read_text())
    few["devices"] = few["devices"][:FEW]
    (folder / "o1.yaml").write_text(yaml.safe_dump(few, sort_keys=False, allow_unicode=True))
    return folder


@pytest.mark.slow
def test_whatever_is_killed_hangs_or_is_stopped_no_press_is_lost_none_counts_twice_and_no_alarm_is_forgotten(tmp_path, browser, put_away):
    chance = random.Random(SEED)
    print(f"seed {SEED}")
    with Stack(tmp_path / "site", config=write(tmp_path / "config"), pwa=True, servers=2, gateways=2, save_every_change=SMALL) as stack, ExitStack() as ends:
        phone = Screen(browser, stack, PHONE)
        ends.callback(phone.close)
        phone.sign_in("Person 1-2").connected()
        watchers = [Watcher(stack, person) for person in ("o0-p2", "o0-p3", "o1-p3")]
        presser, faults, audit = Presser(stack, RATE, random.Random(SEED + 1)), Faults(stack, chance), Audit(stack)
        for stop in (presser.fleet.stop, faults.heal, audit.stop, *(watcher.stop for watcher in watchers)):
            ends.callback(stop)
        presser.start()
        faults.run(SECONDS)
        presser.end()
        for server in stack.servers:
            stack.wait_ready(server)
        until(lambda: presser.fleet.unanswered() == 0, CALM_S, "every press is received")

        assert stack.postgres is not None
        ask = stack.postgres.execute
        kept = {str(id_): (str(outcome), str(alarm_id)) for id_, outcome, alarm_id in ask("SELECT id, outcome, alarm_id FROM signal")}
        lost = presser.pressed - kept.keys()
        assert not lost, f"{len(lost)} presses are lost"
        assert kept.keys() == presser.pressed and {outcome for outcome, _ in kept.values()} <= {"opened", "joined"}
        alarms = {str(id_): json.loads(str(body)) for id_, body in ask("SELECT id, body FROM alarm")}
        counted = {id_: alarm["signals_count"] for id_, alarm in alarms.items()}
        assert counted == Counter(alarm_id for _, alarm_id in kept.values()), "each press counts once, in one alarm"
        assert len(alarms) == BUTTONS + FEW, "and there is one alarm for each button"

        assert open_without_deadline(ask) == 0 and audit.without_deadline == 0 and audit.asked > SECONDS / 8
        now_us = "EXTRACT(EPOCH FROM now()) * 1000000"
        until(lambda: ask(f"SELECT COUNT(*) FROM alarm WHERE due_us < {now_us} - 5000000") == [(0,)], 60, "deadlines that passed meanwhile are delivered")

        people = {person: Caller(stack, person) for person in ("o0-p0", "o1-p0")}
        for caller in people.values():
            ends.callback(caller.stop)
        for watcher, person in zip(watchers, ("o0-p0", "o0-p0", "o1-p0"), strict=True):
            true = {alarm["id"] for alarm in people[person].alarms()}
            until(lambda watcher=watcher, true=true: watcher.open().keys() == true, 60, "the screen shows each alarm")
            assert len(set(watcher.open().values())) == len(watcher.open()), "and none of them twice"
        for alarm_id in chance.sample(sorted(alarms), 8):
            office = "o0" if alarms[alarm_id]["office_id"] == "o0" else "o1"
            log = people[f"{office}-p0"].log(alarm_id)
            assert log["intact"] and [entry["what"] for entry in log["entries"]].count("opened") == 1

        tabs = phone.page.get_by_role("navigation", name=f"Åpne alarmer: {FEW}").get_by_role("listitem")
        expect(tabs).to_have_count(FEW, timeout=60_000)
        expect(phone.text("Tilkoblet")).to_be_visible(timeout=60_000)
        assert phone.faults == []
        assert len({one for one in re.findall(r"o1-b\d+", " ".join(tabs.all_inner_texts()))}) in (0, FEW)
        waited_s = sorted(presser.waited_s)
        report = {
            "seed": SEED, "seconds": SECONDS, "presses": len(presser.pressed), "a second": round(len(presser.pressed) / SECONDS, 1), "lost": 0,
            "faults": sum(faults.done.values()), "kinds of fault": len(faults.done), "screen connections": [one.connections for one in watchers],
            "received s": {"p50": waited_s[len(waited_s) // 2], "p99": waited_s[len(waited_s) * 99 // 100], "longest": waited_s[-1]},
        }  # fmt: skip
        print(json.dumps(report))
