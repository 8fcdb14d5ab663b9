"""A publisher that costs next to nothing: packets made beforehand, and a socket. The measuring client shares the machine with what it measures."""

from __future__ import annotations

import socket
import struct
import threading


def _text(value: bytes) -> bytes:
    return struct.pack("!H", len(value)) + value


def _packet(head: int, body: bytes) -> bytes:
    length, left = b"", len(body)
    while True:
        left, digit = divmod(left, 128)
        length += bytes([digit | (0x80 if left else 0)])
        if not left:
            return bytes([head]) + length + body


def publish_packet(topic: str, payload: bytes, number: int) -> bytes:
    """PUBLISH at QoS 1 (MQTT 3.1.1). `number`: from 1 to 65535, each once among those that the broker has not acknowledged."""
    return _packet(0x32, _text(topic.encode()) + struct.pack("!H", number) + payload)


def connect_packet(name: str, keep_alive_s: int, will: tuple[str, bytes] | None = None) -> bytes:
    """CONNECT (MQTT 3.1.1) with a clean session. `will`: topic and payload that the broker publishes at QoS 1 when the line breaks."""
    last = _text(will[0].encode()) + _text(will[1]) if will else b""
    return _packet(0x10, _text(b"MQTT") + bytes([4, 0x0E if will else 0x02]) + struct.pack("!H", keep_alive_s) + _text(name.encode()) + last)


def subscribe_packet(topic: str) -> bytes:
    """SUBSCRIBE to one topic at QoS 1."""
    return _packet(0x82, struct.pack("!H", 1) + _text(topic.encode()) + b"\x01")


CONNECTED, SUBSCRIBED, PING = b"\x20\x02\x00\x00", b"\x90\x03\x00\x01\x01", b"\xc0\x00"


class Publisher:
    """Connected to the broker at this port of this machine; raises OSError where that refuses. Acknowledgements are read and not looked at: what did
    not come through is missing on the screens."""

    def __init__(self, port: int, name: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), 10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(connect_packet(name, 600))
        answer = self._socket.recv(4)
        if answer != CONNECTED:
            raise ConnectionRefusedError(f"the broker answered {answer!r}")
        self._socket.settimeout(None)
        threading.Thread(target=self._read, daemon=True).start()

    def send(self, packet: bytes) -> None:
        self._socket.sendall(packet)

    def close(self) -> None:
        self._socket.close()

    def _read(self) -> None:
        try:
            while self._socket.recv(65536):
                pass
        except OSError:  # closed
            pass
