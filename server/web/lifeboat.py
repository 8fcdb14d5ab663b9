"""The page without JavaScript: raises an alarm and answers one by plain forms, when the app is broken or the phone is too old for it.

It knows the phone by a cookie of its own (`flow.keys.page_token`), which may do that and no more.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import wraps
from html import escape
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from server.core.access import Viewer
from server.core.cards import fill
from server.flow import actions, keys, views
from server.flow.context import StoreDown, Unkeepable
from server.flow.presses import press
from server.web.access import PAGE_COOKIE, PAGE_PATH, House, body_of, same_origin, session_of, viewer_of
from server.web.alarms import lately, visible
from server.web.intake_queue import submit
from server.core.phrases import LANGUAGES, language_of
from server.web.lifeboat_words import NAMES, WORDS

router = APIRouter(prefix=PAGE_PATH, include_in_schema=False)

TEMPLATE = Template((Path(__file__).parent / "lifeboat.html").read_text(encoding="utf-8"))
OSLO = ZoneInfo("Europe/Oslo")
REFRESH_S = 6
ANSWERS = ("acknowledge", "arrive", "shelter", "decline")
REAL = "this_is_real"
OPEN = ("PENDING", "RAISED", "ACKNOWLEDGED", "ON_SCENE")


class Page:
    """One request: who is there, and in which language."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.house: House = request.app.state.house
        self.viewer = _viewer(request, self.house)
        person = self.house.context.directory().people.get(self.viewer.person_id) if self.viewer else None
        self.name = person.name if person else ""
        asked = request.query_params.get("sprak", "")
        self.language = language_of([asked, person.language if person else None])
        self._asked = asked in LANGUAGES

    def say(self, word: str, **filled: object) -> str:
        return escape(WORDS.say(self.language, word, **filled))

    def at(self, path: str, **more: str) -> str:
        """An address of this page, in the language that was asked for."""
        query = {**({"sprak": self.language} if self._asked else {}), **more}
        return PAGE_PATH + path + ("?" + "&".join(f"{name}={value}" for name, value in query.items()) if query else "")

    def ticket(self, press_id: str) -> str:
        """Proves that a form is ours: beside the cookie's own rule and the origin, for browsers that know neither."""
        assert self.viewer is not None
        key = self.house.context.store.key(keys.PAGE)
        return hmac.new(key, f"{self.viewer.person_id} {press_id}".encode(), hashlib.sha256).hexdigest()[:32]

    def hidden(self, press_id: str) -> str:
        return f'<input type="hidden" name="id" value="{press_id}"><input type="hidden" name="ticket" value="{self.ticket(press_id)}">'

    def shown(self, body: str, status: int = 200, drill: bool = False, refresh: str = "") -> HTMLResponse:
        query = {name: value for name, value in self.request.query_params.items() if name != "sprak"}
        path = self.request.url.path if self.request.method == "GET" else PAGE_PATH
        links = "".join(
            f'<a href="{escape(path)}?{escape("&".join(f"{n}={v}" for n, v in {**query, "sprak": code}.items()))}" lang="{code}"'
            f"{' aria-current=true' if code == self.language else ''}>{name}</a>"
            for code, name in NAMES.items()
        )
        title = f"{self.say('drill')} – {self.say('title')}" if drill else self.say("title")
        text = TEMPLATE.substitute(
            lang=self.language, title=title, body=body, drill=' class="drill"' if drill else "", languages=links,
            languages_label=self.say("languages"), open_app=self.say("open_app"),
            refresh=f'<meta http-equiv="refresh" content="{REFRESH_S};url={escape(refresh)}">' if refresh else "",
        )  # fmt: skip
        return HTMLResponse(text, status, headers={"Cache-Control": "no-store"})


def _viewer(request: Request, house: House) -> Viewer | None:
    """The phone's own cookie, else whoever is signed in here: either way no more than a phone's key may do."""
    key = keys.who_by_page(house.context, request.cookies.get(PAGE_COOKIE, ""))
    if key is not None:
        return viewer_of(house, key.person_id, by_key=True)
    session = session_of(request, house)
    return viewer_of(house, session.person_id, by_key=True) if session else None


def page(work: Callable[..., Awaitable[Response]]) -> Callable[..., Awaitable[Response]]:
    """A database that does not answer is said in words, with what to do meanwhile."""

    @wraps(work)
    async def door(request: Request, **more: Any) -> Response:
        try:
            return await work(request, **more)
        except StoreDown:
            return _without_store(request)

    return door


