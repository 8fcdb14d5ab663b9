"""What the web is furnished with from the site's secrets and configuration."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from server.config.loading import read
from server.flow.proofs import gateway_states, silent_gateways
from server.flow.readiness import Readiness
from server.settings import Settings
from server.store.contract import GatewayState
from server.store.memory import MemoryStore
from server.web.access import House as Web
from server.web.intake_queue import IntakeQueue
from server.wiring import furnish
from tests.flow.house import T0, House

ROOT = Path(__file__).resolve().parents[2]


def test_a_gateway_that_was_taken_away_is_missed_nowhere(tmp_path: Path) -> None:
    house = House(MemoryStore())
    context = house.context
    context.store.set_gateway(GatewayState("old", T0, "down", offices=("fjordvik",)))
    house.clock.push(3 * 86_400)
    context.store.set_gateway(GatewayState("new", house.clock.now, offices=("fjordvik",)))
    settings = Settings(secrets_file=tmp_path / "secrets.json")
    loaded = read(settings.config_dir, settings.content_dir)
    web = Web(context, IntakeQueue(context), Readiness(context, {}, lambda: 0.0))

    furnish(web, settings, loaded)  # nothing is known of gateways, so nothing is forgotten
    assert gateway_states(context, ["fjordvik"], house.clock.now) == {"fjordvik": "silent"}

    settings.secrets_file.write_text(json.dumps({"gateways": {"new": {"offices": ["fjordvik"], "token": "t"}, "coming": {"offices": [], "token": "u"}}}))
    settings.secrets_file.chmod(0o600)
    furnish(web, settings, loaded)
    assert gateway_states(context, ["fjordvik"], house.clock.now) == {"fjordvik": "ok"}
    assert silent_gateways(context, ["fjordvik"], house.clock.now) == ()
    assert web.readiness.gateways == {"new": ("fjordvik",), "coming": ()}


def test_a_server_that_could_not_start_again_says_so_before_it_must(tmp_path: Path) -> None:
    folder = tmp_path / "offices"
    shutil.copytree(ROOT / "config/demo", folder)
    file = folder / "deployment.yaml"
    file.write_text(f"{file.read_text()}\nchannels:\n  sms: {{provider: sveve, settings: {{from: '26444'}}}}\n")
    settings = Settings(config_dir=folder, secrets_file=tmp_path / "secrets.json")
    context = House(MemoryStore()).context
    web = Web(context, IntakeQueue(context), Readiness(context, {}, lambda: 0.0, disk_free=lambda: 10**12))
    furnish(web, settings, read(folder, settings.content_dir))
    assert "restart_fails" in [problem.what for problem in web.readiness.problems()]

    settings.secrets_file.write_text(json.dumps({"channels": {"sms.user": "u", "sms.password": "p"}}))
    settings.secrets_file.chmod(0o600)
    furnish(web, settings, read(folder, settings.content_dir))
    assert "restart_fails" not in [problem.what for problem in web.readiness.problems()]
