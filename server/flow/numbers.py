"""The weekly proof of phone numbers: a visible SMS to those on duty, unless the office does not want it. The provider's report proves the number."""

from __future__ import annotations

import logging
from typing import Protocol

from server.core.directory import Person
from server.core.messages import language_of
from server.core.numbers_proven import AGAIN_S, TEXTS, mark_of, wants_test
from server.core.push_tokens import TEST
from server.core.tokens import token_for
from server.flow.answers import KEY
from server.flow.context import Context

journal = logging.getLogger("varde.numbers")


class Tries(Protocol):
    """What the channel itself offers this door (`senders.provider`). Gives a word of `core.orders.Result`."""

    def try_number(self, order_id: str, phone: str, text: str, language: str, token: str) -> str: ...


def test_those_due(context: Context, sms: Tries) -> int:
    """Gives how many were sent. Of several servers one sends each."""
    now, directory = context.now(), context.directory()
    wanting = {office_id for office_id in directory.offices if directory.proves_numbers(office_id)}
    people = [one for one in directory.people.values() if wanting & {*one.offices} and one.phone and directory.on_duty_somewhere(one.id)]
    known, sent = context.store.numbers_of(one.id for one in people), 0
    for person in people:
        if wants_test(known.get((person.id, "sms")), person.phone, now):
            sent += _test(context, sms, person)
    return sent


def _test(context: Context, sms: Tries, person: Person) -> int:
    if not context.store.claim_number_test(person.id, "sms", mark_of(person.phone), context.now(), AGAIN_S):
        return 0
    order_id, language = TEST.format(person.id), language_of(person.id, context.directory())
    word = sms.try_number(order_id, person.phone, TEXTS[language], language, token_for(context.store.key(KEY), order_id, "sms"))
    if word != "accepted":
        journal.info("test_not_taken", extra={"person": person.id, "word": word})
    return int(word == "accepted")
