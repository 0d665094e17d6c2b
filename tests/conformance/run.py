"""Runs the conformance checks from the command line.

python -m tests.conformance.run --dtypes float32,bfloat16 --json conformance.json
python -m tests.conformance.run --ops add,mm -v
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from dataclasses import asdict
from fnmatch import fnmatchcase

from tests.conformance import pool
from tests.conformance.exceptions import Exceptions
from tests.conformance.result import Result
from tests.conformance.tasks import tasks

DTYPES = ("float32", "float64", "bfloat16", "float16", "complex64", "int64", "bool")


def main(argv: list[str] | None = None) -> int:
    """Run, print what failed and the totals; return 0 if only listed exceptions failed."""
    args = _parse(argv)
    chosen = [
        task
        for task in tasks(args.dtypes)
        if task.kind in args.kinds and any(fnmatchcase(task.name, name) for name in args.ops)
    ]
    if not chosen:
        print("no operator, module or optimizer fits --kinds, --ops and --dtypes")
        return 2
    exceptions = Exceptions()

    def done(result: Result) -> None:
        for failure in exceptions.unexcused(result)[: None if args.verbose else 3]:
            text = failure.text.splitlines()[-1]
            print(f"{result.task}: sample {failure.sample} {failure.check}: {text}", flush=True)
        if args.verbose:
            print(
                f"{result.task}: {result.samples} samples, {sum(result.checks.values())} checks, "
                f"{len(result.failures)} failed, {result.seconds:.2f} s",
                flush=True,
            )

    results = pool.run(chosen, args.jobs, args.limit, done)
    stale = exceptions.stale(results)
    for entry in stale:
        print(f"stale exception: {entry.kind} {entry.name} no longer fails")
    summary = summarize(results, exceptions)
    for key, value in summary.items():
        print(f"{key:>22}: {value}")
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump({"summary": summary, "results": [asdict(r) for r in results]}, file, indent=1)
    return 1 if summary["unexcused"] or stale else 0


def summarize(results: list[Result], exceptions: Exceptions) -> dict[str, object]:
    """Totals over all results."""
    samples = sum(result.samples for result in results)
    failed = sum(len(result.failed_samples) for result in results)
    checks: Counter[str] = Counter()
    for result in results:
        checks.update(result.checks)
    return {
        "entries": len(results),
        "samples": samples,
        "checks": checks.total(),
        "checks by kind": dict(checks),
        "refused as CUDA does": sum(result.refused for result in results),
        "failed samples": failed,
        "failed percent": round(100 * failed / max(1, samples), 3),
        "unexcused": sum(len(exceptions.unexcused(result)) for result in results),
    }


def _parse(argv: list[str] | None) -> argparse.Namespace:
    def split(text: str) -> list[str]:
        return text.split(",")

    parser = argparse.ArgumentParser(prog="python -m tests.conformance.run")
    parser.add_argument("--dtypes", type=split, default=list(DTYPES), help="default: all seven")
    parser.add_argument("--ops", type=split, default=["*"], help="names or patterns")
    parser.add_argument(
        "--kinds", type=split, default=["operator", "module", "optimizer"], help="default: all"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--limit", type=float, default=300.0, help="seconds for one entry")
    parser.add_argument("--json", help="file to write all results to")
    parser.add_argument("-v", "--verbose", action="store_true")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
