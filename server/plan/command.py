"""`varde plan`: tries a press on what is applied, or on a folder that is not yet, and says who gets what by which channel when."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path

from server.config.loading import ConfigError, Loaded, read
from server.config.files import content_of
from server.apply.configuration import present
from server.core.directory import Directory, Duty
from server.core.phones import Health, health
from server.core.signals import Kind
from server.core.values import replace
from server.plan.report import HERE, as_json, report
from server.plan.trial import PlanError, Press, buttons, on_duty, try_press
from server.plan.words import say
from server.senders.demo import CHANNELS
from server.settings import Settings
from server.store.contract import Store

KNOWN_MAX = 12
"""Of a long list those are named that look most like what was asked for."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What is tried on: a configuration, who is on duty there (`duty`: a phrase), and who can be pushed to (None: everybody may be)."""

    loaded: Loaded
    directory: Directory
    duty: str
    pushable: frozenset[str] | None


def run(options: argparse.Namespace, settings: Settings, now: datetime, opened: Callable[[], Store | None]) -> int:
    """Gives the exit code. `opened` gives the store, None where there is no database yet."""
    try:
        tried = _from_folder(options.folder, settings) if options.folder else _applied(settings, now, opened)
    except ConfigError as error:
        print(error)
        return 1
    language = options.language or tried.loaded.deployment.default_language
    try:
        tried = _with_duty(tried, options.present, options.on_duty)
        press = _press(options, tried.directory, now)
        used = options.channels or _set_up(tried.loaded, settings.demo)
        trial = try_press(press, tried.directory, used, tried.pushable)
    except PlanError as error:
        print(f"{say(language, error.key, asked=error.asked)} {_known(language, error)}".strip(), file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps(as_json(trial, used), ensure_ascii=False, indent=1))
    else:
        for line in report(trial, language, tried.duty, used, tried.pushable is None, options.words):
            print(line)
    return 0


def _known(language: str, error: PlanError) -> str:
    if error.key == "raises_nothing":
        return ""
    if not error.known:
        return say(language, "there_are_none")
    close = get_close_matches(error.asked, error.known, KNOWN_MAX, 0.3) if len(error.known) > KNOWN_MAX else error.known
    shown = close or error.known[:KNOWN_MAX]
    more = f" … (+{len(error.known) - len(shown)})" if len(shown) < len(error.known) else ""
    return say(language, "there_are", known=", ".join(shown) + more)


# ---------------------------------------------------------------- what is tried on


def _from_folder(folder: Path, settings: Settings) -> Tried:
    loaded = read(folder, content_of(folder, settings.content_dir))
    return Tried(loaded, loaded.directory, "duty_files", None)


def _applied(settings: Settings, now: datetime, opened: Callable[[], Store | None]) -> Tried:
    """What counts, with the duty of this moment and the phones that are signed up; the files' where nothing has been applied."""
    store = opened()
    if store is None:
        return _from_folder(settings.config_dir, settings)
    with closing(store):
        applied = present(store)
        if applied is None:
            return _from_folder(settings.config_dir, settings)
        directory = replace(applied.loaded.directory, duty=store.duty(), away=store.away())
        pushable = frozenset(one.person_id for one in store.phones() if health(one, now) is not Health.DEAD)
    return Tried(applied.loaded, directory, "duty_now", pushable)


def _with_duty(tried: Tried, in_house: list[str] | None, elsewhere: list[str] | None) -> Tried:
    """With those on duty who were named. Files that say nobody, which is usual before an office is in use, are tried with everybody."""
    directory = tried.directory
    if in_house is not None or elsewhere is not None:
        everybody = [name for name, extra in tried.loaded.people_extra.items() if extra.surface != "wallboard"]
        chosen, others = ((everybody if names == ["all"] else names or []) for names in (in_house, elsewhere))
        return Tried(tried.loaded, on_duty(directory, chosen, others), "duty_asked", tried.pushable)
    if tried.duty == "duty_files" and not any(duty is not Duty.OFF for duty in directory.duty.values()):
        return Tried(tried.loaded, _with_duty(tried, ["all"], None).directory, "duty_all", tried.pushable)
    return tried


def _press(options: argparse.Namespace, directory: Directory, now: datetime) -> Press:
    device = directory.devices.get(options.device or "")
    office_id = options.office or (device.office_id if device else None)
    if office_id is None and options.device is not None:
        raise PlanError("no_device", options.device, buttons(directory))
    if office_id is None:
        if len(directory.offices) > 1:
            raise PlanError("which_office", "", directory.offices)
        office_id = next(iter(directory.offices))
    here = now.astimezone(HERE)
    at = here.replace(hour=options.at[0], minute=options.at[1], second=0, microsecond=0) if options.at else here
    kind = Kind(options.kind) if options.kind else None
    return Press(at, office_id, options.device, options.zone, options.situation, options.by, kind, tuple(options.answer), options.shown)


def _set_up(loaded: Loaded, demo: bool) -> tuple[str, ...]:
    """Push, which everyone has, and what the deployment's file sets up. The demo pretends to have all."""
    channels = loaded.deployment.channels
    return ("push", *(one for one in CHANNELS if demo or (channels is not None and getattr(channels, one) is not None)))
