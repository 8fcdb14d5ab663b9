"""Commands to a running fleet over a socket in the file system: one line of JSON in, lines of text out."""

from __future__ import annotations

import json
import os
import queue
import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from firmware_sim.button import Light
from firmware_sim.fleet import Fleet
from firmware_sim.hubs import Hubs

FOLLOW_AT_MOST_S = 600.0


class Lights:
    """Lets any number of watchers see the lights of a fleet change."""

    def __init__(self) -> None:
        self._watchers: list[queue.Queue] = []

    def changed(self, device_id: str, light: Light) -> None:
        for watcher in list(self._watchers):
            watcher.put((time.monotonic(), device_id, light))

    def watch(self) -> queue.Queue:
        watcher: queue.Queue = queue.Queue()
        self._watchers.append(watcher)
        return watcher

    def leave(self, watcher: queue.Queue) -> None:
        self._watchers.remove(watcher)


def command(fleet: Fleet | None, hubs: Hubs | None, lights: Lights, words: dict) -> Iterator[str]:
    """Carries out one command and gives what to print. What is wrong is said in a line too."""
    device_id, do = words.get("device"), words.get("do")
    if do not in ("press", "flat-battery", "go-dark", "tamper", "availability", "junk"):
        yield f"no such command: {do}"
        return
    if hubs is not None and (do == "junk" or device_id in hubs.devices):
        yield from _bought(hubs, lights, words)
        return
    if fleet is None or device_id not in fleet.units or do in ("availability", "junk"):
        yield f"no such device: {device_id}"
        return
    watcher = lights.watch()
    try:
        started_s = time.monotonic()
        if do == "press":
            kind = words.get("kind") or "panic"
            fleet.act(device_id, lambda button, now_s: button.press(now_s, kind))
            yield from _follow(watcher, device_id, started_s, float(words.get("timeout_s") or 30), bool(words.get("follow")))
            return
        if do == "flat-battery":
            fleet.act(device_id, lambda button, now_s: button.drained_to(now_s, 5))
        elif do == "tamper":
            fleet.act(device_id, lambda button, now_s: button.tampered(now_s))
        else:
            fleet.go_dark(device_id)
        yield f"{device_id}: {do} done"
    finally:
        lights.leave(watcher)


def _bought(hubs: Hubs, lights: Lights, words: dict) -> Iterator[str]:
    """A bought device says a press once and hears nothing back; lamps and sirens show what has come of it."""
    device_id, do = str(words.get("device")), words.get("do")
    if do == "junk":
        yield f"{hubs.junk()} messages that no alarm may come of"
    elif do == "press":
        watcher, started_s = lights.watch(), time.monotonic()
        try:
            topic = hubs.press(device_id, words.get("word"))
            yield f"{time.monotonic() - started_s:8.3f} s  {device_id}  said once on {topic}; it has no light of its own"
            if words.get("follow"):
                yield from _follow(watcher, None, started_s, float(words.get("timeout_s") or 30), True)
        finally:
            lights.leave(watcher)
    else:
        if do == "flat-battery":
            hubs.flat_battery(device_id)
        elif do == "tamper":
            hubs.tamper(device_id)
        elif do == "availability":
            hubs.availability(device_id, words.get("state") != "offline")
        else:
            hubs.cut(device_id)
        yield f"{device_id}: {do} done"


def _follow(watcher: queue.Queue, device_id: str | None, started_s: float, timeout_s: float, to_the_end: bool) -> Iterator[str]:
    """The light's changes with their times, until `received`, or until `ended` when followed to the end. Without a device: those of
    bought lamps and sirens, until one is switched off."""
    until_s = started_s + min(timeout_s, FOLLOW_AT_MOST_S)
    while (left_s := until_s - time.monotonic()) > 0:
        try:
            at_s, device, light = watcher.get(timeout=left_s)
        except queue.Empty:
            break
        if device_id is None and light.shows not in ("on", "off"):
            continue
        if device_id is not None and device != device_id:
            continue
        yield f"{at_s - started_s:8.3f} s  {device}  {light.shows}{f' {light.count}' if light.count else ''}{' (exercise)' if light.drill else ''}"
        if light.shows in ("off", "ended" if to_the_end else "received"):
            return
    yield f"{time.monotonic() - started_s:8.3f} s  {device_id or ''}  time is up"


def serve(fleet: Fleet, hubs: Hubs, lights: Lights, path: Path) -> socketserver.BaseServer:
    """Takes commands at `path` from this user until `shutdown()`. A socket that an earlier run left is replaced."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            try:
                words = json.loads(self.rfile.readline(10_000))
                for line in command(fleet, hubs, lights, words if isinstance(words, dict) else {}):
                    self.wfile.write(line.encode() + b"\n")
                    self.wfile.flush()
            except (OSError, ValueError):
                pass  # whoever asked has left, or wrote no JSON

    class Desk(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
        daemon_threads = True

    path.unlink(missing_ok=True)
    desk = Desk(str(path), Handler)
    os.chmod(path, 0o600)
    threading.Thread(target=desk.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True).start()
    return desk


def ask(path: Path, words: dict) -> Iterator[str] | None:
    """Sends one command to a running fleet and gives its lines as they come; None when no fleet runs there."""
    line = socket.socket(socket.AF_UNIX)
    try:
        line.connect(str(path))
    except OSError:
        line.close()
        return None
    return _answers(line, words)


def _answers(line: socket.socket, words: dict) -> Iterator[str]:
    with line, line.makefile("rw") as file:
        file.write(json.dumps(words) + "\n")
        file.flush()
        for text in file:
            yield text.rstrip("\n")