def _without_store(request: Request) -> HTMLResponse:
    language = request.query_params.get("sprak", "nb")
    words = {name: escape(text) for name, text in WORDS.all_in(language).items()}
    body = f'<h1 role="alert">{words["not_stored"]}</h1><section class="bad"><p>{words["not_stored_text"]}</p></section>{_call_112(words["call"])}'
    text = TEMPLATE.substitute(
        lang=language_of([language]), title=words["title"], body=body, drill="", languages="", languages_label=words["languages"],
        open_app=words["open_app"], refresh="",
    )  # fmt: skip
    return HTMLResponse(text, 503, headers={"Cache-Control": "no-store"})


# ---------------------------------------------------------------- looking


@router.get("")
@page
async def read_start(request: Request) -> Response:
    """The button, and above it what this person has been called to."""
    return await asyncio.to_thread(lambda: _start(Page(request)))


@router.get("/a/{alarm_id}")
@page
async def read_alarm(request: Request, alarm_id: str) -> Response:
    """One alarm: what has become of one's own, or what one is called to."""
    return await asyncio.to_thread(lambda: _alarm(Page(request), alarm_id))


def _start(page: Page, trouble: str = "", status: int = 200) -> HTMLResponse:
    if page.viewer is None:
        return _unknown(page)
    alarms = [orjson.loads(shown.body) for shown in visible(page.house, page.viewer).values()]
    running = [one for one in alarms if one["state"] in OPEN]
    alert = f'<section class="bad" role="alert"><p>{page.say(trouble)}</p></section>' if trouble else ""
    listed = "".join(_line(page, one) for one in running)
    body = (
        f"<h1>{page.say('heading')}</h1>{alert}{listed}{_button(page)}"
        f'<p>{page.say("raise_text")}</p><p class="soft">{page.say("who", name=page.name)}</p>{_call_112(page.say("call"))}'
    )
    return page.shown(body, status, bool(running) and all(one["drill"] for one in running))  # striped, a real one would pass for an exercise


def _button(page: Page, press_id: str = "", word: str = "raise") -> str:
    press_id = press_id or f"nod-{secrets.token_hex(12)}"
    return f'<form method="post" action="{page.at("")}">{page.hidden(press_id)}<button class="sos">{page.say(word)}</button></form>'


def _call_112(word: str) -> str:
    return f'<a class="button" href="tel:112">{word}</a>'


def _unknown(page: Page) -> HTMLResponse:
    body = f"<h1>{page.say('unknown')}</h1><p>{page.say('unknown_text')}</p>{_call_112(page.say('call'))}"
    return page.shown(body, 403)


def _line(page: Page, alarm: Mapping[str, Any]) -> str:
    """One alarm on the start page: whose it is, and the way to it."""
    link = f'<a class="button" href="{page.at("/a/" + escape(alarm["id"]))}">{page.say("show")}</a>'
    drill = _word(page, alarm) if alarm["drill"] else ""
    head = page.say("yours") if alarm["me"]["is_presser"] else escape(alarm["place"]["zone"] or alarm["place"]["office"])
    if alarm["silent"] and alarm["me"]["near"]:
        head = page.say("case", time=_clock(alarm["opened_at"]))
    return f"<section>{drill}<h2>{head}</h2>{link}{_to_real(page, alarm)}</section>"


def _word(page: Page, alarm: Mapping[str, Any]) -> str:
    """What it is, in a word, a shape and a colour; nothing red and loud beside the one who pressed."""
    if alarm["drill"]:
        return f'<p class="word">{page.say("drill")}</p>'
    if alarm["ended_drill"] and alarm["state"] in OPEN:
        return f'<p class="word{"" if alarm["me"]["is_presser"] else " real"}">{page.say("now_real")}</p>'
    return "" if alarm["me"]["is_presser"] or alarm["state"] not in OPEN else f'<p class="word real">{page.say("real")}</p>'


