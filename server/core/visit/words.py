"""What messages about a visit say, in three languages: no names and no place, for the phone may lie on somebody's table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo

from server.core.orders import ABOUT_VISITS, Order, Say

Words = Mapping[str, tuple[str, str]]
"""Language → title and body. `{n}` is the order's count, in minutes."""

SAYS: Mapping[Say, Words] = {
    Say.VISIT_NOTICE: {
        "nb": ("{n} min igjen til innsjekk", "Sjekk inn eller forleng i Varde."),
        "nn": ("{n} min att til innsjekk", "Sjekk inn eller forleng i Varde."),
        "en": ("{n} min left to check in", "Check in or extend in Varde."),
    },
    Say.VISIT_LATE: {
        "nb": ("Sjekk inn nå", "Fristen er ute. Sjekk inn eller forleng, ellers blir du savnet."),
        "nn": ("Sjekk inn no", "Fristen er ute. Sjekk inn eller forleng, elles blir du sakna."),
        "en": ("Check in now", "The deadline has passed. Check in or extend, or you will be missed."),
    },
    Say.VISIT_RECALL: {
        "nb": ("Kom tilbake", "Kontoret ber deg avslutte og komme tilbake. Sjekk inn i Varde."),
        "nn": ("Kom tilbake", "Kontoret ber deg avslutte og kome tilbake. Sjekk inn i Varde."),
        "en": ("Come back", "The office asks you to finish and come back. Check in with Varde."),
    },
    Say.VISIT_DECIDED: {
        "nb": ("Lederen har svart om besøket", "Åpne Varde."),
        "nn": ("Leiaren har svart om besøket", "Opne Varde."),
        "en": ("The manager has answered about the visit", "Open Varde."),
    },
    Say.VISIT_NOT_STARTED: {
        "nb": ("Et besøk er ikke startet", "Tiden er inne. Start det eller avlys det i Varde."),
        "nn": ("Eit besøk er ikkje starta", "Tida er inne. Start det eller avlys det i Varde."),
        "en": ("A visit has not been started", "It is time. Start it or cancel it in Varde."),
    },
    Say.VISIT_PLANNED: {
        "nb": ("Du er med på et besøk", "Åpne Varde og se når."),
        "nn": ("Du er med på eit besøk", "Opne Varde og sjå når."),
        "en": ("You are going along on a visit", "Open Varde to see when."),
    },
    Say.VISIT_CONTACT_SAID_NO: {
        "nb": ("Kontaktpersonen kan ikke", "Velg en annen i Varde."),
        "nn": ("Kontaktpersonen kan ikkje", "Vel ein annan i Varde."),
        "en": ("The contact person cannot", "Choose another one in Varde."),
    },
    Say.VISIT_ASKED: {
        "nb": ("Vil du være kontaktperson?", "En kollega skal ut. Svar i Varde."),
        "nn": ("Vil du vere kontaktperson?", "Ein kollega skal ut. Svar i Varde."),
        "en": ("Will you be the contact person?", "A colleague is going out. Answer in Varde."),
    },
    Say.VISIT_APPROVE: {
        "nb": ("Et besøk trenger din avgjørelse", "Åpne Varde."),
        "nn": ("Eit besøk treng avgjerda di", "Opne Varde."),
        "en": ("A visit needs your decision", "Open Varde."),
    },
    Say.VISIT_STARTED: {
        "nb": ("En kollega er på besøk nå", "Åpne Varde og se hvem og til når."),
        "nn": ("Ein kollega er på besøk no", "Opne Varde og sjå kven og til når."),
        "en": ("A colleague is out on a visit now", "Open Varde to see who and until when."),
    },
    Say.VISIT_CALL: {
        "nb": ("Innsjekk uteble: ring kollegaen nå", "{n} min over fristen. Åpne Varde."),
        "nn": ("Innsjekken uteblei: ring kollegaen no", "{n} min over fristen. Opne Varde."),
        "en": ("Check-in missed: ring your colleague now", "{n} min past the deadline. Open Varde."),
    },
    Say.VISIT_LEADER: {
        "nb": ("Fortsatt ingen kontakt med en kollega", "{n} min over fristen. Åpne Varde nå."),
        "nn": ("Framleis ingen kontakt med ein kollega", "{n} min over fristen. Opne Varde no."),
        "en": ("Still no contact with a colleague", "{n} min past the deadline. Open Varde now."),
    },
    Say.VISIT_HEARD: {
        "nb": ("Kollegaen har meldt seg", "Du trenger ikke lete lenger."),
        "nn": ("Kollegaen har meldt seg", "Du treng ikkje leite lenger."),
        "en": ("Your colleague has been in touch", "You need not look for them any more."),
    },
    Say.VISIT_HOME: {
        "nb": ("Besøket er avsluttet", "Kollegaen er ute av besøket."),
        "nn": ("Besøket er avslutta", "Kollegaen er ute av besøket."),
        "en": ("The visit has ended", "Your colleague is out."),
    },
    Say.VISIT_PIN_GUESSED: {
        "nb": ("Feil PIN mange ganger hos en kollega som er ute", "Noen prøver kanskje telefonen. Åpne Varde. Ikke ring før du har tenkt deg om."),
        "nn": ("Feil PIN mange gonger hos ein kollega som er ute", "Nokon prøver kanskje telefonen. Opne Varde. Ikkje ring før du har tenkt deg om."),
        "en": ("Wrong PIN many times for a colleague who is out", "Somebody may be trying the phone. Open Varde. Think before you ring."),
    },
    Say.VISIT_ALARM_LOST: {
        "nb": ("Alarmen til en kollega på besøk svarer ikke", "Den kan være uten dekning, tom eller tatt. Åpne Varde og følg med."),
        "nn": ("Alarmen til ein kollega på besøk svarar ikkje", "Han kan vere utan dekning, tom eller teken. Opne Varde og følg med."),
        "en": ("The alarm of a colleague on a visit does not answer", "It may be out of coverage, flat or taken. Open Varde and keep watch."),
    },
    Say.VISIT_ALARM_OPENED: {
        "nb": ("Noen har åpnet alarmen til en kollega på besøk", "Kanskje er den tatt. Åpne Varde. Ikke ring før du har tenkt deg om."),
        "nn": ("Nokon har opna alarmen til ein kollega på besøk", "Kanskje er han teken. Opne Varde. Ikkje ring før du har tenkt deg om."),
        "en": ("Somebody has opened the alarm of a colleague on a visit", "It may have been taken. Open Varde. Think before you ring."),
    },
    Say.VISIT_ALARM_BACK: {
        "nb": ("Alarmen til kollegaen svarer igjen", "Du trenger ikke lete etter den."),
        "nn": ("Alarmen til kollegaen svarar igjen", "Du treng ikkje leite etter han."),
        "en": ("Your colleague's alarm answers again", "You need not look for it."),
    },
    Say.VISIT_REPORT: {
        "nb": ("En rapport etter et besøk venter på deg", "Åpne Varde."),
        "nn": ("Ein rapport etter eit besøk ventar på deg", "Opne Varde."),
        "en": ("A report after a visit is waiting for you", "Open Varde."),
    },
    Say.VISIT_CANCELLED: {
        "nb": ("Et besøk er avlyst", "Åpne Varde."),
        "nn": ("Eit besøk er avlyst", "Opne Varde."),
        "en": ("A visit has been cancelled", "Open Varde."),
    },
}

