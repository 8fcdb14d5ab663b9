"""SQLite's writers: one at a time, and a press before all others that wait."""

from __future__ import annotations

import threading
import time

from server.store.write_lock import WriteLock

WAIT_S = 10


def in_line(lock: WriteLock, name: str, urgent: bool, order: list[str]) -> threading.Thread:
    """Somebody who stands in line for the lock, in a thread of his own."""

    def write() -> None:
        with lock.hold(urgent):
            order.append(name)

    before = len(lock._changed._waiters)  # type: ignore[attr-defined]
    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    while len(lock._changed._waiters) == before:  # type: ignore[attr-defined]
        time.sleep(0.001)
    return thread


def test_a_press_goes_before_all_that_wait_and_nobody_is_left_out() -> None:
    lock, order = WriteLock(), []
    with lock.hold():
        threads = [in_line(lock, name, name == "press", order) for name in ("step", "receipts", "press", "orders")]
    for thread in threads:
        thread.join(WAIT_S)
    assert order[0] == "press"
    assert sorted(order) == ["orders", "press", "receipts", "step"]


def test_it_is_let_go_of_after_a_failure() -> None:
    lock = WriteLock()
    try:
        with lock.hold(urgent=True):
            raise RuntimeError
    except RuntimeError:
        pass
    with lock.hold():
        pass


def test_there_is_only_one_at_a_time() -> None:
    lock, inside, most = WriteLock(), [0], [0]

    def work(urgent: bool) -> None:
        for _ in range(200):
            with lock.hold(urgent):
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                inside[0] -= 1

    threads = [threading.Thread(target=work, args=(n % 2 == 0,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_S)
        assert not thread.is_alive()
    assert most[0] == 1
