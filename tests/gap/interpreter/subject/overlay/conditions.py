import os
import sys

import torch

if sys.version_info >= (3, 8):
    torch.cuda.decided = 1
else:
    torch.cuda.never = 1

if os.environ.get("OVERLAY"):
    torch.cuda.maybe = 1
else:
    torch.cuda.otherwise = 1


def enabled():
    return os.environ.get("ENABLED") == "1"


def apply():
    if not enabled():
        return
    torch.cuda.after_return = 1


apply()

try:
    from torch.missing import nothing
except ImportError:
    nothing = None
    torch.cuda.without_missing = 1


def branches():
    if os.environ.get("BRANCH"):
        table = {"in_one_branch": 1}
    else:
        table = {"in_the_other": 2}
    for name, value in table.items():
        setattr(torch.cuda, name, value)


branches()
