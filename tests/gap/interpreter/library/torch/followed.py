from inspect import getmodule

from typing_extensions import deprecated

__all__ = ["abs"]


def _make_inplace(function):
    name = f"{function.__name__}_"
    listed = getmodule(function).__all__
    if name not in listed:
        listed.append(name)
    return function


def abs(a):
    pass


abs_ = _make_inplace(abs)
old_abs = deprecated("use abs", category=FutureWarning)(abs)