def _alarm(page: Page, alarm_id: str, trouble: str = "", status: int = 200) -> HTMLResponse:
    if page.viewer is None:
        return _unknown(page)
    view = _view(page, page.viewer, alarm_id)
    if view is None:
        return _start(page, "no_alarm", 404)
    alarm = orjson.loads(view)
    became = alarm["outcome"] and alarm["outcome"]["alarm_id"]
    if became and _view(page, page.viewer, became) is not None:  # nobody may be left with an exercise that has ended
        return _alarm(page, became, "refused" if trouble else "", status)
    if REAL in alarm["me"]["can"] and "ekte" in page.request.query_params:
        return _ask_whether_real(page, alarm)
    alert = f'<section class="bad" role="alert"><p>{page.say(trouble)}</p></section>' if trouble else ""
    running = alarm["state"] in OPEN
    moving = running and "still" not in page.request.query_params
    now = page.house.context.now().astimezone(OSLO).strftime("%H:%M:%S")
    main = _own(page, alarm) if alarm["me"]["is_presser"] else _called(page, alarm)
    path = "/a/" + alarm["id"]
    after = f'<a class="button" href="{page.at(path)}">{page.say("refresh")}</a>' if running else ""
    if moving:
        after += f'<p class="soft">{page.say("moving", time=now)} <a href="{page.at(path, still="1")}">{page.say("still")}</a></p>'
    elif running:
        after += f'<p class="soft">{page.say("standing", time=now)}</p>'
    body = f'{_word(page, alarm)}{alert}{main}{_to_real(page, alarm)}{after}<a class="button" href="{page.at("")}">{page.say("back")}</a>'
    return page.shown(body, status, bool(alarm["drill"]), page.at(path) if moving else "")


def _to_real(page: Page, alarm: Mapping[str, Any]) -> str:
    """The first of two steps."""
    if REAL not in alarm["me"]["can"]:
        return ""
    return f'<a class="button" href="{page.at("/a/" + escape(alarm["id"]), ekte="1")}">{page.say(REAL)} …</a>'


def _ask_whether_real(page: Page, alarm: Mapping[str, Any]) -> HTMLResponse:
    """The second: it says what will be, and stands still until it is answered."""
    form = _form_of(page, alarm, REAL, page.say("real_yes"), "real")
    no = f'<a class="button" href="{page.at("/a/" + escape(alarm["id"]))}">{page.say("real_no")}</a>'
    body = f'{_word(page, alarm)}<h1>{page.say(REAL)}</h1><section><p><strong>{page.say("real_text")}</strong></p>{form}{no}</section>'
    return page.shown(body, drill=True)


def _form_of(page: Page, alarm: Mapping[str, Any], action: str, said: str, look: str = "") -> str:
    """One button that does something to an alarm."""
    hidden = page.hidden(f"nod-{secrets.token_hex(12)}") + f'<input type="hidden" name="alarm" value="{escape(alarm["id"])}">'
    return f'<form method="post" action="{page.at("/svar")}">{hidden}<button name="action" value="{action}" class="{look}">{said}</button></form>'


def _view(page: Page, viewer: Viewer, alarm_id: str) -> bytes | None:
    context = page.house.context
    try:
        alarm = context.store.alarms([alarm_id]).get(alarm_id)
    except Unkeepable:
        return None
    if alarm is None or not lately(page.house, viewer, alarm):
        return None
    [view] = views.look_up(context.store, [alarm], context.directory())
    shown = view.shown(viewer)
    return shown.body if shown else None


def _own(page: Page, alarm: Mapping[str, Any]) -> str:
    steps = "".join(f"<li>{step}</li>" for step in _truth(page, alarm))
    off = f"<p>{page.say('call_off_how')}</p>" if alarm["state"] in OPEN and not alarm["called_off"] else ""
    police = _police(page, alarm) if alarm["state"] in OPEN else ""
    return f'<h1>{page.say("yours")}</h1><section aria-live="polite"><ol class="steps">{steps}</ol></section>{off}{police}'


