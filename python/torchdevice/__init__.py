"""TorchDevice runs PyTorch programs written for CUDA where there is no CUDA.

Importing this package before ``torch`` is enough: it makes PyTorch's ``cuda`` device a virtual one
that lives on the host's CPU (or on Apple's MPS). See ``python -m torchdevice --help`` for the other
ways to switch it on.
"""

from torchdevice import _loader
from torchdevice._settings import configure

__all__ = ["configure", "report"]

_loader.activate()


def report(*, as_json: bool = False) -> str:
    """Return what the virtual device has run so far, operator by operator.

    Calls are counted only where a report was asked for (``TORCHDEVICE_REPORT`` or
    ``configure(report=...)``); otherwise the report is empty.
    """
    bindings = _loader.bindings()
    return bindings.report_json() if as_json else bindings.report_text()


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("torchdevice-runtime")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
