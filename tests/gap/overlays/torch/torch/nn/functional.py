"""Functions of layers."""

__all__ = ["relu", "softmax"]


def relu(input, inplace=False):
    """Zero what is negative."""
    return input


def softmax(input, dim=None, dtype=None):
    """Normalise."""
    return input
