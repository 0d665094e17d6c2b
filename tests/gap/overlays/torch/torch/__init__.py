"""A PyTorch of a few names, for the overlays beside it."""

from torch import cuda as cuda
from torch import mps as mps
from torch import nn as nn
from torch import version as version
from torch._tensor import Tensor as Tensor

__all__ = ["Tensor", "add", "device", "is_tensor"]


class device:
    """Where a tensor lives."""

    def __init__(self, type: str, index: int = 0) -> None:
        self.type = type
        self.index = index


def add(input: Tensor, other: Tensor, *, alpha: float = 1, out: Tensor | None = None) -> Tensor:
    """Return the sum."""
    return input + alpha * other


def is_tensor(obj: object) -> bool:
    """Tell whether it is a tensor."""
    return isinstance(obj, Tensor)
