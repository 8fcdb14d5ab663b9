"""Runs systemd's unit files without systemd: the command lines, settings and words of readiness are those of the files. Rights are not."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

START_S = 60.0


def read_unit(file: Path) -> dict[str, list[str]]:
    """Every key with its values, whatever the section."""
    found: dict[str, list[str]] = {}
    for line in file.read_text().splitlines():
        name, mark, value = line.partition("=")
        if mark and not line.startswith(("#", "[")):
            found.setdefault(name.strip(), []).append(value.strip())
    return found


def read_settings(file: Path) -> dict[str, str]:
    lines = (line.partition("=") for line in file.read_text().splitlines() if line and not line.startswith("#"))
    return {name: " ".join(shlex.split(value)) for name, _, value in lines}


class Unit:
    """One service. `said` collects what it tells the service manager."""

    def __init__(self, folder: Path, name: str, logs: Path) -> None:
        template, at, instance = name.partition("@")
        self.name, self._instance = name, instance
        self._unit = read_unit(folder / f"{template}{at}.service")
        self._logs = logs
        self._line: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self.said: list[str] = []

    def start(self) -> None:
        environment = {**os.environ, **self._environment()}
        if self._unit["Type"] == ["notify"]:
            environment["NOTIFY_SOCKET"] = self._listen()
        with (self._logs / f"{self.name}.log").open("ab") as log:
            # In a folder of its own: the unit must say itself where the code is.
            self._process = subprocess.Popen(_as_root(self._command()), env=environment, cwd="/", stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        if self._line is not None:
            self._wait(lambda: any("READY=1" in word for word in self.said), "say that it is ready")

    def reload(self) -> None:
        assert self._unit["ExecReload"] == ["/bin/kill -HUP $MAINPID"]
        self.send(signal.SIGHUP)

    def send(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        assert self._process is not None
        self._process.wait(10)

    def stop(self) -> None:
        if self._process is None:
            return
        self.send(getattr(signal, self._unit.get("KillSignal", ["SIGTERM"])[0]))
        try:
            self._process.wait(8)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._line is not None:
            self._line.close()
        self._process = self._line = None

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def log(self) -> str:
        return (self._logs / f"{self.name}.log").read_text(errors="replace")

    def _command(self) -> list[str]:
        [command] = self._unit["ExecStart"]
        return shlex.split(command.replace("%i", self._instance))

    def _environment(self) -> dict[str, str]:
        found = dict(pair.split("=", 1) for line in self._unit.get("Environment", []) for pair in shlex.split(line))
        for name in self._unit.get("EnvironmentFile", []):
            file = Path(name.removeprefix("-").replace("%i", self._instance))
            if file.exists() or not name.startswith("-"):
                found |= read_settings(file)
        return found

    def _listen(self) -> str:
        address = self._logs / f"{self.name}.notify"
        address.unlink(missing_ok=True)
        self.said.clear()
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._line.bind(str(address))
        line = self._line

        def hear() -> None:
            while True:
                try:
                    word = line.recv(1000)
                except OSError:
                    return
                if not word:
                    return
                self.said.append(word.decode())

        threading.Thread(target=hear, daemon=True).start()
        return str(address)

    def _wait(self, true, what: str) -> None:  # type: ignore[no-untyped-def]
        end_s = time.monotonic() + START_S
        while not true():
            assert self.alive() and time.monotonic() < end_s, f"{self.name} did not {what}:\n{self.log()[-3000:]}"
            time.sleep(0.02)


def _as_root(command: list[str]) -> list[str]:
    """Mosquitto and nginx give their rights up when root starts them, and then cannot read in a test's folder: systemd starts neither as root."""
    if os.geteuid() != 0:
        return command
    program = Path(command[0]).name
    if program == "nginx":
        return [*command[:-1], command[-1] + " user root;"]
    if program == "mosquitto":
        given = Path(command[-1])
        copy = given.with_name("started-by-root.conf")
        copy.write_text(given.read_text() + "user root\n")
        return [*command[:-1], str(copy)]
    return command
