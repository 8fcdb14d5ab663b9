"""The gateway itself: puts the parts together. A message is heard, decoded, and given to spool and uplink at the same time."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from server.core.signals import QUIET, Doubt, Kind, Signal

from device_gateway import proving
from device_gateway.alone import Alone
from device_gateway.asking import Asking
from device_gateway.broker_link import BrokerLink
from device_gateway.devices import Device, Listing, keep_listing, kept_listing
from device_gateway.dialects import Book, Message, native, undecodable
from device_gateway.downlink import ANSWER_WITHIN_S, Downlink
from device_gateway.holding import Holding, Token
from device_gateway.local_page import LocalPage
from device_gateway.local_page_words import House, Shown
from device_gateway.local_table import TableRefused, keep_table, kept_table, read_table
from device_gateway.log import ProgramLog
from device_gateway.outputs import Outputs
from device_gateway.remembered import Remembered
from device_gateway.reporter import Reporter, Surroundings
from device_gateway.router import Router
from device_gateway.server_link import Pulse, ServerLink, http_post
from device_gateway.settings import Settings
from device_gateway.spool import Entry, Spool
from device_gateway.systemd import notify
from device_gateway.uplink import Uplink

WATCH_EVERY_S = 1.0
PULSE_S = 5.0
FIRST_LIST_S = 8.0
"""So long a message of the first seconds waits for the first list of devices; then it is taken as a stranger's, which raises too."""
KEPT_BY_NOBODY = 2
"""So many times `held_max` are held of what comes at QoS 0, since the broker keeps no copy; a limit, or one device could fill the memory."""
SAVE_EVERY_S = 60.0  # what is remembered of devices; sooner after a press, so that a restart does not take it for new


