"""The local page as HTML, in three languages: what this gateway knows, when, and nothing that names a person."""

from __future__ import annotations

import hashlib
import html
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from server.core.phrases import Phrases

OSLO = ZoneInfo("Europe/Oslo")
SHOWN_MAX = 30

WORDS = Phrases({
    "title": ("Varde: reserveside", "Varde: reserveside", "Varde: spare page"),
    "away": ("Varde svarer ikke", "Varde svarar ikkje", "Varde does not answer"),
    "away_text": (
        "Trykk på knappene når ikke fram til telefonene nå. Gi beskjed til de andre i huset, og ring 112 ved fare.",
        "Trykk på knappane når ikkje fram til telefonane no. Sei frå til dei andre i huset, og ring 112 ved fare.",
        "Presses on the buttons do not reach phones now. Tell the others in the house, and call 112 in danger.",
    ),
    "unknown": ("Det er ukjent om Varde svarer", "Det er ukjent om Varde svarar", "It is unknown whether Varde answers"),
    "unknown_text": (
        "Gå ikke ut fra at trykk når fram. Ring 112 ved fare.", "Gå ikkje ut frå at trykk når fram. Ring 112 ved fare.",
        "Do not assume that presses get through. Call 112 in danger.",
    ),
    "ok": ("Varde svarer", "Varde svarar", "Varde answers"),
    "ok_text": (
        "Trykk følges i appen. Denne siden er til bruk når Varde ikke svarer.",
        "Trykk blir følgde i appen. Denne sida er til bruk når Varde ikkje svarar.",
        "Presses are followed in the app. This page is for when Varde does not answer.",
    ),
    "deaf": (
        "Knappene blir ikke hørt. Meld fra til den som drifter Varde.", "Ingen høyrer knappane. Sei frå til den som driftar Varde.",
        "The buttons are not heard. Tell whoever runs Varde.",
    ),
    "none": ("Ingen trykk venter.", "Ingen trykk ventar.", "No press is waiting."),
    "presses": ("Trykk", "Trykk", "Presses"),
    "waiting": ("Ikke mottatt av Varde", "Ikkje motteke av Varde", "Not received by Varde"),
    "received": (
        "Mottatt av Varde kl. {at}. Følg alarmen i appen.", "Motteke av Varde kl. {at}. Følg alarmen i appen.",
        "Received by Varde at {at}. Follow the alarm in the app.",
    ),
    "heard": ("hørt kl. {at}", "høyrt kl. {at}", "heard at {at}"),
    "panic": ("Alarm", "Alarm", "Alarm"),
    "assist": ("Assistanse", "Assistanse", "Assistance"),
    "fall": ("Fall", "Fall", "Fall"),
    "no_motion": ("Ingen bevegelse", "Inga rørsle", "No movement"),
    "missed_checkin": ("Ikke meldt seg", "Ikkje meldt seg", "Has not checked in"),
    "test": ("Test", "Test", "Test"),
    "drill": ("ØVELSE", "ØVING", "EXERCISE"),
    "mute": ("Demp lydgiverne", "Demp lydgjevarane", "Mute the sounders"),
    "mute_text": (
        "Bare lyden dempes. Alarmen fortsetter.", "Berre lyden blir dempa. Alarmen held fram.",
        "Only the sound stops. The alarm goes on.",
    ),
    "stale": (
        "Siden er utdatert. Det er ukjent hvordan det står til.", "Sida er utdatert. Det er ukjent korleis det står til.",
        "This page is out of date. How things are is unknown.",
    ),
    "as_of": ("Slik det var kl. {at}", "Slik det var kl. {at}", "As it was at {at}"),
    "table": (
        "Hvilke lamper som lyser, er bestemt {at}.", "Kva lamper som lyser, er bestemt {at}.",
        "Which lamps are lit was decided {at}.",
    ),
    "no_table": (
        "Ingen lamper er bestemt ennå: bare denne siden varsler.", "Ingen lamper er bestemte enno: berre denne sida varslar.",
        "No lamps have been decided yet: only this page warns.",
    ),
    "more": ("og {n} til", "og {n} til", "and {n} more"),
})  # fmt: skip
NAMES = {"nb": "Bokmål", "nn": "Nynorsk", "en": "English"}


@dataclass(frozen=True, slots=True)
class Shown:
    """One press: where, by which device, what, and when a server had it (None: not yet)."""

    place: str
    device: str
    kind: str
    heard_at: datetime
    received_at: datetime | None
    armed: str = ""


@dataclass(frozen=True, slots=True)
class House:
    """What the page shows. `server`: ok, away or unknown; `hears`: whether there is a broker."""

    server: str
    hears: bool
    presses: Sequence[Shown]
    sounding: bool
    table_at: datetime | None


def page(house: House, language: str, now: datetime) -> str:
    words = WORDS.all_in(language)
    others = " ".join(f'<a href="/?lang={one}" lang="{one}">{name}</a>' for one, name in NAMES.items() if one != language)
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>{words["title"]}</title><style>{STYLE}</style><noscript><meta http-equiv="refresh" content="5"></noscript></head><body>'
        f'<p id="stale" role="alert"><span>{words["stale"]}</span></p><main aria-live="polite">{inside(house, language)}</main>'
        f'<footer><p id="at">{words["as_of"].format(at=_clock(now))}</p><nav>{others}</nav></footer><script>{SCRIPT}</script></body></html>'
    )


