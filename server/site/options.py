"""What the commands around a site may be asked, as the command line has it."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_broker_files(one: argparse.ArgumentParser) -> None:
    one.add_argument("folder", metavar="FOLDER", nargs="?", type=Path, help="where they go (default: as the installation has it, VARDE_BROKER_FILES)")
    one.add_argument("--certificates", metavar="FOLDER", type=Path, help="where ca.pem, broker.pem and broker.key are (default: the same)")
    one.add_argument("--data", metavar="FOLDER", type=Path, help="where the broker keeps what waits (default: data in the same)")
    one.add_argument("--address", default="0.0.0.0", help="where it listens with TLS (default: everywhere)")
    one.add_argument("--port", type=port, default=8883, help="default: 8883")
    one.add_argument("--plain", metavar="ADDRESS:PORT", type=address, help="also without TLS, for a network with nothing but such devices on it")
    one.add_argument("--large", action="store_true", help="more than 500 devices: save every 30 s instead of at each change")
    from_files(one)


def from_files(one: argparse.ArgumentParser) -> None:
    one.add_argument("--files", action="store_true", help="go by the files in VARDE_CONFIG_DIR, not by what has been applied")


def count(text: str) -> int:
    if not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError("must be a number from 1")
    return int(text)


def gateway(text: str) -> tuple[str, tuple[str, ...]]:
    name, _, offices = text.partition("=")
    listed = tuple(office.strip() for office in offices.split(",") if office.strip())
    if not name or not (listed or text.endswith("=")):
        raise argparse.ArgumentTypeError("must be a name and its offices, such as gateway-1=nav-fjordvik,nav-lillevik")
    return name, listed


def address(text: str) -> tuple[str, int]:
    host, _, number = text.rpartition(":")
    if not host:
        raise argparse.ArgumentTypeError("must be an address and a port, such as 192.168.50.1:1883")
    return host.strip("[]"), port(number)


def port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65_536:
        raise argparse.ArgumentTypeError("must be a number from 1 to 65535")
    return int(text)
