"""`config/production/install`: reads the choices, names what is missing, says what it will do, asks, does it, and says what comes next."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from server.install.checks import obstacles, warnings
from server.install.choices import Choices, Layout, Unusable, chosen, kept
from server.install.machine import Failed
from server.install.steps import Installation, steps

SOURCE = Path(__file__).resolve().parents[2]


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code: 0 done, 1 not asked for after all, 2 something stands in the way or failed."""
    options = parser().parse_args(arguments)
    os.umask(0o022)
    prefix = Path(options.prefix or "/").absolute()
    options.prefix = str(prefix)
    layout = Layout(prefix)
    try:
        choices = chosen(kept(layout.kept_choices), options)
    except Unusable as error:
        print(error, file=sys.stderr)
        return 2
    in_the_way = list(obstacles(choices, layout, SOURCE))
    for sentence in in_the_way:
        print(f"- {sentence}", file=sys.stderr)
    if in_the_way:
        print("Nothing was changed.", file=sys.stderr)
        return 2
    plan = steps(choices, layout)
    print(f"Varde: {', '.join(choices.parts)}; {choices.servers} server{'s' if choices.servers > 1 else ''}.\nThis will be done:")
    for number, step in enumerate(plan, 1):
        print(f"{number:3}. {step.says}")
    for sentence in warnings(choices, SOURCE):
        print(f"  ! {sentence}")
    if options.dry_run:
        return 0
    if not options.yes and not _asked():
        print("Nothing was changed.")
        return 1
    one = Installation(choices, layout, SOURCE, lambda text: print(text, flush=True))
    for step in plan:
        print(f"· {step.says}", flush=True)
        try:
            step.does(one)
        except (Failed, OSError) as error:
            print(f"\nThis step failed: {step.says}.\n{error}\nMend it and run the same command again: what is done stays done.", file=sys.stderr)
            return 2
    print(_next(choices, layout))
    return 0


def _asked() -> bool:
    try:
        return input("Go on? [y/N] ").strip().lower() in ("y", "yes", "j", "ja")
    except EOFError:
        return False


def _next(choices: Choices, layout: Layout) -> str:
    if not choices.real:
        return f"\nThe files are in {layout.prefix}. Nothing was started."
    lines = ["\nDone."]
    if "server" in choices.parts:
        lines.append(f"  Open {choices.url}, and let the first people in: varde invite PERSON")
    if "broker" in choices.parts:
        lines.append("  Set up a button with what this prints: varde secrets --show DEVICE")
    if "proxy" in choices.parts:
        lines.append(
            f"  Browsers warn until they know the certificate: put in one that they know as {layout.tls}/web.pem and web.key, "
            f"or {layout.settings}/ca.pem on each phone."
        )
    lines.append("  How it is: systemctl status 'varde*', journalctl -u 'varde*'; every day: docs/operations.md")
    return "\n".join(lines)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="config/production/install",
        description="Installs Varde on this Debian machine, or brings it up to this version. What was chosen once need not be said again.",
    )
    add = made.add_argument
    add("--offices", metavar="FOLDER", help="the offices' files; they are copied to /etc/varde/offices, and applied")
    add("--name", dest="names", metavar="NAME", action="append", help="a host or address under which this machine is reached; people use the first")
    add("--parts", type=_list, metavar="PART,PART", help="of server, gateway, broker, proxy (default: all)")
    add("--servers", type=int, metavar="N", help="how many on this machine (default: 1; more need PostgreSQL)")
    add("--database", metavar="WHAT", help="sqlite (default), postgresql (on this machine), or postgresql://USER:PASSWORD@HOST/DATABASE")
    add("--redis", metavar="WHAT", help="local (on this machine; the default for several servers), or redis://HOST:PORT/0")
    add("--gateway", metavar="NAME", help="this machine's gateway (default: gateway-1)")
    add("--gateway-offices", type=_list, metavar="OFFICE,OFFICE", help="which offices it hears (default: all that no other gateway does)")
    add("--server-url", metavar="URL", help="for a gateway whose servers are elsewhere")
    add("--server-ca", metavar="FILE", help="what signed those servers' certificate, where browsers do not know it")
    add("--broker-address", metavar="ADDRESS", help="where the broker listens with TLS (default: everywhere)")
    add("--broker-plain", metavar="ADDRESS:PORT", help="the broker listens here without TLS: only for a network with nothing but such devices on it")
    add("--large", action="store_true", default=None, help="more than 500 devices: the broker saves every 30 s")
    add("--containers", action="store_true", default=None, help="each part has a container of its own, named as in docker-compose.yml")
    add("--monitor", dest="monitors", metavar="NETWORK", action="append", help="who may ask /api/ready through the proxy (default: this machine)")
    add("--metrics-host", metavar="ADDRESS", help="where Prometheus reads (default: 127.0.0.1)")
    add("--watchdog-url", metavar="URL", help="a watchdog elsewhere, told each minute that all is well")
    add("--public-url", metavar="URL", help="where providers of SMS and calls reach the servers (docs/channels.md)")
    add("--push-contact", metavar="ADDRESS", help="whom push services may write to, such as mailto:drift@kommune.no (default: https://NAME)")
    for name, default in (("https", 443), ("http", 80), ("broker", 8883), ("local", 8080), ("server", 8081), ("metrics", 9481)):
        add(f"--{name}-port", type=int, metavar="PORT", help=f"default: {default}" + (" and up" if name in ("server", "metrics") else ""))
    add("--python", metavar="FILE", help="a Python that has the packages already; none are fetched")
    add("--prefix", metavar="FOLDER", help="only write the files, below this folder: no users, no packages, nothing is started")
    add("--dry-run", action="store_true", help="only say what would be done")
    add("--yes", action="store_true", help="do not ask")
    return made


def _list(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


if __name__ == "__main__":
    sys.exit(main())
