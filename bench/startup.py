"""Milliseconds that TorchDevice adds: to `import torch`, and to an interpreter without it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from statistics import median

from bench.report import Row, publish

IMPORT_TARGET, HOOK_TARGET = 150.0, 1.0


def milliseconds(code: str, *options: str, **variables: str) -> float:
    """The wall time of one interpreter that runs `code`."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TORCHDEVICE")}
    command = [sys.executable, *options, "-c", code]
    start = time.perf_counter()
    subprocess.run(command, check=True, env=environment | variables)
    return (time.perf_counter() - start) * 1000


def hook_milliseconds() -> float:
    """The time that reading the installed `.pth` file takes while TORCHDEVICE is unset."""
    code = (
        "import site, sys, sysconfig, time\n"
        "folder = sysconfig.get_paths()['purelib']\n"
        "start = time.perf_counter()\n"
        "site.addpackage(folder, 'torchdevice.pth', set())\n"
        "print((time.perf_counter() - start) * 1000)\n"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TORCHDEVICE")}
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, env=environment, capture_output=True, text=True
    )
    return float(done.stdout)


def main() -> None:
    """Measure and print."""
    pairs = [
        (milliseconds("import torch"), milliseconds("import torch", TORCHDEVICE="cpu"))
        for _ in range(9)
    ]
    off, on = (min(column) for column in zip(*pairs, strict=True))
    hook = median(hook_milliseconds() for _ in range(15))
    rows = [
        Row("import torch", off, on, "ms", on - off, IMPORT_TARGET),
        Row("inert .pth hook", 0.0, hook, "ms", hook, HOOK_TARGET),
    ]
    publish("Start-up", rows, "added ms")


if __name__ == "__main__":
    main()
