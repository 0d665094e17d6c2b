"""Operators that PyTorch has for CUDA only, through the public API, against the CPU."""

import contextlib

import pytest
import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode

from tests.device import DEVICE, VIRTUAL

pytestmark = pytest.mark.skipif(not VIRTUAL, reason="these operators exist on CUDA only")


class Operators(TorchDispatchMode):
    """Collects the names of the operators that run on CUDA tensors."""

    def __init__(self) -> None:
        """Nothing has run yet."""
        super().__init__()
        self.names: set[str] = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """Notes the operator and runs it."""
        self.names.add(func._schema.name.removeprefix("aten::"))
        return func(*args, **(kwargs or {}))


def run(module: torch.nn.Module, *inputs: torch.Tensor) -> list[torch.Tensor]:
    """All outputs, then the gradients of the inputs and parameters."""
    inputs = [x.clone().requires_grad_() for x in inputs]
    outputs = torch.utils._pytree.tree_leaves(module(*inputs))
    sum((y * y).sum() for y in outputs).backward()
    leaves = [*inputs, *module.parameters()]
    return [y.detach().cpu() for y in outputs] + [x.grad.cpu() for x in leaves]


def same_on_both(make, *inputs: torch.Tensor, exact: bool) -> None:
    """Runs make() on the CPU and on the device and compares everything."""
    torch.manual_seed(0)
    module = make()
    expected = run(module, *inputs)
    module.zero_grad()
    actual = run(module.to(DEVICE), *[x.to(DEVICE) for x in inputs])
    for x, y in zip(actual, expected, strict=True):
        torch.testing.assert_close(x, y, **({"rtol": 0, "atol": 0} if exact else {}))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"bias": False},
        {"num_layers": 2, "bidirectional": True, "batch_first": True},
    ],
    ids=str,
)
def test_lstm_is_the_cpus(options):
    """A whole layer runs in oneDNN, as on the CPU."""
    same_on_both(lambda: torch.nn.LSTM(6, 5, **options), torch.randn(4, 3, 6), exact=True)


@pytest.mark.parametrize("options", [{}, {"bias": False}, {"bidirectional": True}], ids=str)
def test_gru(options):
    """Gated recurrent units run step by step in the fused cell."""
    same_on_both(lambda: torch.nn.GRU(6, 5, **options), torch.randn(4, 3, 6), exact=False)


def test_lstm_with_projections_and_packed_sequences():
    """What oneDNN does not serve takes the fused cell."""
    same_on_both(
        lambda: torch.nn.LSTM(6, 5, proj_size=2).double(),
        torch.randn(4, 3, 6, dtype=torch.double),
        exact=False,
    )
    lstm = torch.nn.LSTM(6, 5)
    packed = torch.nn.utils.rnn.pack_sequence([torch.randn(n, 6) for n in (5, 3, 1)])
    expected = lstm(packed)[0].data
    torch.testing.assert_close(lstm.to(DEVICE)(packed.to(DEVICE))[0].data.cpu(), expected)


@pytest.mark.parametrize("cell", [torch.nn.LSTMCell, torch.nn.GRUCell])
@pytest.mark.parametrize("bias", [True, False])
def test_cells(cell, bias):
    """LSTMCell and GRUCell are the fused cells."""
    same_on_both(lambda: cell(6, 5, bias=bias), torch.randn(3, 6), exact=False)


def test_cells_second_derivative():
    """The cells can be differentiated twice."""
    cell = torch.nn.LSTMCell(3, 2).double().to(DEVICE)
    x = torch.randn(2, 3, dtype=torch.double, device=DEVICE, requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda x: cell(x)[0], (x,))


@pytest.mark.parametrize("dtype", [torch.half, torch.bfloat16])
def test_lstm_under_autocast_gives_the_low_precision(dtype):
    """Autocast casts the products of every step."""
    lstm = torch.nn.LSTM(6, 5).to(DEVICE)
    with torch.autocast("cuda", dtype):
        output, _ = lstm(torch.randn(4, 3, 6, device=DEVICE))
    assert output.dtype == dtype
    output.float().sum().backward()
    assert lstm.weight_hh_l0.grad.isfinite().all()


@pytest.mark.parametrize("lengths", [torch.Tensor, list], ids=["tensor", "list"])
def test_ctc_loss(lengths):
    """ctc_loss finds no vendor's kernel and takes PyTorch's own."""
    log_probs = torch.randn(20, 2, 6).log_softmax(2)
    targets = torch.randint(1, 6, (2, 7))
    input_lengths, target_lengths = [20, 18], [7, 5]
    if lengths is torch.Tensor:
        input_lengths, target_lengths = torch.tensor(input_lengths), torch.tensor(target_lengths)

    def loss(device):
        x = log_probs.to(device).requires_grad_()
        value = F.ctc_loss(x, targets.to(device), input_lengths, target_lengths)
        value.backward()
        return value.detach().cpu(), x.grad.cpu()

    torch.testing.assert_close(loss(DEVICE), loss("cpu"), rtol=0, atol=0)


