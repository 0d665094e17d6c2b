import functools

import torch

from torch.utils import no_grad

__all__ = ["is_available", "Stream", "synchronize"]
__all__ += ["memory_stats"]

if hasattr(torch._C, "_cuda_getDeviceCount"):
    _count = torch._C._cuda_getDeviceCount
else:

    def _count():
        return 0


def is_available():
    return _count() > 0


def _logged(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        return function(*args, **kwargs)

    return inner


@_logged
def synchronize(device=None):
    pass


@no_grad()
def memory_stats(device=None):
    pass


class Stream:
    def __new__(cls, device=None, priority=0):
        return super().__new__(cls)

    def wait(self):
        pass

    wait_stream = wait


Event = Stream
old = 1
del old
