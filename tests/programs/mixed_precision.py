"""Autocast in both narrow types, with a GradScaler that must skip a step of infinite gradients."""

import torch
import torch.nn as nn

from tests.conformance.compare import Closeness

# Autocast keeps other operators in float32 on CUDA than on the CPU.
CLOSENESS = Closeness(relative=2e-2, absolute=2e-2)


def run(device):
    kind = torch.device(device).type
    losses, scales = [], []
    for dtype in (torch.bfloat16, torch.float16):
        model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4)).to(device)
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
        scaler = torch.amp.GradScaler(kind, enabled=dtype is torch.float16, init_scale=256.0)
        for step in range(4):
            x, y = torch.randn(16, 8).to(device), torch.randint(4, (16,)).to(device)
            with torch.autocast(kind, dtype):
                logits = model(x)
                assert logits.dtype is dtype
                loss = nn.functional.cross_entropy(logits, y)
            scaler.scale(loss).backward()
            if step == 2:
                model[0].weight.grad.fill_(float("inf"))
            scaler.unscale_(optimizer)
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            scaler.step(optimizer)
            scaler.update()
            optimizer.zero_grad()
            losses.append(loss.item())
            scales.append(scaler.get_scale())
    return {"losses": losses, "scales": scales}
