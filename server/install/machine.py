"""What the steps do to the machine, each so that a second time changes nothing."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


class Failed(RuntimeError):
    """A command did not do what it was asked to; the text has its last words."""


def put(file: Path, content: str | bytes, mode: int = 0o644, owner: str = "", group: str = "") -> bool:
    """A file with this content, rights and owner: the old one or the new one is there, never half of it. True: it has changed."""
    body = content.encode() if isinstance(content, str) else content
    if file.exists() and file.read_bytes() == body and file.stat().st_mode & 0o7777 == mode and owned(file, owner, group):
        return False
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    draft = file.with_name(file.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(body)
    give(draft, owner, group)
    draft.chmod(mode)
    draft.replace(file)
    return True


def folder(path: Path, mode: int = 0o755, owner: str = "", group: str = "") -> bool:
    """A folder with these rights and this owner; its parents for everybody to pass."""
    before = path.is_dir() and path.stat().st_mode & 0o7777 == mode and owned(path, owner, group)
    path.mkdir(parents=True, exist_ok=True)
    give(path, owner, group)
    path.chmod(mode)  # after the owner: changing that takes the set-group-id bit away
    return not before


def give(path: Path, owner: str, group: str) -> None:
    if owner or group:
        shutil.chown(path, owner or None, group or None)


def owned(path: Path, owner: str, group: str) -> bool:
    there = path.stat()
    return (not owner or there.st_uid == pwd.getpwnam(owner).pw_uid) and (not group or there.st_gid == grp.getgrnam(group).gr_gid)


def user(name: str, groups: Sequence[str] = ()) -> bool:
    """A system user without a home and without a login, in a group of its own name and in these."""
    made = False
    for group in (name, *groups):
        if not has_group(group):
            run("groupadd", "--system", group)
            made = True
    try:
        pwd.getpwnam(name)
    except KeyError:
        run("useradd", "--system", "--gid", name, "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", name)
        made = True
    for group in groups:
        if name not in grp.getgrnam(group).gr_mem:
            run("usermod", "--append", "--groups", group, name)
            made = True
    return made


def has_group(name: str) -> bool:
    try:
        grp.getgrnam(name)
        return True
    except KeyError:
        return False


def missing_packages(names: Sequence[str]) -> list[str]:
    """Those of Debian's packages that are not installed."""
    there = []
    for name in names:
        said = subprocess.run(["dpkg-query", "-W", "-f=${Status}", name], capture_output=True, text=True, check=False).stdout
        there += [name] if said == "install ok installed" else []
    return [name for name in names if name not in there]


def run(*command: str, environment: Mapping[str, str] | None = None, as_user: str = "") -> str:
    """Gives what it printed. Raises Failed with its last words."""
    whole = ["runuser", "-u", as_user, "--", *command] if as_user and os.geteuid() == 0 else list(command)
    env = {**os.environ, **(environment or {})}
    try:
        done = subprocess.run(whole, env=env, text=True, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except FileNotFoundError:
        raise Failed(f"{whole[0]} is not on this machine.") from None
    if done.returncode:
        raise Failed(f"{' '.join(command[:3])} … failed ({done.returncode}):\n{(done.stdout or '').strip()[-1500:]}")
    return done.stdout or ""
