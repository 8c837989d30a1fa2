"""What a fenced kernel takes in memory beyond what it shares with the warm parent.

    python tests/benchmarks/memory.py [--kernels 8]

So many kernels are there at once, and each has made a matrix product. A page counts as private
where no other process maps it (Private_Clean and Private_Dirty of smaps_rollup): what a fork still
shares with the warm parent does not. Ends with 1 where one takes more than the target.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from contextlib import ExitStack
from pathlib import Path

import nbformat

from grader.assignment import Limits
from grader.run.session import Session
from grader.sandboxes.choose import open_sandbox
from grader.sandboxes.fence import Fence

SOURCE = "import torch; torch.rand(100, 100) @ torch.rand(100, 100)"
TARGET_MB = 120
FIELDS = ("Rss", "Pss", "Private_Clean", "Private_Dirty")


def memory_mb(pid: int) -> dict[str, float]:
    """FIELDS of a process, in MiB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    found = {line.split(":")[0]: line.split()[1] for line in lines[1:]}
    return {field: int(found[field]) / 1024 for field in FIELDS}


async def measured(sandbox: Fence, kernels: int) -> list[dict[str, float]]:
    """The memory of the warm parent, and of each kernel while all are there."""
    with ExitStack() as stack:
        sessions, managers = [], []
        for number in range(kernels):
            kernel = stack.enter_context(sandbox.kernel(number, Limits()))
            notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SOURCE)])
            sessions.append((Session(kernel, notebook, 10**6), notebook))
            managers.append(kernel.manager)
        try:
            for session, notebook in sessions:
                await session.start()
                await session.execute(notebook.cells[0], 0)
                assert notebook.cells[0].outputs, "the product was not computed"
            pids = [int(getattr(m.provisioner, "pid", 0)) for m in managers]
            parent = int(Path(f"/proc/{pids[0]}/status").read_text().split("PPid:")[1].split()[0])
            return [memory_mb(pid) for pid in (parent, *pids)]
        finally:
            for session, _ in sessions:
                await session.close()


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kernels", type=int, default=8)
    kernels = parser.parse_args().kernels
    with open_sandbox("fenced", jobs=kernels) as sandbox:
        assert isinstance(sandbox, Fence)
        found = asyncio.run(measured(sandbox, kernels))
    print(f"{'MiB':<14}" + "".join(f"{field:>15}" for field in (*FIELDS, "private")))
    for number, memory in enumerate(found):
        name = f"kernel {number}" if number else "warm parent"
        private = memory["Private_Clean"] + memory["Private_Dirty"]
        print(f"{name:<14}" + "".join(f"{n:15.1f}" for n in (*memory.values(), private)))
    most = max(m["Private_Clean"] + m["Private_Dirty"] for m in found[1:])
    print(f"most private memory of a kernel: {most:.1f} MiB (wanted: under {TARGET_MB})")
    sys.exit(most >= TARGET_MB)


if __name__ == "__main__":
    main()
