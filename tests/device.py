"""The device under test. Importing this module activates TorchDevice, before torch is imported.

Tests see two virtual GPUs. `TORCHDEVICE_TEST_DEVICE=cpu` runs the same checks CPU against CPU: then
every check must pass, which shows that a check itself is sound.
"""

import os

import pytest

DEVICE = os.environ.get("TORCHDEVICE_TEST_DEVICE", "cuda:0")
VIRTUAL = DEVICE.startswith("cuda") and os.environ.get("TORCHDEVICE") != "off"

if VIRTUAL:
    os.environ.setdefault("TORCHDEVICE_COUNT", "2")
    import torchdevice  # noqa: F401

import torch  # noqa: E402

torch.set_num_threads(1)

needs_virtual_device = pytest.mark.skipif(not VIRTUAL, reason="the virtual device is switched off")
