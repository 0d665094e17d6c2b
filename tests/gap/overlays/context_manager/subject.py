from contextlib import contextmanager

import torch


@contextmanager
def no_gpu():
    original = torch.cuda.is_available
    torch.cuda.is_available = lambda: False
    try:
        yield
    finally:
        torch.cuda.is_available = original


class OneGpu:
    def __enter__(self):
        self.saved = torch.cuda.device_count
        torch.cuda.device_count = lambda: 1
        return self

    def __exit__(self, *exception):
        torch.cuda.device_count = self.saved


def once():
    before = torch.add
    torch.add = lambda input, other: input
    torch.add = before
