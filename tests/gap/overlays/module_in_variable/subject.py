import importlib

import torch

gpu = torch.cuda
tensor = gpu and torch.Tensor
functional = importlib.import_module("torch.nn.functional")

gpu.current_device = lambda: 0
setattr(gpu, "set_device", lambda device: None)
functional.relu = torch.add