def _truth(page: Page, alarm: Mapping[str, Any]) -> list[str]:
    """As in the app (`core/truth.ts`): only what is proven, in the order in which it happens."""
    steps = [page.say("received", time=_clock(alarm["received_at"], seconds=True))]
    if alarm["state"] not in OPEN:
        return [*steps, page.say("ended")]
    if alarm["called_off"]:
        return [*steps, page.say("called_off", time=_clock(alarm["called_off"]["at"]))]
    stages = [one["stage"] for one in alarm["people"]]
    coming, taken, there = (sum(stage in wanted for stage in stages) for wanted in (("coming", "there"), ("taken",), ("there",)))
    steps.append(page.say("reached", count=alarm["told"]["reached"]) if alarm["told"]["reached"] else page.say("nobody"))
    if alarm["go_to_scene"] == "pair" and coming:
        steps.append(page.say("coming", count=coming))
    if alarm["go_to_scene"] != "pair" and taken:
        steps.append(page.say("taken", count=taken))
    if alarm["police"]["expected_at"] or alarm["police"]["called_at"]:
        steps.append(page.say("police_expected" if alarm["police"]["expected_at"] else "police_called"))
    return [*steps, page.say("there")] if there else steps


def _called(page: Page, alarm: Mapping[str, Any]) -> str:
    place, me = alarm["place"], alarm["me"]
    where = [part for part in (place["floor"], place["detail"], place["office"]) if part]
    lines = [f"<p>{escape(', '.join(where))}</p>", f'<p class="soft">{page.say("opened", time=_clock(alarm["opened_at"]))}</p>']
    if alarm["state"] not in OPEN:  # what was asked of anyone is over with it
        lines.append(f"<p><strong>{page.say('ended')}</strong></p>")
        return f"<h1>{escape(place['zone'] or place['office'])}</h1><section>{''.join(lines)}</section>"
    if alarm["called_off"]:
        lines.append(f"<p><strong>{page.say('may_be_over')}</strong></p>")
    if alarm["go_to_scene"] != "pair":
        lines.append(f"<p><strong>{page.say('nobody_goes')}</strong></p>")
    if me["stage"] and f"me_{me['stage']}" in WORDS:
        lines.append(f"<p><strong>{page.say('me_' + me['stage'])}</strong></p>")
    head = f"<h1>{escape(place['zone'] or place['office'])}</h1><section>{''.join(lines)}</section>"
    return head + _answers(page, alarm) + _police(page, alarm) + _card(page, alarm) + _who_comes(page, alarm)


def _answers(page: Page, alarm: Mapping[str, Any]) -> str:
    """The buttons that the rules give, the recommended one first."""
    me, pair = alarm["me"], alarm["go_to_scene"] == "pair"
    active = me["stage"] in ("coming", "there", "taken", "sheltered")
    words = {"acknowledge": "going" if pair else "take", "arrive": "arrived", "shelter": "sheltered", "decline": "cannot"}
    news = {"acknowledge": not active or me["ask"], "arrive": pair and active and (me["stage"] != "there" or me["ask"])}
    offered = [one for one in ANSWERS if one in me["can"] and news.get(one, True)]
    looks = {action: "first" for action in offered[:1] if action in news}
    return "".join(_form_of(page, alarm, action, page.say(words[action]), looks.get(action, "")) for action in offered)


def _police(page: Page, alarm: Mapping[str, Any]) -> str:
    if alarm["drill"]:
        leader = alarm["drill"]["leader"]
        said = f"<p><strong>{page.say('not_112')}</strong></p>"
        if leader is None:
            return said
        return said + f'<a class="button" href="tel:{escape(leader["phone"].replace(" ", ""))}">{page.say("ring_lead")} – {escape(leader["name"])}</a>'
    called = alarm["police"]["called_at"]
    said = f"{page.say('police_called')} {_clock(called)}" if called else page.say("police_not_called")
    return f"<p><strong>{said}</strong></p>{_call_112(page.say('call'))}<p>{page.say('address', address=alarm['place']['address'])}</p>"


def _card(page: Page, alarm: Mapping[str, Any]) -> str:
    """The card of the role that one has, as the office filled it in."""
    directory = page.house.context.directory()
    role, situation = alarm["me"]["role"], directory.content.situations.get(alarm["situation"])
    card = situation.cards.get(role) if situation and role else None
    office = directory.offices.get(alarm["office_id"])
    if card is None or office is None:
        return ""
    steps = "".join(f"<li>{escape(str(fill(step.text, office.placeholders).get(page.language, '')))}</li>" for step in card.steps)
    return f"<section><h2>{page.say('card', role=_role(page, role))}</h2><ol>{steps}</ol></section>"


