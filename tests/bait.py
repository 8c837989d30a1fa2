"""What attacks are after, laid out where it can be watched: secrets, records, listeners."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import select
import shutil
import socket
import stat
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
ASSIGNMENT = "00-fundamentals"
TRACE = "hostile-trace"
"""In the name of everything that an attack leaves behind."""
LIMITS = """[limits]
cell_cpu_s = 5
cell_wall_s = 15
run_cpu_s = 60
run_wall_s = 120
interrupt_grace_s = 0.5
memory_mb = 1000
processes = 64
disk_mb = 200
files = 5000
output_bytes = 1_000_000

"""


class Ground:
    """A course, a folder of records, a home and a temporary folder, each with a secret in it.

    Args:
        folder: an empty one.
    """

    def __init__(self, folder: Path) -> None:
        self.course, self.out = folder / "course", folder / "out"
        self.hand_ins, self.home, self.tmp = folder / "in", folder / "home", folder / "t"
        for made in (self.course, self.out, self.hand_ins, self.home, self.tmp):
            made.mkdir()
        self.secrets: dict[str, str] = {}
        for place in (self.course, self.out, self.hand_ins, self.home):
            (place / "secret.txt").write_text(self._secret(f"{place.name}/secret.txt"))
        self._course()
        self._earlier_record()
        fonts = Path.home() / ".cache" / "matplotlib"
        if fonts.is_dir():  # making a list of them takes seconds
            shutil.copytree(fonts, self.home / ".cache" / "matplotlib")

    def _secret(self, place: str) -> str:
        return self.secrets.setdefault(place, f"canary-{secrets.token_hex(16)}")

    def _course(self) -> None:
        for kind in (f"assignments/{ASSIGNMENT}/assignment.toml", f"rubrics/{ASSIGNMENT}.toml"):
            text = (ROOT / kind).read_text(encoding="utf-8")
            if kind.startswith("assignments"):
                text, tables = re.subn(r"(?ms)^\[limits\].*?(?=^\[)", LIMITS, text)
                assert tables == 1, f"{kind} has no [limits] to replace"
            else:
                text = text.replace("hints = [", f'hints = [\n  "{self._secret("rubric")}",', 1)
            (self.course / kind).parent.mkdir(parents=True)
            (self.course / kind).write_text(text, encoding="utf-8")

    def _earlier_record(self) -> None:
        record = self.out / ASSIGNMENT / "earlier"
        record.mkdir(parents=True)
        for name in ("evidence.jsonl", "executed.ipynb"):
            (record / name).write_text(self._secret(f"record/{name}"))

    @property
    def watched(self) -> list[Path]:
        """What no hand-in may change."""
        record = self.out / ASSIGNMENT / "earlier"
        return [self.course, self.hand_ins, record, self.out / "secret.txt", self.home]

    @property
    def environment(self) -> dict[str, str]:
        """The grader's own environment, with a secret in it."""
        mine = {"HOME": str(self.home), "TMPDIR": str(self.tmp), "PYTHONDONTWRITEBYTECODE": "1"}
        return {**os.environ, **mine, "GRADER_CANARY": self._secret("environment")}


def digest(paths: Iterable[Path]) -> dict[str, str]:
    """What lies at and below some paths: kind, mode and contents of each."""
    found = {}
    for top in paths:
        for path in (top, *sorted(top.rglob("*"))):
            if ".cache" in path.parts:
                continue
            status = path.lstat()
            regular = stat.S_ISREG(status.st_mode) and status.st_size < 10_000_000
            text = hashlib.sha256(path.read_bytes()).hexdigest() if regular else ""
            found[str(path)] = f"{stat.filemode(status.st_mode)} {status.st_size} {text}"
    return found


class Listeners:
    """Sockets of this machine that nobody in a fence may reach; `visits` says who came.

    Args:
        folder: where the socket with a path lies.
    """

    def __init__(self, folder: Path) -> None:
        self.visits: list[str] = []
        self.path = folder / "s"
        self.abstract = f"hostile-{secrets.token_hex(4)}"
        self._tcp = socket.create_server(("0.0.0.0", 0))  # noqa: S104  (that is the bait)
        self.port = int(self._tcp.getsockname()[1])
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("0.0.0.0", self.port))  # noqa: S104
        named = {"path": str(self.path), "abstract": f"\0{self.abstract}"}
        self._sockets = {"tcp": self._tcp, "udp": self._udp}
        for kind, address in named.items():
            self._sockets[kind] = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._sockets[kind].bind(address)
            self._sockets[kind].listen()
        self.path.chmod(0o777)

    @property
    def host(self) -> str:
        """An address of this machine other than 127.0.0.1, if it has one."""
        found = [a.address for n in psutil.net_if_addrs().values() for a in n
                 if a.family == socket.AF_INET and not a.address.startswith("127.")]  # fmt: skip
        return found[0] if found else "127.0.0.2"

    @contextmanager
    def listening(self) -> Iterator[Listeners]:
        """Take note of visits meanwhile."""
        over = threading.Event()
        thread = threading.Thread(target=self._listen, args=(over,))
        thread.start()
        try:
            yield self
        finally:
            over.set()
            thread.join()
            for one in self._sockets.values():
                one.close()

    def _listen(self, over: threading.Event) -> None:
        kinds = {one: kind for kind, one in self._sockets.items()}
        while not over.is_set():
            ready, _, _ = select.select(list(kinds), [], [], 0.1)
            for one in ready:
                if kinds[one] == "udp":
                    self.visits.append(f"udp {one.recvfrom(100)}")
                    continue
                visitor, address = one.accept()
                with visitor:
                    visitor.settimeout(0.2)
                    try:
                        said = visitor.recv(100)
                    except OSError:
                        said = b""
                    self.visits.append(f"{kinds[one]} {address} {said!r}")


def traces() -> list[str]:
    """What attacks left on this machine, by its name."""
    folders = ["/", "/tmp", "/var/tmp", "/dev/shm", "/run", "/content", "/etc", "/usr/bin"]  # noqa: S108
    return sorted(str(p) for f in folders for p in Path(f).glob(f"*{TRACE}*"))


def mounts(folder: Path) -> list[str]:
    """What is mounted below a folder."""
    lines = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if f" {folder}" in line]


def unix_sockets(folder: Path) -> list[str]:
    """Sockets that are bound to a path below a folder."""
    lines = Path("/proc/net/unix").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if str(folder) in line]


def size(folder: Path) -> int:
    """Bytes that a folder takes on the disk."""
    total = 0
    for top, _, files in os.walk(folder):
        for name in files:
            try:
                total += os.lstat(os.path.join(top, name)).st_blocks * 512
            except OSError:
                continue
    return total
