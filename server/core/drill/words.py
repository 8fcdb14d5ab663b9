"""What messages about a drill, and not about what is played in it, say in three languages: the word for an exercise first, no names and no place."""

from __future__ import annotations

from collections.abc import Mapping

from server.core.orders import ABOUT_DRILLS, ABOUT_WHEEL, Order, Say

Words = Mapping[str, tuple[str, str]]
"""Language → title and body. `{n}` is the order's count, in the unit of the message."""

SAYS: Mapping[Say, Words] = {
    Say.DRILL_APPROVE: {
        "nb": ("ØVELSE: venter på godkjenning", "En øvelse er planlagt. Se på planen og svar i Varde."),
        "nn": ("ØVING: ventar på godkjenning", "Ei øving er planlagd. Sjå på planen og svar i Varde."),
        "en": ("EXERCISE: waiting for approval", "An exercise has been planned. Look at the plan and answer in Varde."),
    },
    Say.DRILL_DECIDED: {
        "nb": ("ØVELSE: lederen har svart", "Åpne Varde og se svaret."),
        "nn": ("ØVING: leiaren har svart", "Opne Varde og sjå svaret."),
        "en": ("EXERCISE: the manager has answered", "Open Varde to see the answer."),
    },
    Say.DRILL_PLANNED: {
        "nb": ("ØVELSE: planlagt av årshjulet", "Se på planen, spør verneombudet, og sørg for at den blir godkjent."),
        "nn": ("ØVING: planlagd av årshjulet", "Sjå på planen, spør verneombodet, og syt for at han blir godkjend."),
        "en": ("EXERCISE: planned by the yearly wheel", "Look at the plan, ask the safety representative, and see that it is approved."),
    },
    Say.DRILL_NOT_PLANNED: {
        "nb": ("ØVELSE: kan ikke planlegges", "Noe er i veien for en øvelse i årshjulet. Se hva i Varde, og rett det."),
        "nn": ("ØVING: kan ikkje planleggast", "Noko er i vegen for ei øving i årshjulet. Sjå kva i Varde, og rett det."),
        "en": ("EXERCISE: cannot be planned", "Something is in the way of an exercise in the yearly wheel. See what in Varde, and put it right."),
    },
    Say.DRILL_OVERDUE: {
        "nb": ("ØVELSE: noe er over fristen", "{overdue}Se årshjulet i Varde."),
        "nn": ("ØVING: noko er over fristen", "{overdue}Sjå årshjulet i Varde."),
        "en": ("EXERCISE: something is overdue", "{overdue}See the yearly wheel in Varde."),
    },
    Say.DRILL_NOT_STARTED: {
        "nb": ("ØVELSE: ikke startet", "Tiden er inne. Start øvelsen, flytt den eller avlys den i Varde."),
        "nn": ("ØVING: ikkje starta", "Tida er inne. Start øvinga, flytt ho eller avlys ho i Varde."),
        "en": ("EXERCISE: not started", "It is time. Start it, move it or cancel it in Varde."),
    },
    Say.DRILL_OVERRUN: {
        "nb": ("ØVELSE: tiden er ute", "Øvelsen er fortsatt i gang. Avslutt den i Varde, ellers avsluttes den snart av seg selv."),
        "nn": ("ØVING: tida er ute", "Øvinga er framleis i gang. Avslutt ho i Varde, elles blir ho snart avslutta av seg sjølv."),
        "en": ("EXERCISE: time is up", "The exercise is still on. End it in Varde, or it will soon end by itself."),
    },
    Say.STILL_ON: {
        "nb": ("ØVELSE: fortsatt i gang", "Den avsluttes av seg selv om {n} min. Er dere ferdige: avslutt den i Varde nå."),
        "nn": ("ØVING: framleis i gang", "Ho blir avslutta av seg sjølv om {n} min. Er de ferdige: avslutt ho i Varde no."),
        "en": ("EXERCISE: still on", "It ends by itself in {n} min. If you are done, end it in Varde now."),
    },
    Say.DRILL_REPORT: {
        "nb": ("ØVELSE: rapporten mangler", "Skriv funn med ansvarlig og frist, og lever rapporten i Varde."),
        "nn": ("ØVING: rapporten manglar", "Skriv funn med ansvarleg og frist, og lever rapporten i Varde."),
        "en": ("EXERCISE: the report is missing", "Write findings with owner and deadline, and hand in the report in Varde."),
    },
    Say.DRILL_ANNOUNCED: {
        "nb": ("ØVELSE: du skal være med", "Åpne Varde og se når. Du kan stå over uten å si hvorfor."),
        "nn": ("ØVING: du skal vere med", "Opne Varde og sjå når. Du kan stå over utan å seie kvifor."),
        "en": ("EXERCISE: you are taking part", "Open Varde to see when. You may sit out without saying why."),
    },
    Say.DRILL_CHANGED: {
        "nb": ("ØVELSE: planen er endret", "Det som var kunngjort, gjelder ikke lenger. Du får ny beskjed."),
        "nn": ("ØVING: planen er endra", "Det som var kunngjort, gjeld ikkje lenger. Du får ny beskjed."),
        "en": ("EXERCISE: the plan has changed", "What was announced no longer holds. You will be told again."),
    },
    Say.DRILL_CANCELLED: {
        "nb": ("ØVELSE: avlyst", "Øvelsen blir ikke holdt."),
        "nn": ("ØVING: avlyst", "Øvinga blir ikkje halden."),
        "en": ("EXERCISE: cancelled", "The exercise will not be held."),
    },
    Say.DRILL_SOON: {
        "nb": ("ØVELSE: snart", "En øvelse nærmer seg. Åpne Varde og se når."),
        "nn": ("ØVING: snart", "Ei øving nærmar seg. Opne Varde og sjå når."),
        "en": ("EXERCISE: soon", "An exercise is coming up. Open Varde to see when."),
    },
    Say.DRILL_STARTS: {
        "nb": ("ØVELSE: starter nå", "Åpne Varde og følg med."),
        "nn": ("ØVING: startar no", "Opne Varde og følg med."),
        "en": ("EXERCISE: starting now", "Open Varde to follow it."),
    },
    Say.DRILL_INJECT: {
        "nb": ("ØVELSE: ny melding til deg", "Åpne Varde og les den."),
        "nn": ("ØVING: ny melding til deg", "Opne Varde og les ho."),
        "en": ("EXERCISE: a new message for you", "Open Varde and read it."),
    },
    Say.DRILL_CUE: {
        "nb": ("ØVELSE: nå er det din tur", "Noe på tidslinjen skal sies, ringes eller spilles nå. Åpne Varde og se hva."),
        "nn": ("ØVING: no er det din tur", "Noko på tidslinja skal seiast, ringjast eller spelast no. Opne Varde og sjå kva."),
        "en": ("EXERCISE: it is your turn", "Something on the time line is to be said, phoned or acted now. Open Varde to see what."),
    },
    Say.DRILL_STOPPED: {
        "nb": ("ØVELSE: avsluttet", "Øvelsen er over."),
        "nn": ("ØVING: avslutta", "Øvinga er over."),
        "en": ("EXERCISE: ended", "The exercise is over."),
    },
    Say.DRILL_EVALUATE: {
        "nb": ("ØVELSE: to minutter til deg", "Hvordan gikk det? Svar i Varde."),
        "nn": ("ØVING: to minutt til deg", "Korleis gjekk det? Svar i Varde."),
        "en": ("EXERCISE: two minutes of yours", "How did it go? Answer in Varde."),
    },
    Say.DRILL_FINDING: {
        "nb": ("ØVELSE: et funn er ditt", "Du står som ansvarlig. Åpne Varde og se frist."),
        "nn": ("ØVING: eit funn er ditt", "Du står som ansvarleg. Opne Varde og sjå frist."),
        "en": ("EXERCISE: a finding is yours", "You are named as its owner. Open Varde to see the deadline."),
    },
    Say.DRILL_FINDING_DUE: {
        "nb": ("ØVELSE: et funn venter på deg", "Fristen er her. Lukk funnet i Varde når det er gjort."),
        "nn": ("ØVING: eit funn ventar på deg", "Fristen er her. Lukk funnet i Varde når det er gjort."),
        "en": ("EXERCISE: a finding waits for you", "The deadline is here. Close it in Varde when it is done."),
    },
}

