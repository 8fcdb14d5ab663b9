"""The check of the whole chain before somebody leaves: each link is fine, unsure or wrong. What is not known is never fine."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Literal

from server.core.directory import Directory
from server.core.phones import Phone
from server.core.values import frozen
from server.core.visit.draft import leaders
from server.core.visit.model import Visit
from server.flow.context import Context

Word = Literal["fine", "unsure", "wrong"]

HEARD = timedelta(minutes=15)
"""A portable alarm that has been silent for longer may be out of reach, or flat."""
TESTED = timedelta(hours=12)
PROVEN = timedelta(days=7)
BATTERY_LOW, BATTERY_WRONG = 40, 20


@frozen
class Link:
    """`name`: device, device_test, battery, gateway, push, contact, leader, responders. `detail`: what it was found by, for the screen to say."""

    name: str
    word: Word
    detail: dict[str, object]


def look(context: Context, person_id: str, visit: Visit, online: Collection[str]) -> dict[str, object]:
    """All links, and the worst word among them."""
    now, directory = context.now(), context.directory()
    links = [
        *_device(context, visit, now),
        _push(context.store.phones_of([person_id]).get(person_id, []), now),
        _contact(context, visit, directory, online, now),
        _responders(visit, directory),
    ]
    order = ("fine", "unsure", "wrong")
    return {"at": now, "word": max((link.word for link in links), key=order.index), "links": links}


def _device(context: Context, visit: Visit, now: datetime) -> list[Link]:
    if visit.device_id is None:
        return [Link("device", "wrong" if "portable_alarm" in visit.required else "unsure", {"reason": "none"})]
    device = context.directory().devices.get(visit.device_id)
    state = context.store.devices([visit.device_id]).get(visit.device_id)
    name = device.name if device else visit.device_id
    if state is None or state.heard_at is None:
        return [Link("device", "wrong", {"name": name, "reason": "never_heard"})]
    fresh = now - state.heard_at <= HEARD and state.state == "ok"
    tested = state.tested_at is not None and now - state.tested_at <= TESTED
    links = [
        Link("device", "fine" if fresh else "wrong", {"name": name, "heard_at": state.heard_at, "state": state.state}),
        Link("device_test", "fine" if tested else "unsure", {"tested_at": state.tested_at}),
    ]
    if state.battery is not None:
        word: Word = "wrong" if state.battery <= BATTERY_WRONG else "unsure" if state.battery <= BATTERY_LOW else "fine"
        links.append(Link("battery", word, {"percent": state.battery}))
    return links


def _push(phones: Collection[Phone], now: datetime) -> Link:
    """Notices ahead of a deadline come this way: proven is what a phone has shown lately, not what a push service has accepted."""
    shown = max((phone.receipt_at for phone in phones if phone.receipt_at is not None), default=None)
    if not phones:
        return Link("push", "unsure", {"reason": "no_phone"})
    return Link("push", "fine" if shown is not None and now - shown <= PROVEN else "unsure", {"shown_at": shown})


def _contact(context: Context, visit: Visit, directory: Directory, online: Collection[str], now: datetime) -> Link:
    """The contact person has said yes, is on duty, and can be reached; else the leaders stand in, which is unsure."""
    contact = visit.contact_id
    on_duty = contact is not None and directory.on_duty_somewhere(contact)
    phones = context.store.phones_of([contact]).get(contact, []) if contact else []
    proven = any(phone.receipt_at is not None and now - phone.receipt_at <= PROVEN for phone in phones)
    person = directory.people.get(contact or "")
    reachable = contact in online or proven or bool(person and person.phone)
    detail = {"name": person.name if person else None, "accepted": visit.contact_accepted, "on_duty": on_duty, "reachable": reachable}
    if visit.contact_accepted and on_duty and reachable:
        return Link("contact", "fine", detail)
    return Link("contact", "unsure" if leaders(visit, directory) else "wrong", detail)


def _responders(visit: Visit, directory: Directory) -> Link:
    here = [p.id for p in directory.on_duty_in(visit.office_id) if "responder" in p.access and p.id not in visit.people]
    office = directory.offices.get(visit.office_id)
    near = [p.id for other in (office.neighbours if office else ()) for p in directory.on_duty_in(other) if "responder" in p.access]
    word: Word = "fine" if len(here) >= 2 else "unsure" if here or near else "wrong"
    return Link("responders", word, {"here": len(here), "neighbours": len(near)})
