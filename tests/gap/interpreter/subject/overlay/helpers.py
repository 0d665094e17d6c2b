import functools
import importlib

import torch


def patch(owner, name, value):
    setattr(owner, name, value)


def resolve(path):
    module, _, name = path.rpartition(".")
    return importlib.import_module(module), name


def patch_path(path, value):
    owner, name = resolve(path)
    patch(owner, name, value)


def patches(owner, name=None):
    def decorator(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return function(*args, **kwargs)

        setattr(owner, name or function.__name__, wrapper)
        return wrapper

    return decorator


class Patcher:
    def __init__(self, owner):
        self.owner = owner
        self.saved = {}

    def set(self, name, value):
        self.saved[name] = getattr(self.owner, name)
        setattr(self.owner, name, value)


def never_called(value="fallback"):
    torch.cuda.from_uncalled = value


patch(torch.cuda, "by_helper", 1)
patch(name="by_keyword", value=2, owner=torch.cuda)
patch_path("torch.cuda.by_path", 3)
Patcher(torch.cuda).set("is_available", patch)
functools.partial(patch, torch.cuda)("by_partial", 4)


@patches(torch.cuda)
def current_device():
    return 0
