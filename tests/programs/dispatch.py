"""A tensor subclass and a TorchDispatchMode: both see the device in what passes through them."""

from typing import ClassVar

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map_only


class Logged(torch.Tensor):
    """A wrapper subclass that notes each operator and the devices of its results."""

    log: ClassVar[list] = []

    @staticmethod
    def __new__(cls, inner):
        return torch.Tensor._make_wrapper_subclass(
            cls, inner.shape, dtype=inner.dtype, device=inner.device
        )

    def __init__(self, inner):
        self.inner = inner

    @classmethod
    def __torch_dispatch__(cls, function, types, args=(), kwargs=None):
        args, kwargs = tree_map_only(cls, lambda t: t.inner, (args, kwargs or {}))
        result = function(*args, **kwargs)
        cls.log.append((str(function), _devices(result)))
        return tree_map_only(torch.Tensor, cls, result)


class Recorder(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.log = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        self.log.append((str(function), _devices(result)))
        return result


def _devices(result):
    return {str(t.device) for t in tree_leaves(result) if isinstance(t, torch.Tensor)}


def run(device):
    Logged.log = []
    x = torch.randn(3, 4).to(device)
    wrapped = Logged(x)
    assert wrapped.device == x.device
    product = (wrapped @ wrapped.t()).relu().sum()
    with Recorder() as recorder:
        weight = torch.ones(4, 2, device=device).requires_grad_()
        loss = (x @ weight).tanh().mean()
        loss.backward()
    log = Logged.log + recorder.log
    assert {device for _, devices in log for device in devices} == {str(x.device)}
    return {
        "operators": [name for name, _ in log],
        "product": product.inner,
        "gradient": weight.grad,
    }
