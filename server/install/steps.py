"""The steps of an installation: each says in a sentence what it does, and a second time it changes nothing."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from server.install import files
from server.install.checks import packages
from server.install.choices import Choices, Layout, to_text
from server.install.machine import Failed, folder, give, missing_packages, put, run, user

CODE = ("server", "device_gateway", "firmware_sim", "config/content", "config/production", "docs", "pwa/dist", "LICENSE", "README.md")
LOCKS = ("requirements-build.txt", "requirements.txt")
CONTENT, READ = "content", (".yaml", ".yml", ".csv", ".svg")
"""As `server/config/files.py` has them."""
RELEASES_KEPT = 2
READY_S = 90


@dataclass(slots=True)
class Installation:
    """What the steps share. `changed`: words for what has changed, from which follows who must be started again."""

    choices: Choices
    layout: Layout
    source: Path
    say: Callable[[str], None]
    changed: set[str] = field(default_factory=set)

    @property
    def python(self) -> str:
        return self.choices.python or str(self.layout.code / "venv/bin/python")

    def owner(self, name: str) -> str:
        """Nobody but whoever runs this, below a prefix."""
        return name if self.choices.real else ""

    def varde(self, *arguments: str, as_user: str = "varde") -> str:
        """Varde's own command, with the settings that have been written."""
        settings = dict(_read_settings(self.layout.settings / "server.env"))
        settings |= {"PYTHONPATH": str(self.layout.current), "PYTHONDONTWRITEBYTECODE": "1"}
        return run(self.python, "-P", "-m", "server", *arguments, environment=settings, as_user=self.owner(as_user))

    def note(self, what: str, changed: bool) -> None:
        if changed:
            self.changed.add(what)


@dataclass(frozen=True, slots=True)
class Step:
    says: str
    does: Callable[[Installation], None]


def steps(choices: Choices, layout: Layout) -> list[Step]:
    """What is going to be done, in order."""
    wanted = packages(choices)
    lacking = missing_packages(wanted) if choices.real else []
    found = [Step(f"Debian's packages are installed: {', '.join(lacking)}", lambda one: _packages(one, lacking))] if lacking else []
    if choices.real:
        found.append(Step("users without a login: varde, and one for each part", _users))
    found += [
        Step(f"the code goes to {layout.code}" + ("" if choices.python else ", with the Python packages that it is locked to"), _code),
        Step(f"folders for settings ({layout.settings}), data ({layout.data}) and copies ({layout.backups})", _folders),
    ]
    beside = [name for name, here in (("postgresql", choices.local_database), ("redis-server", choices.redis == "local")) if here]
    if beside and choices.real:
        found.append(Step(f"Debian's {' and '.join(beside)} start with this machine", lambda one: _beside(one, beside)))
    if choices.local_database and choices.real:
        found.append(Step("a role and a database 'varde' in this machine's PostgreSQL; nobody needs a password for it but root and varde", _database))
    applied = "" if not _applies(choices) else ", and applied" if choices.offices else "; what is applied stays"
    found.append(Step(f"the offices' files are checked{f', copied to {layout.offices}' if choices.offices else ''}{applied}", _offices))
    found.append(Step("secrets that are missing are made; those that are there stay", _secrets))
    if {"broker", "proxy"} & set(choices.parts):
        found.append(Step(f"certificates that are missing are made for {', '.join(choices.certificate_names)}", _certificates))
    if "broker" in choices.parts:
        found.append(Step(f"the broker lets in the devices on the list, port {choices.broker_port}", _broker))
    if "proxy" in choices.parts:
        found.append(Step(f"the proxy answers at {choices.url}", _proxy))
    found.append(Step(f"units in {layout.units}, and the command {layout.command}", _units))
    if choices.real:
        found.append(Step(f"what has changed is started: {', '.join(files.services(choices))}", _start))
    if gone := files.leftover(choices, layout):
        found.append(Step(f"what was chosen before and is no more is stopped, for good: {', '.join(gone)}", _stop))
    return found


