import warnings
from unittest.mock import MagicMock

import torch


def warn_only(device):
    """Do nothing."""
    warnings.warn("no GPU here")


def refuse(*args, **kwargs):
    raise NotImplementedError


def delegate():
    torch.mps.empty_cache()


torch.cuda.is_available = lambda: True
torch.cuda.set_device = warn_only
torch.cuda.current_device = refuse
torch.cuda.empty_cache = delegate
torch.version.cuda = "12.4"
torch.cuda.Stream = MagicMock()
