"""The only file that knows everything: makes the store, the doors, the threads and the web, and joins them."""

from __future__ import annotations

import fcntl
import gc
import logging
import secrets
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from argparse import Namespace
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
from sqlalchemy.exc import OperationalError

from server.site import secrets_file
from server.site.backup import age_s
from server.config.loading import Loaded, read
from server.config.exercises import read_own
from server.config.files import content_of
from server.apply.commands import apply_command, export_command
from server.apply.report import at
from server.apply.configuration import TOPIC, Applied, Watch, begin, differs, present
from server.core.directory import Directory
from server.core.log import first_broken
from server.plan.drill_trial import dry_run
from server.flow import pins
from server.flow.bell import Bell
from server.flow.clock import SharedClock
from server.flow.context import Context, StoreDown
from server.flow.delivery import Deliverer
from server.flow.invitations import Invitation
from server.flow.invitations import invite as make_invitation
from server.flow.measures import Measures
from server.flow.presence import Presence
from server.flow.present import PresentDirectory
from server.flow.readiness import Readiness
from server.flow.receipts import Receipts
from server.flow.ticker import Ticker
from server.flow.garbage import Garbage
from server.watching.metrics import Metrics, Present
from server.senders.contract import Sender
from server.senders.demo import Outbox
from server.senders.push_keys import public_key_of, vapid_of
from server.senders.webpush import KEY as PUSH_KEY
from server.senders.webpush import WebPush
from server.randomness import random_hex
from server.settings import Settings, SettingsError
from server.shared_bell import ring_once, SharedBell
from server.store.contract import Store
from server.store.migrate import migrate as migrate_store
from server.store.migrate import restored
from server.store.sql import SqlStore
from server.watching import certificate
from server.watching.systemd import Pulse
from server.web.access import DemoPerson, Gateway, House
from server.web.app import make_app
from server.web.intake_queue import IntakeQueue
from server.wiring_channels import channels_lack, map_for, reported_by, senders_for
from server.wiring_jobs import fixed_jobs

SWITCH_S = 0.00005
"""A press passes four threads. With Python's own 5 ms, each may wait that long for another to let go (measured)."""
STORM_SWITCH_S = 0.0005
"""In a storm letting go so often costs a tenth of the work (measured)."""
KEEP_ALIVE_S = 75
"""Longer than a proxy keeps a line that nothing is said on (Nginx: 60 s). Else it hands a request to a server that is just closing it, and where the other
server is away whoever asked gets a 502."""
GARBAGE_LOOK_S = 1
SECRETS_LOOK_S = 5
"""New devices' keys hold within this."""
DATABASE_AWAITED_S = 60.0
CERTIFICATE_LOOK_S = 6 * 3600
TIDY_S = 4
"""How often SQLite's log is brought into its file: a few hundred presses' worth at the busiest that an office sees."""

journal = logging.getLogger("varde")


def utc_now() -> datetime:
    return datetime.now(UTC)


class DemoClock:
    """The real clock, which the demo may put forward: nobody waits half an hour to see that somebody is missed."""

    def __init__(self, real: Callable[[], datetime]) -> None:
        self._real, self._ahead = real, timedelta()

    def __call__(self) -> datetime:
        return self._real() + self._ahead

    def forward(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)


def take_turns(storm: bool) -> None:
    """How long a thread may keep the interpreter from the others."""
    sys.setswitchinterval(STORM_SWITCH_S if storm else SWITCH_S)


def new_id(prefix: str) -> str:
    """Sortable by time, and not to be guessed."""
    return f"{prefix}-{time.time_ns() // 1_000_000:011x}{random_hex()[:10]}"


def context_for(
    store: Store, base: Directory, measures: Measures | None = None, now: Callable[[], datetime] | None = None, bell: Bell | None = None
) -> Context:
    bell = bell or Bell()
    now = now or clock_for(store)
    return Context(store, PresentDirectory(base, store, bell), now, new_id, random_hex, bell, measures or Measures())


def clock_for(store: Store) -> Callable[[], datetime]:
    """This machine's clock, or the one that several servers share."""
    if store.clock() is None:
        return utc_now
    return SharedClock(lambda: store.clock() or utc_now())


def bell_for(settings: Settings, store: Store) -> Bell:
    """In this process, or, where there is a Redis, between all servers on this database."""
    if not settings.redis_url:
        return Bell()
    return SharedBell(settings.redis_url, channel_of(store))


