"""The demo's outbox over a kill, and what a storm of messages costs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.senders import demo
from server.senders.demo import KEPT, Outbox


def said(n: int) -> dict[str, object]:
    return {
        "at": "2026-11-21T10:00:00Z", "channel": "sms", "recipient": "ola", "name": "Ola", "address": "+47", "text": f"ALARM {n} æøå", "language": "nb",
        "drill": False, "keys": True, "alarm_id": "a-1", "token": f"t-{n}",
    }  # fmt: skip


def test_what_was_sent_and_answered_is_there_after_a_kill_and_numbers_go_on(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.jsonl")
    outbox.add(**said(1))
    outbox.add(**said(2))
    outbox.answered(1, "1", "Takk", "2026-11-21T10:00:05Z")
    again = Outbox(tmp_path / "outbox.jsonl")
    assert again.all()[1] == outbox.all()[1]
    again.add(**said(3))
    assert [one["id"] for one in again.all()[1]] == [3, 2, 1]
    assert again.find(1).answers == [{"key": "1", "reply": "Takk", "at": "2026-11-21T10:00:05Z"}]  # type: ignore[union-attr]


@pytest.mark.parametrize("cut", range(1, 40, 3))
def test_a_line_that_was_cut_off_takes_no_other_with_it(tmp_path: Path, cut: int) -> None:
    file = tmp_path / "outbox.jsonl"
    outbox = Outbox(file)
    outbox.add(**said(1))
    outbox.add(**said(2))
    file.write_bytes(file.read_bytes()[:-cut])
    again = Outbox(file)
    again.add(**said(3))
    assert [one["text"] for one in Outbox(file).all()[1]][-1] == "ALARM 1 æøå"
    assert Outbox(file).all()[1][0]["text"] == "ALARM 3 æøå"


def test_a_message_is_a_line_and_the_file_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "LINES_MOST", 2 * KEPT)
    file = tmp_path / "outbox.jsonl"
    outbox, anew, lines = Outbox(file), 0, 0
    for n in range(5 * KEPT):
        before = lines
        outbox.add(**said(n))
        lines = len(file.read_bytes().splitlines())
        anew += lines <= before
        assert lines <= 2 * KEPT
    assert anew <= 4, "not at each message"
    assert [one["text"] for one in Outbox(file).all()[1]] == [f"ALARM {n} æøå" for n in reversed(range(4 * KEPT, 5 * KEPT))]


def test_an_outbox_that_cannot_be_written_anew_keeps_no_server_from_starting(tmp_path: Path) -> None:
    file = tmp_path / "outbox.jsonl"
    Outbox(file).add(**said(1))
    with file.open("ab") as cut_off:
        cut_off.write(b'{"id": 2, "chan')
    (tmp_path / "outbox.new").mkdir()  # stands for a full disk
    assert [one["id"] for one in Outbox(file).all()[1]] == [1]
    (tmp_path / "outbox.new").rmdir()
    again = Outbox(file)
    again.add(**said(2))
    assert [one["id"] for one in Outbox(file).all()[1]] == [2, 1], "what is added stands on a line of its own"
