import torch as t
import torch.nn.functional as F
from torch import cuda
from torch.nn import functional

t.cuda.device_count = lambda: 1
F.relu = lambda input, inplace=False: input.clamp(min=0)
cuda.empty_cache = None
functional.softmax = lambda input, dim: input
