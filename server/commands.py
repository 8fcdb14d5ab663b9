"""What each word of the `varde` command does. Each takes what was asked and the settings, and gives the exit code."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from datetime import UTC, datetime
from getpass import getpass
from io import StringIO
from typing import TYPE_CHECKING

from server.config.strict_yaml import ConfigError, told
from server.settings import Settings, SettingsError
from server.site import options as site_options

if TYPE_CHECKING:
    from server.core.directory import Directory
    from server.site.secrets_file import Secrets

# What is needed by one command only is imported there: `varde check-config` must answer also where nothing else is set up.


def demo(options: argparse.Namespace, settings: Settings) -> int:
    from server.demo import site as demo

    return demo.run(settings, broker_port=options.broker_port, broker=options.broker, colleagues=options.colleagues)


def serve(options: argparse.Namespace, settings: Settings) -> int:
    from server import wiring
    from server.watching.program_log import start_log

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
        made = wiring.invite(settings, options.person)
    except LookupError as error:
        print(str(error.args[0]) if error.args else error, file=sys.stderr)
        return 2
    print(made.code)
    if settings.app_url:
        link = made.link(settings.app_url)
        print(link)
        if sys.stdout.isatty():  # in a file or a pipe nobody can point a camera at it
            print(_qr(link))
        print("Let the new phone's camera read it, or send the link to that person alone. It works once, within a day.")
    else:
        print("Hand it over in person or by phone. It works once, within a day. (With VARDE_ORIGINS set there is a link and a QR code here.)")
    return 0


def _qr(text: str) -> str:
    """For a terminal, dark on light in whatever colours that has: not every camera reads it the other way round."""
    import segno

    drawn = StringIO()
    segno.make(text, error="m", micro=False).terminal(drawn, border=4, compact=True)
    return "\n".join(f"\033[97;40m{line}\033[0m" for line in drawn.getvalue().splitlines())


def push_key(options: argparse.Namespace, settings: Settings) -> int:
    from server import wiring

    del options
    _private(settings)
    print(wiring.push_key(settings))
    print("Phones subscribe with this key. Its other half lies in the database and nowhere else: without it every phone must sign up anew.", file=sys.stderr)
    return 0


def check_config(options: argparse.Namespace, settings: Settings) -> int:
    from server.config.loading import read
    from server.config.files import content_of

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


def plan(options: argparse.Namespace, settings: Settings) -> int:
    from server import wiring
    from server.plan import command as plan_command

    return plan_command.run(options, settings, datetime.now(UTC), lambda: wiring.opened(settings))


def channels(options: argparse.Namespace, settings: Settings) -> int:
    from server import channels_command, wiring

    _private(settings)
    return channels_command.run(options, settings, wiring.loaded_now(settings), wiring.opened(settings))


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
    from server.site.secrets_file import complete, only_for, shared_offices

    _private(settings)
    if options.set is not None:
        return _set(options.set, settings)
    directory = wiring.loaded_now(settings, files=options.files).directory
    kept, made = complete(settings.secrets_file, directory, dict(options.gateway) or None)
    if options.only is not None:
        print(json.dumps(only_for(kept, options.only, directory), indent=1))
        return 0
    if options.show is None:
        for one in made:
            print(f"Made {one}.")
        if options.gateway:
            print("The servers know it within seconds. A gateway itself goes by its own settings: run config/production/install again on its machine.")
        for office, names in shared_offices(kept):
            print(f"{office} is served by {' and '.join(names)}: one gateway for each office. To take one away: varde secrets --gateway {names[0]}=")
        print(f"{settings.secrets_file} has what {len(kept.gateways)} gateways and {len(directory.devices)} devices need.")
        return 0
    return _show(options.show, kept, directory)


def _set(name: str, settings: Settings) -> int:
    """Keeps what a provider has given, such as sms.password. Typed where nobody sees it, or read from a pipe; never an argument, which others can read."""
    from server.site.secrets_file import keep

    value = getpass(f"{name}: ") if sys.stdin.isatty() else sys.stdin.readline()
    keep(settings.secrets_file, name, value.strip())
    print(f"{name} is kept in {settings.secrets_file}; where servers are on several machines, copy that file to the others.")
    print("Restart the servers, one after the other, each when the one before is ready: systemctl restart varde-server@8081, then @8082 ...")
    return 0


def _show(name: str, kept: Secrets, directory: Directory) -> int:
    """What somebody needs who sets up this gateway or device. The only place where secrets are printed: because they were asked for."""
    from server.site.broker_topics import topics_of

    device = directory.devices.get(name)
    if device is None and name not in kept.gateways:
        print(f"There is no gateway or device '{name}' on the list.", file=sys.stderr)
        return 2
    if device is None:
        gateway = kept.gateways[name]
        print(f"MQTT user name: {name}\nMQTT password:  {kept.broker[name]}\nToken:          {gateway.token}\nOffices:        {','.join(gateway.offices)}")
        return 0
    topics = topics_of(directory)[name]
    if topics.login == name and name not in kept.broker:
        print(f"{name} is not in an office of this machine's gateway.", file=sys.stderr)
        return 2
    if topics.login != name:
        through = topics.login or (device.bought.hub_id if device.bought else None) or "its hub"
        print(f"{name} has no connection of its own. It is heard through this one: varde secrets --show {through}")
        return 0
    print(f"MQTT user name: {name}\nMQTT password:  {kept.broker[name]}")
    print(f"Key:            {kept.device_keys[name]}" if device.bought is None else f"Address:        {device.bought.address} ({device.bought.dialect})")
    print(f"Publishes:      {' '.join(topics.says)}\nHears:          {' '.join(topics.hears)}")
    return 0


def certificates(options: argparse.Namespace, settings: Settings) -> int:
    from server.site.certificates import CertificateError, make

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
    from server.site.backup import BackupError
    from server.site.backup import backup as copy

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
    from server.site.backup import BackupError
    from server.site.backup import restore as put_back

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
    from server.site.broker_files import Listeners, logins, write
    from server.site.secrets_file import complete

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
    parser = argparse.ArgumentParser(prog="VARDE_BROKER_FILES")
    site_options.add_broker_files(parser)
    return parser.parse_args(shlex.split(known))


def _private(settings: Settings) -> None:
    """What the database holds is nobody else's business, not even for the moment in which it is made."""
    os.umask(0o077)
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
