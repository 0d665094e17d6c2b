"""Runs one thing on the CPU and on the device under test, and tells how the outcomes differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest import mock

import torch

from tests.conformance.compare import EXACT, Closeness, Difference, compare
from tests.device import DEVICE


@dataclass(frozen=True)
class Raised:
    """An outcome that is an exception."""

    kind: str
    message: str


def outcome(run: Callable[[str], Any], device: str, seed: int = 0) -> Any:
    """What `run(device)` gives with the generators at `seed`; an exception counts as a result.

    OpInfo's random entries set a seed of their own: `seed` is added to that one too.
    """
    seed_all = torch.manual_seed
    with mock.patch.object(torch, "manual_seed", lambda own: seed_all(own + seed)):
        torch.manual_seed(0)
        try:
            return run(device)
        except Exception as error:
            return Raised(type(error).__name__, str(error).strip().partition("\n")[0])


def difference(run: Callable[[str], Any], closeness: Closeness = EXACT) -> str | None:
    """None if both devices agree, else one line.

    Where the CPU disagrees with itself under another seed the thing is random: then metadata must
    agree, and the device must repeat itself under the same seed.
    """
    expected = outcome(run, "cpu")
    actual = outcome(run, DEVICE)
    found = _between(expected, actual, closeness)
    if found is None:
        return None
    if found.only_values and _is_random(run, expected, closeness):
        again = compare(actual, outcome(run, DEVICE), closeness, homes=(DEVICE, DEVICE))
        return None if again is None else f"not reproducible: {again.text}"
    return found.text


def _is_random(run: Callable[[str], Any], expected: Any, closeness: Closeness) -> bool:
    others = (outcome(run, "cpu", seed) for seed in range(1, 33))
    return any(compare(expected, other, closeness, homes=("cpu", "cpu")) for other in others)


def _between(expected: Any, actual: Any, closeness: Closeness) -> Difference | None:
    if isinstance(expected, Raised) and isinstance(actual, Raised):
        if expected.kind == actual.kind:
            return None
        return Difference(f"raised {actual}, the CPU {expected}")
    if isinstance(actual, Raised):
        return Difference(f"raised {actual.kind}: {actual.message}")
    if isinstance(expected, Raised):
        return Difference(f"did not raise, the CPU raised {expected.kind}: {expected.message}")
    return compare(expected, actual, closeness)
