import torch

NAMES = ["is_available", "device_count"]
TABLE = {"current_device": lambda: 0, "set_device": lambda device: device}


def nothing(*args, **kwargs):
    return None


for name in NAMES:
    setattr(torch.cuda, name, nothing)

for name, function in TABLE.items():
    setattr(torch.cuda, name, function)

for name in torch.nn.functional.__all__:
    setattr(torch.nn.functional, name, nothing)

for name in dir(torch.mps):
    if not name.startswith("_"):
        setattr(torch.mps, name, getattr(torch.cuda, name))

for owner, name in zip([torch.Tensor, torch.nn.Module], ("cuda",) * 2):
    setattr(owner, name, lambda self, device=None: self)

[setattr(torch, name, nothing) for name in ("add", "is_tensor")]
