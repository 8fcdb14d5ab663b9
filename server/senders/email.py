"""E-mail by SMTP, always encrypted but on this machine itself. Nobody is woken by it: a last rung, and for those who keep a mailbox open."""

from __future__ import annotations

import hashlib
import smtplib
import ssl
from collections.abc import Collection
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from server.core.directory import Directory
from server.core.drill import words as drill_words
from server.core.drill.programme import Wheel
from server.core.messages import message
from server.core.model import Alarm
from server.core.orders import Order, Result
from server.core.visit.model import Visit
from server.senders.contract import TIMEOUT_S, Needs, Outcome, Subject

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """`tls`: `starttls` (587), `tls` (465), or `none`, which is only for this machine."""

    host: str
    port: int
    sender: str
    tls: str = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""


class EmailSender:
    channel = "email"

    def __init__(self, mailbox: Mailbox, needs: Needs) -> None:
        self._mailbox, self._needs = mailbox, needs

    def send(self, order: Order, about: Subject) -> Outcome:
        directory = self._needs.directory()
        address = address_of(order.recipient, directory)
        if not address:
            return Outcome(Result.NO_ADDRESS)
        mail = self._mail(order, about, address, directory)
        return self._with_server(lambda server: server.send_message(mail, self._mailbox.sender, [address]))

    def _mail(self, order: Order, about: Subject, address: str, directory: Directory) -> EmailMessage:
        now = self._needs.now()
        said = message(order, about, directory, self._needs.zone, now, answerable=False)
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"], mail["Date"] = self._mailbox.sender, address, said.subject, format_datetime(now)
        # the same for every try, so that a mailbox may know a second copy
        mail["Message-ID"] = f"<{hashlib.sha256(order.id.encode()).hexdigest()[:32]}@{make_msgid().partition('@')[2].rstrip('>')}>"
        if not isinstance(about, Wheel):  # once a month, and next week is soon enough
            mail["X-Priority"], mail["Importance"] = "1", "high"
        mail["Auto-Submitted"] = "auto-generated"  # so that no absence note answers
        page = f"i/{about.id}" if isinstance(about, Alarm) else f"besok/{about.id}" if isinstance(about, Visit) else drill_words.page(order)
        ours = bool(self._needs.app_url) and not order.recipient.startswith("@")
        link = f"\n\n{self._needs.app_url}/{page}\n" if ours else ""
        mail.set_content(said.text + link)
        return mail

    def _with_server(self, work) -> Outcome:  # type: ignore[no-untyped-def]
        box = self._mailbox
        try:
            context = ssl.create_default_context(cafile=box.ca_file or None)
            opened = (
                smtplib.SMTP_SSL(box.host, box.port, timeout=TIMEOUT_S, context=context) if box.tls == "tls"
                else smtplib.SMTP(box.host, box.port, timeout=TIMEOUT_S)
            )  # fmt: skip
            with opened as server:
                if box.tls == "starttls":
                    server.starttls(context=context)
                if box.user:
                    server.login(box.user, box.password)
                work(server)
        except smtplib.SMTPRecipientsRefused as error:
            return _by_code(min((code for code, _ in error.recipients.values()), default=550))
        except smtplib.SMTPAuthenticationError:
            return Outcome(Result.PERMANENT, why="refused_account")
        except smtplib.SMTPNotSupportedError:
            return Outcome(Result.PERMANENT, why="not_supported")
        except smtplib.SMTPResponseException as error:
            return _by_code(error.smtp_code)
        except ssl.SSLCertVerificationError:
            return Outcome(Result.PERMANENT, why="certificate")
        except TimeoutError:
            return Outcome(Result.RETRY, why="timeout")
        except (smtplib.SMTPException, OSError) as error:
            timed_out = isinstance(error.__context__, TimeoutError)  # smtplib tells of it as a lost connection
            return Outcome(Result.RETRY, why="timeout" if timed_out else "no_connection")
        return Outcome(Result.ACCEPTED)

    def addressed(self, recipients: Collection[str]) -> frozenset[str]:
        directory = self._needs.directory()
        return frozenset(one for one in recipients if address_of(one, directory))

    def probe(self) -> Outcome | None:
        return self._with_server(lambda server: server.noop())


def _by_code(code: int) -> Outcome:
    """SMTP: 4xx is *not now*, 5xx is *never*."""
    return Outcome(Result.RETRY if 400 <= code < 500 else Result.PERMANENT, why=f"smtp_{code}")


def address_of(recipient: str, directory: Directory) -> str:
    if recipient.startswith("@"):
        contact = directory.contacts.get(recipient)
        return contact.email if contact else ""
    person = directory.people.get(recipient)
    return person.email if person else ""


def make(needs: Needs) -> EmailSender | None:
    mailbox = needs.settings.get("mailbox")
    return EmailSender(mailbox, needs) if isinstance(mailbox, Mailbox) else None
