"""Takes in the files of a configuration as bytes, once: what is checked is what is applied, and what is given back."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from server.config.strict_yaml import ConfigError, Problem

Files = Mapping[str, bytes]
"""Name → bytes. The offices' files by their names, the content's with CONTENT before them."""

CONTENT = "content/"
KINDS = {"": (".yaml", ".yml", ".csv", ".svg"), CONTENT: (".yaml", ".yml")}
FILE_MAX_BYTES = 4_000_000  # a list of 10,000 devices is 1.5 MB; more is not something that people edit
FILES_MAX = 1000  # one for each office: more than there are
ALL_MAX_BYTES = 100_000_000  # every office of the country is some 30 MB


@dataclass(frozen=True, slots=True)
class Gathered:
    """`left_out`: names of files in the folder that Varde does not read. `unreadable`: files that should have been here."""

    files: Files
    left_out: tuple[str, ...] = ()
    unreadable: tuple[Problem, ...] = ()


def gather(folder: Path, content: Path) -> Gathered:
    """The files in `folder`, and the content. Raises ConfigError for a folder that cannot be read; a file that cannot is named in
    `unreadable`, so that all mistakes can be told at once."""
    files: dict[str, bytes] = {}
    left_out: list[str] = []
    unreadable: list[Problem] = []
    for prefix, where in (("", folder), (CONTENT, content)):
        for path in _listed(where):
            if path.suffix.lower() not in KINDS[prefix]:
                left_out += [path.name] if _looks_meant(path) and not prefix else []
                continue
            try:
                files[prefix + path.name] = _bytes(path)
            except ConfigError as error:
                unreadable += error.problems
    if sum(map(len, files.values())) > ALL_MAX_BYTES:
        raise ConfigError([Problem(str(folder), 0, f"holds more than {ALL_MAX_BYTES // 1_000_000} MB: is it the right folder?")])
    return Gathered(files, tuple(left_out), tuple(unreadable))


def content_of(folder: Path, usual: Path) -> Path:
    """The content that goes with a folder: its own folder `content` where it has one, as `varde export` writes it; else the usual one."""
    own = folder / CONTENT.rstrip("/")
    return own if own.is_dir() else usual


def _listed(folder: Path) -> Iterator[Path]:
    try:
        paths = sorted(path for path in folder.iterdir() if not path.name.startswith((".", "~")))
    except OSError as error:
        raise ConfigError([Problem(str(folder), 0, f"cannot be read as a folder: {error.strerror}.")]) from None
    if len(paths) > FILES_MAX:
        raise ConfigError([Problem(str(folder), 0, f"holds more than {FILES_MAX} files: is it the right folder?")])
    return iter(paths)


def _looks_meant(path: Path) -> bool:
    """Whether somebody may believe that Varde reads this: an editor's `.yaml.txt`, a workbook. A note to people is none."""
    name, mistaken = path.name.lower(), (".yam", ".ymal", ".xlsx", ".xls", ".ods", ".json", ".toml", ".yaml.txt", ".yml.txt", ".csv.txt")
    return path.is_file() and name.endswith(mistaken)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            body = file.read(FILE_MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError([Problem(path.name, 0, f"cannot be read: {error.strerror or 'unknown reason'}.")]) from None
    if len(body) > FILE_MAX_BYTES:
        what = f"is larger than {FILE_MAX_BYTES // 1_000_000} MB: divide it, or take out what does not belong in it."
        raise ConfigError([Problem(path.name, 0, what)])
    return body


def digest(files: Files) -> str:
    """Fingerprint of all names and bytes: the same configuration has the same one."""
    whole = hashlib.sha256()
    for name in sorted(files):
        whole.update(f"{len(name)}:{name}:{len(files[name])}:".encode() + files[name])
    return whole.hexdigest()


def put(files: Files, folder: Path) -> None:
    """Writes them byte for byte, as `gather` takes them in: all, or (when it breaks off) nothing under that name.

    Raises FileExistsError where something stands there already: nothing of an office's is written over.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(17, "there is something already: name a folder that is new or empty", str(folder))
    draft = folder.with_name(folder.name + ".new")
    shutil.rmtree(draft, ignore_errors=True)
    for name, body in files.items():
        path = draft / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    draft.mkdir(exist_ok=True)
    os.replace(draft, folder)
