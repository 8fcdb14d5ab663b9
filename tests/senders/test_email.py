"""E-mail, against real SMTP servers that take, refuse, ask for patience, or never answer."""

from __future__ import annotations

import email
import email.policy
import socket
import threading
from collections.abc import Iterator

import pytest

from server.core.drill.programme import Wheel
from server.core.model import Alarm, Drill
from server.core.orders import Result, Say, about_drill
from server.senders import email as channel
from server.senders.contract import Needs, Outcome
from server.senders.email import EmailSender, Mailbox
from tests.senders.conftest import GUARD, alarm_of, order_to
from tests.senders.vendor import MailServer


@pytest.fixture
def servers() -> Iterator[list[MailServer]]:
    made: list[MailServer] = []
    yield made
    for server in made:
        server.close()


def sender(servers: list[MailServer], needs: Needs, user: str = "", password: str = "", **how: object) -> EmailSender:
    servers.append(MailServer(**how))  # type: ignore[arg-type]
    return EmailSender(Mailbox("127.0.0.1", servers[-1].port, "varde@example.test", "none", user, password), needs)


def read(raw: bytes) -> email.message.EmailMessage:
    return email.message_from_bytes(raw, policy=email.policy.default)  # type: ignore[return-value]


def test_a_mail_says_it_in_the_subject_and_links_to_the_alarm(servers: list[MailServer], needs: Needs, alarm: Alarm) -> None:
    one = sender(servers, needs)
    assert one.send(order_to("ola.brekke", alarm), alarm) == Outcome(Result.ACCEPTED)
    [(to, raw)] = servers[0].mails
    mail = read(raw)
    assert to == ["ola@example.test"] and mail["Subject"] == "ALARM Mottak, Nav Fjordvik, kl. 11:00."
    assert mail["Auto-Submitted"] == "auto-generated" and mail["Importance"] == "high"
    assert f"https://varde.example.test/i/{alarm.id}" in mail.get_content()
    one.send(order_to(GUARD, alarm), alarm)
    assert "/i/" not in read(servers[0].mails[1][1]).get_content(), "somebody outside cannot sign in"


def test_what_is_overdue_links_to_the_wheel_and_is_not_marked_as_urgent(servers: list[MailServer], needs: Needs, alarm: Alarm) -> None:
    one, wheel = sender(servers, needs), Wheel("wheel-2026-12")
    order = about_drill(wheel.id, 1, "fjordvik", "ola.brekke", Say.DRILL_OVERDUE, ("email",), alarm.opened_at, "3", 2)
    assert one.send(order, wheel) == Outcome(Result.ACCEPTED)
    mail = read(servers[0].mails[0][1])
    assert mail["Subject"].startswith("ØVELSE: ") and mail["Importance"] is None
    assert "https://varde.example.test/ovelser/program/fjordvik" in mail.get_content()


def test_a_second_copy_can_be_known_by_its_id(servers: list[MailServer], needs: Needs, alarm: Alarm) -> None:
    one = sender(servers, needs)
    for _ in range(2):
        one.send(order_to("ola.brekke", alarm), alarm)
    first, again = (read(raw)["Message-ID"] for _, raw in servers[0].mails)
    assert first == again


def test_a_drill_says_so_first(servers: list[MailServer], needs: Needs) -> None:
    drill = alarm_of(drill=Drill("d-1", "Øvelsen"))
    sender(servers, needs).send(order_to("ola.brekke", drill), drill)
    mail = read(servers[0].mails[0][1])
    assert mail["Subject"].startswith("ØVELSE") and mail.get_content().startswith("ØVELSE")


def test_what_has_ended_an_exercise_says_first_that_it_is_real(servers: list[MailServer], needs: Needs) -> None:
    real = alarm_of(ended_drills=("a-0",))
    sender(servers, needs).send(order_to("ola.brekke", real, reason="was_drill"), real)
    mail = read(servers[0].mails[0][1])
    assert mail["Subject"].startswith("EKTE ALARM, ikke øvelse. ALARM") and mail.get_content().startswith("EKTE ALARM, ikke øvelse. ALARM")


@pytest.mark.parametrize(
    ("refuse", "outcome"),
    [
        ("550 no such user", Outcome(Result.PERMANENT, why="smtp_550")),
        ("451 greylisted, come back", Outcome(Result.RETRY, why="smtp_451")),
        ("452 mailbox full", Outcome(Result.RETRY, why="smtp_452")),
    ],
)
def test_never_and_not_now_are_told_apart(servers: list[MailServer], needs: Needs, alarm: Alarm, refuse: str, outcome: Outcome) -> None:
    assert sender(servers, needs, refuse=refuse).send(order_to("ola.brekke", alarm), alarm) == outcome
    assert not servers[0].mails


def test_a_wrong_password_is_the_accounts_fault(servers: list[MailServer], needs: Needs, alarm: Alarm) -> None:
    one = sender(servers, needs, "varde", "wrong", login=("varde", "right"))
    assert one.send(order_to("ola.brekke", alarm), alarm) == Outcome(Result.PERMANENT, why="refused_account")
    well = sender(servers, needs, "varde", "right", login=("varde", "right"))
    assert well.send(order_to("ola.brekke", alarm), alarm) == Outcome(Result.ACCEPTED)


def test_a_server_that_never_answers_is_not_waited_for(needs: Needs, alarm: Alarm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "TIMEOUT_S", 0.3)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        mailbox = Mailbox("127.0.0.1", deaf.getsockname()[1], "varde@example.test", "none")
        assert EmailSender(mailbox, needs).send(order_to("ola.brekke", alarm), alarm) == Outcome(Result.RETRY, why="timeout")


def test_a_server_that_says_nonsense_or_hangs_up_may_come_back(needs: Needs, alarm: Alarm) -> None:
    with socket.socket() as odd:
        odd.bind(("127.0.0.1", 0))
        odd.listen()

        def answer() -> None:
            for said in (b"HTTP/1.1 200 OK\r\n\r\n", b""):
                line, _ = odd.accept()
                line.sendall(said)
                line.close()

        threading.Thread(target=answer, daemon=True).start()
        one = EmailSender(Mailbox("127.0.0.1", odd.getsockname()[1], "varde@example.test", "none"), needs)
        for _ in range(2):
            assert one.send(order_to("ola.brekke", alarm), alarm).result is not Result.ACCEPTED


def test_a_server_without_encryption_is_given_nothing(servers: list[MailServer], needs: Needs, alarm: Alarm) -> None:
    server = MailServer()
    servers.append(server)
    one = EmailSender(Mailbox("127.0.0.1", server.port, "varde@example.test", "starttls", "varde", "secret"), needs)
    assert one.send(order_to("ola.brekke", alarm), alarm) == Outcome(Result.PERMANENT, why="not_supported")
    assert not server.logins and not server.mails


def test_whoever_has_no_mailbox_has_no_address(servers: list[MailServer], needs: Needs, alarm: Alarm) -> None:
    one = sender(servers, needs)
    assert one.send(order_to("rune.ovrebo", alarm), alarm) == Outcome(Result.NO_ADDRESS)
    assert one.addressed(["ola.brekke", "rune.ovrebo", GUARD, "nobody"]) == {"ola.brekke", GUARD}


def test_a_mail_server_can_be_asked_whether_it_is_well(servers: list[MailServer], needs: Needs) -> None:
    one = sender(servers, needs)
    assert one.probe() == Outcome(Result.ACCEPTED)
    servers[0].close()
    assert one.probe() == Outcome(Result.RETRY, why="no_connection")
    assert not servers[0].mails, "and nothing was sent"
