"""The words of a push, in three languages. They stand on lock screens: no names, no places, and a drill says so first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

LANGUAGES = ("nb", "nn", "en")

Words = Mapping[str, str]

# {time}: when the alarm was opened, so that a stack of notifications reads correctly; {now}: when this was sent.

TITLES: dict[str, Words] = {
    "emergency": {"nb": "ALARM {time} – åpne Varde", "nn": "ALARM {time} – opne Varde", "en": "ALARM {time} – open Varde"},
    "assist": {"nb": "ASSISTANSE {time} – åpne Varde", "nn": "ASSISTANSE {time} – opne Varde", "en": "ASSISTANCE {time} – open Varde"},
    "drill": {"nb": "ØVELSE {time} – åpne Varde", "nn": "ØVING {time} – opne Varde", "en": "EXERCISE {time} – open Varde"},
    "real": {"nb": "EKTE ALARM {time} – ikke øvelse", "nn": "EKTE ALARM {time} – ikkje øving", "en": "REAL ALARM {time} – no exercise"},
    "discreet": {"nb": "Sak {time} – åpne Varde", "nn": "Sak {time} – opne Varde", "en": "Case {time} – open Varde"},
    "discreet_drill": {"nb": "ØVELSE: sak {time}", "nn": "ØVING: sak {time}", "en": "EXERCISE: case {time}"},
    "all_clear": {"nb": "AVSLUTTET {now} – alarmen {time}", "nn": "AVSLUTTA {now} – alarmen {time}", "en": "ENDED {now} – the alarm {time}"},
    "all_clear_drill": {
        "nb": "ØVELSE AVSLUTTET {now} – øvelsen {time}", "nn": "ØVING AVSLUTTA {now} – øvinga {time}", "en": "EXERCISE ENDED {now} – started {time}",
    },
    "wish_to_talk": {"nb": "Noen vil snakke – åpne Varde", "nn": "Nokon vil snakke – opne Varde", "en": "Somebody wants to talk – open Varde"},
    "test": {"nb": "Varde-test {now}", "nn": "Varde-test {now}", "en": "Varde test {now}"},
}  # fmt: skip

BODIES: dict[str, Words] = {
    "alarm": {"nb": "Se hvor, og svar om du kommer.", "nn": "Sjå kvar, og svar om du kjem.", "en": "See where, and say whether you are coming."},
    "changed": {"nb": "Noe er endret. Se på alarmen nå.", "nn": "Noko er endra. Sjå på alarmen no.", "en": "Something has changed. Look now."},
    "may_be_over": {
        "nb": "Kan være over – fortsett til noen har sett dem.", "nn": "Kan vere over – hald fram til nokon har sett dei.",
        "en": "May be over – carry on until someone has seen them.",
    },
    "ask": {"nb": "Varde spør deg om noe. Svar nå.", "nn": "Varde spør deg om noko. Svar no.", "en": "Varde asks you something. Answer now."},
    "all_clear": {"nb": "Ingen flere trenger å komme.", "nn": "Ingen fleire treng å kome.", "en": "Nobody else needs to come."},
    "cancelled": {"nb": "Avbrutt. Ingen trenger å komme.", "nn": "Avbroten. Ingen treng å kome.", "en": "Cancelled. Nobody needs to come."},
    "discreet": {"nb": "Se når du kan.", "nn": "Sjå når du kan.", "en": "Look when you can."},
    "wish_to_talk": {
        "nb": "Etter alarmen {time}. Følg opp.", "nn": "Etter alarmen {time}. Følg opp.", "en": "After the alarm at {time}. Follow it up.",
    },
    "test": {
        "nb": "Alt i orden: du kan varsles her.", "nn": "Alt i orden: du kan varslast her.",
        "en": "All well: you can be alerted here.",
    },
}  # fmt: skip


BUTTONS: dict[str, Words] = {
    "extend_15": {"nb": "+15 min", "nn": "+15 min", "en": "+15 min"},
    "check_out": {"nb": "Sjekk ut …", "nn": "Sjekk ut …", "en": "Check out …"},
}


def wish_to_talk(language: str, opened_at: datetime) -> tuple[str, str]:
    """Title and body; `opened_at` by the office's clock."""
    return TITLES["wish_to_talk"][language], BODIES["wish_to_talk"][language].format(time=f"{opened_at:%H:%M}")


def language_of(asked: str) -> str:
    return asked if asked in LANGUAGES else "nb"
