"""The databases, and the tasks that they give."""

from __future__ import annotations

import torch

from tests.conformance import modules, operators, optimizers
from tests.conformance.result import Task

DATABASES = {"operator": operators, "module": modules, "optimizer": optimizers}
_NAMES = {
    "operator": operators.OPERATORS,
    "module": modules.MODULES,
    "optimizer": optimizers.OPTIMIZERS,
}


def tasks(dtypes: list[str]) -> list[Task]:
    """All tasks for the dtypes, in the databases' order."""
    return [
        Task(kind, name, dtype)
        for dtype in dtypes
        for kind, names in _NAMES.items()
        for name in names
        if DATABASES[kind].supports(name, getattr(torch, dtype))
    ]
