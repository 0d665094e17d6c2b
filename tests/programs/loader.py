"""A DataLoader with two workers and pinned memory feeds a model on the device."""

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset


class Numbers(Dataset):
    def __len__(self):
        return 20

    def __getitem__(self, index):
        generator = torch.Generator().manual_seed(index)
        x = torch.randn(4, generator=generator)
        return {"x": x, "y": x.sum()}


def run(device):
    on_gpu = torch.device(device).type == "cuda"
    loader = DataLoader(
        Numbers(), batch_size=4, shuffle=True, num_workers=2, pin_memory=on_gpu, drop_last=True
    )
    model = nn.Linear(4, 1).to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses = []
    for _ in range(2):
        for batch in loader:
            assert batch["x"].is_pinned() == on_gpu
            x = batch["x"].to(device, non_blocking=True)
            y = batch["y"].to(device, non_blocking=True)
            loss = (model(x).squeeze(1) - y).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses
