import torch

del torch.cuda.empty_cache
delattr(torch.Tensor, "cuda")
del torch.version.cuda
