"""Every way to patch PyTorch that the interpreter must see."""

from . import assignments, classes, conditions, contexts, helpers, loops, modules, mocks
