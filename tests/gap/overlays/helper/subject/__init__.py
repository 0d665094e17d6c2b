import torch

from subject.helpers import replace, replace_all

replace(torch.cuda, "is_available", lambda: True)
replace_all(
    {"torch.cuda.device_count": lambda: 2, "torch.Tensor.cuda": lambda self, device=None: self}
)
