import torch

torch.cuda.is_available = lambda: True
torch.cuda.is_available = lambda: False

torch.cuda.device_count = lambda: 1
_count = torch.cuda.device_count
torch.cuda.device_count = lambda: _count() + 1

torch.cuda.current_device = lambda: 0
if torch.fast:
    torch.cuda.current_device = lambda: 1