def test_synchronised_batch_norm_of_one_process_group(tmp_path):
    """SyncBatchNorm of one process is BatchNorm."""
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1
    )
    try:
        x = torch.randn(4, 6, 5)
        norm = torch.nn.BatchNorm1d(6)
        expected = run(norm, x)
        synchronised = torch.nn.SyncBatchNorm(6).to(DEVICE)
        for actual, wanted in zip(run(synchronised, x.to(DEVICE)), expected, strict=True):
            torch.testing.assert_close(actual, wanted)
        torch.testing.assert_close(synchronised.running_var.cpu(), norm.running_var)
    finally:
        torch.distributed.destroy_process_group()


def test_batch_norm_statistics_of_two_workers():
    """Gathered statistics are those of the whole batch."""
    x = torch.randn(4, 6, 3, 2, device=DEVICE)
    parts = [x[:1], x[1:]]
    stats = [torch.batch_norm_stats(part, 1e-5) for part in parts]
    counts = torch.tensor([part.numel() / 6 for part in parts], device=DEVICE)
    running = torch.zeros(6, device=DEVICE), torch.ones(6, device=DEVICE)
    mean, invstd = torch.batch_norm_gather_stats_with_counts(
        x,
        torch.stack([s[0] for s in stats]),
        torch.stack([s[1] for s in stats]),
        *running,
        0.1,
        1e-5,
        counts,
    )
    expected = torch.nn.BatchNorm2d(6)
    output = expected(x.cpu())
    assert running[0].is_cuda
    assert mean.is_cuda
    torch.testing.assert_close(running[0].cpu(), expected.running_mean)
    torch.testing.assert_close(running[1].cpu(), expected.running_var)
    torch.testing.assert_close(
        torch.batch_norm_elemt(x, None, None, mean, invstd, 1e-5).cpu(), output
    )


@pytest.mark.parametrize("dtype", [torch.half, torch.bfloat16])
def test_products_with_out_dtype(dtype):
    """Products of half operands are not rounded to half."""
    a, b = torch.randn(4, 5).to(dtype), torch.randn(5, 6).to(dtype)
    x, y = a.to(DEVICE), b.to(DEVICE)
    expected = a.float() @ b.float()

    def check(result, wanted):
        assert result.is_cuda
        assert result.dtype == torch.float32
        torch.testing.assert_close(result.cpu(), wanted)

    check(torch.mm(x, y, out_dtype=torch.float32), expected)
    check(torch.bmm(x[None], y[None], out_dtype=torch.float32), expected[None])
    added = torch.randn(4, 6)
    check(torch.addmm(added.to(DEVICE), x, y, out_dtype=torch.float32), added + expected)
    check(
        torch.baddbmm(added[None].to(DEVICE), x[None], y[None], out_dtype=torch.float32, beta=2),
        2 * added[None] + expected[None],
    )
    out = torch.empty(4, 6, device=DEVICE)
    assert torch.mm(x, y, out_dtype=torch.float32, out=out) is out
    check(out, expected)
    with pytest.raises(RuntimeError, match="out_dtype must be the same as input dtype or fp32"):
        torch.mm(x, y, out_dtype=torch.float64)


def attention(device, shape, *, backend=None, dtype=torch.float32, mask=None, **options):
    """Output and gradients of scaled_dot_product_attention, and the operators it ran."""
    torch.manual_seed(0)
    query, key, value = (
        torch.randn(size).to(device, dtype).requires_grad_()
        for size in (shape, options.pop("key_shape", shape), options.pop("value_shape", shape))
    )
    grad = torch.randn(*shape[:-1], value.shape[-1]).to(device, dtype)
    if mask is not None:
        mask = mask.to(device)
    with Operators() as operators, sdpa_kernel(backend) if backend else contextlib.nullcontext():
        output = F.scaled_dot_product_attention(query, key, value, mask, **options)
        output.backward(grad)
    results = [output.detach(), query.grad, key.grad, value.grad]
    assert all(x.device == torch.device(device) for x in results)
    return [x.cpu() for x in results], operators.names


SHAPE = (2, 4, 33, 16)
BACKENDS = {
    SDPBackend.FLASH_ATTENTION: "_scaled_dot_product_flash_attention",
    SDPBackend.EFFICIENT_ATTENTION: "_scaled_dot_product_efficient_attention",
    SDPBackend.CUDNN_ATTENTION: "_scaled_dot_product_cudnn_attention",
}


