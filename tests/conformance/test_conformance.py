"""Conformance in float32, one test an entry. The other dtypes: `make conformance`."""

from __future__ import annotations

import os

import pytest

from tests.conformance import pool
from tests.conformance.exceptions import Exceptions
from tests.conformance.result import Result, Task
from tests.conformance.run import summarize
from tests.conformance.tasks import tasks

TASKS = tasks(["float32"])


@pytest.fixture(scope="session")
def exceptions() -> Exceptions:
    """The list of known exceptions."""
    return Exceptions()


@pytest.fixture(scope="session")
def results(request: pytest.FixtureRequest) -> dict[Task, Result]:
    """Results of all entries that this session selected, run together in worker processes."""
    chosen = [
        item.callspec.params["task"]
        for item in request.session.items
        if getattr(item, "originalname", None) == test_entry.__name__
    ]
    found = pool.run(chosen, os.cpu_count() or 1, 300.0, lambda result: None)
    return {result.task: result for result in found}


@pytest.mark.parametrize("task", TASKS, ids=str)
def test_entry(task: Task, results: dict[Task, Result], exceptions: Exceptions) -> None:
    failures = exceptions.unexcused(results[task])
    lines = [f"sample {f.sample} {f.check}: {f.text}" for f in failures]
    assert not failures, "\n".join(lines)


def test_exceptions_are_few_and_fresh(results: dict[Task, Result], exceptions: Exceptions) -> None:
    found = list(results.values())
    assert [entry.name for entry in exceptions.stale(found)] == []
    assert summarize(found, exceptions)["failed percent"] < 0.5
