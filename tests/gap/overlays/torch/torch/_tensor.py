"""Tensors."""


class Tensor:
    """An array."""

    def to(self, device, dtype=None, non_blocking=False, copy=False):
        """Move it."""
        return self

    def cuda(self, device=None, non_blocking=False):
        """Move it to a GPU."""
        return self.to("cuda")

    @property
    def is_cuda(self) -> bool:
        """Whether it is on a GPU."""
        return False

    @property
    def grad(self):
        """The gradient."""
        return None

    @grad.setter
    def grad(self, value):
        pass
