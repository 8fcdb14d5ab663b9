"""What is said on one socket between its welcome and its end: a bounded writer, and a listener that believes nothing that was not sent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

from fastapi import WebSocketDisconnect

from server.flow import views
from server.flow.context import Context
from server.flow.receipts import ReceiptOf, Receipts
from server.web.connection import Connection, Frames, send
from server.web.proving import Proving
from server.web.spoken import Got, Ping, Proved, Seen, understood

SEND_S = 10
"""A send that takes longer means that the phone has stopped reading: it is closed and resumes."""
LAST_WORD_S = 1.0
"""How long it is tried to tell one that has stopped reading why it is closed: it gets that after what waits in the lines between."""
SILENT_S = 25.0
"""The app says something each 10 s (its ping), also in the background; of one that has not for so long nobody knows whether it would show an alarm."""
SAID_MOST, BREATH = 2_000, 50
"""Words of one screen between two looks (2 s): no app says a tenth of that. And how many are read at a stretch."""
WAITING_MAX = 5_000
"""Alarms waiting for one socket. Above it the socket is closed; no office has as many."""
NONSENSE_MAX = 5

NOT_SIGNED_IN, WRONG_ORIGIN, TOO_SLOW, NONSENSE = 4401, 4403, 4408, 4400


def let_go_of_lost(connections: Iterable[Connection], now_s: float) -> None:
    """A phone that went out of reach says no goodbye, and a line that nobody reads holds megabytes: whoever has said nothing for so long, or not
    taken a frame, counts as gone. When he is back, he connects again. Whoever talks without end is sent away."""
    for connection in connections:
        taken_s = now_s if connection.sending_s is None else connection.sending_s
        if connection.said > SAID_MOST:
            connection.let_go(NONSENSE)
        elif taken_s < now_s - SEND_S or connection.heard_s < now_s - SILENT_S:
            connection.let_go(TOO_SLOW)
        connection.said = 0


class Conversation:
    """Holds one with each screen at once: what is known of a screen is in its Connection."""

    def __init__(self, context: Context, receipts: Receipts, proving: Proving) -> None:
        self._context, self._receipts, self._proving = context, receipts, proving
        self._frames = Frames(context.now)

    async def hold(self, connection: Connection) -> None:
        """Returns when it has hung up, or has been sent away."""
        connection.writer = writer = asyncio.create_task(self._write(connection))
        listener = asyncio.create_task(self._listen(connection))
        try:
            await asyncio.wait((writer, listener), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (writer, listener):
                task.cancel()
        if connection.gone:
            async with asyncio.timeout(LAST_WORD_S):
                await connection.socket.close(connection.gone)
        if not listener.cancelled() and listener.done():
            listener.result()

    async def _write(self, connection: Connection) -> None:
        """Sends all that waits as one frame. Closes the one that does not read."""
        try:
            while True:
                await connection.wake.woken()
                if connection.close_with:
                    await connection.socket.close(connection.close_with)
                    return
                if len(connection.waiting) > WAITING_MAX:
                    await connection.socket.close(TOO_SLOW)
                    return
                if connection.waiting:
                    waiting, connection.waiting = connection.waiting, {}
                    seq = connection.sent_seq = dict(connection.seq)
                    connection.gave(seq, waiting)
                    await send(connection, self._frames.alarms(seq, [shown.body for shown in waiting.values()]))
                if connection.delivery:
                    delivery, connection.delivery = connection.delivery, {}
                    await send(connection, b'{"type":"delivery","news":[' + b",".join(delivery.values()) + b"]}")
                others, connection.others = connection.others, {}
                for frame in others.values():
                    await send(connection, frame or self._heartbeat(connection))
                if connection.leave is not None:
                    await connection.socket.close(connection.leave)
                    return
        except (WebSocketDisconnect, OSError, RuntimeError):  # it has hung up, or is closing
            pass

    def _heartbeat(self, connection: Connection) -> bytes:
        return views.to_json({"type": "heartbeat", "server_time": self._context.now(), "seq": connection.sent_seq})

    async def _listen(self, connection: Connection) -> None:
        nonsense = 0
        while True:
            text = await connection.socket.receive_text()
            connection.heard_s = time.monotonic()
            connection.said += 1
            if not connection.said % BREATH:
                await asyncio.sleep(0)  # what lies ready is read without a pause, and others wait
            said = understood(text)
            match said:
                case Got():
                    self._receipt(connection, said)
                case Seen():
                    if said.alarm_id in connection.sent:  # a receipt for what was never sent is a lie, or a mistake
                        self._receipts.seen(connection.viewer.person_id, said.alarm_id, connection.sent[said.alarm_id])
                case Proved():
                    self._proving.answered(connection, said.id)
                case Ping():
                    connection.others["pong"] = views.to_json({"type": "pong", "n": said.n, "server_time": self._context.now()})
                    connection.wake.set()
                case _:
                    nonsense += 1
                    if nonsense >= NONSENSE_MAX:
                        await connection.socket.close(NONSENSE)
                        return

    def _receipt(self, connection: Connection, got: Got) -> None:
        """Only what was sent counts, however large the number that comes back."""
        drawn: list[ReceiptOf] = []
        while connection.unreceipted:
            seq, given, sent_s = connection.unreceipted[0]
            if any(got.seq.get(office, -1) < number for office, number in seq.items()):
                break
            del connection.unreceipted[0]
            if given:
                self._context.measures.drawn(time.monotonic() - sent_s)
            connection.sent |= given
            drawn += [(connection.viewer.person_id, alarm_id, until) for alarm_id, until in given.items()]
        if drawn:
            self._receipts.got(drawn)
