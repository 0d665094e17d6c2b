"""Which PyTorch this is."""

__version__ = "2.13.0"
cuda = None
git_version = "0123456789"
