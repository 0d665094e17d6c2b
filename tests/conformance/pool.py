"""Runs tasks in worker processes. A worker that dies fails its task by name, and is replaced."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import asdict

from tests.conformance.result import Failure, Result, Task


class _Worker:
    """One worker process."""

    def __init__(self) -> None:
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  it lives as long as the worker
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.conformance.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    def run(self, task: Task, limit: float) -> Result:
        """The task's result; one that tells of a crash if the process died or was too slow."""
        timer = threading.Timer(limit, self._process.kill)
        timer.start()
        last = "start"
        try:
            self._process.stdin.write(json.dumps(asdict(task)) + "\n")
            self._process.stdin.flush()
            for line in self._process.stdout:
                answer = json.loads(line)
                if "result" in answer:
                    return _result(task, answer["result"])
                last = answer["progress"]
        except BrokenPipeError:
            pass
        finally:
            timer.cancel()
        status = self._process.wait()
        result = Result(task)
        cause = f"took more than {limit:.0f} s" if timer.finished.is_set() and status == -9 else ""
        cause = cause or f"the process ended with status {status}"
        result.record("crash", 0, f"{cause} in: {last}. {self._last_words()}")
        return result

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()

    def _last_words(self) -> str:
        self._errors.seek(0)
        return " | ".join(self._errors.read().strip().splitlines()[-5:])


def run(tasks: list[Task], jobs: int, limit: float, done: Callable[[Result], None]) -> list[Result]:
    """Run all tasks on `jobs` workers, each task within `limit` seconds.

    `done` is called with each result as it comes, by one thread at a time.
    """
    waiting: queue.SimpleQueue[Task] = queue.SimpleQueue()
    for task in tasks:
        waiting.put(task)
    results: list[Result] = []
    lock = threading.Lock()

    def serve() -> None:
        worker = _Worker()
        while True:
            try:
                task = waiting.get_nowait()
            except queue.Empty:
                break
            if not worker.alive:
                worker = _Worker()
            result = worker.run(task, limit)
            with lock:
                results.append(result)
                done(result)
        worker.close()

    threads = [threading.Thread(target=serve) for _ in range(min(jobs, len(tasks)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def _result(task: Task, fields: dict) -> Result:
    fields["task"] = task
    fields["failures"] = [Failure(**failure) for failure in fields["failures"]]
    return Result(**fields)
