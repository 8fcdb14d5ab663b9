"""`python -m device_gateway`: runs the gateway until it is told to stop. Settings are in the environment, see settings.py."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading

from device_gateway.gateway import run
from device_gateway.settings import SettingsError, read_settings

SWITCH_S = 0.0005  # Python's own 5 ms would let a press wait that long for another thread at each hand-over

COLLECT = (20_000, 20, 50)
"""Looking for garbage stops every thread. By default Python looks after each few presses."""


def main() -> int:
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    sys.setswitchinterval(SWITCH_S)
    gc.set_threshold(*COLLECT)
    until = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: until.set())
    run(settings, until)
    return 0


if __name__ == "__main__":
    sys.exit(main())