def channel_of(store: Store) -> str:
    """Where the servers on this database ring each other, and nobody else."""
    return f"varde:{store.key('bell').hex()[:16]}"


def serve(settings: Settings, senders: Mapping[str, Sender] | None = None) -> None:
    """Runs the server until it is stopped. A database that goes while it starts is waited for like one that is not there yet."""
    with only_one(settings):
        when_there(lambda: _serve(settings, senders))


def _serve(settings: Settings, senders: Mapping[str, Sender] | None) -> None:
    migrate(settings)
    with closing(SqlStore(settings.database_url)) as store:
        _serve_from(store, settings, senders)


def _serve_from(store: SqlStore, settings: Settings, senders: Mapping[str, Sender] | None) -> None:
    take_turns(storm=False)
    gc.disable()  # the directory is thousands of values, none of them garbage; from then on `Garbage` looks
    metrics, bell, shared = Metrics(), bell_for(settings, store), clock_for(store)
    applied = begin(store, settings.config_dir, settings.content_dir, shared)
    if differs(applied, settings.config_dir, settings.content_dir):
        journal.warning("folder_not_applied", extra={"version": applied.kept.version})
    clock = DemoClock(shared) if settings.demo else None
    context = context_for(store, applied.loaded.directory, metrics, clock or shared, bell)
    outbox = Outbox(settings.data_dir / "outbox.jsonl") if settings.demo else None
    made, inbound = senders_for(settings, context, applied.loaded.deployment.channels, outbox)
    senders = made if senders is None else senders
    assert isinstance(context.directory, PresentDirectory)
    context.directory.send_by(senders, reported_by(senders))
    receipts, intake_queue = Receipts(context), IntakeQueue(context, take_turns)
    ticker = Ticker(context)
    server_id = f"server-{secrets.token_hex(4)}"
    deliverer = Deliverer(context, senders, f"{socket.gethostname()}:{settings.port}/{server_id}")
    threads = {"intake": intake_queue, "ticker": ticker, "deliverer": deliverer, "receipts": receipts}
    push = senders.get("push")
    push = push if isinstance(push, WebPush) else None
    alive = {name: (lambda thread=thread: thread.alive) for name, thread in (threads | ({"push": push} if push else {})).items()}
    redis = lambda: bell.answers() if isinstance(bell, SharedBell) else None  # noqa: E731
    began = utc_now()
    readiness = Readiness(
        context, alive, lambda: ticker.not_looked_s, {}, redis, lambda: watch.current, lambda: shutil.disk_usage(settings.data_dir).free,
        lambda: age_s(settings.backup_dir, began, utc_now()),
    )  # fmt: skip
    house = House(
        context, intake_queue, readiness, origins=tuple(settings.origins), secure_cookie=settings.secure_cookie, public_url=settings.public_url
    )
    house.forward = clock.forward if clock else None
    house.dry_run = dry_run
    house.read_exercise = lambda exercise_id, body: read_own(exercise_id, body, context.directory().content)
    house.push = push
    house.inbound, house.outbox = inbound, outbox
    app = make_app(house, receipts, settings.pwa_dir)
    presence = Presence(context, server_id, app.state.hub.online)
    house.online = presence.online
    several = [part for part in (shared, bell, presence) if isinstance(part, (SharedClock, SharedBell, Presence))]
    secrets_are = secrets_file.state(settings.secrets_file)
    furnish(house, settings, applied.loaded)

    def go_by(new: Applied) -> None:
        readiness.restart_wanted = new.loaded.deployment.channels != applied.loaded.deployment.channels
        context.directory.switch(new.loaded.directory)  # type: ignore[attr-defined]
        furnish(house, settings, new.loaded)
        app.state.hub.furnished()
        context.bell.ring("gateway_lists")

    watch = Watch(store, context.bell, applied, go_by)

    def look_at_secrets() -> None:
        nonlocal secrets_are
        if (now := secrets_file.state(settings.secrets_file)) != secrets_are:
            furnish(house, settings, watch.applied.loaded)
            secrets_are = now

    present = Present(context, readiness, app.state.hub.surfaces)
    metrics.registry.register(present)
    jobs = fixed_jobs(context, readiness, settings.watchdog_url, app.state.hub.offices, house.push, senders.get("sms"))
    pulse = Pulse(readiness, settings.host, settings.port)
    jobs.add("garbage", Garbage(context.precedence).look, "interval", seconds=GARBAGE_LOOK_S)
    jobs.add("tidy", store.tidy, "interval", seconds=TIDY_S)
    jobs.add("secrets", look_at_secrets, "interval", seconds=SECRETS_LOOK_S)
    jobs.add("certificate", lambda: certificate.look(readiness, settings.origins), "interval", seconds=CERTIFICATE_LOOK_S, next_run_time=utc_now())
    stop_metrics = serve_metrics(settings, metrics)
    for part in (*threads.values(), *several):
        part.start()
    watch.start()
    jobs.start()
    pulse.start()
    gc.collect()
    gc.freeze()  # the directory and the code live as long as the process: no need to look through them again
    try:
        Web(house, uvicorn.Config(
            app, host=settings.host, port=settings.port, log_config=None, access_log=False, ws="websockets-sansio", ws_max_size=64 * 1024,
            ws_ping_interval=None, ws_per_message_deflate=False, timeout_graceful_shutdown=3, timeout_keep_alive=KEEP_ALIVE_S,
            proxy_headers=False, server_header=False,
        )).run()  # fmt: skip
    finally:
        pulse.stop()
        watch.stop()
        jobs.shutdown(wait=False)
        stop_metrics()
        for part in (*threads.values(), present, readiness, *([push] if push else []), *reversed(several)):
            part.stop()
        if house.map is not None:
            house.map.stop()