def _packages(one: Installation, lacking: list[str]) -> None:
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    run("apt-get", "update", "-qq", environment=quiet)
    run("apt-get", "install", "-qq", "-y", "--no-install-recommends", *lacking, environment=quiet)
    # Debian starts its own broker and web server at once, with settings of their own: ours take their place.
    for package, unit in (("mosquitto", "mosquitto.service"), ("nginx", "nginx.service")):
        if package in lacking:
            run("systemctl", "disable", "--now", "--quiet", unit)


def _users(one: Installation) -> None:
    made = user("varde")
    for part in ("gateway", "broker", "proxy"):
        if part in one.choices.parts:
            made |= user(f"varde-{part}", ("varde-tls",) if part != "gateway" else ())
    one.note("users", made)


def _code(one: Installation) -> None:
    """A release is a folder named by its content; `current` points to it. A new one is there before the old one is left."""
    release = one.layout.code / "releases" / _fingerprint(one.source, CODE)
    if not release.is_dir():
        draft = release.with_name(release.name + ".part")
        shutil.rmtree(draft, ignore_errors=True)
        for name in CODE:
            _copy(one.source / name, draft / name)
        draft.rename(release)
    if not one.choices.python:
        _packages_of_python(one)
    current = one.layout.current
    if not current.is_symlink() or current.resolve() != release.resolve():
        draft = current.with_name("current.new")
        draft.unlink(missing_ok=True)
        draft.symlink_to(release)
        draft.replace(current)
        one.changed.add("code")
    release.touch()
    for old in sorted((path for path in release.parent.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)[:-RELEASES_KEPT]:
        shutil.rmtree(old)


def _packages_of_python(one: Installation) -> None:
    venv = one.layout.code / f"venv-{_fingerprint(one.source, LOCKS)}"
    if not (venv / "done").exists():
        one.say("  Python packages: this takes a minute …")
        shutil.rmtree(venv, ignore_errors=True)
        run("/usr/bin/python3", "-m", "venv", str(venv))
        pip = [str(venv / "bin/python"), "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet", "--require-hashes"]
        run(*pip, "--only-binary", ":all:", "-r", str(one.source / LOCKS[0]))
        # http-ece comes as source only: it is built by what has just been installed, so that nothing is fetched that is not locked.
        run(*pip, "--no-build-isolation", "--only-binary", ":all:", "--no-binary", "http-ece", "-r", str(one.source / LOCKS[1]))
        (venv / "done").touch()
    link = one.layout.code / "venv"
    if not link.is_symlink() or link.resolve() != venv.resolve():
        draft = link.with_name("venv.new")
        draft.unlink(missing_ok=True)
        draft.symlink_to(venv)
        draft.replace(link)
        one.changed.add("code")
    for old in one.layout.code.glob("venv-*"):
        if old != venv:
            shutil.rmtree(old, ignore_errors=True)


def _folders(one: Installation) -> None:
    layout, parts = one.layout, one.choices.parts
    folder(layout.settings, 0o755)
    folder(layout.offices, 0o750, "", one.owner("varde"))
    folder(layout.data, 0o700, one.owner("varde"), one.owner("varde"))
    if (copied := layout.data / "secrets.json").exists():  # from another machine, before Varde's user was here
        give(copied, one.owner("varde"), one.owner("varde"))
        copied.chmod(0o600)
    folder(layout.backups, 0o700, one.owner("varde"), one.owner("varde"))
    if {"broker", "proxy"} & set(parts):
        folder(layout.tls, 0o2750, "", one.owner("varde-tls"))
    if "broker" in parts:
        folder(layout.broker, 0o2750, one.owner("varde"), one.owner("varde-broker"))
        folder(layout.broker_data, 0o700, one.owner("varde-broker"), one.owner("varde-broker"))
    if "gateway" in parts:
        folder(layout.spool, 0o700, one.owner("varde-gateway"), one.owner("varde-gateway"))
    if "proxy" in parts:
        folder(layout.proxy, 0o755)
        if not one.choices.real:
            folder(layout.run, 0o755)  # systemd makes it otherwise
    private = 0o640
    one.note("server", put(layout.settings / "server.env", files.server_settings(one.choices, layout), private, "", one.owner("varde")))
    for number, port in enumerate(one.choices.ports):
        name = layout.settings / f"server-{port}.env"
        one.note("server", put(name, files.one_servers_settings(one.choices, number), private, "", one.owner("varde")))
    put(layout.kept_choices, to_text(one.choices), 0o600)


def _beside(one: Installation, names: list[str]) -> None:
    for name in names:
        try:
            run("systemctl", "enable", "--now", name)
        except Failed as error:
            if name != "redis-server":
                raise Failed(f"{error}\nSee: systemctl status {name}") from None
            one.say("  ! Redis does not start (systemctl status redis-server). Nothing is lost by that: servers hear of each other up to a second later.")


def _database(one: Installation) -> None:
    def asks(statement: str) -> str:
        return run("psql", "--no-psqlrc", "-v", "ON_ERROR_STOP=1", "-tAc", statement, as_user="postgres").strip()

    if asks("SELECT 1 FROM pg_roles WHERE rolname = 'varde'") != "1":
        asks("CREATE ROLE varde LOGIN")
    if asks("SELECT 1 FROM pg_database WHERE datname = 'varde'") != "1":
        asks("CREATE DATABASE varde OWNER varde")


def _offices(one: Installation) -> None:
    """Checked where they come from, before anything is replaced."""
    given = Path(one.choices.offices) if one.choices.offices else None
    if given is not None and given.resolve() != one.layout.offices.resolve():
        one.varde("check-config", str(given.resolve()), as_user="")
        _take_over(one, given, one.layout.offices)
        cards, kept = given / CONTENT, one.layout.offices / CONTENT  # an office's own cards; without them those of this version hold
        if cards.is_dir():
            folder(kept, 0o750, "", one.owner("varde"))
            _take_over(one, cards, kept)
        elif kept.is_dir():
            shutil.rmtree(kept.with_name(f"{CONTENT}.before"), ignore_errors=True)
            kept.rename(kept.with_name(f"{CONTENT}.before"))
            one.changed.add("offices")
    one.say("  " + one.varde("check-config").strip().splitlines()[-1])
    if _applies(one.choices):  # servers that run go by it without a restart
        # A folder that was not given now may be older than what the office has applied since, from wherever it edits.
        for line in one.varde("apply", "--yes", "--by", "install", *([] if given else ["--first"])).splitlines():
            one.say(f"  {line}")


def _take_over(one: Installation, given: Path, kept: Path) -> None:
    """The files of one folder as they are in another; what is there and was not given stays beside, under a name that nobody reads."""
    names = {file.name for file in given.iterdir()}
    for file in sorted(given.iterdir()):
        if file.is_file() and not file.name.startswith("."):
            one.note("offices", put(kept / file.name, file.read_bytes(), 0o640, "", one.owner("varde")))
    for file in sorted(kept.iterdir()):
        if file.suffix.lower() in READ and file.name not in names:
            file.rename(file.with_name(file.name + ".before"))
            one.changed.add("offices")


def _applies(choices: Choices) -> bool:
    """Whether the database can be had now. A container is prepared without one: its servers apply the files to an empty one themselves."""
    return "server" in choices.parts and (choices.real or choices.database == "sqlite")


def _goes_by(choices: Choices) -> list[str]:
    """What is applied says which devices there are; the files do only where there is no database to ask."""
    return [] if _applies(choices) else ["--files"]


def _secrets(one: Installation) -> None:
    secrets_file = one.layout.data / "secrets.json"
    before = secrets_file.read_bytes() if secrets_file.exists() else b""
    choices, known = one.choices, json.loads(before or b"{}").get("gateways", {})
    here = "gateway" in choices.parts
    named = ",".join(choices.gateway_offices)
    if here and not named and ("server" in choices.parts or choices.gateway not in known):  # on a machine of its own it hears what the servers have said
        named = "*"
    # a site of servers alone: its gateways are named later, one by one, and none is missed before
    gateway = ["--gateway", f"{choices.gateway}={named}"] if named or not (here or known) else []
    one.varde("secrets", *_goes_by(choices), *gateway)
    one.note("secrets", secrets_file.read_bytes() != before)
    if here:
        known = json.loads(secrets_file.read_bytes())
        gateway, password = known["gateways"][one.choices.gateway], known["broker"][one.choices.gateway]
        text = files.gateway_settings(one.choices, one.layout, gateway["token"], password, tuple(gateway["offices"]))
        one.note("gateway", put(one.layout.settings / "gateway.env", text, 0o600))
        if one.choices.server_ca:
            one.note("gateway", put(one.layout.settings / "server-ca.pem", Path(one.choices.server_ca).read_text(), 0o644))


def _certificates(one: Installation) -> None:
    names = [word for name in one.choices.certificate_names for word in ("--name", name)]
    said = one.varde("certificates", str(one.layout.tls), *names, as_user="")
    one.note("certificates", said.startswith("Made"))
    put(one.layout.settings / "ca.pem", (one.layout.tls / "ca.pem").read_text(), 0o644)


def _broker(one: Installation) -> None:
    said = one.varde("broker-files", *_goes_by(one.choices))
    one.note("broker", "Restart" in said)
    one.note("logins", "Tell the broker" in said)


def _proxy(one: Installation) -> None:
    templates = one.layout.current / "config/production"
    for name, template in (("nginx.conf", "nginx.conf"), ("locations.conf", "nginx-locations.conf")):
        one.note("proxy", put(one.layout.proxy / name, files.proxy(one.choices, one.layout, (templates / template).read_text())))


def _units(one: Installation) -> None:
    one.layout.units.mkdir(parents=True, exist_ok=True)
    for name, text in files.units(one.choices, one.layout, one.python, one.layout.current / "config/production/systemd").items():
        if put(one.layout.units / name, text):
            one.changed.add("units")
            one.changed |= {part for part in ("server", "gateway", "broker", "proxy") if name.startswith(f"varde-{part}")}
    one.note("command", put(one.layout.command, files.command(one.layout, one.python), 0o755))


WANTS = {
    "varde-broker": {"broker", "users"},
    "varde-server": {"code", "server", "secrets", "users"},
    "varde-proxy": {"proxy", "users"},
    "varde-gateway": {"code", "gateway", "users"},
}
"""Who is started again when what has changed. Logins and certificates only need a reload, which varde-reload.path sees to."""


def _start(one: Installation) -> None:
    run("systemctl", "daemon-reload")
    run("systemctl", "enable", "--quiet", *files.enabled(one.choices))
    run("systemctl", "start", "varde-reload.path", "varde-certificates.timer", *(["varde-backup.timer"] if one.choices.ports else []))
    for service in files.services(one.choices):
        unit, _, port = service.partition("@")
        if WANTS[unit] & one.changed:
            one.say(f"  {service} …")
            run("systemctl", "restart", service)
        else:
            run("systemctl", "start", service)
        if port:
            _wait_ready(int(port))  # one server after the other: presses find one that runs
    run("systemctl", "start", "varde.target")


def _stop(one: Installation) -> None:
    """Last: until then somebody may still be served by it."""
    gone = files.leftover(one.choices, one.layout)
    if gone and one.choices.real:
        run("systemctl", "disable", "--now", "--quiet", *gone)
    for file in gone.values():
        file.unlink()
    if gone and one.choices.real:
        run("systemctl", "daemon-reload")


def _wait_ready(port: int) -> None:
    end_s, said = time.monotonic() + READY_S, "no answer"
    while time.monotonic() < end_s:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/ready", timeout=5):
                return
        except OSError as error:
            said = str(error)
            time.sleep(0.3)
    raise Failed(f"The server on port {port} is not ready ({said}). See: journalctl -u varde-server@{port} -n 50")


def _fingerprint(source: Path, names: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for name in names:
        for file in _files(source / name):
            digest.update(f"{file.relative_to(source)}\0{file.stat().st_size}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    for file in sorted(path.rglob("*")) if path.is_dir() else ():
        if file.is_file() and "__pycache__" not in file.parts:
            yield file


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    elif source.exists():
        shutil.copyfile(source, target)


def _read_settings(file: Path) -> Iterator[tuple[str, str]]:
    for line in file.read_text().splitlines():
        name, mark, value = line.partition("=")
        if mark and not line.startswith("#"):
            yield name, re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value.strip("'")
