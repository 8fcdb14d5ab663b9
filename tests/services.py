"""PostgreSQL, Redis and the proxy as the tests have them: real ones of their own, on free ports, without root's rights, each to be stopped and killed."""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psycopg
import redis

from device_gateway.broker import free_port

START_S = 30.0
REMEDY = "there is no {0} on this machine: run 'make system' as root, or on Debian 'apt install {1}'"


class Missing(Exception):
    """A program that the tests need is not installed; the text says what to do."""


class Service:
    """One server process and what it has started. Its folder is its own, and goes with it."""

    name = ""

    def __init__(self, port: int = 0) -> None:
        self.port = port or free_port()
        self.folder = Path(tempfile.mkdtemp(prefix=f"varde-{self.name}-"))
        self._process: subprocess.Popen[bytes] | None = None
        user = _user()
        if user is not None:  # neither runs as root
            os.chown(self.folder, user.pw_uid, user.pw_gid)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        self._process = _run(self._command(), self.folder / "log")
        _wait(self._answers, self, START_S)

    def stop(self) -> None:
        """Away for good, with its folder."""
        self.end(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def end(self, how: int = signal.SIGTERM) -> None:
        if self._process is None:
            return
        if how == signal.SIGKILL:
            self.send(signal.SIGCONT)  # one that is stopped does not go away either
        self.send(how) if how == signal.SIGKILL else self._process.send_signal(how)
        self._process.wait(20)
        self._process = None

    def kill(self) -> None:
        """As when the power goes."""
        self.end(signal.SIGKILL)

    def freeze(self) -> None:
        """It hangs: it is there, takes connections, and says nothing."""
        self.send(signal.SIGSTOP)

    def thaw(self) -> None:
        self.send(signal.SIGCONT)

    def send(self, number: int) -> None:
        """To the process and all that it has started: they share a process group, but PostgreSQL's have sessions of their own."""
        if self._process is None:
            return
        for pid in (*_children(self._process.pid), self._process.pid):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def last_words(self) -> str:
        log = self.folder / "log"
        return log.read_text(errors="replace")[-2000:] if log.exists() else ""

    def _command(self) -> list[str]:
        raise NotImplementedError

    def _answers(self) -> bool:
        raise NotImplementedError


class Postgres(Service):
    """`safe`: it writes to the disk what it has said it has written. The contract's tests do without, and are twice as fast."""

    name = "postgres"

    def __init__(self, port: int = 0, safe: bool = True) -> None:
        self._programs = _postgres_programs()
        super().__init__(port)
        self._safe = safe
        how = ["-U", "varde", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"]
        made = _run([str(self._programs / "initdb"), "-D", str(self.data), *how], self.folder / "log")
        if made.wait(60):
            raise RuntimeError(f"initdb failed:\n{self.last_words()}")

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://varde@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        with psycopg.connect(self.url(database), autocommit=True, connect_timeout=5) as connection:
            cursor = connection.execute(statement)  # type: ignore[call-overload]
            return list(cursor.fetchall()) if cursor.description else []

    def _command(self) -> list[str]:
        (self.data / "postmaster.pid").unlink(missing_ok=True)  # of one that was killed: its number may have been given out again
        settings = {
            "port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": self.folder, "max_connections": 200, "shared_buffers": "32MB",
            "fsync": "on" if self._safe else "off", "logging_collector": "off",
        }  # fmt: skip
        return [str(self._programs / "postgres"), "-D", str(self.data), *(word for key, value in settings.items() for word in ("-c", f"{key}={value}"))]

    def _answers(self) -> bool:
        try:
            self.execute("SELECT 1")
            return True
        except psycopg.Error:
            return False


class Redis(Service):
    name = "redis"

    def __init__(self, port: int = 0, arguments: Sequence[str] = ()) -> None:
        found = shutil.which("redis-server")
        if found is None:
            raise Missing(REMEDY.format("Redis", "redis-server"))
        self._program, self._arguments = found, list(arguments)
        super().__init__(port)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def _command(self) -> list[str]:
        return [self._program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder), "--save", "", *self._arguments]

    def _answers(self) -> bool:
        with redis.Redis.from_url(self.url, socket_timeout=1, socket_connect_timeout=1) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False


class Proxy(Service):
    """Nginx before several servers, as at a site: whoever does not answer is passed over, and what carries its own id is asked again elsewhere."""

    name = "proxy"

    def __init__(self, servers: Sequence[int], port: int = 0) -> None:
        found = shutil.which("nginx", path=os.environ.get("PATH", os.defpath) + os.pathsep + "/usr/sbin")
        if found is None:
            raise Missing(REMEDY.format("Nginx", "nginx"))
        self._program = found
        super().__init__(port)
        ports = " ".join(f"server 127.0.0.1:{port} max_fails=0;" for port in servers)
        conf = self.folder / "nginx.conf"
        conf.write_text(PROXY.replace("@FOLDER@", str(self.folder)).replace("@PORT@", str(self.port)).replace("@SERVERS@", ports))
        conf.chmod(0o644)  # it runs as another user, and an earlier test may have left a strict umask

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _command(self) -> list[str]:
        return [self._program, "-e", str(self.folder / "error"), "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False


PROXY = """
daemon off; worker_processes 1; pid @FOLDER@/pid; error_log @FOLDER@/error;
events { worker_connections 4096; }
http {
    access_log off; client_max_body_size 4m;
    client_body_temp_path @FOLDER@/body; proxy_temp_path @FOLDER@/proxy; fastcgi_temp_path @FOLDER@/fastcgi; uwsgi_temp_path @FOLDER@/uwsgi;
    scgi_temp_path @FOLDER@/scgi;
    map $http_upgrade $connection_or_upgrade { default upgrade; '' ''; }
    upstream varde { least_conn; keepalive 64; @SERVERS@ }
    proxy_http_version 1.1; proxy_buffering off; proxy_connect_timeout 1s; proxy_read_timeout 10s; proxy_set_header Host $http_host;
    proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_or_upgrade;
    proxy_next_upstream error timeout http_502 http_503; proxy_next_upstream_tries 2;
    server {
        listen 127.0.0.1:@PORT@;
        location / { proxy_pass http://varde; }
        location ~ ^/api/(live|gateway/orders)$ { proxy_pass http://varde; proxy_read_timeout 75s; }
        location ~ ^/api/(gateway/signals|gateway/heartbeat|signals|alarms/[^/]+/actions)$ {
            proxy_pass http://varde; proxy_read_timeout 3s; proxy_next_upstream error timeout http_502 http_503 non_idempotent;
        }
    }
}
"""


def _postgres_programs() -> Path:
    """The folder of the newest PostgreSQL's programs: Debian keeps initdb and postgres away from the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])) or [
        Path(one) for one in [shutil.which("initdb")] if one
    ]
    if not found:
        raise Missing(REMEDY.format("PostgreSQL", "postgresql"))
    return found[-1].parent


def _user() -> pwd.struct_passwd | None:
    """Whom to be instead of root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Missing("there is no user 'postgres' or 'nobody' as whom a database could run")


def _run(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    user = _user()
    who = {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    with log.open("ab") as out:
        return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
            command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd=log.parent, start_new_session=True, preexec_fn=die_with_parent, **who
        )


def die_with_parent() -> None:
    """Tests that are killed leave nobody behind. Linux, and for what the main thread starts."""
    _libc.prctl(1, signal.SIGKILL, 0, 0, 0)


_libc = ctypes.CDLL(None)


def _children(pid: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _wait(true: Callable[[], bool], service: Service, within_s: float) -> None:
    end_s = time.monotonic() + within_s
    while not true():
        if time.monotonic() > end_s or not service.alive():
            raise RuntimeError(f"{service.name} does not start:\n{service.last_words()}")
        time.sleep(0.02)