@pytest.mark.parametrize("backend", BACKENDS, ids=lambda b: b.name)
@pytest.mark.parametrize("causal", [False, True])
def test_attention_by_each_fused_backend(backend, causal):
    """Each fused backend gives what the CPU gives."""
    options = {"dtype": torch.bfloat16, "is_causal": causal}
    actual, operators = attention(DEVICE, SHAPE, backend=backend, **options)
    assert {BACKENDS[backend], BACKENDS[backend] + "_backward"} <= operators
    expected, _ = attention("cpu", SHAPE, **options)
    for x, y in zip(actual, expected, strict=True):
        torch.testing.assert_close(x, y, rtol=0, atol=0)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.half])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"is_causal": True, "key_shape": (2, 4, 20, 16), "value_shape": (2, 4, 20, 16)},
        {"mask": torch.randn(33, 33) > -1},
        {"mask": torch.randn(2, 1, 33, 33), "scale": 0.3},
        {"enable_gqa": True, "key_shape": (2, 2, 33, 16), "value_shape": (2, 2, 33, 16)},
        {"value_shape": (2, 4, 33, 8)},
    ],
    ids=["plain", "causal", "bool_mask", "bias", "grouped", "narrow_values"],
)
def test_attention_by_default_is_the_cpus(dtype, options):
    """The default choice gives what the CPU gives."""
    actual, _ = attention(DEVICE, SHAPE, dtype=dtype, **options)
    expected, _ = attention("cpu", SHAPE, dtype=dtype, **options)
    for x, y in zip(actual, expected, strict=True):
        torch.testing.assert_close(x, y, rtol=0, atol=0)


def test_attention_takes_the_backend_a_gpu_takes():
    """Flash for low precision, else efficient; math on demand."""
    low, full = torch.bfloat16, torch.float32
    assert BACKENDS[SDPBackend.FLASH_ATTENTION] in attention(DEVICE, SHAPE, dtype=low)[1]
    assert BACKENDS[SDPBackend.EFFICIENT_ATTENTION] in attention(DEVICE, SHAPE, dtype=full)[1]
    math = attention(DEVICE, SHAPE, dtype=full, backend=SDPBackend.MATH)[1]
    assert not math & set(BACKENDS.values())


def test_attention_without_a_backend_that_fits():
    """The error is CUDA's."""
    with pytest.raises(RuntimeError, match="No available kernel"):
        attention(DEVICE, SHAPE, dtype=torch.float32, backend=SDPBackend.FLASH_ATTENTION)


@pytest.mark.parametrize("backend", BACKENDS, ids=lambda b: b.name)
def test_attention_dropout_follows_the_cuda_seed(backend):
    """Fused dropout draws from the CUDA generator."""

    def draw(seed):
        torch.cuda.manual_seed(seed)
        query = torch.ones(SHAPE, dtype=torch.bfloat16, device=DEVICE)
        with sdpa_kernel(backend):
            return F.scaled_dot_product_attention(query, query, query, dropout_p=0.5)

    first, again, other = draw(1), draw(1), draw(2)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert abs(first.float().mean().item() - 1) < 0.05


def test_attention_gradient_of_a_bias():
    """Efficient attention differentiates its bias."""
    bias = torch.randn(2, 4, 33, 33, dtype=torch.double, device=DEVICE, requires_grad=True)
    query = torch.randn(SHAPE, dtype=torch.double, device=DEVICE, requires_grad=True)
    grads = []
    for backend in (SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH):
        with sdpa_kernel(backend):
            output = F.scaled_dot_product_attention(query, query, query, bias)
        grads += torch.autograd.grad(output.sin().sum(), bias)
    torch.testing.assert_close(*grads)


def test_transformer_encoder_is_the_cpus():
    """A whole encoder layer gives what the CPU gives."""
    layer = torch.nn.TransformerEncoderLayer(16, 4, 32, dropout=0, batch_first=True)
    same_on_both(lambda: layer, torch.randn(2, 7, 16), exact=True)


def test_depthwise_and_cudnn_convolutions():
    """Convolutions by their CUDA names."""
    x, weight, bias = torch.randn(2, 4, 7, 7), torch.randn(8, 1, 3, 3), torch.randn(8)
    expected = F.conv2d(x, weight, bias, padding=1, groups=4)
    dx, dw, db = x.to(DEVICE), weight.to(DEVICE), bias.to(DEVICE)
    depthwise = torch.ops.aten._conv_depthwise2d(dx, dw, [3, 3], db, [1, 1], [1, 1], [1, 1])
    torch.testing.assert_close(depthwise.cpu(), expected)
    fused = torch.cudnn_convolution_relu(dx, dw, db, [1, 1], [1, 1], [1, 1], 4)
    torch.testing.assert_close(fused.cpu(), expected.relu())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda x: torch.miopen_convolution(x, x, None, [0], [1], [1], 1, False, False),
            "miopen_convolution: ATen not compiled with MIOpen support",
        ),
        (
            lambda x: torch.ops.aten._cudnn_init_dropout_state(0.5, True, 0, device=x.device),
            "_cudnn_init_dropout_state: ATen not compiled with cuDNN support",
        ),
    ],
    ids=["miopen", "cudnn"],
)
def test_libraries_that_do_not_exist_here(call, message):
    """A CUDA build without the library says the same."""
    with pytest.raises(RuntimeError, match=message):
        call(torch.ones(1, 1, 3, device=DEVICE))


def test_operators_of_the_hardware_are_not_implemented():
    """PyTorch's own words for a missing kernel."""
    with pytest.raises(NotImplementedError, match="Could not run 'aten::_cslt_compress'"):
        torch._cslt_compress(torch.ones(32, 32, dtype=torch.half, device=DEVICE))
