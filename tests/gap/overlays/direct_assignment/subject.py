import torch


def to(self, device, dtype=None):
    return self


torch.Tensor.to = to
torch.cuda.is_available = lambda: True
