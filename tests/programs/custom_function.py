"""A custom autograd.Function: saved tensors, an in-place result, two derivatives."""

import torch


class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return gradient * 3 * x**2


class ScaleInPlace(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, factor):
        ctx.factor = factor
        ctx.mark_dirty(x)
        return x.mul_(factor)

    @staticmethod
    def backward(ctx, gradient):
        return gradient * ctx.factor, None


def run(device):
    x = torch.randn(5).to(device).requires_grad_()
    hooked = []
    y = Cube.apply(x)
    y.register_hook(lambda gradient: hooked.append(gradient.clone()))
    z = ScaleInPlace.apply(y.clone(), 2.5)
    (first,) = torch.autograd.grad(z.sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x)
    return {"z": z, "first": first, "second": second, "hooked": hooked}
