"""Activation checkpointing, reentrant and not; the results equal those without it."""

import torch
import torch.nn as nn
from torch.utils.checkpoint import checkpoint, checkpoint_sequential


def run(device):
    model = nn.Sequential(*(nn.Sequential(nn.Linear(8, 8), nn.GELU()) for _ in range(4)))
    model.to(device)
    x = torch.randn(5, 8).to(device)
    found = {}
    for name in ("plain", "reentrant", "not reentrant", "sequential"):
        given = x.clone().requires_grad_()
        model.zero_grad()
        if name == "plain":
            y = model(given)
        elif name == "sequential":
            y = checkpoint_sequential(model, 2, given, use_reentrant=False)
        else:
            y = checkpoint(model, given, use_reentrant=name == "reentrant")
        y.square().sum().backward()
        found[name] = [given.grad] + [p.grad.clone() for p in model.parameters()]
        assert all(map(torch.equal, found["plain"], found[name]))
    return found
