"""The gateways' door: signals in, orders for lights and sounders out, and how its devices are."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from server.core.directory import Device
from server.core.orders import Say
from server.core.signals import Signal
from server.core.values import replace, to_json
from server.flow import devices, proofs
from server.web.access import Gateway, GatewayOf, House, HouseOf
from server.web.intake_queue import submit
from server.web.problems import Refusal, answers

router = APIRouter(prefix="/api/gateway", tags=["gateway"])
SIGNALS_PATH = "/api/gateway/signals"

Text = Annotated[str, Field(max_length=200)]


class SignalsIn(BaseModel):
    signals: list[Signal] = Field(max_length=200)


class SignalReceiptOut(BaseModel):
    signal_id: str
    outcome: Literal["opened", "joined", "noted", "repeated", "test", "failed"]
    alarm_id: str | None
    retry: bool


class SignalReceiptsOut(BaseModel):
    receipts: list[SignalReceiptOut]


class DeviceOrderOut(BaseModel):
    id: str
    device_id: str
    say: Say
    count: int
    drill: bool
    alarm_id: str


class ProofOrderOut(BaseModel):
    id: str
    office_id: str


class DeviceOrdersOut(BaseModel):
    orders: list[DeviceOrderOut]
    proofs: list[ProofOrderOut] = Field([], description="runs of the daily proof: each is pressed at the broker, and heard from it")
    lists_changed: bool = False


class OutcomeIn(BaseModel):
    id: Text
    outcome: Literal["accepted", "permanent", "retry"]


class OutcomesIn(BaseModel):
    outcomes: list[OutcomeIn] = Field(max_length=1000)


class DeviceIn(BaseModel):
    device_id: Text
    heard_at: datetime | None = None
    state: Literal["ok", "silent", "offline", "unknown"] = "ok"
    battery: int | None = Field(None, ge=0, le=100)
    flags: list[Text] = Field(default_factory=list, max_length=10)


class HeartbeatIn(BaseModel):
    at: datetime
    broker: Literal["ok", "down"] = "ok"
    devices: list[DeviceIn] = Field(default_factory=list, max_length=20_000)
    spooled: int = Field(0, ge=0, le=10**9)
    spool: Literal["ok", "broken"] = Field(
        "ok", description="broken: the gateway's own disk takes nothing (what it hears is held by broker and server alone), or held what could not be read"
    )


class GatewayDeviceOut(BaseModel):
    id: str
    office_id: str
    kind: str
    key_hex: str
    heartbeat_s: int
    # of bought devices only
    dialect: str | None = None
    address: str | None = None
    hub: str | None = None
    model: str = ""
    gestures: dict[str, str] = {}
    output: str = ""
    shared: bool = False


class LocalTableOut(BaseModel):
    table: str
    signature: str


class GatewayDevicesOut(BaseModel):
    devices: list[GatewayDeviceOut]
    dialects: list[dict[str, Any]] = []


@router.post("/signals", response_model=SignalReceiptsOut, responses=answers(401, 413, 422))
async def post_signals(body: SignalsIn, house: HouseOf, gateway: GatewayOf) -> Response:
    """Signals in the order in which they were heard. A receipt is given only after the commit."""
    return Response(await receipts_for(house, gateway, body.signals), media_type="application/json")  # in the shape of SignalReceiptsOut


async def receipts_for(house: House, gateway: Gateway, signals: Sequence[Signal]) -> bytes:
    """Takes signals in; gives a receipt for each, as JSON in the shape of SignalReceiptsOut."""
    # a gateway speaks for its own offices; what it hears from elsewhere counts at its own first office, rather than nowhere
    receipts = await submit(house, [devices.within(signal, gateway.offices) for signal in signals]) if signals else []
    rows = [
        receipt if receipt.signal_id == signal.id else replace(receipt, signal_id=signal.id)
        for signal, receipt in zip(signals, receipts, strict=True)
    ]  # fmt: skip
    return to_json({"receipts": rows})


@router.get("/orders", responses=answers(401, 422))
async def lease_orders(house: HouseOf, gateway: GatewayOf, wait_s: Annotated[float, Query(ge=0, le=30)] = 0) -> DeviceOrdersOut:
    """What its devices are to be told. Waits for the bell; what is not reported done within 5 s is given again. `lists_changed`: its
    devices or its local table may have."""
    rung = asyncio.Event()
    heard: set[str] = set()
    loop = asyncio.get_running_loop()

    def ring(topics: frozenset[str]) -> None:
        heard.update(topics & {"gateway_lists", "proofs"})
        rung.set()

    wanted = {"device_orders", "gateway_lists", "proofs", "stopping"}
    unlisten = house.context.bell.listen(lambda topics: loop.call_soon_threadsafe(ring, frozenset(topics)) if topics & wanted else None)
    asked = await run_in_threadpool(proofs.fetch, house.context, gateway.id, gateway.offices)
    try:
        until = loop.time() + wait_s
        while True:
            rung.clear()
            orders = await run_in_threadpool(devices.lease, house.context, gateway.id, gateway.offices)
            if "proofs" in heard:
                heard.discard("proofs")
                asked = await run_in_threadpool(proofs.fetch, house.context, gateway.id, gateway.offices)
            if orders or asked or heard or house.stopping or loop.time() >= until:
                return DeviceOrdersOut(
                    orders=[DeviceOrderOut(**order) for order in orders], proofs=[ProofOrderOut(**one) for one in asked], lists_changed=bool(heard)
                )
            try:
                await asyncio.wait_for(rung.wait(), min(until - loop.time(), 1.0))
            except TimeoutError:
                pass
    finally:
        unlisten()


@router.post("/orders", status_code=204, responses=answers(401, 422))
def post_outcomes(body: OutcomesIn, house: HouseOf, gateway: GatewayOf) -> None:
    """What became of leased orders."""
    del gateway
    house.context.store.device_outcome({one.id: one.outcome for one in body.outcomes}, house.context.now())
    for one in body.outcomes:
        house.context.measures.device_told(one.outcome)


@router.post("/heartbeat", status_code=204, responses=answers(401, 422))
def post_heartbeat(body: HeartbeatIn, house: HouseOf, gateway: GatewayOf) -> None:
    """The gateway is alive; these are its devices."""
    heard = [devices.Heard(d.device_id, d.state, d.heard_at, d.battery, tuple(d.flags)) for d in body.devices]
    devices.heartbeat(house.context, gateway.id, gateway.offices, body.broker, body.spooled, heard, body.spool)


@router.get("/table", responses=answers(401, 422))
def read_table(house: HouseOf, gateway: GatewayOf, nonce: Annotated[str, Query(pattern="^[0-9a-f]{16,64}$")]) -> LocalTableOut:
    """What it may light by itself when no server commits a press, signed for it alone, in answer to this very question."""
    text, signature = devices.local_table(house.context, gateway.offices, gateway.token, nonce)
    return LocalTableOut(table=text, signature=signature)


@router.get("/devices", response_model=GatewayDevicesOut, responses=answers(401))
def read_devices(house: HouseOf, gateway: GatewayOf) -> Response:
    """The devices that this gateway may hear, with their keys, and the dialects among them that are data. What is as it is without saying is left out."""
    if not gateway.offices:
        raise Refusal(401, "unknown_gateway", "this gateway serves no office")
    directory, own = house.context.directory(), frozenset(gateway.offices)
    found = [d for d in directory.devices.values() if d.office_id in own]
    spoken = {d.bought.dialect for d in found if d.bought}
    listed = [_listed(d, house.device_keys.get(d.id, "")) for d in found]
    dialects = [dict(dialect) for id_, dialect in directory.dialects.items() if id_ in spoken]
    # Written here: a model for each of thousands of devices stood in the way of presses each minute.
    return Response(to_json({"devices": listed, **({"dialects": dialects} if dialects else {})}), media_type="application/json")


def _listed(device: Device, key_hex: str) -> dict[str, object]:
    """As `GatewayDeviceOut`, without its defaults."""
    row = {"id": device.id, "office_id": device.office_id, "kind": device.kind, "key_hex": key_hex, "heartbeat_s": device.heartbeat_s}
    if (b := device.bought) is None:
        return row
    more = {"dialect": b.dialect, "address": b.address, "hub": b.hub_id, "model": b.model, "gestures": dict(b.gestures), "output": b.output, "shared": b.shared}
    return {**row, **{name: value for name, value in more.items() if value}, "key_hex": ""}
