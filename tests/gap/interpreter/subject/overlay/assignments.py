import builtins
import sys

import torch
import torch.cuda as gpu
from torch import cuda
from torch.cuda import is_available as original


def available():
    return True


torch.cuda.is_available = available
gpu.synchronize = lambda device=None: None
cuda.Stream.wait = available
setattr(torch.cuda, "memory_stats", available)
torch.Tensor.npu = available
torch.cuda.__dict__["device_count"] = available
vars(torch)["manual_seed"] = available
torch.__all__ += ["npu"]
del torch.typename
delattr(torch, "matmul")
instance = torch.backends.cudnn
instance.enabled = False
own = torch.cuda.Stream()
own.attribute = 1
