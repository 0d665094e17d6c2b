import sys
import types

import torch

from subject import fake_cuda

sys.modules["torch.cuda"] = fake_cuda
torch.mps = fake_cuda
sys.modules["torch.npu"] = types.ModuleType("torch.npu")
sys.modules["apex"] = fake_cuda
