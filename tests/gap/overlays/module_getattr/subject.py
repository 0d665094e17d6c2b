import torch


def __getattr__(name):
    """Of this module: PyTorch does not change."""
    return getattr(torch, name)


def lazy(name):
    return torch.add


torch.__getattr__ = lazy
torch.cuda.__getattr__ = lambda name: None
