"""The house rules that a machine can read: who may import whom, what the core may never do, how long things may be, what no file may name."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OURS = ("server", "device_gateway", "firmware_sim", "tests", "bench")
WARN_LINES, MOST_LINES = 400, 500
WARN_FUNCTION, MOST_FUNCTION = 60, 100

# Each was one table or one contract that reads better in one piece. They may not grow beyond this; no others may come.
LONG_FILES: dict[str, int] = {}

# Which of our modules each room may import, beside itself. The longest name that fits decides.
ROOMS: dict[str, tuple[str, ...]] = {
    "server.core": (),
    "server.store": ("server.core",),
    "server.senders": ("server.core",),
    "server.flow": ("server.core", "server.store.contract", "server.senders.contract"),
    "server.web": ("server.core", "server.flow"),
    "server.config": ("server.core", "server.senders"),
    "server.apply": ("server.core", "server.config", "server.store.contract", "server.flow.bell", "server.flow.looking"),
    "server.apply.commands": ("server",),
    "server.plan": ("server.core", "server.flow", "server.senders.contract", "server.senders.demo", "server.store.contract", "server.store.memory"),
    "server.plan.command": ("server",),
    "server.site": ("server.core.directory",),
    "server.site.broker_files": ("server.core.directory", "server.site", "device_gateway.broker"),
    "server.maps": (),
    "server.watching": ("server.core", "server.flow", "server.store.contract"),
    "server.install": (),
    "server.demo": ("server.core.directory", "server.core.values", "server.site.secrets_file", "device_gateway.broker"),
    "server.demo.site": (
        "server.core.values", "server.demo", "server.config", "server.apply", "server.store",
        "server.settings", "server.site.secrets_file", "device_gateway.broker",
    ),
    "server.settings": (),
    "server.shared_bell": ("server.flow.bell",),
    "server.wiring": ("server",),
    "server.wiring_channels": ("server",),
    "server.wiring_jobs": ("server",),
    "server.channels_command": ("server",),
    "server.commands": ("server",),
    "server.__main__": ("server",),
    "server": (),
    "device_gateway": ("server.core.signals", "server.core.phrases", "server.core.values"),
    "firmware_sim": (),
}
ENTRANCES = ("server.wiring", "server.wiring_channels", "server.wiring_jobs", "server.channels_command", "server.commands", "server.__main__", "server.demo")
"""Nobody imports these but each other: what knows everything must not be leaned on."""

CORE_BANNED = {"time", "random", "secrets", "uuid", "os", "io", "pathlib", "socket", "threading", "asyncio", "subprocess", "sqlite3", "logging", "sys"}
CORE_BANNED_CALLS = {"open", "print", "input", "eval", "exec"}
CLOCKS = {"now", "utcnow", "today"}

# The app's folders from the bottom up: each may use those named, beside itself. `safety` is what the domain folders share.
SHARED = ("core", "io", "i18n", "ui", "safety")
APP: dict[str, tuple[str, ...]] = {
    "core": (),
    "io": ("core",),
    "i18n": ("core",),
    "ui": ("core", "io", "i18n"),
    "safety": ("core", "io", "i18n", "ui"),
    "sw": ("core", "io"),
}


@cache
def tracked() -> tuple[str, ...]:
    """The files that belong to the project: those that git knows of and those that it would take in."""
    found = subprocess.run(["git", "ls-files", "-z", "-c", "-o", "--exclude-standard"], cwd=ROOT, capture_output=True, check=False)
    if found.returncode:
        pytest.skip("not a git checkout")
    return tuple(sorted({name for name in found.stdout.decode().split("\0") if name and (ROOT / name).is_file()}))


@cache
def trees() -> dict[str, ast.Module]:
    return {name: ast.parse((ROOT / name).read_bytes(), name) for name in tracked() if name.endswith(".py")}


def module_of(name: str) -> str:
    parts = Path(name).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def imports(name: str, tree: ast.Module, running: bool = False) -> Iterator[tuple[int, str]]:
    """Every module that a file imports, with its line; `from a import b` is a.b where that is a module of ours, else a.
    `running`: without what is imported for its types only."""
    typing = {id(inner) for node in ast.walk(tree) if running and for_types(node) for inner in ast.walk(node)}
    package = module_of(name).split(".") if name.endswith("__init__.py") else module_of(name).split(".")[:-1]
    for node in ast.walk(tree):
        if id(node) in typing:
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*package[: len(package) - node.level + 1], *([node.module] if node.module else [])])
            for alias in node.names:
                inner = ROOT.joinpath(*base.split("."), alias.name)
                is_module = inner.is_dir() or inner.with_suffix(".py").is_file()
                yield node.lineno, f"{base}.{alias.name}" if is_module else base


def inside(module: str, room: str) -> bool:
    return module == room or module.startswith(room + ".")


def room_of(module: str) -> str | None:
    return max((room for room in ROOMS if inside(module, room)), key=len, default=None)


def test_every_room_imports_only_what_it_may() -> None:
    wrong = []
    for name, tree in trees().items():
        module = module_of(name)
        room = room_of(module)
        if room is None:
            continue
        for line, imported in imports(name, tree):
            if imported.split(".")[0] not in OURS or inside(imported, room) and room != "server" or imported == "server":
                continue
            if not any(inside(imported, allowed) for allowed in ROOMS[room]):
                wrong.append(f"{name}:{line}: {room} may not import {imported}")
    assert not wrong, "\n".join(wrong)


def test_nothing_imports_in_a_circle() -> None:
    """What is imported only for its types does not count: it is not there when the program runs."""
    modules = {module_of(name): name for name in trees()}
    arrows = {
        module: {found for _, found in imports(name, trees()[name], running=True) if found in modules and found != module}
        for module, name in modules.items()
        if name.startswith(("server/", "device_gateway/", "firmware_sim/"))
    }
    while ends := [module for module, to in arrows.items() if not to & arrows.keys()]:
        for module in ends:
            del arrows[module]
    assert not arrows, "\n".join(f"{module} -> {', '.join(sorted(to & arrows.keys()))}" for module, to in sorted(arrows.items()))


def test_nobody_leans_on_what_knows_everything() -> None:
    wrong = []
    for name, tree in trees().items():
        module = module_of(name)
        if not name.startswith(("server/", "device_gateway/", "firmware_sim/")) or any(inside(module, entrance) for entrance in ENTRANCES):
            continue
        wrong += [f"{name}:{line}: {found}" for line, found in imports(name, tree) if any(inside(found, entrance) for entrance in ENTRANCES)]
    assert not wrong, "\n".join(wrong)


def test_the_core_has_no_clock_no_chance_no_hands_and_no_framework() -> None:
    wrong = []
    for name, tree in trees().items():
        if not name.startswith("server/core/"):
            continue
        for line, imported in imports(name, tree):
            top = imported.split(".")[0]
            if (name, top) == ("server/core/values.py", "msgspec"):
                continue  # what a value is made of
            if top in CORE_BANNED or (top != "server" and top not in sys.stdlib_module_names):
                wrong.append(f"{name}:{line}: the core may not import {imported}")
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            called = node.func
            if isinstance(called, ast.Name) and called.id in CORE_BANNED_CALLS:
                wrong.append(f"{name}:{node.lineno}: the core may not call {called.id}")
            if isinstance(called, ast.Attribute) and called.attr in CLOCKS:
                wrong.append(f"{name}:{node.lineno}: the core has no clock; time is handed in")
    assert not wrong, "\n".join(wrong)


def test_every_file_opens_with_a_sentence_on_what_it_is_for() -> None:
    silent = [name for name, tree in trees().items() if (ROOT / name).read_text().strip() and not (ast.get_docstring(tree) or "").strip()]
    assert not silent, "\n".join(silent)


def test_files_and_functions_are_short_enough_to_be_read() -> None:
    """In tests a long file is only said: a table of cases is long by nature. A migration is a list, written once and never changed."""
    wrong = []
    for name, tree in trees().items():
        lines = len((ROOT / name).read_text().splitlines())
        ours = not name.startswith(("tests/", "server/store/migrations/versions/"))
        if ours and lines > LONG_FILES.get(name, MOST_LINES):
            wrong.append(f"{name} has {lines} lines, of at most {LONG_FILES.get(name, MOST_LINES)}: divide it")
        elif lines > WARN_LINES:
            warnings.warn(f"{name} has {lines} lines", stacklevel=1)
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if ours and length > MOST_FUNCTION:
                    wrong.append(f"{name}:{node.lineno}: {node.name} has {length} lines, of at most {MOST_FUNCTION}: divide it")
                elif length > WARN_FUNCTION:
                    warnings.warn(f"{name}:{node.lineno}: {node.name} has {length} lines", stacklevel=1)
    assert not wrong, "\n".join(wrong)


APP_IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*['"](\.{1,2}/[^'"]*)['"]""")


