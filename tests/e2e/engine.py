"""A Docker Engine of the tests' own: Debian 13's, in a folder, with its own network, mounts and processes. This machine gets no packages of it, no
containers, no rules and no open ports, and all of it is gone when its first process is."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.e2e.parts import until
from tests.services import die_with_parent

PROGRAMS = ("debootstrap", "slirp4netns", "unshare", "nsenter", "tar")
PACKAGES = "ca-certificates,docker.io,docker-cli,docker-compose,iptables,iproute2"
TRUSTED = "etc/ssl/certs/ca-certificates.crt"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
QUIET = ("nice", "-n", "19")
CGROUPS, CGROUP = Path("/sys/fs/cgroup"), "varde-compose"
BASE = "varde-test-debian:12"

# As the first process of its own world. The folder becomes the root for good: from a mere chroot `docker exec` and health checks would find the way out.
START = f"""
set -e
mount --bind "$1" "$1"
mount -t proc proc "$1/proc"
mount -t sysfs sys "$1/sys"
mount --rbind /dev "$1/dev"
mount --rbind /sys/fs/cgroup "$1/sys/fs/cgroup"
mount -t tmpfs tmpfs "$1/run"
cd "$1"
mkdir -p before
pivot_root . before
umount -l /before
ip link set lo up
exec dockerd --cgroup-parent=/{CGROUP} --exec-opt native.cgroupdriver=cgroupfs
"""
_libc = ctypes.CDLL(None, use_errno=True)


class Engine:
    """`files` is what /srv is inside. From `start` to `stop` the calling thread, and threads that it starts, are in the engine's network: what
    containers publish is at localhost, and nothing else is."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="varde-compose-", dir="/var/tmp"))  # not in memory: it takes 5 GB
        self.root, self.files = self.folder / "root", self.folder / "root/srv"
        self._processes: list[subprocess.Popen[bytes]] = []
        self._first = 0

    def make(self) -> None:
        """Debian 13 with Docker, and an image of Debian 12 to build on. What was said is in the folder's *.log."""
        base = self.folder / "base"
        both = [self._debian("trixie", self.root, PACKAGES), self._debian("bookworm", base, "ca-certificates")]
        assert [one.wait() for one in both] == [0, 0], self.log()
        (self.root / "etc/resolv.conf").unlink(missing_ok=True)
        (self.root / "etc/resolv.conf").write_text("nameserver 10.0.2.3\n")  # slirp4netns answers there
        shutil.copy(f"/{TRUSTED}", base / TRUSTED)  # the way out may go through a proxy that only this machine knows
        self.start()
        packed = subprocess.Popen([*QUIET, "tar", "-C", str(base), "--exclude=./var/cache/apt/archives/*", "-c", "."], stdout=subprocess.PIPE)
        self.run("docker", "import", "-", BASE, stdin=packed.stdout)
        assert packed.wait() == 0
        shutil.rmtree(base)

    def start(self) -> None:
        """As when the machine is switched on."""
        world = ("unshare", "--mount", "--net", "--pid", "--ipc", "--uts", "--fork", "--kill-child")
        first = self._spawn(*world, "sh", "-c", START, "sh", str(self.root))
        children = Path(f"/proc/{first.pid}/task/{first.pid}/children")
        self._first = int(until(children.read_text, 10, "the engine's first process"))
        self._spawn("slirp4netns", "--configure", "--disable-host-loopback", str(self._first), "tap0")
        until(lambda: first.poll() is not None or self._answers(), 60, self.log())
        assert first.poll() is None, self.log()
        _enter(f"/proc/{self._first}/ns/net")

    def cut(self) -> None:
        """As when the power goes: every process at once, without a word to any of them."""
        _enter(f"/proc/{os.getpid()}/ns/net")
        if self._first:
            os.kill(self._first, signal.SIGKILL)
        for one in self._processes:
            one.kill()  # and with `unshare` all that is in its world
            one.wait(30)
        self._processes.clear()
        self._first = 0

    def stop(self) -> None:
        """Away for good. Its mounts and its network went with its processes."""
        self.cut()
        until(self._no_folder, 120, "the engine's folder is away", pause_s=0.5)
        for group in (*CGROUPS.glob(CGROUP), *CGROUPS.glob(f"*/{CGROUP}")):
            for path, _, _ in os.walk(group, topdown=False):
                with suppress(OSError):  # another name of one that is gone
                    os.rmdir(path)

    def run(self, *words: str, folder: str = "/srv", code: int | None = 0, stdin=subprocess.DEVNULL) -> str:  # type: ignore[no-untyped-def]
        """Inside, as root. Gives what it printed; `code` is what it must end with, None for anything."""
        inside = ("nsenter", f"--target={self._first}", "--mount", "--net", "--pid", "--ipc", "--uts", f"--wdns={folder}")
        environment = {"PATH": PATH, "HOME": "/root"}
        done = subprocess.run([*QUIET, *inside, *words], env=environment, stdin=stdin, capture_output=True, text=True, timeout=600, check=False)
        said = done.stdout + done.stderr
        assert code in (None, done.returncode), f"{' '.join(words)}: {done.returncode}\n{said[-6000:]}"
        return said

    def log(self) -> str:
        return "\n".join(file.read_text(errors="replace")[-3000:] for file in self.folder.glob("*.log"))

    def _answers(self) -> bool:
        return all(subprocess.run(
            ["nsenter", f"--target={self._first}", "--mount", "--net", *words], capture_output=True, timeout=30, check=False
        ).returncode == 0 for words in (("docker", "info"), ("ip", "link", "show", "tap0")))  # fmt: skip

    def _no_folder(self) -> bool:
        """Takes it away, but for what somebody who is just being killed still writes."""
        shutil.rmtree(self.folder, ignore_errors=True)
        return not self.folder.exists()

    def _spawn(self, *words: str, log: str = "engine") -> subprocess.Popen[bytes]:
        with (self.folder / f"{log}.log").open("ab") as out:
            one = subprocess.Popen([*QUIET, *words], stdin=subprocess.DEVNULL, stdout=out, stderr=out, preexec_fn=die_with_parent)
        self._processes.append(one)
        return one

    def _debian(self, suite: str, root: Path, packages: str) -> subprocess.Popen[bytes]:
        """It mounts things, and may be stopped in the middle: in a world of its own nothing stays mounted and nobody stays behind."""
        world = ("unshare", "--mount", "--pid", "--mount-proc", "--fork", "--kill-child")
        return self._spawn(*world, "debootstrap", "--variant=minbase", f"--include={packages}", suite, str(root), log=suite)


@contextmanager
def engine() -> Iterator[Engine]:
    """One that runs. It goes in any case, also when making it fails."""
    one = Engine()
    try:
        one.make()
        yield one
    finally:
        one.stop()


def lacking() -> str:
    """Why there can be none here; empty if there can."""
    if os.geteuid() != 0:
        return "only root can start a container engine"
    missing = [name for name in PROGRAMS if shutil.which(name, path=PATH) is None]
    if missing:
        return f"not installed: {', '.join(missing)} (make engine)"
    tried = subprocess.run(["unshare", "--mount", "--net", "--pid", "--fork", "true"], capture_output=True, text=True, check=False)
    return f"root may not do this here: {tried.stderr}" if tried.returncode else ""


def _enter(network: str) -> None:
    """Moves this thread there."""
    with open(network) as file:
        if _libc.setns(file.fileno(), 0x40000000):  # CLONE_NEWNET
            raise OSError(ctypes.get_errno(), f"no way into {network}")
