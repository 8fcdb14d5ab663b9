"""The gateway's connection to the MQTT broker: hears, acknowledges late, publishes, and reconnects for ever.

QoS 1 with a stored session, so that the broker keeps what comes while the gateway is away; what a device publishes at QoS 0 comes at
QoS 0 all the same, and once handed over no broker keeps it: it must be heard whatever else is the matter. MQTT 5, or 3.1.1 for a broker that
has trouble with 5 (then the session is kept for as long as that broker pleases, and answers do not expire). It never answers with
an error code: a broker drops a message that was refused.
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from device_gateway.holding import Token
from device_gateway.log import ProgramLog
from device_gateway.meanings import word_for
from device_gateway.settings import Settings

SESSION_KEPT_S = 7 * 24 * 3600  # how long the broker keeps presses for a gateway that is gone
KEEPALIVE_S = 10  # a line that died without a word is noticed in 15 s
RECEIVE_MAXIMUM = 1000  # how many the broker may send ahead; it is no brake (each acknowledgement opens a new window)
ANSWER_EXPIRES_S = 900  # an answer to a press says nothing a quarter of an hour later
SUBSCRIBE_AT_ONCE = 100
OUTGOING_MAX = 10_000  # answers waiting for the broker
PUBLISHED_WITHIN_S = 2.0

OnMessage = Callable[[str, bytes, bool, Token | None], None]


class BrokerLink:
    """`on_message(topic, payload, retain, token)` is called on the broker's thread; the token is for `acknowledge`."""

    def __init__(
        self, settings: Settings, filters: Mapping[str, bool], on_message: OnMessage, on_change: Callable[[], None], log: ProgramLog,
        listened_s: float = 0.0, left: Iterable[str] = (),
    ) -> None:  # fmt: skip
        """`filters`: what to subscribe to, and whether what the broker has stored there is wanted at each connection. `listened_s`: for
        how long earlier runs have listened; `left`: what they had subscribed to."""
        self._settings = settings
        self._filters = dict(filters)
        self._left = [one for one in left if one not in self._filters]
        self._listened_before_s = listened_s
        self._hear = on_message
        self._on_change = on_change
        self._log = log
        self._connection = 0
        self._leaving = False
        self._starting = threading.Lock()
        self._topics = threading.Lock()
        self._awaited: set[int | None] = set()
        self._session_kept = False
        self.connected_since_s: float | None = None
        self._expiry: Properties | None = None  # made once: making it costs more than publishing
        if settings.broker_mqtt == "5":
            self._expiry = Properties(PacketTypes.PUBLISH)
            self._expiry.MessageExpiryInterval = ANSWER_EXPIRES_S
        self._client = self._make_client()

    def start(self) -> None:
        self._connect()
        self._client.loop_start()

    def listened_s(self) -> float:
        """For how long this gateway has had its broker, in this and earlier runs: a clock that stands still while it is deaf."""
        since_s = self.connected_since_s
        return self._listened_before_s + (time.monotonic() - since_s if since_s is not None else 0.0)

    def listen_to(self, filters: Mapping[str, bool]) -> None:
        """Other topics from now on. What stays is not subscribed to again, so nothing of it is lost or told twice."""
        with self._topics:
            new = {one: stored for one, stored in filters.items() if one not in self._filters}
            self._left += [one for one in self._filters if one not in filters]
            self._filters = dict(filters)
            if self._client.is_connected():  # else they are subscribed to with the others, when it is
                self._subscribe(new)
                self._unsubscribe()

    def leave_what_is_kept(self) -> None:
        """What the broker keeps until it is acknowledged is left to it, for the next start. QoS 0 is kept by nobody, and is heard until `stop`."""
        self._leaving = True

    def stop(self) -> None:
        with self._starting:
            self._client.disconnect()
            self._client.loop_stop()
        self._lost()

    def keep_alive(self) -> None:
        """Starts the broker's thread again should it ever have died; nothing happens when it runs."""
        with self._starting:
            if not self._leaving and self._client.loop_start() == mqtt.MQTT_ERR_SUCCESS:
                self._log.trouble("broker_thread_died", "restarted")

    def reconnect(self) -> None:
        """A new connection: the broker then sends everything that is not acknowledged."""
        with self._starting:
            self._client.disconnect()
            self._client.loop_stop()
            self._connect()
            self._client.loop_start()

    def acknowledge(self, tokens: Iterable[Token]) -> None:
        """Only on the connection that a message came by: the number may mean another message on the next one."""
        for token in tokens:
            if token.connection == self._connection:
                self._client.ack(token.mid, 1)

    def publish(self, topic: str, payload: bytes, sure: bool) -> bool:
        """Sends one answer. With `sure` at least once, and True only when the broker has it.

        Without, it is lost if the connection breaks just now. That is enough for `received`, and half the work: a device that
        did not hear it repeats its press, and is answered again.
        """
        try:
            # without `sure` a broker keeps it for nobody: there is nothing to expire
            info = self._client.publish(topic, payload, qos=1 if sure else 0, properties=self._expiry if sure else None)
            if info.rc != mqtt.MQTT_ERR_SUCCESS:
                return False
            if sure:
                info.wait_for_publish(PUBLISHED_WITHIN_S)
            return not sure or info.is_published()
        except (ValueError, RuntimeError) as error:
            self._log.trouble("answer_not_published", type(error).__name__)
            return False

    def _make_client(self) -> mqtt.Client:
        settings = self._settings
        if settings.broker_mqtt == "5":
            client = mqtt.Client(CallbackAPIVersion.VERSION2, settings.client_id, protocol=mqtt.MQTTv5, manual_ack=True)
        else:
            client = mqtt.Client(CallbackAPIVersion.VERSION2, settings.client_id, clean_session=False, manual_ack=True)
        client.max_inflight_messages_set(RECEIVE_MAXIMUM)  # only before connecting
        client.max_queued_messages_set(OUTGOING_MAX)
        client.reconnect_delay_set(0.2, 2.0)
        client.suppress_exceptions = True  # an exception in a callback must not end the broker's thread
        if settings.broker_user:
            client.username_pw_set(settings.broker_user, settings.broker_password)
        if settings.broker_ca:
            client.tls_set(ca_certs=str(settings.broker_ca))
        client.on_socket_open = _no_delay
        client.on_connect = self._on_connect
        # paho says no reason, but calls this while it handles the exception
        client.on_connect_fail = lambda *_: self._log.trouble("broker_away", word_for(sys.exc_info()[1], "no_connection"))
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        return client

    def _connect(self) -> None:
        host, port = self._settings.broker_host, self._settings.broker_port
        if self._settings.broker_mqtt != "5":
            self._client.connect_async(host, port, KEEPALIVE_S)
            return
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = SESSION_KEPT_S
        properties.ReceiveMaximum = RECEIVE_MAXIMUM
        self._client.connect_async(host, port, KEEPALIVE_S, clean_start=False, properties=properties)

    def _on_connect(self, client: mqtt.Client, _userdata: object, flags: mqtt.ConnectFlags, reason: object, _properties: object) -> None:
        if reason.is_failure:
            self._log.trouble("broker_away", f"refused_{reason.value}")
            return
        self._connection += 1
        self._session_kept = flags.session_present
        with self._topics:
            # Again at each connection: a broker that lost its sessions must not leave us deaf.
            self._awaited = self._subscribe(self._filters)
            self._unsubscribe()

    def _on_disconnect(self, _client: mqtt.Client, _userdata: object, _flags: object, reason: object, _properties: object) -> None:
        self._lost()
        if not self._leaving:
            self._log.trouble("broker_away", f"lost_{getattr(reason, 'value', 0)}")

    def _lost(self) -> None:
        self._connection += 1  # what came by the old connection can no longer be acknowledged
        self._listened_before_s, self.connected_since_s = self.listened_s(), None
        self._on_change()

    def _subscribe(self, filters: Mapping[str, bool]) -> set[int | None]:
        """Of buttons, what is stored is old news; of hubs and presence it is how things are now. Gives the numbers of the requests."""
        wanted = [(one, self._options(stored)) for one, stored in filters.items()]
        return {
            self._client.subscribe(wanted[first : first + SUBSCRIBE_AT_ONCE])[1] for first in range(0, len(wanted), SUBSCRIBE_AT_ONCE)
        }

    def _unsubscribe(self) -> None:
        left, self._left = [one for one in self._left if one not in self._filters], []
        for first in range(0, len(left), SUBSCRIBE_AT_ONCE):
            self._client.unsubscribe(left[first : first + SUBSCRIBE_AT_ONCE])

    def _options(self, stored: bool) -> SubscribeOptions | int:
        if self._settings.broker_mqtt != "5":
            return 1
        handling = SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE if stored else SubscribeOptions.RETAIN_SEND_IF_NEW_SUB
        return SubscribeOptions(qos=1, retainHandling=handling)

    def _on_subscribe(self, _client: mqtt.Client, _userdata: object, mid: int, reasons: list[object], _properties: object) -> None:
        """Only when the broker has confirmed every topic does this gateway hear."""
        refused = [reason for reason in reasons if getattr(reason, "is_failure", False)]
        if refused:
            self._log.trouble("subscription_refused", "broker_rules", count_refused=len(refused))
        with self._topics:
            self._awaited.discard(mid)
            if self._awaited or self.connected_since_s is not None:
                return
            self.connected_since_s = time.monotonic()
        self._log.well("broker_away")
        self._log.say("broker_connected", session_kept=self._session_kept)
        self._on_change()

    def _on_message(self, _client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        token = Token(self._connection, message.mid) if message.qos else None
        if self._leaving and token is not None:
            return
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""  # a broker should never let it through; no device of ours has such a topic
        try:
            self._hear(topic, bytes(message.payload), message.retain, token)
        except Exception as error:  # ours: not acknowledged, so the broker sends it again on the next connection, but for QoS 0
            self._log.trouble("hearing_fault", type(error).__name__)


def _no_delay(_client: mqtt.Client, _userdata: object, connection: socket.socket) -> None:
    """Without this, small packets wait up to 40 ms for each other."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
