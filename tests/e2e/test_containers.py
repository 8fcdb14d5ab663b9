"""docker-compose.yml and what its containers run, as far as that goes without a container engine: the file is read, and its commands are run here."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.parts import until
from tests.stack import ROOT, free_port

CONTAINER = ROOT / "config/production/container"
OURS = ("server-1", "server-2", "gateway", "network", "prepare")


def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())  # type: ignore[no-any-return]


def services() -> dict[str, dict[str, Any]]:
    return compose()["services"]  # type: ignore[no-any-return]


def container(site: Path, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "VARDE_SITE": str(site), "PYTHONPATH": str(ROOT), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = [str(CONTAINER), *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False, stdin=subprocess.DEVNULL, **more)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """What `docker compose run prepare` leaves behind, made by the same command."""
    folder = tmp_path_factory.mktemp("site")
    given = [word for word in services()["prepare"]["command"][1:] if not word.startswith(("--name", "--offices"))]
    given = [re.sub(r"\$\{VARDE_DB_PASSWORD:\?[^}]*\}", "secret", word) for word in given]
    done = container(folder, "prepare", "--offices", str(ROOT / "config/demo"), "--name", "varde.example", *given)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_what_is_mounted_is_what_prepare_makes_and_nothing_is_made_by_the_engine(site: Path) -> None:
    for name, service in services().items():
        for mount in service.get("volumes", []):
            if name == "prepare" or isinstance(mount, str):
                continue
            inside = mount["target"].removeprefix("/site/")
            assert mount["source"].endswith("/" + inside) and (site / inside).exists(), f"{name}: {mount['target']}"
            assert mount["bind"] == {"create_host_path": False}, f"{name}: a folder made by the engine would be root's, and in a file's place"


def test_nobody_sees_a_key_that_is_not_its_own() -> None:
    def mounted(name: str) -> list[str]:
        return [mount["target"] for mount in services()[name].get("volumes", []) if not isinstance(mount, str)]

    assert not [target for target in mounted("gateway") if "tls" in target or target.endswith(("etc/varde", "lib/varde"))]
    for name in ("broker", "proxy"):
        assert not [target for target in mounted(name) if target.endswith(("etc/varde", "lib/varde"))], name
    for name in ("server-1", "server-2"):
        assert "/site/etc/varde/tls" in services()[name]["tmpfs"], "the folder with the keys is covered"


def test_every_container_is_pinned_comes_back_and_has_no_rights() -> None:
    for name, service in services().items():
        image = service["image"]
        assert re.search(r":\d+\.\d+(\.\d+)?(-\w+)?$", image), f"{name}: {image} names no version"
        if name == "prepare":
            assert service["profiles"] == ["prepare"]
            continue
        assert service["restart"] == "always" and "no-new-privileges:true" in service["security_opt"], name
        if name != "database":
            assert service["read_only"] and service["cap_drop"] == ["ALL"] and not service["user"].startswith("0"), name
    for line in (ROOT / "config/production/Dockerfile").read_text().splitlines():
        if line.startswith("FROM"):
            assert re.match(r"FROM [\w/]+:\d+\.\d+\.\d+-[\w-]+( AS \w+)?$", line), line
    assert {name for name, service in services().items() if service["image"].startswith("varde:")} == set(OURS)


def test_only_the_three_ports_of_broker_and_proxy_are_open(site: Path) -> None:
    published = {name: service["ports"] for name, service in services().items() if "ports" in service}
    assert published == {"network": ["443:443", "80:80", "8883:8883"]}
    listening = (site / "etc/varde/proxy/nginx.conf").read_text() + (site / "etc/varde/broker/mosquitto.conf").read_text()
    assert "listen 443 ssl" in listening and "listen 80;" in listening and "listener 8883 0.0.0.0" in listening
    assert "VARDE_HOST='127.0.0.1'" in (site / "etc/varde/server.env").read_text()


def test_what_must_be_filled_in_is_said_by_name() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    asked = set(re.findall(r"\$\{(VARDE_\w+)", text))
    given = set(re.findall(r"^(VARDE_\w+)=", (ROOT / "config/production/compose.env").read_text(), re.M))
    assert asked == given and {name for name in asked if f"{name}:?" in text} == asked - {"VARDE_SITE"}


def test_the_image_has_what_the_code_needs() -> None:
    text = (ROOT / "config/production/Dockerfile").read_text()
    from server.install.steps import CODE, LOCKS

    for name in (*CODE, *LOCKS):
        first = name.split("/")[0]
        assert re.search(rf"^COPY .*\b{re.escape(first)}\b", text, re.M), f"{name} is not in the image"
        assert not re.search(rf"^{re.escape(first)}$", (ROOT / ".dockerignore").read_text(), re.M), f"{name} is kept out"
    assert "USER 10001:10001" in text and "--require-hashes" in text


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl")
def test_the_containers_commands_run_a_server_and_say_how_it_is(tmp_path: Path) -> None:
    port, metrics = free_port(), free_port()
    ports = ("--server-port", str(port), "--metrics-port", str(metrics))
    done = container(tmp_path, "prepare", "--offices", str(ROOT / "config/demo"), "--name", "varde.example", *ports)
    assert done.returncode == 0, done.stdout + done.stderr
    if os.geteuid() == 0:
        assert (tmp_path / "etc/varde/server.env").stat().st_uid == 10001 and (tmp_path / "etc/varde/tls/ca.key").stat().st_uid == 0
    assert container(tmp_path, "healthy", str(port)).returncode != 0
    environment = {**os.environ, "VARDE_SITE": str(tmp_path), "PYTHONPATH": str(ROOT), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    server = subprocess.Popen([str(CONTAINER), "server", str(port)], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: container(tmp_path, "healthy", str(port)).returncode == 0, 90, "the container is healthy")
        assert "2 offices" in container(tmp_path, "check-config").stdout
        invited = container(tmp_path, "invite", "ola.brekke")
        assert re.match(r"[A-Z0-9]{8}\n", invited.stdout), invited.stderr
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(40)
    assert server.returncode in (0, -signal.SIGTERM, 143)
