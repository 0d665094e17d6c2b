"""A Transformer encoder with a padding mask: trained, then evaluated on its fast path."""

import torch
import torch.nn as nn

from tests.conformance.compare import Closeness

# The fast path of evaluation is one fused kernel, written once for CUDA and once for the CPU.
CLOSENESS = Closeness(relative=1e-4, absolute=1e-5)


def run(device):
    layer = nn.TransformerEncoderLayer(32, 4, 64, dropout=0.0, batch_first=True)
    model = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False).to(device)
    head = nn.Linear(32, 3).to(device)
    parameters = [*model.parameters(), *head.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=1e-2)
    padding = torch.zeros(4, 6, dtype=torch.bool)
    padding[1, 4:] = True
    padding = padding.to(device)
    losses = []
    for _ in range(4):
        x, labels = torch.randn(4, 6, 32).to(device), torch.randint(3, (4,)).to(device)
        hidden = model(x, src_key_padding_mask=padding)
        loss = nn.functional.cross_entropy(head(hidden[:, 0]), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    model.eval()
    with torch.no_grad():
        evaluated = model(torch.randn(4, 6, 32).to(device))
    return {"losses": losses, "evaluated": evaluated}
