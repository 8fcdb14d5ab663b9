"""What `varde plan` may be asked, as the command line has it."""

from __future__ import annotations

import argparse
import math
from datetime import datetime
from pathlib import Path

from server.core.signals import RAISING

CHANNELS = ("push", "sms", "voice", "email", "chat", "webhook")


def add(one: argparse.ArgumentParser) -> None:
    one.add_argument("folder", metavar="FOLDER", nargs="?", type=Path, help="the offices' files (default: what has been applied)")
    one.add_argument("--office", metavar="ID", help="default: the device's, else the only one")
    what = one.add_argument_group("what is pressed (default: panic, by nobody in particular)")
    what.add_argument("--device", metavar="ID", help="this button or portable alarm")
    what.add_argument("--zone", metavar="ID", help="in this zone")
    what.add_argument("--situation", metavar="ID", help="as if a device started these cards")
    what.add_argument("--kind", choices=sorted(kind.value for kind in RAISING), help="default: panic")
    what.add_argument("--by", metavar="PERSON", help="this person presses, in the app or the named device")
    what.add_argument("--at", metavar="HH:MM", type=_clock, help="the time that the messages say (default: now)")
    who = one.add_argument_group("who is on duty (default: as it is now; with FOLDER: as the files say)")
    who.add_argument("--present", metavar="PERSON,…", type=_names, help="these are in the house; or all")
    who.add_argument("--on-duty", metavar="PERSON,…", type=_names, help="these are on duty elsewhere; or all")
    one.add_argument(
        "--answer", metavar="PERSON=SECONDS", type=_answer, action="append", default=[],
        help="answers 'I am coming' so long after the press; may be repeated",
    )  # fmt: skip
    one.add_argument("--shown", action="store_true", help="every phone says that it has shown its push (default: none does, so that all is tried)")
    one.add_argument("--channels", metavar="CHANNEL,…", type=_channels, help="as if these were set up (default: push and what the deployment has)")
    one.add_argument("--words", action="store_true", help="also what is said by each channel")
    one.add_argument("--json", action="store_true", help="for machines; with all names")
    one.add_argument("--language", choices=["nb", "nn", "en"], default="", help="default: the installation's")


def _names(text: str) -> list[str]:
    return [one for part in text.split(",") if (one := part.strip()) and one != "none"]


def _channels(text: str) -> tuple[str, ...]:
    known = CHANNELS
    asked = _names(text)
    if unknown := [one for one in asked if one not in known]:
        raise argparse.ArgumentTypeError(f"there is no channel '{unknown[0]}': {', '.join(known)}")
    return tuple(one for one in known if one in asked)


def _clock(text: str) -> tuple[int, int]:
    try:
        asked = datetime.strptime(text, "%H:%M")
    except ValueError:
        raise argparse.ArgumentTypeError("must be a time of day, such as 14:30") from None
    return asked.hour, asked.minute


def _answer(text: str) -> tuple[str, float]:
    who, _, after = text.rpartition("=")
    try:
        seconds = float(after)
    except ValueError:
        seconds = math.nan
    if not who or not 0 <= seconds <= 3600:
        raise argparse.ArgumentTypeError("must be a person and the seconds after the press, at most 3600, such as ola.brekke=25")
    return who, seconds
