import torch


class Stream(torch.cuda.Stream):
    def wait(self):
        return super().wait()


torch.cuda.Stream = Stream
torch.cuda.Event = type("Event", (torch.cuda.Stream,), {"record": lambda self: None})
Stream.mine = 1