def inside(house: House, language: str) -> str:
    """The part that changes: the same text as long as nothing has."""
    words = WORDS.all_in(language)
    deaf = "" if house.hears else f'<p class="deaf">{words["deaf"]}</p>'
    presses = [_press(one, words) for one in house.presses[:SHOWN_MAX]]
    more = f'<p>{words["more"].format(n=len(house.presses) - SHOWN_MAX)}</p>' if len(house.presses) > SHOWN_MAX else ""
    listed = f'<h2>{words["presses"]}</h2><ul>{"".join(presses)}</ul>{more}' if presses else f"<p>{words['none']}</p>" if house.hears else ""
    mute = f'<form method="post" action="/mute?lang={language}"><button>{words["mute"]}</button><p>{words["mute_text"]}</p></form>' if house.sounding else ""
    table = words["table"].format(at=_day(house.table_at)) if house.table_at else words["no_table"]
    head = f'<div class="head {house.server}"><h1>{words[house.server]}</h1><p>{words[house.server + "_text"]}</p></div>'
    return f"{head}{deaf}{mute}{listed}<p class=soft>{table}</p>"


def as_of(language: str, now: datetime) -> str:
    return WORDS.say(language, "as_of", at=_clock(now))


def _press(one: Shown, words: Mapping[str, str]) -> str:
    mark = f'<p class="mark">{words[one.armed]}</p>' if one.armed else ""
    became = words["waiting"] if one.received_at is None else words["received"].format(at=_clock(one.received_at))
    kind, where = words.get(one.kind, words["panic"]), html.escape(one.place or one.device)
    device = "" if not one.place else f"{html.escape(one.device)}, "
    state = "waiting" if one.received_at is None else "received"
    heard = words["heard"].format(at=_clock(one.heard_at))
    return f'<li class="{state} {one.armed}">{mark}<h3>{where}</h3><p>{kind}, {device}{heard}</p><p><b>{became}</b></p></li>'


def _clock(at: datetime) -> str:
    return at.astimezone(OSLO).strftime("%H:%M:%S")


def _day(at: datetime) -> str:
    return at.astimezone(OSLO).strftime("%d.%m.%Y %H:%M")


def hash_of(text: str) -> str:
    """As a content security policy names what may run."""
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


STYLE = """
:root{color-scheme:light dark;--ground:#f3f6f4;--surface:#fff;--ink:#10211f;--soft:#445854;--line:#62766f;--alarm:#a8001c;--drill:#0b5cad;--unknown:#5b6663}
@media(prefers-color-scheme:dark){:root{--ground:#0b1514;--surface:#13211f;--ink:#e9f1ee;--soft:#aebfba;--line:#82988f}}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:1.125rem/1.45 system-ui,Arial,sans-serif;overflow-wrap:anywhere}
main,footer{max-width:44rem;margin:0 auto;padding:1rem}h1,h2,h3,p{margin:.25rem 0}h1{font-size:1.75rem;line-height:1.2}h2{font-size:1.25rem;margin-top:1.5rem}
.head{border-radius:12px;padding:1rem;border:3px solid var(--line);background:var(--surface)}
.head.away{background:var(--alarm);border-color:var(--alarm);color:#fff}.head.unknown{background:var(--unknown);border-color:var(--unknown);color:#fff}
.deaf{margin:1rem 0;border:3px dashed var(--line);border-radius:12px;padding:1rem;font-weight:700}
ul{list-style:none;margin:0;padding:0}li{background:var(--surface);border:1px solid var(--line);border-left:12px solid var(--line);border-radius:12px;
padding:.75rem 1rem;margin:.75rem 0}
li.waiting{border-left-color:var(--alarm)}li.drill{border-left-color:var(--drill)}h3{font-size:1.5rem}
.mark{display:inline-block;padding:.125rem .75rem;color:#fff;
background:repeating-linear-gradient(-45deg,var(--drill) 0 12px,#084684 12px 24px);border-radius:8px;font-weight:700}
li.test .mark{background:var(--unknown)}
button{min-height:64px;width:100%;margin-top:1rem;font:inherit;font-weight:700;border:2px solid var(--ink);border-radius:12px;
background:var(--surface);color:var(--ink)}
button:focus-visible,a:focus-visible{outline:4px solid var(--ink);outline-offset:3px}
a{color:inherit;display:inline-block;min-height:48px;padding:.6rem .75rem .6rem 0}
.soft,footer{color:var(--soft)}#stale{display:none;margin:0;padding:1rem;background:#10211f;color:#fff;font-weight:700;text-align:center}
.old #stale{display:block}.old main{filter:grayscale(1);opacity:.6}
@media(forced-colors:active){.head,li{border-color:CanvasText}.head.away,li.waiting{border-width:6px}}
"""

SCRIPT = """
const main=document.querySelector("main"),at=document.getElementById("at"),stale=document.querySelector("#stale span"),words=stale.textContent;
let seen=Date.now(),last="";stale.textContent="";
function old(is){document.body.classList.toggle("old",is);const text=is?words:"";if(stale.textContent!==text)stale.textContent=text}
async function look(){try{const got=await fetch("/now"+location.search,{cache:"no-store",signal:AbortSignal.timeout(4000)});if(!got.ok)throw 0;
const now=await got.json();if(last&&now.main!==last)main.innerHTML=now.main;last=now.main;at.textContent=now.at;seen=Date.now()}catch{}}
setInterval(look,2000);setInterval(()=>old(Date.now()-seen>10000),500);document.addEventListener("visibilitychange",look);look();
"""