class Gateway:
    """`start()` returns when the parts run; the broker and the server may be away. `stop()` leaves nothing that is not on disk."""

    def __init__(self, settings: Settings, log: ProgramLog | None = None) -> None:
        self._settings = settings
        self._log = log or ProgramLog()
        folder = settings.spool_folder
        self._devices_file = folder / "devices.json"
        self._table_file = folder / "local_table.json"
        self._pulse = Pulse()
        self._listing = kept_listing(self._devices_file)
        self._remembered = Remembered(folder / "remembered.json")
        self._book = Book(settings.offices, self._listing.devices, lambda: uuid.uuid4().hex, past=self._remembered.past)
        self._router = Router(self._listing.devices, settings.offices, self._listing.profiles)
        self._holding = Holding()
        self._spool = Spool(folder / "spool.db", settings.offices, self._on_held, self._on_left, self._log)
        self._uplink = Uplink(http_post(self._server()), self._on_receipts, self._log)
        around = Surroundings(
            lambda: self._book.devices, self._take, self._take_table, lambda: self._broker.connected_since_s is not None, lambda: self._broker.listened_s(),
            self._uplink.waiting, lambda: self._spool.well, self._remembered.health,
        )  # fmt: skip
        self._reporter = Reporter(self._server(), around, self._log)
        self._outputs = Outputs(
            lambda device, words: self._router.tell(device, words, self._book),
            lambda *told: self._broker.publish(*told),
            self._hub_is_down,
            self._remembered.lit,
            self._remembered.muted,
        )
        self._asking = Asking(lambda device: self._router.ask(device), lambda *question: self._broker.publish(*question))
        self._downlink = Downlink(
            self._server(ANSWER_WITHIN_S), self._server(), self._tell, self._log, self._reporter.refresh_soon, lambda: self._alone.handing(),
            self._prove,
        )  # fmt: skip
        self._alone = Alone(lambda: self._book.devices, self._outputs, lambda: self._downlink.answered_s, self._log, self._save_soon)
        self._page = LocalPage(settings.page, self._house, self._mute, self._log)
        self._broker = BrokerLink(
            settings,
            self._router.filters,
            self._on_message,
            self._reporter.look_soon,
            self._log,
            self._remembered.listened_s,
            self._remembered.filters,
        )
        self._furnished = threading.Event()
        """The list of devices has been read, or was not to be had; until then the first press would be a stranger's."""
        self._save_at_s = 0.0
        self._left_with_broker = False
        self._stopping = threading.Event()
        self._watch = threading.Thread(target=self._run_watch, name="watch", daemon=True)

    def start(self) -> None:
        left = self._spool.start()
        self._holding.restore(left)
        self._uplink.offer(left)
        self._log.say("started", offices=list(self._settings.offices), left_from_last_run=len(left), devices=len(self._book.devices))
        self._take_kept_table()
        self._uplink.start()
        self._downlink.start()
        self._alone.start(entry.signal for entry in left)
        self._broker.start()  # before anything is asked of the server: a broker keeps nothing for one that it has never seen
        if not self._book.devices:
            self._reporter.refresh()  # a first start: who there is, before what they say
        self._furnished.set()
        self._reporter.start()
        self._watch.start()
        self._page.start()

    def stop(self) -> None:
        """First a moment for the server to take what waits; the rest is in the spool, which ends last: until the broker is let go, somebody may press."""
        self._stopping.set()
        self._alone.stop()
        self._page.stop()
        self._broker.leave_what_is_kept()
        self._uplink.stop()
        self._downlink.stop()
        self._reporter.stop()
        self._broker.stop()
        self._spool.stop()
        self._save()
        self._log.say("stopped", waiting=self._uplink.waiting())

    @property
    def alive(self) -> bool:
        """Whether every part runs. One that has ended does not come back by itself: then the watchdog starts the gateway again."""
        return all(part.alive for part in (self._spool, self._uplink, self._downlink, self._reporter, self._alone)) and self._watch.is_alive()

    def _on_message(self, topic: str, payload: bytes, retain: bool, token: Token | None) -> None:
        """One message from the broker, on the broker's thread. Its presses go before what is only noted of the devices, which may fail without them."""
        heard_at = datetime.now(UTC)
        if not self._furnished.is_set():
            self._furnished.wait(FIRST_LIST_S)
        if self._uplink.waiting() >= self._settings.held_max * (1 if token is not None else KEPT_BY_NOBODY):
            self._left_with_broker = True  # not acknowledged: the broker keeps it, but for QoS 0, and sends it again when there is room
            self._log.trouble("no_room", "held_max" if token is not None else "lost")
            return
        office_id = proving.office_of(topic, self._settings.offices)
        if office_id is not None:
            proof = proving.heard(office_id, payload, retain, heard_at)
            said, presses = (), [proof] if proof is not None else []
        else:
            said = self._decode(Message(topic, payload, retain, heard_at))
            presses = [signal for signal in said if signal.kind not in QUIET]
        entries, may_acknowledge = self._holding.hear(presses, token)
        if entries:
            self._uplink.offer(entries)
            for entry in entries:
                self._spool.put(entry)
        if may_acknowledge and token is not None:
            self._broker.acknowledge([token])
        for entry in entries:
            self._alone.hear(entry.signal)
        for signal in said:
            self._note(signal)

    def _note(self, signal: Signal) -> None:
        """How a device is goes to those who watch that, and where it is goes when no press waits."""
        self._reporter.hear(signal)
        if signal.device_id not in self._book.devices:
            self._log.trouble("unknown_device", signal.device_id or "")
            self._reporter.refresh_soon()
        if signal.doubt is Doubt.UNDECODABLE:
            self._log.trouble("undecodable", signal.detail or "unknown word", device=signal.device_id)
        if signal.kind is Kind.POSITION:
            self._uplink.offer_quiet(Entry(-1, signal))
        elif signal.kind is Kind.ONLINE:
            self._outputs.is_back(signal.device_id or "", self._book.devices)
        elif signal.kind not in QUIET and signal.device_id in self._book.past:
            self._save_at_s = 0.0

    def _prove(self, proof: Mapping[str, object]) -> None:
        """A run of the daily proof: pressed here, and heard only if the broker gives it back."""
        proof_id, office_id = proof.get("id"), proof.get("office_id")
        if isinstance(proof_id, str) and office_id in self._settings.offices:
            self._broker.publish(proving.topic_of(str(office_id)), proving.press(proof_id), sure=False)

    def _decode(self, message: Message) -> Sequence[Signal]:
        try:
            return self._router.decode(message, self._book)
        except Exception as error:  # ours: what stumbled over it may have been a press
            self._log.trouble("decoder_fault", type(error).__name__)
            return (undecodable(message, None, self._settings.offices[0], self._book, "decoder fault"),)

    def _on_held(self, sequences: Sequence[int]) -> None:
        self._broker.acknowledge(self._holding.safe(sequences))

    def _on_left(self, left: list[Entry]) -> None:
        """What an earlier run had heard, from a disk that could not be read until now."""
        self._log.say("left_found", left_from_last_run=len(left))
        self._holding.restore(left)
        for entry in left:
            self._alone.hear(entry.signal)
        self._uplink.offer(left)

    def _on_receipts(self, received: list[tuple[Entry, dict]]) -> None:
        """The server has committed these. Only now may a device be told so."""
        entries = [entry for entry, _ in received if entry.sequence > 0]
        for entry, receipt in received:
            self._alone.received(entry.signal, receipt.get("alarm_id"))
            if entry.sequence > 0 and not entry.signal.retained:
                self._tell_received(entry.signal, receipt)
        self._broker.acknowledge(self._holding.received(entries))
        self._spool.done([entry.sequence for entry in entries])

    def _tell_received(self, signal: Signal, receipt: Mapping[str, object]) -> None:
        """Only native devices listen for it; a stranger may be one."""
        device = self._book.devices.get(signal.device_id or "")
        if signal.device_id is not None and (device is None or device.dialect is None):
            words = {"say": "received", "id": signal.id, "alarm": receipt.get("alarm_id")}
            self._broker.publish(*native.answer(signal.device_id, signal.office_id, words, device.key if device else None), sure=False)

    def _tell(self, device_id: str, words: Mapping[str, object]) -> str:
        """An order from the server, for one device."""
        device = self._book.devices.get(device_id)
        if device is None:
            return "permanent"
        self._save_at_s = 0.0
        return self._outputs.tell(device, words)

    def _hub_is_down(self, device: Device) -> bool:
        hub = self._remembered.health.get(device.hub or "")
        return hub is not None and hub.offline

    def _take(self, listing: Listing) -> None:
        """A list that says something else than the last one: who there is, where to listen, what to forget."""
        if listing == self._listing:
            return
        self._listing = listing
        self._book.take(listing.devices)
        self._router = Router(listing.devices, self._settings.offices, listing.profiles)
        self._broker.listen_to(self._router.filters)
        for device_id in [known for known in list(self._book.memory) if known not in listing.devices]:
            self._book.memory.pop(device_id, None)
        self._remembered.forget(listing.devices)
        try:
            keep_listing(self._devices_file, listing)
            self._log.well("devices_not_kept")
        except OSError as error:
            self._log.trouble("devices_not_kept", type(error).__name__)
        self._log.say("devices", count=len(listing.devices), topics=len(self._router.filters))

    def _take_table(self, body: bytes, nonce: str, asked_s: float) -> None:
        """The server's answer, if it is one: what may be lit without it from now on."""
        try:
            table = read_table(body, self._settings.token, nonce)
        except TableRefused as refused:
            self._log.trouble("local_table_refused", str(refused))
            return
        self._log.well("local_table_refused")
        known = self._alone.table
        self._alone.take(table, asked_s)
        if table.said() == known.said():
            return
        try:
            keep_table(self._table_file, table)
            self._log.well("local_table_not_kept")
        except OSError as error:
            self._log.trouble("local_table_not_kept", type(error).__name__)

    def _take_kept_table(self) -> None:
        try:
            table = kept_table(self._table_file, self._settings.token)
        except TableRefused as refused:
            self._log.trouble("local_table_refused", str(refused))
            return
        if table is not None:
            self._alone.take(table)

    def _house(self) -> House:
        """What the local page shows."""
        table, presses = self._alone.table, self._alone.presses()
        shown = [
            Shown(
                row.place if (row := table.rows.get(one.signal.device_id or "")) else "", one.signal.device_id or "", one.signal.kind,
                one.signal.heard_at, one.received_at, one.armed,
            )
            for one in presses
        ]  # fmt: skip
        server = "away" if any(one.received_at is None for one in presses) else self._pulse.says()
        hears = self._broker.connected_since_s is not None
        return House(server, hears, shown, self._outputs.sounding(self._book.devices.values()), table.made_at)

    def _mute(self) -> None:
        self._log.say("sounders_muted", count=self._outputs.mute(self._book.devices))
        self._save_soon()

    def _save_soon(self) -> None:
        self._save_at_s = 0.0

    def _save(self) -> None:
        try:
            bought = [device.id for device in self._book.devices.values() if device.dialect is not None]
            self._remembered.save(self._broker.listened_s(), self._router.filters, bought)
            self._log.well("not_remembered")
        except (OSError, RuntimeError) as error:  # a full disk, or a list that grew meanwhile: tried again
            self._log.trouble("not_remembered", type(error).__name__)

    def _server(self, timeout_s: float = 4.0) -> ServerLink:
        return ServerLink(self._settings.server_url, self._settings.token, self._settings.server_ca, timeout_s, self._pulse)

    def _run_watch(self) -> None:
        """Second net for what nothing else would wake: a broker thread that died, messages that were left for want of room."""
        while not self._stopping.wait(WATCH_EVERY_S):
            try:
                self._broker.keep_alive()
                if self._broker.connected_since_s is not None:
                    self._asking.look(self._book.devices.values(), self._broker.listened_s())
                if time.monotonic() >= self._save_at_s:
                    self._save_at_s = time.monotonic() + SAVE_EVERY_S
                    self._save()
                if self._left_with_broker and self._uplink.waiting() < self._settings.held_max // 2:
                    self._left_with_broker = False
                    self._broker.reconnect()  # the broker sends what is unacknowledged only on a new connection
            except Exception as error:  # ours: the net must hold
                self._log.trouble("watch_fault", type(error).__name__)


def run(settings: Settings, until: threading.Event, log: ProgramLog | None = None) -> None:
    """A whole life of the gateway: until `until` is set."""
    gateway = Gateway(settings, log)
    gateway.start()
    notify("READY=1")
    try:
        while not until.wait(PULSE_S):
            if gateway.alive:
                notify("WATCHDOG=1")
    finally:
        notify("STOPPING=1")
        gateway.stop()
