"""Names of its own: nothing of PyTorch changes."""

from torch import add
from torch.cuda import is_available

is_available = lambda: True
original = add


def add(a, b):
    return original(a, b)


class Tensor:
    pass


Tensor.to = add
