import os

import torch

NAMES = ["empty_cache", "mem_get_info"]
TABLE = {"ipc_collect": None, "reset": lambda: None}
PAIRS = [("max_memory", 1), ("min_memory", 2)]


def make(name):
    def stub(*args, **kwargs):
        return name

    return stub


for name in NAMES:
    setattr(torch.cuda, name, make(name))
for name, value in TABLE.items():
    setattr(torch.cuda, name, value)
for i, (name, value) in enumerate(PAIRS):
    setattr(torch.cuda, f"{name}_{i}", value)
for kind in [k.upper() for k in ("float", "half")]:
    setattr(torch.cuda, "%sTensor" % kind.capitalize(), None)
for name in torch.functional.__all__:
    setattr(torch, name, make(name))
for name in dir(torch.cuda):
    if name.startswith("memory") and callable(getattr(torch.cuda, name)):
        setattr(torch.cuda, name, make(name))
setattr(torch, os.environ["NAME"], 1)
