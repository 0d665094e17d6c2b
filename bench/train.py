"""Speed of whole training steps: the GPT example and a ResNet-18, virtual CUDA against the CPU."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path

import torchdevice  # noqa: F401  activates the device before torch is imported

# isort: split
import torch
import torch.nn as nn
import torch.nn.functional as F

from bench.report import Row, publish
from bench.timing import interleaved

TARGET = 0.97
EXAMPLE = Path(__file__).parent.parent / "examples" / "train_gpt.py"


class Block(nn.Module):
    """Two 3 x 3 convolutions with batch norm and a shortcut (He et al., 2015)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        """A block that halves the picture if `stride` is 2."""
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.shortcut = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The block's output."""
        return F.relu(self.body(x) + self.shortcut(x))


def resnet18() -> nn.Sequential:
    """A network of ResNet-18's shape: 11.7 million parameters."""
    layers = [
        nn.Conv2d(3, 64, 7, 2, 3, bias=False),
        nn.BatchNorm2d(64),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, 2, 1),
    ]
    inputs = 64
    for outputs in (64, 128, 256, 512):
        layers += [Block(inputs, outputs, 1 if outputs == 64 else 2), Block(outputs, outputs, 1)]
        inputs = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 1000))


def resnet_step(device: str) -> Callable[[], object]:
    """A training step with SGD on 4 pictures of 96 x 96."""
    torch.manual_seed(0)
    model = resnet18().to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    images, labels = torch.rand(4, 3, 96, 96).to(device), torch.randint(1000, (4,)).to(device)

    def run() -> None:
        loss = F.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return run


def gpt_step(device: str) -> Callable[[], object]:
    """An optimizer step of the example's model in float32 on 8 windows of its text."""
    example = runpy.run_path(str(EXAMPLE))
    torch.manual_seed(0)
    text = example["Text"]()
    model = example["GPT"](example["Config"](vocabulary=len(text.alphabet))).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)

    def run() -> None:
        x, y = text.batch(8, model.config.context, torch.device(device))
        loss = F.cross_entropy(model(x).flatten(0, 1), y.flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    return run


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    rows = []
    for name, make in (("GPT", gpt_step), ("ResNet-18", resnet_step)):
        first, second = interleaved(make("cpu"), make("cuda"), rounds=20, count=1)
        speed = Row(name, first * 1e3, second * 1e3, "ms", first / second, TARGET, at_least=True)
        rows.append(speed)
    publish("Training steps, one thread", rows, "speed")


if __name__ == "__main__":
    main()
