"""The content of what an installation writes: settings for each part, units, the proxy's configuration, the command."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

from server.install.choices import Choices, Layout

QUOTED, MARK = re.compile(r"([\\\"$`])"), r"\\\1"

COMMAND = """\
#!/bin/sh
# Runs Varde's command with this installation's settings, as Varde's own user.
set -eu
set -a
. {settings}/server.env
PYTHONPATH={current}
PYTHONDONTWRITEBYTECODE=1
set +a
user=varde
if [ "$(id -u)" = 0 ] && [ "${{1:-}}" != certificates ] && id $user >/dev/null 2>&1 && [ -z "{prefix}" ]; then
  # What root names is read and written wherever root may, such as in /root; the data stay Varde's own user's.
  become="setpriv --reuid $user --regid $user --init-groups --inh-caps=+dac_override --ambient-caps=+dac_override"
  $become true 2>/dev/null || become="runuser -u $user --"
  HOME=/nonexistent exec $become {python} -P -m server "$@"
fi
exec {python} -P -m server "$@"
"""


def server_settings(choices: Choices, layout: Layout) -> str:
    found = {
        "VARDE_DATA_DIR": str(layout.data),
        "VARDE_CONFIG_DIR": str(layout.offices),
        "VARDE_DATABASE_URL": choices.database_url,
        "VARDE_REDIS_URL": choices.redis_url,
        "VARDE_HOST": choices.inner_address,
        "VARDE_ORIGINS": choices.url,
        "VARDE_SECURE_COOKIE": "1",
        "VARDE_WATCHDOG_URL": choices.watchdog_url,
        "VARDE_PUSH_CONTACT": choices.push_contact,
        "VARDE_PUBLIC_URL": choices.public_url,
        "VARDE_BACKUP_DIR": str(layout.backups) if choices.real and choices.ports else "",  # its timer runs on the machine itself only
        "VARDE_BROKER_FILES": shlex.join(broker_options(choices, layout)) if "broker" in choices.parts else "",
    }
    return _settings(found)


def broker_options(choices: Choices, layout: Layout) -> list[str]:
    """What `varde broker-files` is to make for this site."""
    found = [str(layout.broker), "--certificates", str(layout.tls), "--data", str(layout.broker_data), "--port", str(choices.broker_port)]
    found += ["--plain", choices.broker_plain] if choices.broker_plain else []
    found += ["--large"] if choices.large else []
    return [*found, "--address", choices.broker_address]


def one_servers_settings(choices: Choices, number: int) -> str:
    port = str(choices.ports[number])
    return _settings({"VARDE_PORT": port, "VARDE_METRICS_HOST": choices.metrics_address, "VARDE_METRICS_PORT": str(choices.metrics_port + number)})


def gateway_settings(choices: Choices, layout: Layout, token: str, password: str, offices: tuple[str, ...]) -> str:
    found = {
        "VARDE_GATEWAY_SERVER": choices.servers_seen_from_here,
        "VARDE_GATEWAY_SERVER_CA": str(layout.settings / "server-ca.pem") if choices.server_ca else "",
        "VARDE_GATEWAY_TOKEN": token,
        "VARDE_GATEWAY_OFFICES": ",".join(offices),
        "VARDE_GATEWAY_BROKER_HOST": choices.broker_host,
        "VARDE_GATEWAY_BROKER_PORT": str(choices.broker_port),
        "VARDE_GATEWAY_BROKER_CA": str(layout.settings / "ca.pem"),
        "VARDE_GATEWAY_BROKER_USER": choices.gateway,
        "VARDE_GATEWAY_BROKER_PASSWORD": password,
        "VARDE_GATEWAY_SPOOL": str(layout.spool),
    }
    return _settings(found)


def _settings(found: Mapping[str, str]) -> str:
    """Read by systemd and by sh alike: in apostrophes nothing means anything, and in quotation marks four letters do."""
    lines = [f'{name}="{QUOTED.sub(MARK, value)}"' if "'" in value else f"{name}='{value}'" for name, value in found.items() if value]
    return "\n".join(["# Made by config/production/install: run it again to change the choices. Your own changes are lost then.", *lines, ""])


def command(layout: Layout, python: str) -> str:
    prefix = "" if str(layout.prefix) == "/" else str(layout.prefix)
    return COMMAND.format(settings=layout.settings, current=layout.current, python=python, prefix=prefix)


def proxy(choices: Choices, layout: Layout, template: str) -> str:
    ipv6 = Path("/proc/net/if_inet6").exists() and choices.real
    allowed = ("127.0.0.1", "::1", *choices.monitors)
    return _filled(
        template,
        {
            "RUN": str(layout.run), "TLS": str(layout.tls), "PROXY": str(layout.proxy), "URL": choices.url,
            "LOCAL": f"{choices.inner_address}:{choices.local_port}",
            "HTTP_PORT": str(choices.http_port), "HTTPS_PORT": str(choices.https_port),
            "HTTP6": f"        listen [::]:{choices.http_port};\n" if ipv6 else "",
            "HTTPS6": f"        listen [::]:{choices.https_port} ssl http2;\n" if ipv6 else "",
            "SERVERS": "\n".join(f"        server {server} max_fails=0;" for server in choices.servers_seen_from_proxy),
            "MONITORS": "\n".join(f"    allow {one};" for one in allowed),
        },
    )  # fmt: skip


def units(choices: Choices, layout: Layout, python: str, templates: Path) -> dict[str, str]:
    """By file name: those that these parts need."""
    services = [f"varde-server@{port}.service" for port in choices.ports]
    services += [f"varde-{part}.service" for part in ("gateway", "broker", "proxy") if part in choices.parts]
    values = {
        "HARDENING": (templates / "hardening.inc").read_text().rstrip(), "PYTHON": python, "CURRENT": str(layout.current),
        "SETTINGS": str(layout.settings), "DATA": str(layout.data), "SPOOL": str(layout.spool), "BROKER": str(layout.broker),
        "BROKER_DATA": str(layout.broker_data), "PROXY": str(layout.proxy), "TLS": str(layout.tls), "BACKUPS": str(layout.backups),
        "NAMES": " ".join(f"--name {name}" for name in choices.certificate_names), "SERVICES": " ".join([*services, "varde-reload.path"]),
        "MOSQUITTO": _program("mosquitto"), "NGINX": _program("nginx"),
    }  # fmt: skip
    return {file.name: _filled(file.read_text(), values) for file in sorted(templates.iterdir()) if file.suffix != ".inc" and _wanted(file.name, choices)}


def enabled(choices: Choices) -> list[str]:
    """What starts with the machine."""
    always = ["varde.target", "varde-reload.path", "varde-certificates.timer"]
    return always + (["varde-backup.timer"] if "server" in choices.parts else []) + services(choices)


def services(choices: Choices) -> list[str]:
    """In the order in which they are started: who is listened to comes first."""
    found = ["varde-broker"] if "broker" in choices.parts else []
    found += [f"varde-server@{port}" for port in choices.ports]
    return found + [f"varde-{part}" for part in ("proxy", "gateway") if part in choices.parts]


def leftover(choices: Choices, layout: Layout) -> dict[str, Path]:
    """Units that an earlier run has set up and that these choices want no more, each with the file by which that is known."""
    servers = {f"varde-server@{file.stem.removeprefix('server-')}": file for file in sorted(layout.settings.glob("server-*.env"))}
    others = {f"varde-{part}": layout.units / f"varde-{part}.service" for part in ("gateway", "broker", "proxy")}
    known = {**servers, **others, "varde-backup.timer": layout.units / "varde-backup.timer"}
    return {unit: file for unit, file in known.items() if unit not in enabled(choices) and file.exists()}


def _wanted(name: str, choices: Choices) -> bool:
    part = next((one for one in ("server", "gateway", "broker", "proxy") if name.startswith(f"varde-{one}")), None)
    return (part is None or part in choices.parts) and not (name.startswith("varde-backup") and "server" not in choices.parts)


def _program(name: str) -> str:
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/bin") or f"/usr/sbin/{name}"


def _filled(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text
