"""Starts self-check and checks an exercise, where Python has nothing that Windows lacks.

    python without_unix.py COURSE

Prints what the start and the check tell. The kernel lives in this process, because starting another
one takes what was removed.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
from typing import Any

MODULES = ("fcntl", "resource", "termios", "pty", "tty", "grp", "pwd", "syslog", "posix_ipc")
OF_OS = ("fork", "forkpty", "setsid", "killpg", "wait4", "pread", "O_NOFOLLOW",
         "O_NONBLOCK", "O_CLOEXEC", "getuid", "geteuid", "mkfifo", "statvfs")  # fmt: skip
"""And not `register_at_fork`, which torch itself asks for on Linux."""
OTHERS: tuple[tuple[Any, str], ...] = (
    (socket, "AF_UNIX"), (select, "poll"), (signal, "SIGKILL"), (signal, "SIGXCPU"),
    (signal, "SIGCHLD"), (signal, "setitimer"),
)  # fmt: skip

CELLS = (
    "from grader import selfcheck\nq = selfcheck.start('00-fundamentals', course={course!r})",
    "import torch\n## 2. A random 7 by 7 tensor\nx = torch.rand(7, 7)\nx",
    "%%check 4\ntorch.manual_seed(1)\nprint(torch.rand(7, 7) @ torch.rand(1, 7).T)",
    "told = [q[2].check(), q[4].check(), q[4].hint(), q.next()]",
    "q = selfcheck.start('01-workflow', course={course!r})",
    "%%check 2\nmodel = torch.nn.Linear(1, 1)\nmodel.state_dict()",
    "told.append(q[2].why())",
)


def main(course: str) -> None:
    """Start a kernel, remove, run its cells; its loop is asyncio's, which needs what is removed."""
    from ipykernel.inprocess.manager import InProcessKernelManager

    manager = InProcessKernelManager()
    manager.start_kernel()
    for module in MODULES:
        sys.modules[module] = None  # type: ignore[assignment]  # so that its import fails
    for owner, name in (*((os, n) for n in OF_OS), *OTHERS):
        vars(owner).pop(name, None)
    shell = manager.kernel.shell
    for cell in CELLS:
        shell.run_cell(cell.format(course=course), store_history=True).raise_error()
    print(*shell.user_ns["told"], sep="\n", file=sys.__stdout__)


if __name__ == "__main__":
    main(sys.argv[1])