def test_the_apps_folders_import_only_what_they_may() -> None:
    wrong = []
    source = ROOT / "pwa/src"
    for name in tracked():
        path = ROOT / name
        if not name.startswith("pwa/src/") or path.suffix not in (".ts", ".tsx") or path.parent == source:
            continue
        folder = path.relative_to(source).parts[0]
        for found in APP_IMPORT.findall(path.read_text()):
            target = (path.parent / found).resolve()
            if not target.is_relative_to(source):
                continue
            other = target.relative_to(source).parts[0]
            if other != folder and other not in APP.get(folder, SHARED):
                wrong.append(f"{name}: {folder} may not import {found}")
    assert not wrong, "\n".join(wrong)


# In pieces, so that this file does not name them itself.
HOSTS = re.compile("|".join(re.escape(a + b) for a, b in (
    ("pypi", ".org"), ("pythonhosted", ".org"), ("registry.npm", "js.org"), ("registry.yarn", "pkg.com"), ("npmmirror", ".com"),
    ("deb.debian", ".org"), ("index", "-url"), ("crates", ".io"),
)))  # fmt: skip
MACHINE = re.compile(r"(?<![\w.])/(?:work|root|home/[a-z]\w*|Users/\w+|tmp/\w+)/\w")
BINARY = (".png", ".ico", ".woff", ".woff2", ".webp", ".jpg", ".svgz", ".mp3", ".ogg", ".wav", ".pdf", ".zip")


