"""The `varde` command: the demo, the server, and what those who run it need now and then."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from server.config_yaml import ConfigError, told
from server.secrets_file import SecretsError
from server.settings import Settings, SettingsError, read_settings

if TYPE_CHECKING:
    from server.core.directory import Directory
    from server.secrets_file import Secrets

# What is needed by one command only is imported there: `varde check-config` must answer also where nothing else is set up.


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 done, 1 found something wrong, 2 cannot be done as asked."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options, read_settings(os.environ)))
    except (SettingsError, SecretsError) as error:
        print(error, file=sys.stderr)
    except ConfigError as error:
        print(f"The configuration cannot be used:\n{error}", file=sys.stderr)
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


def push_key(options: argparse.Namespace, settings: Settings) -> int:
    from server import wiring

    del options
    _private(settings)
    print(wiring.push_key(settings))
    print("Phones subscribe with this key. Its other half lies in the database and nowhere else: without it every phone must sign up anew.", file=sys.stderr)
    return 0


def check_config(options: argparse.Namespace, settings: Settings) -> int:
    from server.config import read
    from server.config_files import content_of

    folder = options.folder or settings.config_dir
    content = options.content or content_of(folder, settings.content_dir)
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


def apply(options: argparse.Namespace, settings: Settings) -> int:
    from server import wiring

    _private(settings)
    return wiring.apply(settings, options)


def export(options: argparse.Namespace, settings: Settings) -> int:
    from server import wiring

    _private(settings)
    return wiring.export(settings, options)


def verify_log(options: argparse.Namespace, settings: Settings) -> int:
    from server import wiring

    _private(settings)
    broken = wiring.verify_log(settings, None if options.all else options.alarm)
    for line in broken:
        print(line)
    if not broken:
        print("Every entry holds." if options.all else f"{options.alarm}: every entry holds.")
    return 1 if broken else 0


def secrets_(options: argparse.Namespace, settings: Settings) -> int:
    from server import wiring
    from server.secrets_file import complete, only_for

    _private(settings)
    directory = wiring.loaded_now(settings, files=options.files).directory
    kept, made = complete(settings.secrets_file, directory, dict(options.gateway) or None)
    if options.only is not None:
        print(json.dumps(only_for(kept, options.only, directory), indent=1))
        return 0
    if options.show is None:
        for one in made:
            print(f"Made {one}.")
        print(f"{settings.secrets_file} has what {len(kept.gateways)} gateways and {len(directory.devices)} devices need.")
        return 0
    return _show(options.show, kept, directory)


def _show(name: str, kept: Secrets, directory: Directory) -> int:
    """What somebody needs who sets up this gateway or device. The only place where secrets are printed: because they were asked for."""
    from server.broker_topics import topics_of

    device = directory.devices.get(name)
    if device is None and name not in kept.gateways:
        print(f"There is no gateway or device '{name}' on the list.", file=sys.stderr)
        return 2
    if device is None:
        gateway = kept.gateways[name]
        print(f"MQTT user name: {name}\nMQTT password:  {kept.broker[name]}\nToken:          {gateway.token}\nOffices:        {','.join(gateway.offices)}")
        return 0
    topics = topics_of(directory)[name]
    if topics.login != name:
        through = topics.login or (device.bought.hub_id if device.bought else None) or "its hub"
        print(f"{name} has no connection of its own. It is heard through this one: varde secrets --show {through}")
        return 0
    print(f"MQTT user name: {name}\nMQTT password:  {kept.broker[name]}")
    print(f"Key:            {kept.device_keys[name]}" if device.bought is None else f"Address:        {device.bought.address} ({device.bought.dialect})")
    print(f"Publishes:      {' '.join(topics.says)}\nHears:          {' '.join(topics.hears)}")
    return 0


def certificates(options: argparse.Namespace, settings: Settings) -> int:
    from server.certificates import CertificateError, make

    del settings
    os.umask(0o027)
    try:
        made = make(options.folder, options.name)
    except CertificateError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"Made {', '.join(made)} in {options.folder}." if made else "Every certificate holds these names and lasts.")
    return 0


def backup(options: argparse.Namespace, settings: Settings) -> int:
    from server.backup import BackupError
    from server.backup import backup as copy

    os.umask(0o077)
    try:
        made = copy(settings.database_url, settings.secrets_file, settings.config_dir, options.folder, datetime.now(UTC), options.keep)
    except BackupError as error:
        print(f"No backup was made. {error}", file=sys.stderr)
        return 1
    print(f"{made}: whole, and can be read. Keep a copy on another machine: it holds secrets.")
    return 0


def restore(options: argparse.Namespace, settings: Settings) -> int:
    from server import wiring
    from server.backup import BackupError
    from server.backup import restore as put_back

    _private(settings)
    try:
        with wiring.only_one(settings):
            for line in put_back(settings.database_url, settings.secrets_file, options.copy):
                print(line)
            wiring.migrate(settings, after_restoring=True)
    except BackupError as error:
        print(f"Nothing was restored. {error}", file=sys.stderr)
        return 1
    print("Screens take a fresh snapshot. Start the server.")
    return 0


def broker_files(options: argparse.Namespace, settings: Settings) -> int:
    from server import wiring
    from server.broker_files import Listeners, logins, write
    from server.secrets_file import complete

    _private(settings)
    directory = wiring.loaded_now(settings, files=options.files).directory
    kept, made = complete(settings.secrets_file, directory)
    for one in made:
        print(f"Made {one}.")
    options = _as_installed(options)
    folder = options.folder.absolute()
    listeners = Listeners((options.certificates or folder).absolute(), options.address, options.port, options.plain)
    users = logins(directory, kept)
    changed = write(folder, (options.data or folder / "data").absolute(), users, listeners, not options.large)
    print(f"{len(users)} may connect. {'Changed: ' + ', '.join(changed) + '.' if changed else 'Nothing has changed.'}")
    if "mosquitto.conf" in changed:
        print("Restart the broker: systemctl restart varde-broker. Devices come back by themselves, and repeat what was not received.")
    elif changed:
        print("Tell the broker: systemctl reload varde-broker. Those who are connected stay connected.")
    return 0


def _as_installed(options: argparse.Namespace) -> argparse.Namespace:
    """Without a folder: as the installation has it, so that a new device needs no more than the command's name. Raises SettingsError."""
    if options.folder is not None:
        return options
    known = os.environ.get("VARDE_BROKER_FILES", "")
    if not known:
        raise SettingsError("Say where the broker's files go, such as /etc/varde/broker; or set VARDE_BROKER_FILES to the folder and its options.")
    return _parser().parse_args(["broker-files", *shlex.split(known)])


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

    one = commands.add_parser("push-key", help="print the public key that phones subscribe to web push with; the pair is made at the first start")
    one.set_defaults(run=push_key)

    one = commands.add_parser("check-config", help="read the configuration and say what is wrong with it")
    one.add_argument("folder", metavar="FOLDER", nargs="?", type=Path, help="the offices' files (default: VARDE_CONFIG_DIR)")
    one.add_argument("--content", type=Path, help="the role cards and texts (default: FOLDER/content, else VARDE_CONTENT_DIR)")
    one.set_defaults(run=check_config)

    one = commands.add_parser("apply", help="put a configuration into use: shows what changes, and asks first")
    one.add_argument("folder", metavar="FOLDER", nargs="?", type=Path, help="the offices' files (default: VARDE_CONFIG_DIR)")
    one.add_argument("--content", type=Path, help="the role cards and texts (default: FOLDER/content, else VARDE_CONTENT_DIR)")
    one.add_argument("--yes", action="store_true", help="do not ask")
    one.add_argument("--by", metavar="NAME", default="", help="who applies it (default: the user's name on this machine)")
    one.add_argument("--language", choices=["nb", "nn", "en"], default="", help="default: the installation's")
    one.set_defaults(run=apply)

    one = commands.add_parser("export", help="give back what is applied, byte for byte; without FOLDER: list what was applied, when and by whom")
    one.add_argument("folder", metavar="FOLDER", nargs="?", type=Path, help="a new or empty folder")
    one.add_argument("--version", metavar="NUMBER", type=_count, help="an earlier one (default: what is in use)")
    one.set_defaults(run=export)

    one = commands.add_parser("secrets", help="make the tokens, keys and passwords that are missing; show those of one device")
    one.add_argument("--gateway", metavar="NAME=OFFICE,OFFICE", type=_gateway, action="append", default=[], help="a gateway and the offices it serves")
    _from_files(one)
    asked = one.add_mutually_exclusive_group()
    asked.add_argument("--show", metavar="NAME", help="print what a gateway or device is to be set up with")
    asked.add_argument("--only", metavar="GATEWAY", help="print the secrets file for that gateway's own machine")
    one.set_defaults(run=secrets_)

    one = commands.add_parser("certificates", help="make or renew certificates for broker and web with an authority of the site's own")
    one.add_argument("folder", metavar="FOLDER", type=Path, help="where they go, such as /etc/varde/tls")
    one.add_argument("--name", metavar="NAME", action="append", required=True, help="a host name or address under which it is reached; may be repeated")
    one.set_defaults(run=certificates)

    one = commands.add_parser("backup", help="copy database, secrets and the offices' files into a folder, while the server runs")
    one.add_argument("folder", metavar="FOLDER", type=Path)
    one.add_argument("--keep", type=_count, default=14, help="how many copies stay (default: 14)")
    one.set_defaults(run=backup)

    one = commands.add_parser("restore", help="put database and secrets back from a copy; stop the servers first")
    one.add_argument("copy", metavar="COPY", type=Path, help="one folder that `varde backup` has made")
    one.set_defaults(run=restore)

    one = commands.add_parser("broker-files", help="make Mosquitto's configuration, passwords and topic rules from the device list")
    one.add_argument("folder", metavar="FOLDER", nargs="?", type=Path, help="where they go (default: as the installation has it, VARDE_BROKER_FILES)")
    one.add_argument("--certificates", metavar="FOLDER", type=Path, help="where ca.pem, broker.pem and broker.key are (default: the same)")
    one.add_argument("--data", metavar="FOLDER", type=Path, help="where the broker keeps what waits (default: data in the same)")
    one.add_argument("--address", default="0.0.0.0", help="where it listens with TLS (default: everywhere)")
    one.add_argument("--port", type=_port, default=8883, help="default: 8883")
    one.add_argument("--plain", metavar="ADDRESS:PORT", type=_address, help="also without TLS, for a network with nothing but such devices on it")
    one.add_argument("--large", action="store_true", help="more than 500 devices: save every 30 s instead of at each change")
    _from_files(one)
    one.set_defaults(run=broker_files)

    one = commands.add_parser("verify-log", help="check that nobody has changed an alarm's log")
    which = one.add_mutually_exclusive_group(required=True)
    which.add_argument("alarm", metavar="ALARM", nargs="?", help="the alarm's id")
    which.add_argument("--all", action="store_true", help="all alarms")
    one.set_defaults(run=verify_log)
    return parser


def _from_files(one: argparse.ArgumentParser) -> None:
    one.add_argument("--files", action="store_true", help="go by the files in VARDE_CONFIG_DIR, not by what has been applied")


def _count(text: str) -> int:
    if not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError("must be a number from 1")
    return int(text)


def _gateway(text: str) -> tuple[str, tuple[str, ...]]:
    name, _, offices = text.partition("=")
    listed = tuple(office.strip() for office in offices.split(",") if office.strip())
    if not name or not listed:
        raise argparse.ArgumentTypeError("must be a name and its offices, such as gateway-1=nav-fjordvik,nav-lillevik")
    return name, listed


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host:
        raise argparse.ArgumentTypeError("must be an address and a port, such as 192.168.50.1:1883")
    return host.strip("[]"), _port(port)


def _port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65_536:
        raise argparse.ArgumentTypeError("must be a number from 1 to 65535")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
