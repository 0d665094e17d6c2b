"""A PyTorch of a few lines: the hazards of the real one that the interpreter must get right."""

import sys
from typing import TYPE_CHECKING

from torch._C import *

__all__ = ["typename", "Tensor"]

from torch import _C as _C

__name, __obj = "", None
for __name in dir(_C):
    if __name[0] != "_" and not __name.endswith("Base"):
        __all__.append(__name)
    elif __name == "TensorBase":
        delattr(sys.modules[__name__], __name)
del __name, __obj

PRIVATE_OPS = ("unique_dim",)
for __name in dir(_C._VariableFunctions):
    if __name.startswith("__") or __name in PRIVATE_OPS:
        continue
    __obj = getattr(_C._VariableFunctions, __name)
    if __name == "segment_reduce":
        globals()[__name] = __obj
        __name = "_" + __name
    globals()[__name] = __obj
    if not __name.startswith("_"):
        __all__.append(__name)

import torch

__all__.extend(name for name in dir(torch) if isinstance(getattr(torch, name), torch.dtype))

from torch._tensor import Tensor
from torch.functional import *
from torch import backends as backends, cuda as cuda, functional as functional

if TYPE_CHECKING:

    def typename(obj: object) -> str: ...

else:

    def typename(obj, /):
        return type(obj).__name__


def manual_seed(seed):
    return seed


_deprecated_attrs = {"has_cuda": cuda.is_available}


def __getattr__(name):
    replacement = _deprecated_attrs.get(name)
    if replacement is not None:
        return replacement
    raise AttributeError(name)
