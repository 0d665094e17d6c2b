"""A variational autoencoder. Its noise is drawn on the CPU: the devices' generators differ."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class Autoencoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(1, 8, 3, 2, 1), nn.ReLU(), nn.Flatten())
        self.mean = nn.Linear(8 * 16, 4)
        self.log_variance = nn.Linear(8 * 16, 4)
        self.decoder = nn.Sequential(
            nn.Linear(4, 8 * 16),
            nn.Unflatten(1, (8, 4, 4)),
            nn.ConvTranspose2d(8, 1, 4, 2, 1),
        )

    def forward(self, x):
        hidden = self.encoder(x)
        mean, log_variance = self.mean(hidden), self.log_variance(hidden)
        noise = torch.randn(mean.shape).to(x.device)
        return self.decoder(mean + noise * (log_variance / 2).exp()), mean, log_variance


def run(device):
    model = Autoencoder().to(device)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(5):
        images = torch.rand(6, 1, 8, 8).to(device)
        logits, mean, log_variance = model(images)
        likelihood = F.binary_cross_entropy_with_logits(logits, images, reduction="sum")
        divergence = -0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp())
        loss = likelihood + divergence
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return {"losses": losses, "state": dict(model.state_dict())}
