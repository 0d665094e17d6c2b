"""Reading all of PyTorch's sources: the gap analyzer beside griffe and ruff, on the same tree.

griffe builds a model of the public names and signatures, as `torchdevice surface --all` does. ruff
parses the same files and resolves names inside each (rules F): the least that any such tool does.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from bench.report import Row, publish

COLD_TARGET, CUDA_TARGET, WARM_TARGET = 3.0, 0.5, 0.3  # seconds
WHEEL_TARGET = 1.3  # of the time for the unpacked tree
MEMORY_TARGET = 400.0  # MiB
ROUNDS = 3

BIN = Path(sys.executable).parent
COMMAND = os.environ.get("TORCHDEVICE_COMMAND", str(BIN / "torchdevice"))

_GRIFFE = """
import sys, griffe
griffe.load("torch", search_paths=[sys.argv[1]])
"""


@dataclass
class Cost:
    """What one process took: the least of several runs of it."""

    wall: float = math.inf  # seconds
    processor: float = math.inf  # seconds, of all threads
    memory: float = math.inf  # MiB, peak resident

    def least(self, other: Cost) -> Cost:
        """The smaller of each figure."""
        return Cost(
            min(self.wall, other.wall),
            min(self.processor, other.processor),
            min(self.memory, other.memory),
        )


NOTHING = Cost(math.nan, math.nan, math.nan)


def cost(*command: str, cache: str = "") -> Cost:
    """Run a command to its end, its output thrown away."""
    environment = os.environ | ({"XDG_CACHE_HOME": cache} if cache else {})
    start = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"bench.gap: {' '.join(command)} failed with {process.returncode}")
    unit = 2**20 if sys.platform == "darwin" else 2**10  # bytes there, KiB elsewhere
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)


def interleaved(*runs: Callable[[], Cost]) -> list[Cost]:
    """The least cost of each, over rounds in which all take turns."""
    best = [Cost() for _ in runs]
    for _ in range(ROUNDS):
        best = [known.least(run()) for known, run in zip(best, runs, strict=True)]
    return best


def surface(torch: Path, *arguments: str, cache: str = "") -> Callable[[], Cost]:
    """A run of `torchdevice surface` that prints JSON."""
    command = [COMMAND, "surface", "--torch", str(torch), "--format", "json", *arguments]
    return lambda: cost(*command, cache=cache)


def griffe(site_packages: Path) -> Cost:
    """One run of griffe, which takes most of a minute."""
    if find_spec("griffe") is None:
        print("griffe is not installed: pip install -r tools/requirements-bench.txt")
        return NOTHING
    return cost(sys.executable, "-c", _GRIFFE, str(site_packages))


def ruff(torch: Path) -> Callable[[], Cost]:
    """A run of ruff's parse-and-names pass."""
    path = BIN / "ruff"
    if not path.exists():
        print("ruff is not installed: tools/setup.sh lint")
        return lambda: NOTHING
    options = ["--isolated", "--no-cache", "--select", "F", "--exit-zero", "--quiet"]
    return lambda: cost(str(path), "check", *options, str(torch))


def pack(site_packages: Path, folder: str) -> Path:
    """A wheel of the installed sources, compressed as wheels are."""
    wheel = Path(folder) / "torch-0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for package in ("torch", "torchgen"):
            for path in sorted((site_packages / package).rglob("*")):
                if path.suffix in (".py", ".pyi", ".yaml", ".h"):
                    archive.write(path, path.relative_to(site_packages))
    return wheel


def rows(torch: Path, folder: str) -> list[Row]:
    """All figures; `folder` takes the wheel and the cache."""
    wheel = pack(torch.parent, folder)
    cold, from_wheel, cuda, other = interleaved(
        surface(torch, "--all", "--no-cache"),
        surface(wheel, "--all", "--no-cache"),
        surface(torch, "torch.cuda", "--no-cache"),
        ruff(torch),
    )
    surface(torch, cache=folder)()  # fills the cache
    [warm] = interleaved(surface(torch, cache=folder))
    model = griffe(torch.parent)

    def row(
        name: str, beside: float, ours: float, value: float, target: float | None = None
    ) -> Row:
        return Row(name, beside, ours, "s", value, target)

    return [
        row("all, cold, v. griffe", model.wall, cold.wall, cold.wall, COLD_TARGET),
        row("  times griffe's speed", model.wall, cold.wall, model.wall / cold.wall),
        row("all, cold, v. ruff", other.wall, cold.wall, cold.wall / other.wall),
        row("  processor time", other.processor, cold.processor, cold.processor / other.processor),
        row(
            "all, from a wheel v. unpacked",
            cold.wall,
            from_wheel.wall,
            from_wheel.wall / cold.wall,
            WHEEL_TARGET,
        ),
        row("torch.cuda alone", math.nan, cuda.wall, cuda.wall, CUDA_TARGET),
        row("  processor time", math.nan, cuda.processor, cuda.processor),
        row("the scope, warm", math.nan, warm.wall, warm.wall, WARM_TARGET),
        row("  processor time", math.nan, warm.processor, warm.processor),
        Row("peak memory v. griffe", model.memory, cold.memory, "MiB", cold.memory, MEMORY_TARGET),
        Row("peak memory v. ruff", other.memory, cold.memory, "MiB", cold.memory / other.memory),
    ]


def main() -> None:
    """Measure and print."""
    spec = find_spec("torch")
    assert spec is not None
    assert spec.submodule_search_locations
    torch = Path(spec.submodule_search_locations[0])
    with tempfile.TemporaryDirectory() as folder:
        figures = rows(torch, folder)
    publish("Gap analyzer", figures, "figure", ("beside", "torchdevice"))


if __name__ == "__main__":
    main()
