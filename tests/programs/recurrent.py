"""An LSTM and a GRU, two layers each, both directions, with plain and packed sequences."""

import torch
import torch.nn as nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from tests.conformance.compare import Closeness

# CUDA computes each cell in one fused kernel, the CPU operator by operator.
CLOSENESS = Closeness(relative=1e-5, absolute=1e-6)


class Tagger(nn.Module):
    def __init__(self, kind: type) -> None:
        super().__init__()
        self.embedding = nn.Embedding(20, 8)
        self.recurrent = kind(8, 12, num_layers=2, bidirectional=True, batch_first=True)
        self.head = nn.Linear(24, 5)

    def forward(self, tokens, lengths=None):
        x = self.embedding(tokens)
        if lengths is None:
            return self.head(self.recurrent(x)[0])
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        padded, _ = pad_packed_sequence(self.recurrent(packed)[0], batch_first=True)
        return self.head(padded)


def run(device):
    found = {}
    for kind in (nn.LSTM, nn.GRU):
        model = Tagger(kind).to(device)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        losses = []
        for step in range(4):
            tokens, tags = torch.randint(20, (4, 7)), torch.randint(5, (4, 7))
            lengths = torch.tensor([7, 3, 5, 7]) if step % 2 else None
            logits = model(tokens.to(device), lengths)
            loss = nn.functional.cross_entropy(logits.flatten(0, 1), tags.flatten().to(device))
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item())
        cell = (nn.LSTMCell if kind is nn.LSTM else nn.GRUCell)(4, 6).to(device)
        found[kind.__name__] = {"losses": losses, "cell": cell(torch.randn(3, 4).to(device))}
    return found
