"""A generator against a discriminator, each with its own optimizer."""

import torch
import torch.nn as nn
import torch.nn.functional as F


def run(device):
    generator = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 2))
    discriminator = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
    generator.to(device), discriminator.to(device)
    optimize_g = torch.optim.Adam(generator.parameters(), lr=1e-2, betas=(0.5, 0.999))
    optimize_d = torch.optim.Adam(discriminator.parameters(), lr=1e-2, betas=(0.5, 0.999))
    losses = []
    for _ in range(5):
        real = (torch.randn(8, 2) * 0.5 + 2).to(device)
        fake = generator(torch.randn(8, 4).to(device))

        optimize_d.zero_grad()
        on_real, on_fake = discriminator(real), discriminator(fake.detach())
        loss_d = F.binary_cross_entropy_with_logits(on_real, torch.ones_like(on_real))
        loss_d = loss_d + F.binary_cross_entropy_with_logits(on_fake, torch.zeros_like(on_fake))
        loss_d.backward()
        optimize_d.step()

        optimize_g.zero_grad()
        on_fake = discriminator(fake)
        loss_g = F.binary_cross_entropy_with_logits(on_fake, torch.ones_like(on_fake))
        loss_g.backward()
        optimize_g.step()
        losses += [loss_d.item(), loss_g.item()]
    return {"losses": losses, "generator": dict(generator.state_dict())}
