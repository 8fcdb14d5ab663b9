"""What is installed, and the commands that start it: pinned, complete, and clear when something is missing."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
import urllib.request
from pathlib import Path

import pytest
import segno

from server.__main__ import main
from server.config.loading import read
from server.demo.children import Child, end_leftover, free_port
from server.demo.secrets import keep_secrets
from server.site.secrets_file import SecretsError
from server.settings import SettingsError, read_settings

ROOT = Path(__file__).resolve().parents[1]
DEMO, CONTENT = ROOT / "config/demo", ROOT / "config/content"
PIN = re.compile(r"^([a-z0-9][a-z0-9-]*)==(\S+)( ; .*)? \\$")


def pins(name: str) -> dict[str, str]:
    """Package → version of a pinned file, each of which must carry a hash."""
    found: dict[str, str] = {}
    text = (ROOT / name).read_text()
    for block in re.split(r"\n(?=\S)", text.strip()):
        first = PIN.match(block.splitlines()[0])
        assert first, f"{name}: not a pin: {block.splitlines()[0]}"
        assert "--hash=sha256:" in block, f"{name}: {first[1]} has no hash"
        found[first[1]] = first[2]
    return found


def wanted(name: str) -> set[str]:
    lines = (line.split("#")[0].strip() for line in (ROOT / name).read_text().splitlines())
    return {re.split(r"[=<>;\[ ]", line)[0] for line in lines if line and not line.startswith("-r")}


def test_every_package_is_pinned_by_hash() -> None:
    for name in ("requirements-build", "requirements", "requirements-test", "requirements-node"):
        missing = wanted(f"{name}.in") - set(pins(f"{name}.txt"))
        assert not missing, f"{name}.txt lacks {missing}: make requirements"


def test_the_tests_run_with_what_the_server_runs_with() -> None:
    run, test = pins("requirements.txt"), pins("requirements-test.txt")
    assert {name: test.get(name) for name in run} == run


def test_the_package_names_its_parts_and_its_licence() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["scripts"] == {"varde": "server.__main__:main"}
    assert project["project"]["requires-python"] == ">=3.11"
    assert project["tool"]["setuptools"]["packages"]["find"]["include"] == ["server*", "device_gateway*", "firmware_sim*"]
    licence = (ROOT / "LICENSE").read_text()
    assert project["project"]["license"] == "EUPL-1.2" and licence.startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2")
    assert "15.Applicable Law" in licence and "Appendix" in licence


def test_the_commands_that_people_are_told_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in ("run", "test", "test-quick", "nightly", "bench"):
        assert re.search(rf"^{target}:", makefile, re.M), f"no make {target}"
    assert os.access(ROOT / ".ci/run", os.X_OK) and "make test" in (ROOT / ".ci/run").read_text()


# ---------------------------------------------------------------- the varde command


def test_check_config_says_that_the_demo_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-config"]) == 0
    assert "2 offices" in capsys.readouterr().out


def test_check_config_fails_on_a_mistake_and_says_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "demo"
    shutil.copytree(DEMO, folder)
    office = folder / "nav-lillevik.yaml"
    office.write_text(office.read_text().replace("size: 7", "sise: 7"))
    assert main(["check-config", str(folder)]) == 1
    assert "nav-lillevik.yaml:12: unknown key 'sise': did you mean 'size'?" in capsys.readouterr().out


def test_a_setting_that_is_wrong_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("VARDE_PORT", "eighty")
    assert main(["check-config"]) == 2
    assert "VARDE_PORT must be a number" in capsys.readouterr().err


@pytest.mark.parametrize("environment", [{"PORT": "0"}, {"PORT": "70000"}, {"DEMO": "maybe"}, {"LOG_LEVEL": "LOUD"}])
def test_settings_are_checked(environment: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="VARDE_" + next(iter(environment))):
        read_settings({f"VARDE_{name}": value for name, value in environment.items()})


def test_out_of_the_box_nobody_signs_in_with_a_click_and_only_this_machine_is_heard() -> None:
    settings = read_settings({})
    assert settings.demo is False and settings.host == "127.0.0.1"
    assert "password" not in repr(read_settings({"VARDE_DATABASE_URL": "postgresql://varde:password@db/varde"}))


def read_qr(drawn: list[str]) -> list[bytes]:
    """What a camera sees of it: half blocks of light on dark, without the four modules of light around; 1 is dark."""
    pairs = {" ": b"\1\1", "▀": b"\0\1", "▄": b"\1\0", "█": b"\0\0"}
    lines = [re.fullmatch("\033\\[97;40m(.*)\033\\[0m", line) for line in drawn]
    rows = [bytes(pairs[block][half] for block in line[1]) for line in lines if line for half in (0, 1)]
    width = len(rows[0])
    assert all(row[:4] == row[-4:] == bytes(4) for row in rows[:width]) and rows[:4] == rows[width - 4 : width] == [bytes(width)] * 4
    return [row[4:-4] for row in rows[4 : width - 4]]


def test_an_invitation_on_a_machine_where_nothing_is_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VARDE_DATA_DIR", str(tmp_path / "new"))
    monkeypatch.setattr(os, "umask", lambda mask: mask)  # the rest of the tests keeps its own
    assert main(["verify-log", "--all"]) == 2
    assert "has 'varde migrate' been run?" in capsys.readouterr().err
    assert main(["migrate"]) == 0 and main(["verify-log", "--all"]) == 0
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    capsys.readouterr()
    assert main(["invite", "ola.brekke"]) == 0
    said = capsys.readouterr().out
    assert re.match(r"[A-Z0-9]{8}\n", said) and "VARDE_ORIGINS" in said and "█" not in said
    monkeypatch.setenv("VARDE_ORIGINS", "https://varde.example,https://other.example")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main(["invite", "ola.brekke"]) == 0
    code, link, *drawn = capsys.readouterr().out.splitlines()
    assert link == f"https://varde.example/kom-i-gang#{code}"
    assert read_qr(drawn[:-1]) == [bytes(row) for row in segno.make(link, error="m", micro=False).matrix]
    assert main(["invite", "nobody"]) == 2
    assert "there is no person 'nobody'" in capsys.readouterr().err


# ---------------------------------------------------------------- the demo


def test_the_demos_secrets_are_for_this_user_and_stay(tmp_path: Path) -> None:
    directory = read(DEMO, CONTENT).directory
    secrets_file, devices_file = tmp_path / "secrets.json", tmp_path / "devices.json"
    first = keep_secrets(secrets_file, devices_file, directory, 1883)
    known = json.loads(secrets_file.read_text())
    assert known["gateways"]["gateway-1"]["offices"] == sorted(directory.offices)
    assert set(known["device_keys"]) == {device.id for device in directory.devices.values() if device.bought is None}
    assert all(len(bytes.fromhex(key)) == 32 for key in known["device_keys"].values())
    assert {path.stat().st_mode & 0o777 for path in (secrets_file, devices_file)} == {0o600}
    assert first.token not in repr(first) and next(iter(first.keys.values())) not in repr(first)

    del known["device_keys"]["fjordvik-lampe-1"]  # as when the office has bought a new one
    secrets_file.write_text(json.dumps(known))
    again = keep_secrets(secrets_file, devices_file, directory, 1999)
    assert again.token == first.token and again.keys["fjordvik-skranke-1"] == first.keys["fjordvik-skranke-1"]
    assert "fjordvik-lampe-1" in again.keys
    devices = json.loads(devices_file.read_text())
    assert devices["broker"] == {"host": "127.0.0.1", "port": 1999}
    assert {"id", "office", "kind", "name", "key_hex", "heartbeat_s"} == set(devices["devices"][0])


def test_secrets_that_cannot_be_read_are_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text('{"device_keys": {"a": ')
    with pytest.raises(SecretsError, match="Mend it, or move it away"):
        keep_secrets(tmp_path / "secrets.json", tmp_path / "devices.json", read(DEMO, CONTENT).directory, 1883)
    assert (tmp_path / "secrets.json").read_text().startswith('{"device_keys"')


def test_a_process_that_only_has_the_old_number_is_left_alone(tmp_path: Path) -> None:
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        (tmp_path / "demo.pid").write_text(str(bystander.pid))
        end_leftover(tmp_path / "demo.pid", tmp_path)
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_port_that_is_taken_is_stepped_around() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port("127.0.0.1", port) != port


def test_a_child_that_dies_is_started_again_and_said(tmp_path: Path) -> None:
    child = Child("server", [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"], {}, tmp_path)
    child.start()
    try:
        assert child.alive() and child.look_after() is None
        assert child._process is not None
        os.kill(child._process.pid, signal.SIGKILL)
        child._process.wait()
        said = [child.look_after()]
        end_s = time.monotonic() + 10
        while not child.alive() and time.monotonic() < end_s:
            time.sleep(0.05)
            said.append(child.look_after())
        assert child.alive()
        assert [line for line in said if line] == [f"Server: ended (code -9), starting again. Log: {tmp_path / 'server.log'}"]
    finally:
        child.stop()
    assert not child.alive()


@pytest.mark.e2e
@pytest.mark.slow
@pytest.mark.parametrize("broker", ["mosquitto", "iotcore"])
def test_the_demo_starts_and_a_press_is_received(tmp_path: Path, broker: str) -> None:
    if broker == "mosquitto" and not (shutil.which("mosquitto") or Path("/usr/sbin/mosquitto").exists()):
        pytest.skip("Mosquitto is not installed")
    port, broker_port = free_port("127.0.0.1", 18080), free_port("127.0.0.1", 18830)
    environment = {**os.environ, "VARDE_DATA_DIR": str(tmp_path / "var"), "VARDE_PORT": str(port)}
    command = [sys.executable, "-m", "server", "demo", "--broker", broker, "--broker-port", str(broker_port)]
    said = tmp_path / "said"
    with said.open("wb") as out:
        demo = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
    try:
        end_s = time.monotonic() + 60
        while "Varde runs." not in said.read_text() and demo.poll() is None and time.monotonic() < end_s:
            time.sleep(0.1)
        text = said.read_text()
        assert f"Open http://127.0.0.1:{port}" in text, text
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/ready", timeout=5) as answer:
            assert answer.status == 200
        pressing = subprocess.run(
            [sys.executable, "-m", "firmware_sim", "press", "--devices", str(tmp_path / "var/devices.json"), "--timeout-s", "20", "fjordvik-skranke-1"],
            cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert "received" in pressing.stdout, pressing.stdout + pressing.stderr
        secrets = (tmp_path / "var/secrets.json").read_text()
        printed = text + "".join(path.read_text() for path in (tmp_path / "var/logs").iterdir())
        known = json.loads(secrets)
        assert not [secret for secret in (known["gateways"]["gateway-1"]["token"], *known["device_keys"].values()) if secret in printed]
    finally:
        demo.send_signal(signal.SIGTERM)
        assert demo.wait(40) == 0
    left = [path for path in Path("/proc").glob("[0-9]*/cmdline") if _reads(path, str(tmp_path / "var"))]
    assert not left, "nothing was left running"


@pytest.mark.e2e
@pytest.mark.slow
def test_a_demo_that_is_killed_leaves_nothing_running(tmp_path: Path) -> None:
    port, broker_port = free_port("127.0.0.1", 18180), free_port("127.0.0.1", 18930)
    environment = {**os.environ, "VARDE_DATA_DIR": str(tmp_path / "var"), "VARDE_PORT": str(port)}
    said = tmp_path / "said"
    with said.open("wb") as out:
        command = [sys.executable, "-m", "server", "demo", "--broker-port", str(broker_port)]
        demo = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
    end_s = time.monotonic() + 60
    while "Varde runs." not in said.read_text() and demo.poll() is None and time.monotonic() < end_s:
        time.sleep(0.1)
    running = lambda: [path for path in Path("/proc").glob("[0-9]*/cmdline") if _reads(path, str(tmp_path / "var"))]  # noqa: E731
    assert running(), said.read_text()
    demo.kill()
    demo.wait()
    end_s = time.monotonic() + 20
    while running() and time.monotonic() < end_s:
        time.sleep(0.1)
    assert not running()


def _reads(path: Path, text: str) -> bool:
    try:
        return text.encode() in path.read_bytes()
    except OSError:
        return False


def test_an_address_that_push_services_refuse_keeps_no_server_from_starting() -> None:
    """An office may be reached only by a name that nobody else knows: pushes are off then, and alarms are not."""
    from server.wiring_channels import push_settings

    assert push_settings(read_settings({"VARDE_ORIGINS": "https://localhost:8443,http://varde.kommune.no"}))["contact"] == ""
    assert push_settings(read_settings({"VARDE_ORIGINS": "https://localhost,https://varde.kommune.no"}))["contact"] == "https://varde.kommune.no"
    with pytest.raises(SettingsError, match="VARDE_PUSH_CONTACT"):
        push_settings(read_settings({"VARDE_PUSH_CONTACT": "https://localhost"}))
