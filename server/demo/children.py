"""The demo's child processes: started, looked after, stopped; and the ports that they need."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from device_gateway.broker import end_with_parent

STOPPED_WITHIN_S = 5.0  # the server takes up to three for what it is in the middle of
STEADY_AFTER_S = 30.0  # a child that has run this long starts again at once; others wait longer each time
PAUSE_FIRST_S, PAUSE_MAX_S = 0.5, 10.0
LOG_MAX_BYTES = 5_000_000
PORTS_TRIED = 20


class Child:
    """One process with its log. `look_after()` starts it again when it has died."""

    def __init__(self, name: str, command: list[str], environment: Mapping[str, str], logs: Path) -> None:
        self.name = name
        self.log = logs / f"{name}.log"
        self._command = command
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None
        self._started_s = 0.0
        self._pause_s = PAUSE_FIRST_S
        self._again_at_s: float | None = None

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_MAX_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            # In a session of its own: Ctrl-C reaches only the supervisor, which then stops them in order.
            self._process = subprocess.Popen(
                self._command, env={**os.environ, "PYTHONUNBUFFERED": "1", **self._environment}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=end_with_parent,
            )  # fmt: skip
        self._started_s = time.monotonic()

    def look_after(self) -> str | None:
        """Starts it again when it has died. Returns what to say about it, if anything."""
        now_s = time.monotonic()
        if self.alive():
            if now_s - self._started_s > STEADY_AFTER_S:
                self._pause_s = PAUSE_FIRST_S
            return None
        if self._again_at_s is None:
            self._again_at_s = now_s + self._pause_s
            self._pause_s = min(self._pause_s * 2, PAUSE_MAX_S)
            return f"{self.name.capitalize()}: ended (code {self.code()}), starting again. Log: {self.log}"
        if now_s >= self._again_at_s:
            self._again_at_s = None
            self.start()
        return None

    def ask_to_stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def stop(self) -> None:
        self.ask_to_stop()
        if self._process is None:
            return
        try:
            self._process.wait(STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def code(self) -> int | None:
        return self._process.poll() if self._process else None

    def last_words(self, lines: int = 15) -> str:
        try:
            with self.log.open("rb") as file:
                file.seek(max(0, self.log.stat().st_size - 8000))
                return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""


def remember_pid(file: Path, pid: int | None) -> None:
    file.write_text(str(pid or ""))


def end_leftover(pid_file: Path, folder: Path) -> None:
    """Ends the broker of a demo that was killed: two on one folder would overwrite each other's memory.

    Only when the process is still that broker: its command line names our folder. A number may have been given out again.
    """
    try:
        pid = int(pid_file.read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        if str(folder.absolute()).encode() not in command:
            return
        os.kill(pid, signal.SIGTERM)
    except (OSError, ValueError):
        return
    end_s = time.monotonic() + STOPPED_WITHIN_S
    while Path(f"/proc/{pid}").exists() and time.monotonic() < end_s:
        time.sleep(0.05)


def free_port(host: str, wanted: int) -> int:
    """The wanted port, or the next one that is free, or any."""
    for port in range(wanted, min(wanted + PORTS_TRIED, 65_536)):
        if _free(host, port):
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _free(host: str, port: int) -> bool:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # else a port that was just left seems taken for a minute
            probe.bind(address)
        return True
    except OSError:
        return False
