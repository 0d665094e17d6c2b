import contextlib

import torch


@contextlib.contextmanager
def patched():
    saved = torch.cuda.synchronize
    torch.cuda.synchronize = print
    try:
        yield
    finally:
        torch.cuda.synchronize = saved


class Patched:
    def __enter__(self):
        self.saved = torch.manual_seed
        torch.manual_seed = print

    def __exit__(self, *exception):
        torch.manual_seed = self.saved
