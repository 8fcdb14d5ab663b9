"""One MQTT connection of pretend hardware: a thin shell around paho, for one device or for the many behind a hub."""

from __future__ import annotations

import socket
from collections.abc import Callable

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

KEEPALIVE_S = 10  # a device that vanished is noticed in 15 s, by its last will
SUBSCRIBE_AT_ONCE = 100


class Connection:
    """Reconnects for ever. The callbacks are set before `start()` and are called on the connection's own thread."""

    def __init__(self, name: str, host: str, port: int, topics: list[str], is_own: bool, login: tuple[str, str] | None = None, ca: str = "") -> None:
        """`login`: user and password; `ca`: what signed the broker's certificate, which turns TLS on."""
        self.is_own = is_own
        self.connected = False
        self.before_connect: Callable[[], None] = lambda: None
        self.on_connected: Callable[[], None] = lambda: None
        self.on_message: Callable[[str, bytes], None] = lambda topic, payload: None
        self._host, self._port, self._topics = host, port, topics
        self._asked: set[int] = set()
        # A clean session: what was said to a device that was away is old news, and what it says it repeats itself.
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, name, clean_session=True)
        if login is not None:
            self._client.username_pw_set(*login)
        if ca:
            self._client.tls_set(ca_certs=ca)
        self._client.reconnect_delay_set(0.5, 4.0)
        self._client.max_queued_messages_set(1000)
        self._client.max_inflight_messages_set(1000)
        self._client.on_socket_open = lambda _c, _u, sock: sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._client.on_pre_connect = lambda _c, _u: self.before_connect()
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = lambda _c, _u, message: self.on_message(message.topic, message.payload)

    def start(self) -> None:
        self._client.connect_async(self._host, self._port, KEEPALIVE_S)
        self._client.loop_start()

    def stop(self) -> None:
        """A clean goodbye: no last will."""
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, topic: str, payload: bytes, qos: int = 1, retain: bool = False) -> None:
        """While there is no connection nothing is kept here: the device repeats what matters, or (a bought one) it is lost."""
        if self.connected:
            self._client.publish(topic, payload, qos, retain)

    def set_will(self, topic: str, payload: bytes, qos: int = 1, retain: bool = False) -> None:
        self._client.will_set(topic, payload, qos, retain)

    def cut(self) -> None:
        """Drops the line and makes a new one: the remedy for one that only looks alive."""
        line = self._client.socket()
        if line is not None:
            try:
                line.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it was gone already

    def freeze(self) -> None:
        """Stops answering without closing, like a device whose battery came out."""
        self.connected = False
        self._client.loop_stop()

    def _on_connect(self, client: mqtt.Client, _userdata: object, _flags: object, reason: object, _properties: object) -> None:
        if reason.is_failure:
            return
        self._asked = set()
        for first in range(0, len(self._topics), SUBSCRIBE_AT_ONCE):
            _, number = client.subscribe([(topic, 1) for topic in self._topics[first : first + SUBSCRIBE_AT_ONCE]])
            self._asked.add(number)

    def _on_subscribe(self, _client: mqtt.Client, _userdata: object, number: int, *_: object) -> None:
        """Only now, since an answer to something published earlier would be missed."""
        self._asked.discard(number)
        if not self._asked and not self.connected:
            self.connected = True
            self.on_connected()

    def _on_disconnect(self, *_: object) -> None:
        self.connected = False
