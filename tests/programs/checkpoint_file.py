"""Training that is saved, loaded and resumed; the loaded half moves between devices."""

import copy
import io

import torch
import torch.nn as nn


def _steps(model, optimizer, device, count):
    losses = []
    for _ in range(count):
        loss = model(torch.randn(4, 3).to(device)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def run(device):
    model = nn.Linear(3, 3).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    losses = _steps(model, optimizer, device, 3)
    file = io.BytesIO()
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, file)
    twin = copy.deepcopy(model)
    for place in (device, "cpu"):
        file.seek(0)
        saved = torch.load(file, map_location=place)
        assert saved["model"]["weight"].device == torch.device(place)
        twin.load_state_dict(saved["model"])
        resumed = torch.optim.Adam(twin.parameters(), lr=0.01)
        resumed.load_state_dict(saved["optimizer"])
        losses += _steps(twin, resumed, device, 2)
    return {"losses": losses, "state": dict(twin.state_dict())}
