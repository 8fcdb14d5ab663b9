"""What comes back from the world: by a one-time token, for exactly one order."""

from __future__ import annotations

from server.core.orders import Receipt, Say, Status
from server.flow import answers
from tests.flow.house import House, nothing_more, sent_to


def token_of(house: House, recipient: str, channel: str) -> str:
    [order] = [order for used, order in house.sent if (used, order.recipient) == (channel, recipient)]
    return answers.token(house.context, order, channel)


def test_a_receipt_of_a_push_stops_that_ladder_and_says_by_what_it_was_reached(house: House) -> None:
    alarm = house.press()
    house.deliver()
    order = answers.receipt(house.context, token_of(house, "ola", "push"), "push", Receipt.DELIVERED)
    assert order is not None and (order.recipient, order.status, order.channel) == ("ola", Status.REACHED, "push")
    assert f"delivery:{alarm.id}" in house.rung
    assert sent_to(house.deliver(10), "sms") == {"nina", "liv"}
    nothing_more(house)


def test_a_token_that_is_not_ours_changes_nothing(house: House) -> None:
    alarm = house.press()
    house.deliver()
    token = token_of(house, "ola", "push")
    for wrong in (token[:-1] + "x", token.replace(alarm.id, "a-other"), "", "a.1.alarm", "x" * 500):
        assert answers.receipt(house.context, wrong, "push", Receipt.DELIVERED) is None
    assert answers.receipt(house.context, token, "sms", Receipt.DELIVERED) is None, "a push's token answers no SMS"
    assert {order.status for order in house.orders(alarm, Say.ALARM) if order.recipient in ("ola", "nina", "liv")} == {Status.WAITING}
