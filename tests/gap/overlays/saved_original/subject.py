import torch

_add = torch.add
_saved = {"is_tensor": torch.is_tensor}
torch.Tensor._to = torch.Tensor.to


def add(input, other, *, alpha=1, out=None):
    return _add(input, other, alpha=alpha, out=out)


def is_tensor(obj):
    return _saved["is_tensor"](obj)


def to(self, *args, **kwargs):
    kwargs["device"] = "cpu"
    return self._to(*args, **kwargs)


def make(original=torch.cuda.set_device):
    def set_device(device):
        device = int(device)
        return original(device)

    return set_device


torch.add = add
torch.is_tensor = is_tensor
torch.Tensor.to = to
torch.cuda.set_device = make()
