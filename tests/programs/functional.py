"""torch.func: vmap, grad, jacrev, jacfwd, hessian, and an ensemble of stacked models."""

import copy

import torch
import torch.nn as nn
from torch.func import functional_call, grad, hessian, jacfwd, jacrev, stack_module_state, vmap


def run(device):
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2)).to(device)
    parameters = {name: value.detach() for name, value in model.named_parameters()}
    x, y = torch.randn(6, 4).to(device), torch.randn(6, 2).to(device)

    def loss(parameters, x, y):
        return nn.functional.mse_loss(functional_call(model, parameters, x), y)

    def energy(v):
        return (v.sin() * v.roll(1).exp()).sum()

    v = torch.randn(4).to(device)
    models = [nn.Linear(4, 3).to(device) for _ in range(3)]
    stacked, buffers = stack_module_state(models)
    skeleton = copy.deepcopy(models[0]).to("meta")

    def one(parameters, buffers, x):
        return functional_call(skeleton, (parameters, buffers), x)

    return {
        "per sample gradients": vmap(grad(loss), in_dims=(None, 0, 0))(parameters, x, y),
        "jacrev": jacrev(lambda v: model(v))(v),
        "jacfwd": jacfwd(lambda v: v.cumsum(0).sigmoid())(v),
        "hessian": hessian(energy)(v),
        "ensemble": vmap(one, in_dims=(0, 0, None))(stacked, buffers, x),
        "batched": vmap(torch.dot)(x, x),
    }
