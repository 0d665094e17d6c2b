import torch


def patch_torch(path):
    """Put a function in the place of `torch.<path>`."""
    owner = torch
    *parents, name = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)

    def put(function):
        setattr(owner, name, function)
        return function

    return put


def register(owner):
    def put(cls):
        setattr(owner, cls.__name__, cls)
        return cls

    return put


@patch_torch("cuda.is_available")
def available():
    return True


@patch_torch("cuda.set_device")
def choose(device, *, quiet=False):
    print(device)


@register(torch.cuda)
class Stream:
    def __init__(self, device=None, priority=0):
        self.device = device
