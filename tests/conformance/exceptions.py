"""The list of known exceptions, `exceptions.toml`: each with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from tests.conformance.compare import EXACT, Closeness
from tests.conformance.result import Failure, Result, Task

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

FILE = Path(__file__).with_name("exceptions.toml")


@dataclass(frozen=True)
class Entry:
    """Tasks by kind, name pattern and dtypes; empty dtypes or checks mean all of them."""

    kind: str
    name: str
    reason: str
    dtypes: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()

    def covers(self, task: Task) -> bool:
        """Whether the entry speaks of the task."""
        return (
            self.kind == task.kind
            and fnmatchcase(task.name, self.name)
            and (not self.dtypes or task.dtype in self.dtypes)
        )

    def names(self, task: Task, check: str) -> bool:
        """Whether the entry speaks of this check of the task."""
        return self.covers(task) and (not self.checks or check in self.checks)


class Exceptions:
    """What `exceptions.toml` says: failures that are known, and results that are only near."""

    def __init__(self, path: Path = FILE) -> None:
        """Read the list."""
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        self.known = [_entry(table) for table in tables.get("exception", [])]
        self._near = []
        for table in tables.get("closeness", []):
            settings = {
                key: table.pop(key)
                for key in ("relative", "absolute", "only_metadata")
                if key in table
            }
            self._near.append((_entry(table), Closeness(**settings)))

    def closeness(self, task: Task, check: str) -> Closeness:
        """How near the values of one check of a task must come."""
        return next((near for entry, near in self._near if entry.names(task, check)), EXACT)

    def unexcused(self, result: Result) -> list[Failure]:
        """The failures that no entry names."""
        return [
            failure
            for failure in result.failures
            if not any(entry.names(result.task, failure.check) for entry in self.known)
        ]

    def stale(self, results: list[Result]) -> list[Entry]:
        """The entries whose tasks ran and failed nowhere."""
        return [
            entry
            for entry in self.known
            if any(entry.covers(result.task) for result in results)
            and not any(
                entry.names(result.task, failure.check)
                for result in results
                for failure in result.failures
            )
        ]


def _entry(table: dict) -> Entry:
    lists = {key: tuple(table.pop(key)) for key in ("dtypes", "checks") if key in table}
    return Entry(**table, **lists)
