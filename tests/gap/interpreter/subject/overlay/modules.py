import sys
import types

import torch

npu = types.ModuleType("torch.npu")
npu.available = lambda: True
sys.modules["torch.npu"] = npu
torch.npu = npu
sys.modules["torch.cuda"] = npu


class Finder:
    def find_spec(self, name, path, target=None):
        return None


sys.meta_path.insert(0, Finder())
