"""One process that runs tasks: a line of JSON in, lines of JSON out.

Each check is announced before it runs, so that whoever listens can name the one that crashed.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
import warnings
from dataclasses import asdict
from functools import partial

from tests.conformance.exceptions import Exceptions
from tests.conformance.result import Result, Task
from tests.conformance.tasks import DATABASES


def main() -> None:
    """Serve tasks from standard input until it ends."""
    warnings.simplefilter("ignore")
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # What operators print must not mix with the answers.
    exceptions = Exceptions()

    def progress(text: str) -> None:
        answers.write(json.dumps({"progress": text}) + "\n")

    for line in sys.stdin:
        task = Task(**json.loads(line))
        start = time.perf_counter()
        try:
            result = DATABASES[task.kind].run(task, partial(exceptions.closeness, task), progress)
        except Exception:
            result = Result(task)
            result.record("samples", 0, traceback.format_exc().strip())
        result.seconds = time.perf_counter() - start
        answers.write(json.dumps({"result": asdict(result)}) + "\n")


if __name__ == "__main__":
    main()
