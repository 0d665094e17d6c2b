import torch

torch.npu = torch.cuda
torch.Tensor.npu = torch.Tensor.cuda
torch.cuda.amp_available = True
