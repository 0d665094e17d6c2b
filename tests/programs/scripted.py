"""TorchScript: a scripted module with control flow, a traced one, saved and loaded again."""

import io

import torch
import torch.nn as nn


class Gate(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor, times: int) -> torch.Tensor:
        scale = torch.ones(4, device=x.device)
        for i in range(times):
            if bool(x.sum() > 0):
                x = torch.relu(self.linear(x)) * scale
            else:
                x = torch.tanh(self.linear(x)) - scale / (i + 1)
        return x


def run(device):
    x = torch.randn(3, 4).to(device)
    scripted = torch.jit.script(Gate().to(device))
    losses = []
    optimizer = torch.optim.SGD(scripted.parameters(), lr=0.1)
    for _ in range(4):  # The profiling executor specialises after two runs.
        loss = scripted(x, 3).square().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    model = nn.Sequential(nn.Conv1d(4, 6, 2), nn.ReLU(), nn.Flatten()).to(device).eval()
    traced = torch.jit.trace(model, torch.randn(2, 4, 5).to(device))
    file = io.BytesIO()
    torch.jit.save(traced, file)
    file.seek(0)
    loaded = torch.jit.load(file, map_location=device)
    frozen = torch.jit.freeze(traced)
    given = torch.randn(2, 4, 5).to(device)
    with torch.no_grad():
        results = [module(given) for module in (traced, loaded, frozen) for _ in range(3)]
    return {"losses": losses, "results": results}
