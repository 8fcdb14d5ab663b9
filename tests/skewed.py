"""Runs a program of ours on a machine whose clock is wrong: `python -m tests.skewed 240 server serve` is four minutes ahead."""

from __future__ import annotations

import runpy
import sys
import time
from datetime import UTC, datetime, timedelta


def main() -> None:
    by_s, module = float(sys.argv[1]), sys.argv[2]
    sys.argv = [module, *sys.argv[3:]]
    true, true_ns = time.time, time.time_ns
    time.time = lambda: true() + by_s
    time.time_ns = lambda: true_ns() + int(by_s * 1e9)

    import server.wiring

    server.wiring.utc_now = lambda: datetime.now(UTC) + timedelta(seconds=by_s)
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
