"""The embedded broker for a demo or a small site: Mosquitto where it is installed, else the one that comes as a Python package."""

from __future__ import annotations

import ctypes
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

STARTED_WITHIN_S = 10.0
STOPPED_WITHIN_S = 5.0
QUEUED_MAX_BYTES = 64 * 1024 * 1024  # for one absent gateway: about 200,000 presses
MESSAGE_MAX_BYTES = 4_000_000  # a Zigbee hub's own lists have some hundreds of kB, and it is cut off over one that is too large; without a
# limit one device could fill the memory

_CONFIGURATION = """\
# Written at each start by device_gateway/broker.py
per_listener_settings false
listener {port} 127.0.0.1
allow_anonymous true
{user}
{keeping}
"""

_KEEPING = """\
# Two small packets must not wait 40 ms for each other.
set_tcp_nodelay true
# What waits for a gateway that is away survives a restart. Nothing is dropped by count, and an absent gateway gets QoS 0 too. (With 0 for *no limit*,
# Mosquitto 2.0.11 cuts off whoever publishes where it may not, such as a bought device that also announces itself elsewhere.)
persistence true
persistence_location {folder}/
{saving}
max_queued_messages 100000000
max_queued_bytes {queued_max_bytes}
max_inflight_messages 1000
queue_qos0_messages true
max_packet_size {message_max_bytes}
persistent_client_expiration 14d
log_dest stderr
log_type error
log_type warning"""

_PACKAGED_CONFIGURATION = """\
id = 0
[router]
id = 0
max_connections = 10010
max_outgoing_packet_count = 1000
max_segment_size = 104857600
max_segment_count = 10
[v4.1]
name = "v4"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1
[v4.1.connections]
connection_timeout_ms = 60000
max_payload_size = {message_max_bytes}
max_inflight_count = 1000
dynamic_filters = true
"""

# The package's own starter polls for the end of our pipe: when we die, the broker ends too.
_PACKAGED_START = "import sys; sys.path[:] = [p for p in sys.path if p not in ('', '.')]; from iotcore._serve import main; main()"


PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class BrokerError(RuntimeError):
    """No broker can be started; the text says what to do."""


class Broker:
    """One broker on loopback. `mqtt` is the version that the gateway is to speak with it (VARDE_GATEWAY_BROKER_MQTT).

    The packaged broker gets no MQTT 5 listener: it dies inside, still listening, when it hands a version 5 message that has
    properties to a client of version 3.1.1.

    The caller watches: `alive()` is False when it has died, and `start()` starts it again with what it kept.
    """

    def __init__(self, port: int, folder: Path, prefer: str | None = None, save_every_change: bool = True) -> None:
        """`prefer` is "mosquitto" or "iotcore"; without it the first that is there. Raises BrokerError when none is.

        Saving at every change is good for about 200 presses a second, since Mosquitto writes everything each time. Larger sites
        turn it off: then it saves every 30 s, and devices that repeat until they are answered lose nothing by a crash.
        """
        self.port = port
        self._folder = folder.absolute()
        self._save_every_change = save_every_change
        self._mosquitto = find_mosquitto() if prefer in (None, "mosquitto") else None
        packaged = prefer in (None, "iotcore") and importlib.util.find_spec("iotcore") is not None
        if self._mosquitto is None and not packaged:
            raise BrokerError("No MQTT broker is here. Install Mosquitto (its package is called mosquitto), or the Python package iotcore.")
        self.mqtt = "5" if self._mosquitto else "3.1.1"
        self._process: subprocess.Popen | None = None

    def start(self) -> None:
        """Returns when it takes connections. Raises BrokerError when it does not."""
        if self.alive():
            return
        if _listening(self.port):
            raise BrokerError(f"Port {self.port} on this machine is taken. Stop what uses it, or choose another port.")
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        command, stdin = self._mosquitto_command() if self._mosquitto else self._packaged_command()
        # Ctrl-C is for us first, and a supervisor that is killed leaves no broker behind that holds the port
        self._process = subprocess.Popen(command, stdin=stdin, stdout=subprocess.DEVNULL, start_new_session=True, preexec_fn=end_with_parent)
        until_s = time.monotonic() + STARTED_WITHIN_S
        while not _listening(self.port):
            if not self.alive():
                raise BrokerError(f"The broker ended at once (code {self._process.returncode}); what it said is above.")
            if time.monotonic() > until_s:
                self.stop()
                raise BrokerError(f"The broker did not answer within {STARTED_WITHIN_S:.0f} seconds.")
            time.sleep(0.02)

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOPPED_WITHIN_S)
        if self._process.stdin:
            self._process.stdin.close()

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def describe(self) -> str:
        """One sentence for whoever starts it: which broker runs, and what it keeps."""
        if self._mosquitto:
            saves = "at every change" if self._save_every_change else "every 30 seconds"
            lasts = "survive a restart and a crash" if self._save_every_change else "survive a restart; a crash may lose the last of them"
            return f"Mosquitto runs on port {self.port} of this machine and saves {saves}: waiting messages and sessions {lasts}."
        return (
            f"The packaged broker (iotcore) runs on port {self.port} of this machine, speaks MQTT 3.1.1, and keeps everything in memory only: after a restart, "
            "devices that repeat until they are answered lose nothing, others lose what waited."
        )

    def _mosquitto_command(self) -> tuple[list[str], None]:
        # As root it would drop its rights and then could not write in its folder.
        user = "user root" if os.geteuid() == 0 else ""
        filled = _CONFIGURATION.format(port=self.port, user=user, keeping=keeping(self._folder, self._save_every_change))
        file = self._folder / "mosquitto.conf"
        file.write_text(filled)
        return [str(self._mosquitto), "-c", str(file)], None

    def _packaged_command(self) -> tuple[list[str], int]:
        file = self._folder / "iotcore.toml"
        file.write_text(_PACKAGED_CONFIGURATION.format(port=self.port, message_max_bytes=MESSAGE_MAX_BYTES))
        return [sys.executable, "-c", _PACKAGED_START, json.dumps({"config_path": str(file)})], subprocess.PIPE


def keeping(folder: Path, save_every_change: bool = True) -> str:
    """The lines of Mosquitto's configuration that decide what it keeps, and how fast it hands on: the same here and in production."""
    saving = "autosave_on_changes true\nautosave_interval 1" if save_every_change else "autosave_interval 30"
    return _KEEPING.format(folder=folder, saving=saving, queued_max_bytes=QUEUED_MAX_BYTES, message_max_bytes=MESSAGE_MAX_BYTES)


def end_with_parent() -> None:
    """For a child that is about to begin: it is told to end when whoever started it has ended, however. Linux."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def find_mosquitto() -> Path | None:
    """Its program, also where ordinary users have no path to it."""
    found = shutil.which("mosquitto", path=os.environ.get("PATH", os.defpath) + os.pathsep + "/usr/sbin" + os.pathsep + "/usr/local/sbin")
    return Path(found) if found else None


def free_port() -> int:
    """A port on loopback that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _listening(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 0.5):
            return True
    except OSError:
        return False
