"""What every benchmark prints and writes: a table of figures beside their targets."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass
class Row:
    """One figure. `target` is the largest (or, with `at_least`, the smallest) value allowed."""

    name: str
    cpu: float
    cuda: float
    unit: str
    value: float
    target: float | None = None
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Whether the figure keeps its target."""
        if self.target is None:
            return True
        return self.value >= self.target if self.at_least else self.value <= self.target


def publish(
    title: str,
    rows: list[Row],
    value_name: str,
    columns: tuple[str, str] = ("cpu", "cuda"),
) -> None:
    """Print the table; write it to the file named by `--json`, if any.

    `columns` says what a row's `cpu` and `cuda` are, where they are something else.
    """
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    path = parser.parse_args().json

    width = max(len(row.name) for row in rows)
    print(f"\n{title}")
    print(f"{'':{width}}  {columns[0]:>12}  {columns[1]:>12}  {value_name:>10}  target")
    for row in rows:
        target = "" if row.target is None else f"{'>=' if row.at_least else '<='} {row.target:g}"
        verdict = "" if row.met else "  MISSED"
        print(
            f"{row.name:{width}}  {_number(row.cpu, row.unit):>12}  "
            f"{_number(row.cuda, row.unit):>12}  {row.value:10.3f}  {target}{verdict}"
        )
    if path is not None:
        figures = {"title": title, "rows": [asdict(row) | {"met": row.met} for row in rows]}
        path.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def _number(value: float, unit: str) -> str:
    if value != value:  # nothing to compare with
        return "-"
    return f"{value:,.2f} {unit}" if unit == "s" else f"{value:,.1f} {unit}"
