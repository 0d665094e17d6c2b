"""What one task of the conformance run found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.conformance.compare import Closeness

ClosenessOf = Callable[[str], Closeness]  # by the name of the check


@dataclass(frozen=True)
class Task:
    """One entry of a database and the dtype to run it in."""

    kind: str  # "operator", "module" or "optimizer"
    name: str
    dtype: str

    def __str__(self) -> str:
        """Kind, name and dtype."""
        return f"{self.kind} {self.name} {self.dtype}"


@dataclass(frozen=True)
class Failure:
    """One check of one sample that the device did not pass."""

    check: str
    sample: int
    text: str


@dataclass
class Result:
    """Counts and failures of a task."""

    task: Task
    samples: int = 0
    checks: dict[str, int] = field(default_factory=dict)
    refused: int = 0
    failures: list[Failure] = field(default_factory=list)
    seconds: float = 0.0

    def record(self, check: str, sample: int, text: str | None) -> None:
        """Count one run of a check; `text` says how it failed."""
        self.checks[check] = self.checks.get(check, 0) + 1
        if text is not None:
            self.failures.append(Failure(check, sample, text))

    @property
    def failed_samples(self) -> set[int]:
        """The samples that failed in some check."""
        return {failure.sample for failure in self.failures}
