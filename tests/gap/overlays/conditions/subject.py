import sys

import torch

try:
    import vendor
except ImportError:
    torch.cuda.is_available = lambda: False
else:
    torch.cuda.is_available = vendor.is_available

if torch.__version__ >= "2.5":
    torch.cuda.empty_cache = lambda: None
if sys.platform == "win32":
    torch.cuda.device_count = lambda: 0
if hasattr(torch.cuda, "no_such_name"):
    torch.cuda.device_count = lambda: 1
if not hasattr(torch, "compile"):
    torch.compile = lambda model: model
if vendor.wants_streams():
    torch.cuda.Stream = object
else:
    torch.cuda.Stream = None
