"""13,200 pushes at once: 100 alarms, each to the phones of 132 people, while a second push service hangs. How long until the last is handed over.

A real server, gateway and broker; the push services are two small servers of the benchmark's own, of which one takes everything and the other takes
connections and never answers. `python -m bench.senders --help`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bench.press import payload, publisher, told
from bench.site import cpu_s, machine, running_site, site_options
from server.core.phones import Phone
from server.store.sql import SqlStore
from tests.push_service import b64
from tests.stack import Stack

PATIENCE_S = 120


class Vendor(asyncio.Protocol):
    """One connection to a push service that takes everything. `taken`: when each push came first, by phone and topic (one for each alarm)."""

    def __init__(self, taken: dict[tuple[bytes, bytes], float]) -> None:
        self._taken, self._read = taken, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        while (end := self._read.find(b"\r\n\r\n")) >= 0:
            first, *lines = self._read[:end].split(b"\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
            whole = end + 4 + int(headers[b"content-length"])
            if len(self._read) < whole:
                return
            self._read = self._read[whole:]
            self._taken.setdefault((first.split(b" ")[1], headers[b"topic"]), time.perf_counter())
            self._transport.write(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")


class Hung(asyncio.Protocol):
    """One connection to a push service that never answers."""


def sign_up(stack: Stack, endpoints: dict[str, str]) -> None:
    """A phone for each of these people, at this address: with the keys that a browser makes."""
    store = SqlStore(stack.database_url)
    for person_id, endpoint in endpoints.items():
        public = ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        now, secret = datetime.now(UTC), b64(os.urandom(16))
        store.keep_phone(Phone(f"phone-{person_id}", person_id, endpoint, b64(public), secret, stack.url, added_at=now, renewed_at=now))
    store.close()


async def measure(options: argparse.Namespace, stack: Stack) -> None:
    taken: dict[tuple[bytes, bytes], float] = {}
    loop = asyncio.get_running_loop()
    vendor = await loop.create_server(lambda: Vendor(taken), "127.0.0.1", 0, backlog=4096)
    hung = await loop.create_server(Hung, "127.0.0.1", 0, backlog=4096)
    (good, bad), wanted = (f"http://127.0.0.1:{one.sockets[0].getsockname()[1]}" for one in (vendor, hung)), options.alarms * options.people
    people = [f"o0-p{number}" for number in range(options.people + options.hung)]
    sign_up(stack, {one: f"{good if number < options.people else bad}/push/{one}" for number, one in enumerate(people)})
    keys = {d["id"]: bytes.fromhex(d["key_hex"]) for d in stack.devices()}
    messages = [payload(name, "o0", keys[name], 1) for name in (f"o0-b{one}" for one in range(options.alarms))]
    client = publisher(stack.broker_port, "bench-senders")
    await asyncio.sleep(1)
    before, started = cpu_s(stack), time.perf_counter()
    for topic, body in messages:
        client.publish(topic, body, qos=1)
    while len(taken) < wanted and time.perf_counter() - started < PATIENCE_S:
        await asyncio.sleep(0.02)
    spent = {name: f"{after - before[name]:.1f}" for name, after in cpu_s(stack).items()}
    arrivals = [at - started for at in taken.values()]
    if arrivals:
        print(f"{options.alarms} alarms × {options.people} phones, {options.hung} phones more at a vendor that hangs:", told("press → handed over", arrivals))
        last = max(arrivals)
        print(f"the last of {len(arrivals)} after {last:.2f} s, {len(arrivals) / last:.0f}/s, missing {wanted - len(arrivals)}; CPU s: {spent}")
    else:
        print(f"nothing came within {PATIENCE_S} s; the server said:\n{stack.log(stack.servers[0])[-2000:]}")
    client.loop_stop()
    for server in (vendor, hung):
        server.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alarms", type=int, default=100)
    parser.add_argument("--people", type=int, default=132, help="whose phones are at the vendor that answers")
    parser.add_argument("--hung", type=int, default=13, help="whose phones are at the vendor that hangs")
    site_options(parser)
    options = parser.parse_args()
    print(machine())
    environment = {"VARDE_PUSH_HOSTS": "127.0.0.1", "VARDE_PUSH_CONTACT": "mailto:bench@varde.example"}
    with running_site(options, 1, options.people + options.hung, options.alarms, environment) as stack:
        asyncio.run(measure(options, stack))


if __name__ == "__main__":
    main()
