"""Time a call of small operators: 4 x 4 tensors, one thread, virtual CUDA against the CPU."""

from __future__ import annotations

import math
from collections.abc import Callable

import torchdevice  # noqa: F401  activates the device before torch is imported

# isort: split
import torch
import torch.nn.functional as F

from bench.report import Row, publish
from bench.timing import interleaved

WORST, MEAN, VIEW = 1.35, 1.20, 1.05


def operators(device: str) -> dict[str, Callable[[], object]]:
    """The operators on tensors of `device`, each as a call without arguments."""
    x, y = torch.rand(4, 4, device=device), torch.rand(4, 4, device=device)
    weight, bias = torch.rand(4, device=device), torch.rand(4, device=device)
    rows = torch.tensor([0, 2], device=device)
    many = [torch.rand(4, 4, device=device) for _ in range(10)]
    return {
        "add": lambda: x + y,
        "add_": lambda: y.add_(x),
        "mm": lambda: torch.mm(x, y),
        "relu": lambda: torch.relu(x),
        "view": lambda: x.view(16),
        "cat": lambda: torch.cat((x, y)),
        "sum": lambda: x.sum(),
        "index": lambda: x[rows],
        "layer_norm": lambda: F.layer_norm(x, (4,), weight, bias),
        "_foreach_add": lambda: torch._foreach_add(many, 1.0),
    }


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    cpu, cuda = operators("cpu"), operators("cuda")
    rows = []
    with torch.no_grad():
        for name, on_cpu in cpu.items():
            first, second = interleaved(on_cpu, cuda[name], rounds=400, count=300)
            target = VIEW if name == "view" else WORST
            rows.append(Row(name, first * 1e9, second * 1e9, "ns", second / first, target))
    mean = math.exp(sum(math.log(row.value) for row in rows) / len(rows))
    rows.append(Row("geometric mean", math.nan, math.nan, "", mean, MEAN))
    publish("Operators on 4 x 4 tensors, one thread", rows, "cuda / cpu")


if __name__ == "__main__":
    main()
