"""docker-compose.yml and what its containers run, as far as that goes without a container engine: the file is read, and its commands are run here.
test_compose.py, at night, brings it up."""

from __future__ import annotations

import json
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
OURS = ("server-1", "server-2", "gateway", "prepare")


def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())  # type: ignore[no-any-return]


def services() -> dict[str, dict[str, Any]]:
    return compose()["services"]  # type: ignore[no-any-return]


def environment(site: Path, home: Path) -> dict[str, str]:
    """Of a container whose /varde is `home`."""
    return {**os.environ, "VARDE_SITE": str(site), "PYTHONPATH": str(home), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def container(site: Path, *words: str, home: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [str(home / CONTAINER.relative_to(ROOT)), *words]
    return subprocess.run(
        command, env=environment(site, home), cwd=home, capture_output=True, text=True, timeout=120, check=False, stdin=subprocess.DEVNULL
    )


def image(folder: Path) -> Path:
    """/varde as the Dockerfile's last stage copies it, and nothing else of ours."""
    last = (ROOT / "config/production/Dockerfile").read_text().split("\nFROM ")[-1]
    ignored = shutil.ignore_patterns("__pycache__", "node_modules")
    for words in re.findall(r"^COPY (.*)$", last, re.M):
        if words.startswith("--from=packages"):
            continue  # what the tests run with was installed from the same locked list
        *names, target = words.removeprefix("--from=app ").replace("/varde/", "").split()
        for name in names:
            to = folder / target / (name if target == "./" else "")
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(ROOT / name, to, ignore=ignored) if (ROOT / name).is_dir() else shutil.copy(ROOT / name, to)
    return folder


class Asked(dict[str, str]):
    """An environment that remembers what was looked for in it."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.names: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.names.add(name)
        return super().get(name, default)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """What `docker compose run prepare` leaves behind, made by the same command."""
    folder = tmp_path_factory.mktemp("site")
    given = [word for word in services()["prepare"]["command"][1:] if not word.startswith(("--name", "--offices"))]
    given = [re.sub(r"\$\{VARDE_\w+:-([^}]*)\}", r"\1", re.sub(r"\$\{VARDE_DB_PASSWORD:\?[^}]*\}", "secret", word)) for word in given]
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


def test_only_the_three_ports_of_broker_and_proxy_are_open_and_the_metrics_at_the_address_that_is_chosen(site: Path) -> None:
    published = {name: service["ports"] for name, service in services().items() if "ports" in service}
    chosen = {f"server-{number}": [f"${{VARDE_METRICS_HOST:-127.0.0.1}}:{port}:{port}"] for number, port in ((1, 9481), (2, 9482))}
    assert published == {"broker": ["8883:8883"], "proxy": ["443:443", "80:80"], **chosen}
    for number, port in ((1, 9481), (2, 9482)):
        settings = (site / f"etc/varde/server-808{number}.env").read_text()
        assert "VARDE_METRICS_HOST='0.0.0.0'" in settings and f"VARDE_METRICS_PORT='{port}'" in settings
    listening = (site / "etc/varde/proxy/nginx.conf").read_text() + (site / "etc/varde/broker/mosquitto.conf").read_text()
    assert "listen 443 ssl" in listening and "listen 80;" in listening and "listener 8883 0.0.0.0" in listening


def test_no_container_needs_another_ones_network_to_start() -> None:
    """After the machine has been off Docker starts them in any order, and gives up who wanted to share one that was not there yet."""
    assert {name: service["network_mode"] for name, service in services().items() if "network_mode" in service} == {"prepare": "none"}


def test_the_parts_find_each_other_by_their_names(site: Path) -> None:
    proxy, gateway = (site / "etc/varde/proxy/nginx.conf").read_text(), (site / "etc/varde/gateway.env").read_text()
    assert re.findall(r"server (server-\d:\d+) ", proxy) == ["server-1:8081", "server-2:8082"] and "listen 0.0.0.0:8080;" in proxy
    assert "='http://proxy:8080'" in gateway and "BROKER_HOST='broker'" in gateway
    assert "VARDE_HOST='0.0.0.0'" in (site / "etc/varde/server.env").read_text()
    for name in ("server-1", "server-2"):  # looked up once, when the proxy starts
        address = services()[name]["networks"]["default"]["ipv4_address"]
        assert f"{name}:{address}" in services()["proxy"]["extra_hosts"] and services()[name]["command"][1] in proxy


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl")
def test_the_broker_shows_the_gateway_the_name_that_it_is_called_by(site: Path) -> None:
    shown = ["openssl", "x509", "-in", str(site / "etc/varde/tls/broker.pem"), "-noout", "-checkhost", "broker"]
    assert "does match" in subprocess.run(shown, capture_output=True, text=True, check=True).stdout


def test_each_image_that_is_named_has_its_stand_in_for_the_nightly_test() -> None:
    named = {service["image"] for service in services().values() if not service["image"].startswith("varde:")}
    named |= set(re.findall(r"^FROM (\S+)", (ROOT / "config/production/Dockerfile").read_text(), re.M))
    bases = yaml.safe_load((ROOT / "tests/e2e/bases/compose.yaml").read_text())["services"].values()
    assert {one["image"] for one in bases} == named


def test_what_must_be_filled_in_is_said_by_name() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    asked = set(re.findall(r"\$\{(VARDE_\w+)", text))
    given = set(re.findall(r"^(VARDE_\w+)=", (ROOT / "config/production/compose.env").read_text(), re.M))
    defaults = set(re.findall(r"\$\{(VARDE_\w+:-[^}]*)\}", text))
    assert asked == given and {name for name in asked if f"{name}:?" in text} == asked - {name.partition(":")[0] for name in defaults}
    assert {name.replace(":-", "=") for name in defaults} <= set((ROOT / "config/production/compose.env").read_text().splitlines())


def test_what_is_chosen_in_env_is_what_the_servers_are_told_and_what_is_left_empty_later_is_gone(tmp_path: Path) -> None:
    from server.install.__main__ import parser
    from server.install.choices import Choices, Layout, chosen
    from server.install.files import server_settings

    said = {"VARDE_WATCHDOG_URL": "https://watch.example/1", "VARDE_PUSH_CONTACT": "mailto:drift@example.org", "VARDE_PUBLIC_URL": "https://in.example"}
    known = Choices(names=("varde.example",))
    for values in (said, {}):
        words = [re.sub(r"\$\{(\w+):-\}", lambda asked, values=values: values.get(asked[1], ""), word) for word in services()["prepare"]["command"]]
        known = chosen(known, parser().parse_args([word for word in words if word.startswith(("--watchdog", "--push", "--public"))]))
        told = server_settings(known, Layout(tmp_path))
        assert [name for name in said if f"{name}='{said[name]}'" in told] == list(values)
        assert [name for name in said if name in told] == list(values)


def test_the_image_has_what_the_code_needs() -> None:
    text = (ROOT / "config/production/Dockerfile").read_text()
    from server.install.steps import CODE, LOCKS

    for name in (*CODE, *LOCKS):
        first = name.split("/")[0]
        assert re.search(rf"^COPY .*\b{re.escape(first)}\b", text, re.M), f"{name} is not in the image"
        assert not re.search(rf"^{re.escape(first)}$", (ROOT / ".dockerignore").read_text(), re.M), f"{name} is kept out"
    assert "USER 10001:10001" in text and "--require-hashes" in text


def test_what_the_containers_are_told_is_what_varde_asks_for(site: Path) -> None:
    """A name that nobody reads is a setting that does nothing, and nobody would notice."""
    from device_gateway.settings import read_settings as gateways
    from server.settings import read_settings as servers

    files = {"server.env": servers, "server-8081.env": servers, "server-8082.env": servers, "gateway.env": gateways}
    assert set(files) == {file.name for file in (site / "etc/varde").glob("*.env")}
    for name, read in files.items():
        dump = 'set -a; . "$1"; exec "$2" -c "import json, os; print(json.dumps(dict(os.environ)))"'
        said = subprocess.run(["sh", "-c", dump, "sh", str(site / "etc/varde" / name), sys.executable], env={}, capture_output=True, text=True, check=True)
        told = Asked({key: value for key, value in json.loads(said.stdout).items() if key.startswith("VARDE_")})
        if name.startswith("server-"):
            told |= {"VARDE_DATABASE_URL": "postgresql://varde@127.0.0.1/varde"}
        read(told)
        told.names.add("VARDE_BROKER_FILES")  # read by `varde broker-files` itself
        unknown = {key for key in told if not key.startswith("VARDE_SECRET_")} - told.names
        assert told and not unknown, f"{name}: nobody reads {sorted(unknown)}"


def test_what_asks_whether_a_container_is_healthy_is_in_its_image(tmp_path: Path) -> None:
    home = image(tmp_path / "varde")
    for name, service in services().items():
        if "healthcheck" not in service:
            continue
        how, program, *_ = service["healthcheck"]["test"]
        assert how == "CMD", name
        if service["image"].startswith("varde:"):
            assert os.access(home / program.removeprefix("/varde/"), os.X_OK), f"{name}: {program}"
        else:
            assert (service["image"].split(":")[0], program) == ("postgres", "pg_isready"), f"{name}: {program}"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl")
def test_the_containers_commands_run_a_server_and_say_how_it_is(tmp_path: Path) -> None:
    """From a folder that holds what the image does: whatever the Dockerfile forgets is missed here."""
    home = image(tmp_path / "varde")
    port, metrics = free_port(), free_port()
    ports = ("--server-port", str(port), "--metrics-port", str(metrics))
    site = tmp_path / "site"
    done = container(site, "prepare", "--offices", str(home / "config/demo"), "--name", "varde.example", *ports, home=home)
    assert done.returncode == 0, done.stdout + done.stderr
    if os.geteuid() == 0:
        assert (site / "etc/varde/server.env").stat().st_uid == 10001 and (site / "etc/varde/tls/ca.key").stat().st_uid == 0
    assert container(site, "healthy", str(port), home=home).returncode != 0
    command = [str(home / "config/production/container"), "server", str(port)]
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(command, env=environment(site, home), cwd=home, stdout=subprocess.DEVNULL, stderr=log)
    try:
        until(lambda: container(site, "healthy", str(port), home=home).returncode == 0, 90, "the container is healthy")
        assert "2 offices" in container(site, "check-config", home=home).stdout
        invited = container(site, "invite", "ola.brekke", home=home)
        assert re.match(r"[A-Z0-9]{8}\n", invited.stdout), invited.stderr
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(40)
    assert server.returncode in (0, -signal.SIGTERM, 143)
    said = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [(line["event"], line["port"]) for line in said if line["event"] in ("listening", "stopping")] == [("listening", port), ("stopping", port)], said
    assert not [line for line in said if line["level"] == "error"], said
