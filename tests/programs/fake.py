"""FakeTensorMode: shapes, dtypes and devices are propagated, nothing is computed."""

import torch
import torch.nn as nn
from torch._subclasses.fake_tensor import FakeTensorMode


def run(device):
    with FakeTensorMode() as mode:
        with torch.device(device):
            model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Flatten())
            model.append(nn.Linear(288, 5))
        loss = model(torch.randn(2, 3, 8, 8, device=device)).sum()
        loss.backward()
        made = [loss, *(p.grad for p in model.parameters())]
        made.append(torch.empty(2**40, device=device))
    real = mode.from_tensor(torch.ones(3).to(device))
    made.append(real + 1)
    assert all(tensor.device == torch.device(device) for tensor in made)
    return [(tuple(t.shape), str(t.dtype), type(t).__name__) for t in made]
