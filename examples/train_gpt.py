"""Train a small character-level GPT on one GPU, save it, resume it, and let it write.

The text is Python's own language reference (the `pydoc` topics), so nothing is downloaded.

    python train_gpt.py                              # bf16 autocast
    python train_gpt.py --dtype fp16                 # fp16 autocast with loss scaling
    python train_gpt.py --checkpoint gpt.pt          # train, then save
    python train_gpt.py --checkpoint gpt.pt --resume --steps 50
"""

from __future__ import annotations

import argparse
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from pydoc_data.topics import topics

import torch
import torch.nn as nn
import torch.nn.functional as F

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass
class Config:
    """The shape of a model."""

    vocabulary: int
    context: int = 128
    layers: int = 4
    heads: int = 4
    width: int = 128


class Block(nn.Module):
    """Causal self-attention and an MLP, each behind a layer norm and a residual connection."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        width = config.width
        self.heads = config.heads
        self.norm1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.projection = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, length, width = x.shape
        qkv = self.qkv(self.norm1(x)).view(batch, length, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind()
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.projection(y.transpose(1, 2).reshape(batch, length, width))
        return x + self.mlp(self.norm2(x))


class GPT(nn.Module):
    """A decoder-only Transformer with tied input and output embeddings."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.token = nn.Embedding(config.vocabulary, config.width)
        self.position = nn.Embedding(config.context, config.width)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width)
        self.head = nn.Linear(config.width, config.vocabulary, bias=False)
        self.apply(self._initialise)
        self.head.weight = self.token.weight

    @staticmethod
    def _initialise(module: nn.Module) -> None:
        if isinstance(module, (nn.Linear, nn.Embedding)):
            nn.init.normal_(module.weight, std=0.02)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        positions = torch.arange(tokens.shape[1], device=tokens.device)
        x = self.token(tokens) + self.position(positions)
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))

    @torch.no_grad()
    def sample(
        self, tokens: torch.Tensor, count: int, generator: torch.Generator, temperature: float = 0.8
    ) -> torch.Tensor:
        """Append `count` tokens to `tokens` (batch x time), drawn from the model."""
        for _ in range(count):
            logits = self(tokens[:, -self.config.context :])[:, -1].float() / temperature
            drawn = torch.multinomial(logits.softmax(-1), 1, generator=generator)
            tokens = torch.cat((tokens, drawn), dim=1)
        return tokens


class Text:
    """The training text as token ids, and the alphabet that maps it to characters."""

    def __init__(self) -> None:
        text = "\n\n".join(topics[name] for name in sorted(topics))
        self.alphabet = sorted(set(text))
        self.ids = self.encode(text)

    def encode(self, text: str) -> torch.Tensor:
        index = {character: i for i, character in enumerate(self.alphabet)}
        return torch.tensor([index[character] for character in text])

    def decode(self, ids: torch.Tensor) -> str:
        return "".join(self.alphabet[i] for i in ids.tolist())

    def batch(self, size: int, context: int, device: torch.device) -> tuple[torch.Tensor, ...]:
        """Random windows of the text, and the same windows one character on."""
        starts = torch.randint(len(self.ids) - context - 1, (size,)).tolist()
        x = torch.stack([self.ids[i : i + context] for i in starts])
        y = torch.stack([self.ids[i + 1 : i + context + 1] for i in starts])
        if device.type == "cuda":
            x, y = x.pin_memory(), y.pin_memory()
            return x.cuda(non_blocking=True), y.cuda(non_blocking=True)
        return x.to(device), y.to(device)


