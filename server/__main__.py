"""The `varde` command: the demo, the server, and what those who run it need now and then."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from server import commands
from server.config.strict_yaml import ConfigError
from server.plan import options as plan_options
from server.settings import SettingsError, read_settings
from server.site import options as site_options
from server.site.secrets_file import SecretsError


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 done, 1 found something wrong, 2 cannot be done as asked."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options, read_settings(os.environ)))
    except (SettingsError, SecretsError) as error:
        print(error, file=sys.stderr)
    except ConfigError as error:
        print(f"The configuration cannot be used:\n{error}", file=sys.stderr)
    except BrokenPipeError:  # whoever read what we say has seen enough: `varde plan | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(f"{error.filename or 'A file'} cannot be used: {error.strerror or error}.", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        fault = error if type(error).__module__.startswith("sqlalchemy") else error.__cause__  # the store's own word for it is StoreDown
        if not type(fault).__module__.startswith("sqlalchemy"):
            raise
        # The address is not told: it may hold a password.
        print(f"The database cannot be used: {getattr(fault, 'orig', None) or type(fault).__name__}.", file=sys.stderr)
        print("Is VARDE_DATABASE_URL or VARDE_DATA_DIR right, may this user write there, and has 'varde migrate' been run?", file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="varde", description="Panic alarm and lone-worker safety. Settings are read from VARDE_… in the environment.")
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")

    one = verbs.add_parser("demo", help="broker, server, gateway and pretend devices on this machine, with invented people")
    one.add_argument("--broker-port", type=site_options.port, default=1883, help="where devices connect (default: 1883, or the next free one)")
    one.add_argument("--broker", choices=["mosquitto", "iotcore"], help="default: Mosquitto where it is installed")
    one.add_argument("--colleagues", action="store_true", help="pretend colleagues answer exercises, so that there is one to watch; never a real alarm")
    one.set_defaults(run=commands.demo)

    one = verbs.add_parser("serve", help="the server")
    one.set_defaults(run=commands.serve)

    one = verbs.add_parser("migrate", help="bring the database to this version's tables")
    one.add_argument("--restored", action="store_true", help="once, after restoring a copy: screens that have seen more take a fresh snapshot")
    one.set_defaults(run=commands.migrate)

    one = verbs.add_parser("invite", help="a one-time code with which a person signs in, as a link and a QR code")
    one.add_argument("person", metavar="PERSON", help="the person's id in the office's file")
    one.set_defaults(run=commands.invite)

    one = verbs.add_parser("push-key", help="print the public key that phones subscribe to web push with; the pair is made at the first start")
    one.set_defaults(run=commands.push_key)

    one = verbs.add_parser("check-config", help="read the configuration and say what is wrong with it")
    one.add_argument("folder", metavar="FOLDER", nargs="?", type=Path, help="the offices' files (default: VARDE_CONFIG_DIR)")
    one.add_argument("--content", type=Path, help="the role cards and texts (default: FOLDER/content, else VARDE_CONTENT_DIR)")
    one.set_defaults(run=commands.check_config)

    one = verbs.add_parser("apply", help="put a configuration into use: shows what changes, and asks first")
    one.add_argument("folder", metavar="FOLDER", nargs="?", type=Path, help="the offices' files (default: VARDE_CONFIG_DIR)")
    one.add_argument("--content", type=Path, help="the role cards and texts (default: FOLDER/content, else VARDE_CONTENT_DIR)")
    one.add_argument("--yes", action="store_true", help="do not ask")
    one.add_argument("--first", action="store_true", help="only where nothing has been applied yet: else what is applied stays")
    one.add_argument("--by", metavar="NAME", default="", help="who applies it (default: the user's name on this machine)")
    one.add_argument("--language", choices=["nb", "nn", "en"], default="", help="default: the installation's")
    one.set_defaults(run=commands.apply)

    one = verbs.add_parser("export", help="give back what is applied, byte for byte; without FOLDER: list what was applied, when and by whom")
    one.add_argument("folder", metavar="FOLDER", nargs="?", type=Path, help="a new or empty folder")
    one.add_argument("--version", metavar="NUMBER", type=site_options.count, help="an earlier one (default: what is in use)")
    one.set_defaults(run=commands.export)

    one = verbs.add_parser("plan", help="who would get what, by which channel, when, if somebody pressed here? Sends nothing")
    plan_options.add(one)
    one.set_defaults(run=commands.plan)

    one = verbs.add_parser("channels", help="which channels are set up, what each lacks, and the address that a provider is to call")
    shown = one.add_mutually_exclusive_group()
    shown.add_argument("--ask", action="store_true", help="ask each provider whether it is well; sends nothing to anybody")
    shown.add_argument("--show", choices=["sms", "voice", "webhook"], help="print the address at which this channel's provider calls us: a secret")
    one.set_defaults(run=commands.channels)

    one = verbs.add_parser("secrets", help="make the tokens, keys and passwords that are missing; show those of one device")
    gives = "a gateway and the offices it serves; NAME=* all that no other one does; NAME= takes it away"
    one.add_argument("--gateway", metavar="NAME=OFFICE,OFFICE", type=site_options.gateway, action="append", default=[], help=gives)
    site_options.from_files(one)
    asked = one.add_mutually_exclusive_group()
    asked.add_argument("--show", metavar="NAME", help="print what a gateway or device is to be set up with")
    asked.add_argument("--set", metavar="NAME", help="keep what a channel's provider has given, such as sms.password: it is asked for, or read from a pipe")
    asked.add_argument("--only", metavar="GATEWAY", help="print the secrets file for that gateway's own machine")
    one.set_defaults(run=commands.secrets_)

    one = verbs.add_parser("certificates", help="make or renew certificates for broker and web with an authority of the site's own")
    one.add_argument("folder", metavar="FOLDER", type=Path, help="where they go, such as /etc/varde/tls")
    one.add_argument("--name", metavar="NAME", action="append", required=True, help="a host name or address under which it is reached; may be repeated")
    one.set_defaults(run=commands.certificates)

    one = verbs.add_parser("backup", help="copy database, secrets and the offices' files into a folder, while the server runs")
    one.add_argument("folder", metavar="FOLDER", type=Path)
    one.add_argument("--keep", type=site_options.count, default=14, help="how many copies stay (default: 14)")
    one.set_defaults(run=commands.backup)

    one = verbs.add_parser("restore", help="put database and secrets back from a copy; stop the servers first")
    one.add_argument("copy", metavar="COPY", type=Path, help="one folder that `varde backup` has made")
    one.set_defaults(run=commands.restore)

    one = verbs.add_parser("broker-files", help="make Mosquitto's configuration, passwords and topic rules from the device list")
    site_options.add_broker_files(one)
    one.set_defaults(run=commands.broker_files)

    one = verbs.add_parser("verify-log", help="check that nobody has changed an alarm's log")
    which = one.add_mutually_exclusive_group(required=True)
    which.add_argument("alarm", metavar="ALARM", nargs="?", help="the alarm's id")
    which.add_argument("--all", action="store_true", help="all alarms")
    one.set_defaults(run=commands.verify_log)
    return parser


if __name__ == "__main__":
    sys.exit(main())