REAL: Words = {
    "nb": ("ØVELSE: avbrutt – det er en ekte alarm", "Åpne Varde nå."),
    "nn": ("ØVING: avbroten – det er ein ekte alarm", "Opne Varde no."),
    "en": ("EXERCISE: stopped – there is a real alarm", "Open Varde now."),
}
"""What is said in place of *ended* where a real alarm has put an end to it."""

OVERDUE: Words = {
    "nb": ("Øvelser over fristen: {n}. ", "Knapper som venter på test: {n}. "),
    "nn": ("Øvingar over fristen: {n}. ", "Knappar som ventar på test: {n}. "),
    "en": ("Exercises overdue: {n}. ", "Buttons waiting for their test: {n}. "),
}
"""Exercises and buttons, each only where there are any."""

assert set(SAYS) == ABOUT_DRILLS | {Say.STILL_ON}, "every message has its words"


def title_and_body(order: Order, language: str) -> tuple[str, str]:
    """Bokmål for a language that we do not have."""
    words = REAL if order.say is Say.DRILL_STOPPED and order.reason == "real" else SAYS[order.say]
    title, body = words.get(language) or words["nb"]
    return title.format(n=order.count), body.format(n=order.count, overdue=_overdue(order, language))


def _overdue(order: Order, language: str) -> str:
    if order.say is not Say.DRILL_OVERDUE:
        return ""
    counts = (order.count, int(order.reason or 0))
    return "".join(words.format(n=n) for words, n in zip(OVERDUE.get(language) or OVERDUE["nb"], counts, strict=True) if n)


