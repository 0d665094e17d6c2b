import torch


class Stream(torch.cuda.Stream):
    def record(self):
        return None


class Linear:
    def __init__(self, in_features, out_features):
        self.shape = in_features, out_features


def device(type, index=0):
    return type


torch.cuda.Stream = Stream
torch.nn.Linear = Linear
torch.device = device
torch.cuda.current_device = torch.mps
torch.nn.Module = 3