def texts() -> Iterator[tuple[str, str]]:
    for name in tracked():
        if not name.endswith(BINARY):
            yield name, (ROOT / name).read_text(encoding="utf-8", errors="replace")


def test_no_file_names_a_package_registry_or_a_path_of_somebodys_machine() -> None:
    wrong = []
    for name, text in texts():
        for pattern, what in ((HOSTS, "a registry"), (MACHINE, "a path of a machine")):
            if name == "Makefile" and pattern is HOSTS:
                text = text.replace("--no-emit-index" + "-url", "")
            found = pattern.search(text)
            if found:
                wrong.append(f"{name}:{text.count(chr(10), 0, found.start()) + 1}: names {what}: {found[0]}")
    assert not wrong, "\n".join(wrong)


def test_lock_files_carry_hashes_and_no_addresses() -> None:
    assert not [name for name in tracked() if Path(name).name in ("uv.lock", "poetry.lock", "yarn.lock", "pnpm-lock.yaml")]
    lock = json.loads((ROOT / "pwa/package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name.startswith("node_modules/") and not entry.get("link")}
    assert packages
    assert not [name for name, entry in packages.items() if str(entry.get("resolved", "")).startswith("http")]
    assert not [name for name, entry in packages.items() if "integrity" not in entry and not entry.get("inBundle")]


def test_no_secret_and_nothing_that_was_made_is_kept() -> None:
    made = re.compile(r"(^|/)(var|node_modules|dist|__pycache__|\.venv)/|\.(pyc|db|sqlite|pem|key|egg-info)$|secrets\.json$")
    assert not [name for name in tracked() if made.search(name)]