class Web(uvicorn.Server):
    """Says when it listens. Tells those who hold a question open that it is over, before it waits for them."""

    def __init__(self, house: House, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._house = house

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            journal.info("listening", extra={"host": self.config.host, "port": self.config.port})

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        journal.info("stopping", extra={"port": self.config.port})
        self._house.stopping = True
        self._house.context.bell.ring("stopping")
        await super().shutdown(sockets)


def when_there(work: Callable[[], None]) -> None:
    """Does what needs the database, which may still be starting. After a minute it says why not: whoever started the server starts it again."""
    until_s = time.monotonic() + DATABASE_AWAITED_S
    while True:
        try:
            return work()
        except (OperationalError, StoreDown) as error:
            if time.monotonic() > until_s:
                raise
            fault = error if isinstance(error, OperationalError) else error.__cause__
            journal.warning("database_awaited", extra={"error": type(getattr(fault, "orig", None) or fault).__name__})
            time.sleep(1)


@contextmanager
def only_one(settings: Settings) -> Iterator[None]:
    """SQLite serves one server: a second one, or a restore beneath a running one, is refused. The lock goes with the process.

    Raises SettingsError.
    """
    if not settings.database_url.startswith("sqlite"):
        yield
        return
    with (settings.data_dir / "server.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SettingsError(
                f"A server already runs on {settings.data_dir}: stop it first. With several servers, use PostgreSQL (VARDE_DATABASE_URL)."
            ) from None
        yield


def serve_metrics(settings: Settings, metrics: Metrics) -> Callable[[], None]:
    """Gives what stops it. Raises SettingsError where the address cannot be had."""
    if not settings.metrics_port:
        return lambda: None
    try:
        return metrics.serve(settings.metrics_host, settings.metrics_port)
    except OSError as error:
        raise SettingsError(
            f"The metrics' address {settings.metrics_host}:{settings.metrics_port} cannot be used ({error.strerror}): "
            "choose another VARDE_METRICS_PORT or VARDE_METRICS_HOST."
        ) from None


def loaded_now(settings: Settings, files: bool = False) -> Loaded:
    """The configuration that counts: what has been applied; where nothing has, where there is no database (a gateway's machine), or where
    `files` are asked for, the folder. Raises ConfigError."""
    folder, content = settings.config_dir, content_of(settings.config_dir, settings.content_dir)
    store = None if files else opened(settings)
    if store is None:
        return read(folder, content)
    with closing(store):
        applied = present(store)
    return applied.loaded if applied else read(folder, content)


def opened(settings: Settings) -> SqlStore | None:
    """The store, with this version's tables; None where there is no database: none is made."""
    file = settings.database_url.removeprefix("sqlite:///")
    if file != settings.database_url and not Path(file).exists():
        return None
    migrate(settings)
    return SqlStore(settings.database_url)


def migrate(settings: Settings, after_restoring: bool = False) -> None:
    """Brings the database to this version's tables. Does nothing where it already is. `after_restoring` a copy: screens take a snapshot."""
    migrate_store(settings.database_url)
    if after_restoring:
        restored(settings.database_url)


def invite(settings: Settings, person_id: str) -> Invitation:
    """What this person signs in with, once. Raises LookupError for somebody who is not in the configuration."""
    directory = loaded_now(settings).directory
    if person_id not in directory.people:
        raise LookupError(f"there is no person '{person_id}' in the configuration: add one to the office's file, and apply it")
    migrate(settings)
    with closing(SqlStore(settings.database_url)) as store:
        return make_invitation(context_for(store, directory), person_id)


def apply(settings: Settings, options: Namespace) -> int:
    """`varde apply`; with `first` nothing is applied over what was. Gives the exit code."""
    migrate(settings)
    folder = options.folder or settings.config_dir
    content = options.content or content_of(folder, settings.content_dir)
    with closing(SqlStore(settings.database_url)) as store:
        if options.first and (applied := present(store)) is not None:
            kept = applied.kept
            print(f"What is applied stays: version {kept.version}, applied {at(kept.at)} by {kept.by}.")
            if differs(applied, folder, content):
                print(f"The files in {folder}, or this version's cards, differ from it, and hold for nobody: 'varde apply' shows how, and asks.")
            return 0
        ring = lambda: settings.redis_url and ring_once(settings.redis_url, channel_of(store), TOPIC)  # noqa: E731
        lack = lambda channels: "" if settings.demo else channels_lack(settings, store.key, channels)  # noqa: E731
        return apply_command(settings, store, folder, content, options.yes, options.by, options.language, ring, lack)


def export(settings: Settings, options: Namespace) -> int:
    """`varde export`. Gives the exit code."""
    migrate(settings)
    with closing(SqlStore(settings.database_url)) as store:
        return export_command(store, options.folder, options.version)


def push_key(settings: Settings) -> str:
    """The public half of the deployment's key pair for web push, made now if there is none yet."""
    migrate(settings)
    return public_key_of(vapid_of(SqlStore(settings.database_url).key(PUSH_KEY)))


def verify_log(settings: Settings, alarm_id: str | None) -> list[str]:
    """What is broken in the hash chain of one alarm's log, or of all; empty when everything holds."""
    store = SqlStore(settings.database_url)
    problems = []
    for one in [alarm_id] if alarm_id else store.alarm_ids():
        entries, alarm = store.log(one), store.alarms([one]).get(one)
        broken = first_broken(entries)
        if alarm is None:
            problems.append(f"{one}: there is no such alarm")
        elif broken is not None:
            problems.append(f"{one}: entry {broken} does not hold")
        elif (alarm.log_count, alarm.log_head) != (len(entries), entries[-1].hash if entries else ""):
            problems.append(f"{one}: the log has {len(entries)} entries, the alarm says {alarm.log_count}: its end was cut or added to")
    return problems


def read_secrets(settings: Settings) -> dict[str, Any]:
    """Gateways' tokens and devices' keys; empty where there are none yet."""
    return secrets_file.read(settings.secrets_file)


def furnish(house: House, settings: Settings, loaded: Loaded) -> None:
    """What the web knows of a configuration: which screens are desks and walls, which gateways and devices have which keys, and the demo's people."""
    known = read_secrets(settings)
    house.gateways = tuple(Gateway(name, tuple(one["offices"]), one["token"]) for name, one in known.get("gateways", {}).items())
    house.device_keys = known.get("device_keys", {})
    house.readiness.gateways = {gateway.id: gateway.offices for gateway in house.gateways}
    if house.gateways:  # one that was taken away would be missed on the desks for ever
        house.context.store.forget_gateways(list(house.readiness.gateways))
    channels = loaded.deployment.channels
    house.readiness.restart_fails = not settings.demo and bool(channels_lack(settings, house.context.store.key, channels))
    house.map = map_for(settings, known, loaded.deployment.map, house.map)
    house.sms_number = channels.sms.number if channels and channels.sms else None
    people, extras = loaded.directory.people, loaded.people_extra
    house.surfaces = {name: (extra.surface, people[name].zone_id) for name, extra in extras.items() if extra.surface != "phone"}
    if settings.demo:
        house.demo = tuple(DemoPerson(n, one.title, *house.surfaces.get(n, ("phone", None))) for n, one in extras.items() if one.title)
        pins.keep_published(house.context, {n: (one.pin, one.duress_pin) for n, one in extras.items() if one.pin and one.duress_pin})