def learning_rate(step: int, steps: int, peak: float) -> float:
    """Linear warm-up over the first tenth of the run, then cosine decay to a tenth of the peak."""
    warmup = max(1, steps // 10)
    if step < warmup:
        return peak * (step + 1) / warmup
    progress = (step - warmup) / max(1, steps - warmup)
    return peak * (0.55 + 0.45 * math.cos(math.pi * progress))


class Clock:
    """Milliseconds between laps: CUDA events on a GPU, the wall clock elsewhere."""

    def __init__(self, device: torch.device) -> None:
        self.on_gpu = device.type == "cuda"
        self.start = self._now()

    def _now(self) -> torch.cuda.Event | float:
        if not self.on_gpu:
            return time.perf_counter()
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event

    def lap(self) -> float:
        start, self.start = self.start, self._now()
        if not self.on_gpu:
            return (self.start - start) * 1000
        torch.cuda.synchronize()
        return start.elapsed_time(self.start)


def train(
    model: GPT,
    optimizer: torch.optim.Optimizer,
    scaler: torch.amp.GradScaler,
    text: Text,
    device: torch.device,
    first: int,
    args: argparse.Namespace,
) -> list[float]:
    """Run `args.steps` optimizer steps from step `first` on; return the loss of each."""
    context = model.config.context
    losses = []
    total = first + args.steps
    tokens_per_step = args.batch * args.accumulate * context
    clock = Clock(device)
    since_print = 0
    for step in range(first, total):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, total, args.lr)
        loss_sum = torch.zeros((), device=device)
        for _ in range(args.accumulate):
            x, y = text.batch(args.batch, context, device)
            with torch.autocast(device.type, DTYPES[args.dtype], enabled=args.dtype != "fp32"):
                logits = model(x)
                loss = F.cross_entropy(logits.flatten(0, 1), y.flatten()) / args.accumulate
            scaler.scale(loss).backward()
            loss_sum += loss.detach()
        scaler.unscale_(optimizer)
        norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss_sum.item())
        since_print += 1
        if step % 10 == 0 or step == total - 1:
            milliseconds = clock.lap()
            rate = tokens_per_step * since_print / milliseconds * 1000
            print(
                f"step {step:4d}  loss {losses[-1]:.4f}  gradient norm {norm.item():5.2f}  "
                f"{milliseconds / since_print:6.1f} ms/step  {rate:8,.0f} tokens/s",
                flush=True,
            )
            since_print = 0
    return losses


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--dtype", choices=DTYPES, default="bf16")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--batch", type=int, default=8, help="sequences a micro-step")
    parser.add_argument("--accumulate", type=int, default=2, help="micro-steps an optimizer step")
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=1337)
    parser.add_argument("--checkpoint", type=Path, help="file to save to after training")
    parser.add_argument("--resume", action="store_true", help="start from --checkpoint")
    parser.add_argument("--sample", type=int, default=200, help="characters to write at the end")
    parser.add_argument("--prompt", default="The ")
    args = parser.parse_args(argv)
    if args.resume and args.checkpoint is None:
        parser.error("--resume needs --checkpoint")
    return args


def main(argv: list[str] | None = None) -> list[float]:
    """Train as the command line says; return the losses."""
    args = parse(argv)
    torch.manual_seed(args.seed)
    device = torch.device(args.device)
    on_gpu = device.type == "cuda"
    if on_gpu:
        properties = torch.cuda.get_device_properties(device)
        print(f"{properties.name}, {properties.total_memory / 2**30:.0f} GiB")

    text = Text()
    model = GPT(Config(vocabulary=len(text.alphabet)))
    model = model.cuda() if on_gpu else model.to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr, betas=(0.9, 0.95), fused=True)
    scaler = torch.amp.GradScaler(device.type, enabled=args.dtype == "fp16")
    step = 0
    if args.resume:
        saved = torch.load(args.checkpoint, map_location=device)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        scaler.load_state_dict(saved["scaler"])
        torch.set_rng_state(saved["rng"].cpu())
        step = saved["step"]
        print(f"resumed {args.checkpoint} at step {step}")
    parameters = sum(p.numel() for p in model.parameters())
    print(f"{parameters:,} parameters, {len(text.ids):,} characters, {args.dtype} on {device}")

    losses = train(model, optimizer, scaler, text, device, step, args)

    if args.checkpoint is not None:
        torch.save(
            {
                "config": asdict(model.config),
                "model": model.state_dict(),
                "optimizer": optimizer.state_dict(),
                "scaler": scaler.state_dict(),
                "rng": torch.get_rng_state(),
                "step": step + args.steps,
            },
            args.checkpoint,
        )
        print(f"saved {args.checkpoint}")
    if args.sample:
        generator = torch.Generator(device).manual_seed(args.seed)
        prompt = text.encode(args.prompt).to(device).unsqueeze(0)
        model.eval()
        written = model.sample(prompt, args.sample, generator)
        print(f"--- sample\n{text.decode(written[0])}\n---")
    if on_gpu:
        print(torch.cuda.memory_summary(device, abbreviated=True))
        print(f"peak memory {torch.cuda.max_memory_allocated(device) / 2**20:.1f} MiB")
    return losses


if __name__ == "__main__":
    main()
