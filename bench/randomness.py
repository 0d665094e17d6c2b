"""Random numbers on one thread: CUDA's on the virtual device against the CPU's own."""

from __future__ import annotations

from collections.abc import Callable

import torchdevice  # noqa: F401  activates the device before torch is imported

# isort: split
import torch
import torch.nn.functional as F

from bench.report import Row, publish
from bench.timing import interleaved

LARGE = 10**7
SMALL = (4, 4)


def large(device: str) -> dict[str, Callable[[], object]]:
    """Fillings of ten million elements."""
    x = torch.empty(LARGE, device=device)
    integers = torch.empty(LARGE, device=device, dtype=torch.int64)
    return {
        "randn": lambda: torch.randn(LARGE, device=device),
        "rand": lambda: torch.rand(LARGE, device=device),
        "randint": lambda: integers.random_(0, 1000),
        "exponential_": lambda: x.exponential_(),
        "bernoulli_": lambda: x.bernoulli_(0.5),
        "dropout": lambda: F.dropout(x, 0.5),
    }


def small(device: str) -> dict[str, Callable[[], object]]:
    """Calls on 4 x 4 elements."""
    x = torch.ones(SMALL, device=device)
    return {
        "rand, 4 x 4": lambda: torch.rand(SMALL, device=device),
        "randn, 4 x 4": lambda: torch.randn(SMALL, device=device),
        "dropout, 4 x 4": lambda: F.dropout(x, 0.5),
    }


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    rows = []
    with torch.no_grad():
        on_cuda = large("cuda")
        for name, on_cpu in large("cpu").items():
            cpu, cuda = interleaved(on_cpu, on_cuda[name], rounds=8, count=1)
            target = 0.5 if name == "randn" else None
            rows.append(Row(name, cpu * 1e3, cuda * 1e3, "ms", cpu / cuda, target, at_least=True))
        on_cuda = small("cuda")
        for name, on_cpu in small("cpu").items():
            cpu, cuda = interleaved(on_cpu, on_cuda[name], rounds=400, count=300)
            rows.append(Row(name, cpu * 1e9, cuda * 1e9, "ns", cpu / cuda))
    publish("Random numbers, one thread", rows, "cpu / cuda")


if __name__ == "__main__":
    main()
