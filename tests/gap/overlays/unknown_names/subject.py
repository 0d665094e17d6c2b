import os

import torch

setattr(torch.cuda, os.environ["NAME"], lambda: True)
for name in open("names.txt"):
    setattr(torch, name, None)
delattr(torch, input())
exec("torch.cuda.is_available = lambda: True")
