"""Runs every benchmark, each in a process of its own, and keeps their figures as JSON."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

NAMES = ("ops", "autograd", "train", "startup", "memory", "randomness", "gap")


def main() -> None:
    """Run the benchmarks one after another."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("build/bench"), help="for the JSON")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        file = folder / f"{name}.json"
        subprocess.run([sys.executable, "-m", f"bench.{name}", "--json", str(file)], check=True)


if __name__ == "__main__":
    main()
