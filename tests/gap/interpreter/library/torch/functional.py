import torch
from torch import _C
from torch._jit_internal import boolean_dispatch

__all__ = ["split", "unique"]


def split(tensor, size, dim=0):
    """In Python, over the C function of the same name."""


def _return_two(data, counts):
    """With counts."""


def _return_one(data, counts):
    pass


unique = boolean_dispatch(
    arg_name="counts", default=False, if_true=_return_two, if_false=_return_one
)
det = _C._add_docstr(_C._linalg.linalg_det, "det(A) -> Tensor")
