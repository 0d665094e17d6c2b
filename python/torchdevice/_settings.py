"""The user's settings. They live in the environment, so that child processes inherit them."""

import os
import sys

#: Keyword of :func:`configure` -> environment variable.
VARIABLES = {
    "host": "TORCHDEVICE",
    "gpus": "TORCHDEVICE_COUNT",
    "profile": "TORCHDEVICE_PROFILE",
    "memory": "TORCHDEVICE_MEMORY",
    "report": "TORCHDEVICE_REPORT",
}


def configure(
    *,
    host: str | None = None,
    gpus: int | None = None,
    profile: str | None = None,
    memory: str | int | None = None,
    report: str | os.PathLike[str] | None = None,
) -> None:
    """Choose how the virtual device looks, before ``torch`` is imported.

    Args:
        host: where tensors live and operators run: ``"auto"``, ``"cpu"``, ``"mps"``, or ``"off"``
            for PyTorch as it is.
        gpus: number of virtual GPUs.
        profile: name of the card that they present.
        memory: device memory of each, in bytes or as text with a unit (``"8GB"``).
        report: file for the report at exit (``.json`` for JSON), ``"-"`` for standard error.

    What is left out keeps its value. Raises RuntimeError once ``torch`` is imported, as its device
    is fixed by then.
    """
    if "torch" in sys.modules:
        raise RuntimeError("torchdevice.configure() must be called before torch is imported")
    given = {"host": host, "gpus": gpus, "profile": profile, "memory": memory, "report": report}
    for keyword, value in given.items():
        if value is not None:
            os.environ[VARIABLES[keyword]] = os.fspath(value) if keyword == "report" else str(value)


def is_off() -> bool:
    """Whether PyTorch shall stay as it is. The device library reads the other values."""
    return os.environ.get("TORCHDEVICE", "off").strip().lower() in ("", "off", "0")


def names_host() -> bool:
    """Whether the user asked for a host by name, and not for whatever suits the machine."""
    return os.environ["TORCHDEVICE"].strip().lower() not in ("auto", "on", "1")
