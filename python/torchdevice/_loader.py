"""Brings the virtual device up while ``torch`` is being imported.

PyTorch asks for its CUDA hooks once, inside the initialisation of ``torch._C``, and takes the names
of a CUDA build when ``torch.cuda`` is imported. An import finder therefore steps in three times:

1. before ``torch._C`` starts: the device library is loaded, and registers itself;
2. when it has started: the names of a CUDA build are put on it;
3. when ``torch`` is imported: the types that exist only then are completed.
"""

import ctypes
import importlib.util
import os
import re
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, NamedTuple

from torchdevice import _settings

#: The PyTorch release this build of TorchDevice was made for: (major, minor).
SUPPORTED_TORCH = (2, 13)

_LIBRARY_SUFFIX = ".dylib" if sys.platform == "darwin" else ".so"


class TorchBuild(NamedTuple):
    """What an installed PyTorch says of itself, read without importing it."""

    folder: str
    version: str
    cuda: str | None


class _Finder:
    """A ``sys.meta_path`` entry that knows two modules, ``torch`` and ``torch._C``."""

    def __init__(self) -> None:
        self._folder: str | None = None
        self._searching = False

    def find_spec(
        self, name: str, path: Any = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Have the finders behind this one find the module, and step into its loading."""
        if name not in ("torch", "torch._C") or self._searching:
            return None
        spec = self.find_behind(name, path, target)
        if spec is None or spec.origin is None:
            return spec
        if name == "torch":
            self._begin(spec)
        elif self._folder is not None:
            _wrap(spec.loader, "create_module", before=self._preload, after=_install)
        return spec

    def find_behind(
        self, name: str, path: Any = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Ask the other finders. One of them may do as this one and ask it back: it then passes."""
        self._searching = True
        try:
            for finder in sys.meta_path:
                if finder is not self and (spec := finder.find_spec(name, path, target)):
                    return spec
            return None
        finally:
            self._searching = False

    def _begin(self, spec: ModuleSpec) -> None:
        build = read_build(spec)
        if _settings.is_off() or stands_aside_for_gpu(build):
            return
        check_version(build)
        self._folder = build.folder
        _wrap(spec.loader, "exec_module", after=_complete)

    def _preload(self) -> None:
        """Load PyTorch's libraries, then ours, before ``torch._C`` initialises itself."""
        for library in ("libc10", "libtorch_cpu"):
            ctypes.CDLL(os.path.join(self._folder, "lib", library + _LIBRARY_SUFFIX))
        path = device_library()
        try:
            ctypes.CDLL(path)
        except OSError as error:
            raise ImportError(
                f"torchdevice: {path} does not fit this PyTorch: {error}. "
                "Reinstall torchdevice-runtime for it."
            ) from error


_finder = _Finder()


def activate() -> None:
    """Make the next ``import torch`` bring the virtual device up, unless TORCHDEVICE says "off".

    Where TORCHDEVICE is unset it becomes "auto", which child processes inherit.
    Raises ImportError if ``torch`` is imported already.
    """
    os.environ.setdefault("TORCHDEVICE", "auto")
    if _settings.is_off():
        return
    if "torch" in sys.modules:
        raise ImportError(
            "torchdevice: torch is imported already, and its device is fixed by then: "
            "import torchdevice before torch, or start with `torchdevice run PROGRAM`"
        )
    sys.meta_path.insert(0, _finder)


def bindings() -> ModuleType:
    """Return the extension module. Raises RuntimeError if the virtual device is not up."""
    module = sys.modules.get("torchdevice._bindings")
    if module is None:
        raise RuntimeError(
            "torchdevice: the virtual device is not up: torch is not imported, or it runs without"
            " (see `torchdevice doctor`)"
        )
    return module


def find_torch() -> TorchBuild | None:
    """Describe the PyTorch that ``import torch`` would take; None if there is none."""
    spec = _finder.find_behind("torch")
    return read_build(spec) if spec is not None and spec.origin is not None else None


def read_build(spec: ModuleSpec) -> TorchBuild:
    """Read version and CUDA version out of the ``version.py`` of the torch behind `spec`."""
    folder = os.path.dirname(spec.origin)
    with open(os.path.join(folder, "version.py"), encoding="utf-8") as file:
        text = file.read()
    version = re.search(r"^__version__\s*=\s*['\"](.+?)['\"]", text, re.MULTILINE)
    cuda = re.search(r"^cuda\b[^=\n]*=\s*['\"](.+?)['\"]", text, re.MULTILINE)
    return TorchBuild(folder, version[1] if version else "unknown", cuda[1] if cuda else None)


def check_version(build: TorchBuild) -> None:
    """Raise ImportError with one line unless `build` is a release that is supported."""
    match = re.match(r"(\d+)\.(\d+)", build.version)
    if match is None or (int(match[1]), int(match[2])) != SUPPORTED_TORCH:
        supported = ".".join(map(str, SUPPORTED_TORCH))
        raise ImportError(
            f"torchdevice: PyTorch {build.version} is not supported: install torch {supported}.x, "
            "or set TORCHDEVICE=off"
        )


def stands_aside_for_gpu(build: TorchBuild) -> bool:
    """Whether a real GPU is usable and the user did not name a host."""
    return build.cuda is not None and not _settings.names_host() and count_gpus() > 0


def count_gpus() -> int:
    """Count the NVIDIA GPUs whose driver answers.

    NVML is asked, not the CUDA driver: `cuInit` would spoil CUDA for forked children.
    """
    try:
        nvml = ctypes.CDLL("nvml.dll" if os.name == "nt" else "libnvidia-ml.so.1")
    except OSError:
        return 0
    if nvml.nvmlInit_v2() != 0:
        return 0
    count = ctypes.c_uint(0)
    status = nvml.nvmlDeviceGetCount_v2(ctypes.byref(count))
    nvml.nvmlShutdown()
    return count.value if status == 0 else 0


def device_library() -> str:
    """Return the path of libtorchdevice. Raises ImportError if it is not installed."""
    spec = importlib.util.find_spec("torchdevice._bindings")
    if spec is None:
        raise ImportError(
            "torchdevice: the compiled parts are not installed: reinstall torchdevice-runtime"
        )
    path = os.path.join(os.path.dirname(spec.origin), "libtorchdevice" + _LIBRARY_SUFFIX)
    if not os.path.exists(path):
        raise ImportError(f"torchdevice: {path} is missing: reinstall torchdevice-runtime")
    return path


def _install(torch_c: ModuleType) -> None:
    """Put the names of a CUDA build on ``torch._C``; its libraries are loaded by now."""
    from torchdevice import _bindings

    _bindings.install(torch_c)


def _complete(torch: ModuleType) -> None:
    bindings().complete(torch)


def _wrap(
    loader: Any,
    method: str,
    *,
    before: Callable[[], None] | None = None,
    after: Callable[[ModuleType], None],
) -> None:
    """Surround the next call of `method` on this one `loader` object.

    Only the instance is touched, for one call: whoever looks at the module's loader later sees the
    loader that Python chose.
    """
    original = getattr(loader, method)

    def once(argument: Any) -> Any:
        delattr(loader, method)
        if before is not None:
            before()
        result = original(argument)
        after(argument if method == "exec_module" else result)
        return result

    setattr(loader, method, once)
