"""torch.compile with the aot_eager backend: Dynamo and AOTAutograd on the device."""

import torch
import torch.nn as nn


def run(device):
    torch._dynamo.reset()
    model = nn.Sequential(nn.Linear(6, 12), nn.LayerNorm(12), nn.SiLU(), nn.Linear(12, 2))
    model.to(device)

    def step(x, y):
        bias = torch.arange(2, device=x.device) * 0.1
        return nn.functional.smooth_l1_loss(model(x) + bias, y)

    compiled = torch.compile(step, backend="aot_eager", fullgraph=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    losses = []
    for size in (4, 4, 7, 9):  # A new size makes the graph dynamic.
        loss = compiled(torch.randn(size, 6).to(device), torch.randn(size, 2).to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return {"losses": losses, "state": dict(model.state_dict())}
