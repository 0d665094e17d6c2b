"""torch.export of a model on the device: run, decompose, save, load and run again."""

import io

import torch
import torch.nn as nn
from torch.export import Dim, export, load, save


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
        self.register_buffer("offset", torch.ones(3))

    def forward(self, x):
        return self.layers(x).softmax(-1) + self.offset + torch.zeros(3, device=x.device)


def run(device):
    model = Model().to(device)
    x = torch.randn(5, 4).to(device)
    program = export(model, (x,), dynamic_shapes={"x": {0: Dim("batch", min=2)}})
    file = io.BytesIO()
    save(program, file)
    file.seek(0)
    given = torch.randn(7, 4).to(device)
    programs = [program, program.run_decompositions(), load(file)]
    return [model(given)] + [p.module()(given) for p in programs]
