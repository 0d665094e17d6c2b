import torch._C as _C


class Tensor(_C.TensorBase):
    def size(self, dim=None):
        return dim

    @property
    def grad(self):
        return None

    @grad.setter
    def grad(self, value):
        pass

    @classmethod
    def of(cls):
        return cls()


for _name in ("__gt__", "__lt__"):
    setattr(Tensor, _name, lambda self, other, name=_name: (name, other))
