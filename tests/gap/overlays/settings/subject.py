"""What PyTorch lets users set is no patch."""

import torch

x = torch.Tensor()
x.grad = None


class Net(torch.nn.Module):
    def __init__(self):
        self.forward = self.run

    def run(self, x):
        return x


net = Net()
net.cuda = lambda: net
