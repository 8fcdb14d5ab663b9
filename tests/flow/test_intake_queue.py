"""What the queue before the intake door promises: whoever hangs up costs nobody else a press, nor the own one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from server.web.intake_queue import STORM, IntakeQueue
from tests.flow.house import House


@pytest.fixture
def queue(house: House) -> Iterator[IntakeQueue]:
    queue = IntakeQueue(house.context)
    yield queue
    queue.stop()


def test_each_asker_gets_the_own_receipts(house: House, queue: IntakeQueue) -> None:
    asked = [[house.signal("karis"), house.signal("karis")], [house.signal("eriks")], [house.signal("knapp")]]
    futures = [queue.put(signals) for signals in asked]
    queue.start()
    answers = [future.result(timeout=5) for future in futures]
    assert [[r.signal_id for r in receipts] for receipts in answers] == [[s.id for s in signals] for signals in asked]


def test_what_is_only_told_of_presses_ends_no_thread_that_takes_them_in(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    queue = IntakeQueue(house.context, lambda _: 1 / 0)  # type: ignore[arg-type, return-value]
    monkeypatch.setattr(house.context.measures, "answered", lambda _: 1 / 0)
    queue.start()
    try:
        for device in ("karis", "eriks"):
            [receipt] = queue.put([house.signal(device)]).result(timeout=5)
            assert receipt.outcome == "opened"
        assert queue.alive
    finally:
        queue.stop()


def test_an_asker_that_has_hung_up_costs_nobody_a_press(house: House, queue: IntakeQueue) -> None:
    gone = queue.put([house.signal("karis")])
    gone.cancel()
    queue.start()
    [receipt] = queue.put([house.signal("eriks")]).result(timeout=5)
    assert receipt.outcome == "opened"
    assert queue.alive
    assert len(house.store.alarm_ids()) == 2, "the press of the one who hung up counts too"


def test_what_cannot_be_stored_is_said_to_its_asker_and_the_next_is_taken_in(
    house: House, queue: IntakeQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("server.web.intake_queue.intake", lambda *_: 1 / 0)
        failed = queue.put([house.signal("karis")])
        queue.start()
        with pytest.raises(ZeroDivisionError):
            failed.result(timeout=5)
    assert queue.put([house.signal("karis")]).result(timeout=5)[0].outcome == "opened"


def test_whoever_shares_out_the_interpreter_is_told_when_a_storm_begins_and_that_it_is_over(house: House) -> None:
    told: list[bool] = []
    queue = IntakeQueue(house.context, told.append)
    several = [queue.put([house.signal("karis")]) for _ in range(STORM + 1)]
    queue.start()
    for future in several:
        future.result(timeout=5)
    queue.put([house.signal("karis")]).result(timeout=5)
    queue.stop()
    assert told == [True, False]
