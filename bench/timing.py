"""Timing of two things against each other: interleaved rounds, so that both meet the same noise."""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable


def seconds(run: Callable[[], object], count: int) -> float:
    """Processor seconds a call, over `count` calls in a row."""
    start = time.process_time()
    for _ in range(count):
        run()
    return (time.process_time() - start) / count


def interleaved(
    first: Callable[[], object], second: Callable[[], object], rounds: int, count: int
) -> tuple[float, float]:
    """Processor seconds a call of each: the minimum over the rounds, which alternate.

    Processor time and minima hardly feel what else runs on the machine. All threads count.
    """
    seconds(first, count), seconds(second, count)
    best_first = best_second = math.inf
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            best_first = min(best_first, seconds(first, count))
            best_second = min(best_second, seconds(second, count))
    finally:
        gc.enable()
    return best_first, best_second
