import functools

import torch

torch.nn.functional.softmax = functools.partial(torch.nn.functional.softmax, dim=-1)


def add(scale, input, other, *, alpha=1, out=None):
    return input


torch.add = functools.partial(add, 2)
torch.nn.Module.cuda = functools.partialmethod(torch.nn.Module.cuda, device="cpu")