def one_line(order: Order, language: str) -> str:
    """For SMS, without its first word: there every message of an exercise begins with the content's own prefix."""
    title, body = title_and_body(order, language)
    return f"{title.partition(': ')[2]}. {body}"


def page(order: Order) -> str:
    """The page of the app that it opens, without the slash before it: the drill's own; of an armed button's drill its alarm, which has the way to end
    it; or the wheel of the office that it is about."""
    if order.say in ABOUT_WHEEL:
        return f"ovelser/program/{order.office_id}"
    return f"i/{order.alarm_id}" if order.say is Say.STILL_ON else f"ovelse/{order.alarm_id}"


WHILE: Mapping[Say, frozenset[str]] = {
    Say.DRILL_APPROVE: frozenset({"PLANNED", "ANNOUNCED"}),
    Say.DRILL_PLANNED: frozenset({"PLANNED"}),
    Say.DRILL_NOT_PLANNED: frozenset(),
    Say.DRILL_NOT_STARTED: frozenset({"PLANNED", "ANNOUNCED"}),
    Say.DRILL_ANNOUNCED: frozenset({"ANNOUNCED"}),
    Say.DRILL_SOON: frozenset({"PLANNED", "ANNOUNCED"}),
    Say.DRILL_STARTS: frozenset({"RUNNING"}),
    Say.DRILL_OVERRUN: frozenset({"RUNNING"}),
    Say.DRILL_INJECT: frozenset({"RUNNING"}),
    Say.DRILL_CUE: frozenset({"RUNNING"}),
    Say.DRILL_REPORT: frozenset({"STOPPED"}),
}
"""The states in which each message still means something. Those that are not named always do. That a drill cannot be planned holds in none: it has been."""


TO_WHO_LEADS = frozenset({
    Say.DRILL_APPROVE, Say.DRILL_DECIDED, Say.DRILL_NOT_STARTED, Say.DRILL_OVERRUN, Say.DRILL_REPORT, Say.DRILL_FINDING, Say.DRILL_FINDING_DUE,
    Say.DRILL_PLANNED, Say.DRILL_NOT_PLANNED, Say.DRILL_OVERDUE,
})  # fmt: skip
"""What somebody must do who leads it or owns a finding, also where he takes no part in it himself."""


def stale(order: Order, state: str, left_out: tuple[str, ...]) -> bool:
    """Whether a message must no longer go out: the drill has gone on, or its recipient has been left out since."""
    return (order.recipient in left_out and order.say not in TO_WHO_LEADS) or state not in WHILE.get(order.say, frozenset({state}))
