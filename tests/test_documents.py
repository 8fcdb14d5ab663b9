"""What the documents tell people to type exists: each command of ours, with its options, and each file of ours that they name."""

from __future__ import annotations

import argparse
import re
import shlex
from pathlib import Path

import pytest

from server.__main__ import _parser
from server.install.__main__ import parser as install_parser
from server.settings import read_settings

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "config/README.md", *sorted((ROOT / "docs").glob("*.md"))]
SPAN = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^(?:sudo |\.venv/bin/|docker compose exec \S+ /varde/config/production/)*(?:varde|container) (.*)$")


def lines(document: Path) -> list[str]:
    """What is to be typed: the lines of blocks, with those that go on, and what stands between backticks."""
    text = document.read_text(encoding="utf-8")
    blocks = [line for block in FENCE.findall(text) for line in block.replace("\\\n", " ").splitlines()]
    return [line.strip() for line in [*blocks, *SPAN.findall(FENCE.sub("", text))]]


def typed(line: str) -> list[str]:
    """The words of a command, without its remark, and with something in the place of what is left open."""
    line = re.split(r"\s{2,}|\s#|;|\s\|\s|\s>\s", line)[0]
    return [{"URL": "https://x.example", "…": "x"}.get(word, word) for word in shlex.split(line, comments=True)]


def ours() -> list[tuple[str, str]]:
    found = []
    for document in DOCUMENTS:
        for line in lines(document):
            for part in line.split(" | "):
                if (match := COMMAND.match(part)) and not match[1].startswith(("-", "…")):
                    found.append((document.name, match[1]))
    return sorted(set(found))


def test_there_are_commands_to_look_at() -> None:
    assert len(ours()) > 40


@pytest.mark.parametrize(("document", "said"), ours(), ids=lambda value: str(value)[:60])
def test_a_command_of_the_documents_is_one_of_ours(document: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = typed(said)
    known = next(action for action in _parser()._actions if isinstance(action, argparse._SubParsersAction)).choices
    assert words[0] in known, f"{document}: there is no 'varde {words[0]}'"
    if len(words) == 1:
        return  # named in the text, not typed
    try:
        _parser().parse_args(words)
    except SystemExit:
        pytest.fail(f"{document}: varde {said}: {capsys.readouterr().err.splitlines()[-1]}")


def test_an_option_of_the_installation_that_the_documents_name_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    parser = install_parser()
    known = {option for action in parser._actions for option in action.option_strings}
    for document in DOCUMENTS:
        for line in lines(document):
            if "config/production/install" in line:
                asked = set(re.findall(r"(--[a-z-]+)", line))
                assert asked <= known, f"{document.name}: {asked - known}"


def test_a_setting_that_the_documents_name_is_one_that_is_read() -> None:
    readers = [path for folder in ("server", "device_gateway") for path in (ROOT / folder).rglob("*.py")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in [*readers, ROOT / "docker-compose.yml"])
    for document in DOCUMENTS:
        for name in set(re.findall(r"\bVARDE_([A-Z_]+[A-Z])\b", document.read_text(encoding="utf-8"))):
            short = name.removeprefix("GATEWAY_")
            assert name.startswith(("SECRET", "SIM", "INSTALL")) or f'"{short}"' in code or f"VARDE_{name}" in code, f"{document.name}: VARDE_{name}"
    assert read_settings({}).port == 8080


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_file_or_page_that_a_document_points_to_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)", text):
        assert (document.parent / target).exists(), f"{document.name} points to {target}"
    for named in re.findall(r"`((?:config|docs|server|tests|bench|pwa|device_gateway|firmware_sim)/[\w./-]+\.\w+)`", text):
        assert (ROOT / named).exists(), f"{document.name} names {named}"