def _who_comes(page: Page, alarm: Mapping[str, Any]) -> str:
    stages = ("coming", "there", "taken")
    people = [
        f"<li>{escape(one['name'])}{' – ' + _role(page, one['role']) if one['role'] else ''}</li>" for one in alarm["people"] if one["stage"] in stages
    ]
    lacking = [line["role"] for line in alarm["cover"] if line["have"] < line["need"]]
    empty = [f"<li><strong>{page.say('empty_role', role=_role(page, role, raw=True))}</strong></li>" for role in lacking]
    return f"<section><h2>{page.say('who_comes')}</h2><ul>{''.join(people + empty)}</ul></section>" if people or empty else ""


def _role(page: Page, role: str, raw: bool = False) -> str:
    names = page.house.context.directory().content.roles.get(role, {}).get("name", {})
    name = str(names.get(page.language) or role)
    return name if raw else escape(name)


def _clock(at: str, seconds: bool = False) -> str:
    return datetime.fromisoformat(at.replace("Z", "+00:00")).astimezone(OSLO).strftime("%H:%M:%S" if seconds else "%H:%M")


# ---------------------------------------------------------------- doing


@router.post("")
@page
async def raise_alarm(request: Request) -> Response:
    """One press. Sent twice it is one; pressed again after that alarm has ended it is another."""
    form = await _form(request)
    page = await asyncio.to_thread(Page, request)
    if (refused := _refused(page, form)) is not None:
        return refused
    assert page.viewer is not None
    context = page.house.context
    for press_id in (form["id"], f"{form['id']}-{secrets.token_hex(4)}"):
        signal = press(context.directory(), page.viewer.person_id, press_id, context.now(), stands_in=page.viewer.zone_id)
        [receipt] = await submit(page.house, [signal])
        if receipt.outcome == "failed" or receipt.alarm_id is None:
            body = f'<h1 role="alert">{page.say("not_stored")}</h1><section class="bad"><p>{page.say("not_stored_text")}</p></section>'
            return page.shown(body + _button(page, form["id"], "again") + _call_112(page.say("call")), 503)
        alarm = (await asyncio.to_thread(context.store.alarms, [receipt.alarm_id])).get(receipt.alarm_id)
        if receipt.outcome != "repeated" or (alarm is not None and alarm.open):
            break  # a page that was kept since the last alarm: this is a new press
    return RedirectResponse(page.at("/a/" + str(receipt.alarm_id)), 303, headers={"Cache-Control": "no-store"})


@router.post("/svar")
@page
async def answer(request: Request) -> Response:
    """*I am coming*, *I cannot* and what follows, and *this is real*: the app's own actions, by the same rules."""
    form = await _form(request)
    return await asyncio.to_thread(lambda: _answered(Page(request), form))


def _answered(page: Page, form: Mapping[str, str]) -> Response:
    if (refused := _refused(page, form)) is not None:
        return refused
    assert page.viewer is not None
    action, alarm_id = form.get("action", ""), form.get("alarm", "")
    if action not in (*ANSWERS, REAL):
        return _start(page, "refused", 400)
    fields = {"age_s": 0.0} if action in ("acknowledge", "arrive") else {}
    given = actions.act(page.house.context, page.viewer, alarm_id, action, fields, form["id"])
    if given.alarm is None:
        return _start(page, "no_alarm", 404)
    if action == REAL and given.alarm.ending and given.alarm.ending.became:  # said now, or by another a moment ago
        return RedirectResponse(page.at("/a/" + given.alarm.ending.became), 303, headers={"Cache-Control": "no-store"})
    if given.reason:
        return _alarm(page, alarm_id, "refused_ended" if given.reason == "ended" else "refused", 409)
    return RedirectResponse(page.at("/a/" + alarm_id), 303, headers={"Cache-Control": "no-store"})


async def _form(request: Request) -> dict[str, str]:
    """The fields of a plain form, each once."""
    try:
        return {name: values[0] for name, values in parse_qs((await body_of(request)).decode(), max_num_fields=20).items()}
    except ValueError:
        return {}


def _refused(page: Page, form: Mapping[str, str]) -> Response | None:
    """None where this is a form of ours, sent from our own page by a phone that is known."""
    if page.viewer is None:
        return _unknown(page)
    press_id = form.get("id", "")
    genuine = 8 <= len(press_id) <= 60 and press_id.isascii() and hmac.compare_digest(page.ticket(press_id).encode(), form.get("ticket", "").encode())
    if not genuine or not same_origin(page.request, page.house):
        return _start(page, "old_page", 403)
    return None
