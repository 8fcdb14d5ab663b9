"""The gateways' door: signals in, orders for lights and sounders out, and how its devices are."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from server.core.directory import Device
from server.core.orders import Say
from server.core.signals import Signal
from server.core.values import replace
from server.flow import devices
from server.web.access import GatewayOf, HouseOf
from server.web.intake_queue import submit
from server.web.problems import Refusal, answers

router = APIRouter(prefix="/api/gateway", tags=["gateway"])

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


class DeviceOrdersOut(BaseModel):
    orders: list[DeviceOrderOut]


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
    spooled: int = Field(0, ge=0)


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


class GatewayDevicesOut(BaseModel):
    devices: list[GatewayDeviceOut]
    dialects: list[dict[str, Any]] = []


@router.post("/signals", response_model=SignalReceiptsOut, responses=answers(401, 413, 422))
async def post_signals(body: SignalsIn, house: HouseOf, gateway: GatewayOf) -> Response:
    """Signals in the order in which they were heard. A receipt is given only after the commit."""
    # a gateway speaks for its own offices; what it hears from elsewhere counts at its own first office, rather than nowhere
    receipts = await submit(house, [devices.within(signal, gateway.offices) for signal in body.signals]) if body.signals else []
    rows = [replace(receipt, signal_id=signal.id) for signal, receipt in zip(body.signals, receipts)]
    return Response(orjson.dumps({"receipts": rows}), media_type="application/json")  # receipts have the shape of SignalReceiptOut


@router.get("/orders", responses=answers(401, 422))
async def lease_orders(house: HouseOf, gateway: GatewayOf, wait_s: Annotated[float, Query(ge=0, le=30)] = 0) -> DeviceOrdersOut:
    """What its devices are to be told. Waits for the bell; what is not reported done within 5 s is given again."""
    rung = asyncio.Event()
    loop = asyncio.get_running_loop()
    unlisten = house.context.bell.listen(lambda topics: loop.call_soon_threadsafe(rung.set) if topics & {"device_orders", "stopping"} else None)
    try:
        until = loop.time() + wait_s
        while True:
            rung.clear()
            orders = await run_in_threadpool(devices.lease, house.context, gateway.id, gateway.offices)
            if orders or house.stopping or loop.time() >= until:
                return DeviceOrdersOut(orders=[DeviceOrderOut(**order) for order in orders])
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
    devices.heartbeat(house.context, gateway.id, gateway.offices, body.broker, body.spooled, heard)


@router.get("/devices", responses=answers(401), response_model_exclude_defaults=True)
def read_devices(house: HouseOf, gateway: GatewayOf) -> GatewayDevicesOut:
    """The devices that this gateway may hear, with their keys, and the dialects among them that are data."""
    if not gateway.offices:
        raise Refusal(401, "unknown_gateway", "this gateway serves no office")
    directory = house.context.directory()
    found = [d for d in directory.devices.values() if d.office_id in gateway.offices]
    spoken = {d.bought.dialect for d in found if d.bought}
    return GatewayDevicesOut(
        devices=[_listed(d, house.device_keys.get(d.id, "")) for d in found],
        dialects=[dict(dialect) for id_, dialect in directory.dialects.items() if id_ in spoken],
    )


def _listed(device: Device, key_hex: str) -> GatewayDeviceOut:
    row = GatewayDeviceOut(id=device.id, office_id=device.office_id, kind=device.kind, key_hex=key_hex, heartbeat_s=device.heartbeat_s)
    if (b := device.bought) is None:
        return row
    bought = {"dialect": b.dialect, "address": b.address, "hub": b.hub_id, "model": b.model, "gestures": dict(b.gestures), "output": b.output}
    return row.model_copy(update={**bought, "shared": b.shared, "key_hex": ""})
