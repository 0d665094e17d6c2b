import torch


def enable():
    torch.cuda.is_available = lambda: True


def used():
    torch.cuda.device_count = lambda: 1


class Patcher:
    def apply(self):
        torch.cuda.set_device = lambda device: None


used()
