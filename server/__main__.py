"""The `varde` command: the demo, the server, and what those who run it need now and then."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from server.config_yaml import ConfigError, told
from server.settings import Settings, SettingsError, read_settings

# What is needed by one command only is imported there: `varde check-config` must answer also where nothing else is set up.


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 done, 1 found something wrong, 2 cannot be done as asked."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options, read_settings(os.environ)))
    except SettingsError as error:
        print(error, file=sys.stderr)
    except ConfigError as error:
        print(f"The configuration cannot be used:\n{error}", file=sys.stderr)
    except OSError as error:
        print(f"{error.filename or 'A file'} cannot be used: {error.strerror or error}.", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if not type(error).__module__.startswith("sqlalchemy"):
            raise
        # The address is not told: it may hold a password.
        print(f"The database cannot be used: {getattr(error, 'orig', None) or type(error).__name__}.", file=sys.stderr)
        print("Is VARDE_DATABASE_URL or VARDE_DATA_DIR right, may this user write there, and has 'varde migrate' been run?", file=sys.stderr)
    return 2


def demo(options: argparse.Namespace, settings: Settings) -> int:
    from server import demo

    return demo.run(settings, broker_port=options.broker_port, broker=options.broker)


def serve(options: argparse.Namespace, settings: Settings) -> int:
    from server import wiring
    from server.program_log import start_log

    _private(settings)
    start_log(settings.log_level)
    wiring.serve(settings)
    return 0


def migrate(options: argparse.Namespace, settings: Settings) -> int:
    from server import wiring

    _private(settings)
    wiring.migrate(settings, options.restored)
    print("The database has this version's tables.")
    return 0


def invite(options: argparse.Namespace, settings: Settings) -> int:
    from server import wiring

    _private(settings)
    try:
        code = wiring.invite(settings, options.person)
    except LookupError as error:
        print(str(error.args[0]) if error.args else error, file=sys.stderr)
        return 2
    print(f"{code}\nHand it over in person or by phone. It works once.")
    return 0


def check_config(options: argparse.Namespace, settings: Settings) -> int:
    from server.config import read

    folder, content = options.folder or settings.config_dir, options.content or settings.content_dir
    try:
        loaded = read(folder, content)
    except ConfigError as error:
        print(error)
        count = len(error.problems)
        print(f"\n{count} {'mistake' if count == 1 else 'mistakes'}: Varde does not start with this.")
        return 1
    if loaded.problems:
        print(told(loaded.problems))
    directory = loaded.directory
    counts = f"{len(directory.offices)} offices, {len(directory.people)} people, {len(directory.devices)} devices, {len(directory.plans)} plans"
    print(f"{loaded.deployment.name}: {counts}. {'No mistakes.' if not loaded.problems else 'It can be used, but see above.'}")
    return 0


def verify_log(options: argparse.Namespace, settings: Settings) -> int:
    from server import wiring

    _private(settings)
    broken = wiring.verify_log(settings, None if options.all else options.alarm)
    for line in broken:
        print(line)
    if not broken:
        print("Every entry holds." if options.all else f"{options.alarm}: every entry holds.")
    return 1 if broken else 0


def _private(settings: Settings) -> None:
    """What the database holds is nobody else's business, not even for the moment in which it is made."""
    os.umask(0o077)
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="varde", description="Panic alarm and lone-worker safety. Settings are read from VARDE_… in the environment.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    one = commands.add_parser("demo", help="broker, server, gateway and pretend devices on this machine, with invented people")
    one.add_argument("--broker-port", type=_port, default=1883, help="where devices connect (default: 1883, or the next free one)")
    one.add_argument("--broker", choices=["mosquitto", "iotcore"], help="default: Mosquitto where it is installed")
    one.set_defaults(run=demo)

    one = commands.add_parser("serve", help="the server")
    one.set_defaults(run=serve)

    one = commands.add_parser("migrate", help="bring the database to this version's tables")
    one.add_argument("--restored", action="store_true", help="once, after restoring a copy: screens that have seen more take a fresh snapshot")
    one.set_defaults(run=migrate)

    one = commands.add_parser("invite", help="a one-time code with which a person signs in")
    one.add_argument("person", metavar="PERSON", help="the person's id in the office's file")
    one.set_defaults(run=invite)

    one = commands.add_parser("check-config", help="read the configuration and say what is wrong with it")
    one.add_argument("folder", metavar="FOLDER", nargs="?", type=Path, help="the offices' files (default: VARDE_CONFIG_DIR)")
    one.add_argument("--content", type=Path, help="the role cards and texts (default: VARDE_CONTENT_DIR)")
    one.set_defaults(run=check_config)

    one = commands.add_parser("verify-log", help="check that nobody has changed an alarm's log")
    which = one.add_mutually_exclusive_group(required=True)
    which.add_argument("alarm", metavar="ALARM", nargs="?", help="the alarm's id")
    which.add_argument("--all", action="store_true", help="all alarms")
    one.set_defaults(run=verify_log)
    return parser


def _port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65_536:
        raise argparse.ArgumentTypeError("must be a number from 1 to 65535")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
