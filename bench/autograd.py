"""Forward and backward of small models, one thread: time on virtual CUDA against the CPU."""

from __future__ import annotations

from collections.abc import Callable

import torchdevice  # noqa: F401  activates the device before torch is imported

# isort: split
import torch
import torch.nn as nn

from bench.report import Row, publish
from bench.timing import interleaved

TARGET = 1.3


def models(device: str) -> dict[str, Callable[[], object]]:
    """Forward plus backward of each model, as a call without arguments."""
    torch.manual_seed(0)
    mlp = nn.Sequential(
        nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 4)
    )
    conv = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten())
    conv.append(nn.Linear(4 * 36, 4))
    attention = nn.TransformerEncoderLayer(16, 2, 32, dropout=0.0, batch_first=True)
    inputs = {
        "mlp": (mlp, torch.rand(8, 16)),
        "conv": (conv, torch.rand(4, 1, 8, 8)),
        "attention": (attention, torch.rand(2, 6, 16)),
    }

    def step(model: nn.Module, x: torch.Tensor) -> Callable[[], object]:
        model, x = model.to(device), x.to(device)

        def run() -> None:
            model(x).square().mean().backward()
            model.zero_grad()

        return run

    return {name: step(model, x) for name, (model, x) in inputs.items()}


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    cpu, cuda = models("cpu"), models("cuda")
    rows = []
    for name, on_cpu in cpu.items():
        first, second = interleaved(on_cpu, cuda[name], rounds=200, count=5)
        rows.append(Row(name, first * 1e6, second * 1e6, "us", second / first, TARGET))
    publish("Forward and backward of small models, one thread", rows, "cuda / cpu")


if __name__ == "__main__":
    main()