assert set(SAYS) == ABOUT_VISITS, "every message has its words"


def title_and_body(order: Order, language: str) -> tuple[str, str]:
    """Bokmål for a language that we do not have."""
    words = SAYS[order.say]
    title, body = words.get(language) or words["nb"]
    return title.format(n=order.count), body.format(n=order.count)


def one_line(order: Order, language: str) -> str:
    """For SMS and voice."""
    title, body = title_and_body(order, language)
    return f"Varde: {title}{'' if title.endswith('?') else '.'} {body}"


BY_SMS: Mapping[str, str] = {
    "nb": "Eller svar på denne meldingen med PIN-en din.", "nn": "Eller svar på denne meldinga med PIN-en din.", "en": "Or answer this message with your PIN.",
}  # fmt: skip


def by_sms(order: Order, language: str) -> str:
    """How to check in without the app, where an answer by SMS reaches us."""
    return (BY_SMS.get(language) or BY_SMS["nb"]) if order.say in (Say.VISIT_NOTICE, Say.VISIT_LATE) else ""


REPLIES: Mapping[str, Mapping[str, str]] = {
    "ok": {"nb": "Varde: mottatt. Neste frist {time}.", "nn": "Varde: motteke. Neste frist {time}.", "en": "Varde: received. Next deadline {time}."},
    "received": {"nb": "Varde: mottatt.", "nn": "Varde: motteke.", "en": "Varde: received."},
    "wrong_pin": {"nb": "Varde: feil PIN. Send PIN igjen.", "nn": "Varde: feil PIN. Send PIN igjen.", "en": "Varde: wrong PIN. Send your PIN again."},
    "other": {"nb": "Varde: ikke mottatt. Ring kontoret.", "nn": "Varde: ikkje motteke. Ring kontoret.", "en": "Varde: not received. Ring the office."},
}


def check_in_reply(reason: str | None, deadline_at: datetime | None, language: str, zone: tzinfo) -> str:
    """What somebody is answered who has checked in by SMS."""
    key = "ok" if reason is None and deadline_at else "received" if reason is None else reason if reason in REPLIES else "other"
    words = REPLIES[key]
    text = words.get(language) or words["nb"]
    return text.format(time=f"{deadline_at.astimezone(zone):%H:%M}" if deadline_at else "")
