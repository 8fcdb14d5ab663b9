"""The commands that put a configuration into the database and take it out again: `varde apply` and `varde export`."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from server.site import secrets_file
from server.config.deployment import ChannelsShape
from server.config.loading import ConfigError, gather, read_files
from server.apply.diff import changed_files, differences
from server.config.files import CONTENT, digest, put
from server.apply.impact import impact
from server.apply.report import at, report
from server.apply.words import YES, say
from server.apply.configuration import LOOK_S, apply, present
from server.settings import Settings
from server.store.contract import Conflict, Store


def apply_command(
    settings: Settings, store: Store, folder: Path, content: Path, yes: bool, by: str, language: str, ring: Callable[[], None],
    lack: Callable[[ChannelsShape | None], str],
) -> int:  # fmt: skip
    """Checks, shows what would change, asks, and applies. Gives the exit code. `lack`: why no server here would start with these channels."""
    try:
        gathered = gather(folder, content)
        after = read_files(gathered)
    except ConfigError as error:
        count = len(error.problems)
        print(f"{error}\n\n{count} {'mistake' if count == 1 else 'mistakes'}: nothing has been applied.")
        return 1
    language = language or after.deployment.default_language
    applied = present(store)
    kept = applied.kept if applied else None
    if kept is not None and applied is not None and kept.version == applied.newest and kept.digest == digest(gathered.files):
        print(say(language, "same", version=kept.version, at=at(kept.at), by=kept.by))
        return 0
    before = applied.loaded if applied else None
    found = differences(before, after)
    felt = impact(store, before, after, found, _gateways(settings))
    print(say(language, "first") if kept is None else say(language, "against", version=kept.version, at=at(kept.at), by=kept.by))
    for line in report(before, after, found, felt, after.problems, language):
        print(line)
    if kept is not None and not found:
        print("\n" + say(language, "only_layout", files=", ".join(changed_files(kept.files, gathered.files))))
    if what := lack(after.deployment.channels):
        print("\n" + say(language, "channels_lack", what=what))
    holders = sum(extra.pin is not None for extra in after.people_extra.values())
    if holders and not settings.demo:
        print("\n" + say(language, "pins", count=holders))
    print()
    if felt.refused:
        print(say(language, "refused"))
        return 1
    if not yes and not _asked(language):
        return 2
    try:
        new = apply(store, gathered, after, by or _me(), datetime.now(UTC), applied.newest if applied else 0)
    except Conflict:
        print(say(language, "overtaken"))
        return 1
    ring()
    print(say(language, "applied", version=new.version, seconds=round(LOOK_S)))
    return 0


def export_command(store: Store, folder: Path | None, version: int | None) -> int:
    """Writes what was applied, byte for byte; without a folder it says which versions there are."""
    if folder is None:
        versions = store.configurations()
        for one in versions:
            kept = "" if store.configuration(one.version) else "  (files no longer kept)"
            print(f"{one.version:>6}  {at(one.at)}  {one.by}{kept}")
        if not versions:
            print("Nothing has been applied yet.")
        return 0
    kept_one = store.configuration(version)
    if kept_one is None:
        print("There is no such version, or its files are no longer kept: 'varde export' without a folder lists them.", file=sys.stderr)
        return 2
    put(kept_one.files, folder)
    own = sum(not name.startswith(CONTENT) for name in kept_one.files)
    print(f"Version {kept_one.version}, applied {at(kept_one.at)} by {kept_one.by}: {own} files in {folder}, {len(kept_one.files) - own} in {folder}/content.")
    return 0


def _asked(language: str) -> bool:
    if not sys.stdin.isatty():
        print(say(language, "no_terminal"))
        return False
    try:
        answer = input(say(language, "ask"))
    except EOFError:
        answer = ""
    if answer.strip().lower() in YES:
        return True
    print(say(language, "not_applied"))
    return False


def _me() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "?"


def _gateways(settings: Settings) -> dict[str, tuple[str, ...]]:
    known = secrets_file.read(settings.secrets_file)
    return {name: tuple(one["offices"]) for name, one in (known.get("gateways") or {}).items()}


