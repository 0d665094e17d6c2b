"""Peak resident memory of the GPT example: on virtual CUDA, and on a PyTorch without it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from statistics import median

from bench.report import Row, publish

TARGET = 1.05
EXAMPLE = Path(__file__).parent.parent / "examples" / "train_gpt.py"

_CODE = """
import resource, runpy, sys
runpy.run_path(sys.argv[1])["main"](sys.argv[2:])
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(peak if sys.platform == "darwin" else peak * 1024)
"""


def peak_bytes(device: str, **variables: str) -> int:
    """The peak resident size of a short run of the example."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TORCHDEVICE")}
    options = [f"--device={device}", "--dtype=fp32", "--steps=5", "--sample=0"]
    done = subprocess.run(
        [sys.executable, "-c", _CODE, str(EXAMPLE), *options],
        check=True,
        env=environment | {"OMP_NUM_THREADS": "1"} | variables,
        capture_output=True,
        text=True,
    )
    return int(done.stdout.split()[-1])


# glibc keeps freed blocks by thresholds that move with what was freed; these stand still.
_STEADY = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}


def row(name: str, **variables: str) -> Row:
    """The example's peak on both, as medians of three runs."""
    pairs = [
        (peak_bytes("cpu", **variables), peak_bytes("cuda", TORCHDEVICE="cpu", **variables))
        for _ in range(3)
    ]
    cpu, cuda = (median(column) for column in zip(*pairs, strict=True))
    return Row(name, cpu / 2**20, cuda / 2**20, "MiB", cuda / cpu, TARGET)


def main() -> None:
    """Measure and print."""
    rows = [row("GPT example"), row("GPT example, steady malloc", **_STEADY)]
    publish("Peak resident memory", rows, "cuda / cpu")


if __name__ == "__main__":
    main()
