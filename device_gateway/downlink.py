"""Brings the server's orders to lights and sounders: long-polls for them, publishes, and says how it went."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping

import orjson

from device_gateway.log import ProgramLog
from device_gateway.server_link import Refused, ServerLink, Unreachable, read_list
from device_gateway.uplink import next_pause_s

WAIT_S = 20  # how long the server keeps the question open
HANDING_WAIT_S = 2  # while something is lit that only the server's next answer may put out
ANSWER_WITHIN_S = WAIT_S + 5.0

Tell = Callable[[str, Mapping[str, object]], str]
"""Tells a device something; gives the outcome: accepted (the broker has it), retry, or permanent (no such device)."""


def words_for(order: Mapping[str, object]) -> dict[str, object]:
    """What goes to the device for one order: `{"say":"coming","count":2,"alarm":"a-…","drill":false}`."""
    return {
        "say": str(order.get("say")),
        "count": order.get("count") if isinstance(order.get("count"), int) else 0,
        "alarm": order.get("alarm_id"),
        "drill": order.get("drill") is True,
    }


def _changed(answer: bytes) -> bool:
    """Whether the server says that its list of devices, or the local table, may be another now."""
    return orjson.loads(answer).get("lists_changed") is True


def _proofs(answer: bytes) -> list[dict]:
    """Runs of the daily proof; an older server asks for none."""
    asked = orjson.loads(answer).get("proofs")
    return [one for one in asked if isinstance(one, dict)] if isinstance(asked, list) else []


class Downlink:
    """Two connections: one waits in the long poll, the other reports, so that a report is never behind a wait."""

    def __init__(
        self, poll_link: ServerLink, report_link: ServerLink, tell: Tell, log: ProgramLog, lists_changed: Callable[[], None],
        handing: Callable[[], bool], prove: Callable[[Mapping[str, object]], None] = lambda proof: None,
    ) -> None:  # fmt: skip
        self._poll_link = poll_link
        self._report_link = report_link
        self._tell = tell
        self._log = log
        self._lists_changed = lists_changed
        self._handing = handing
        self._prove = prove
        self.answered_s = 0.0
        """When the newest question was asked that has been answered and carried out."""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="downlink", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        self._stopping.set()

    def _run(self) -> None:
        pause_s, failing_since_s = 0.0, 0.0
        while not self._stopping.is_set():
            asked_s = time.monotonic()
            try:
                wait_s = HANDING_WAIT_S if self._handing() else WAIT_S
                answer = self._poll_link.call("GET", f"/api/gateway/orders?wait_s={wait_s}")
                orders, proofs, changed = read_list(answer, "orders"), _proofs(answer), _changed(answer)
                self._log.well("orders_not_read")
                pause_s = 0.0
                if changed:
                    self._lists_changed()
                if orders:
                    self._carry_out(orders)
                for proof in proofs:
                    self._prove(proof)
                self.answered_s = asked_s
                if not orders and not proofs and time.monotonic() - asked_s < 0.05:
                    self._stopping.wait(0.2)  # a server that does not keep the question open must not be hammered
                continue
            except (Unreachable, Refused) as error:
                self._log.trouble("orders_not_read", str(error))
            except Exception as error:  # ours: the next order must still be carried out
                self._log.trouble("downlink_fault", type(error).__name__)
            failing_since_s = asked_s if pause_s == 0.0 else failing_since_s
            pause_s = next_pause_s(pause_s, time.monotonic() - failing_since_s)
            self._stopping.wait(pause_s)

    def _carry_out(self, orders: list[dict]) -> None:
        """Publishes in the order given. One strange order is reported as such and delays nobody."""
        outcomes = []
        for order in orders:
            device_id = order.get("device_id")
            outcome = self._tell(device_id, words_for(order)) if isinstance(device_id, str) else "permanent"
            outcomes.append({"id": order.get("id"), "outcome": outcome})
            if outcome == "permanent":
                self._log.trouble("order_for_nobody", "permanent", order=order.get("id"))
        self._report_link.call("POST", "/api/gateway/orders", json.dumps({"outcomes": outcomes}).encode())
