import functools

import torch


def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        print(function.__name__)
        return function(*args, **kwargs)

    return wrapper


def on_cpu(function):
    def wrapper(input, *args):
        return function(input, *args)

    return functools.update_wrapper(wrapper, function)


def swallow(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return args[0]

    return wrapper


def own_relu(input, inplace):
    return input


torch.add = logged(torch.add)
torch.nn.functional.softmax = on_cpu(torch.nn.functional.softmax)
torch.Tensor.to = swallow(torch.Tensor.to)
torch.nn.functional.relu = logged(own_relu)
