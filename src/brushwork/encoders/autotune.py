"""Selection of the fastest backend: measured once, and cached in the user's cache folder."""

from __future__ import annotations

import itertools
import json
import platform
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path

import torch
from torch import nn

from brushwork.encoders.backends import ENGINES, Engine, ForwardPass, usable_engines
from brushwork.encoders.native.library import load_library
from brushwork.encoders.weights.cache import cache_folder

_SIDE = 160
"""Side of the test image in pixels: large enough to keep every core busy."""

_CHANNELS = (3, 64, 64, 128, 128)
_TAPS = ("relu1", "relu4")
_TURNS = 2


@cache
def fastest_engine() -> Engine:
    """Return the backend with the shortest evaluation on this processor.

    The result is cached for this machine and these versions.
    """
    known = _read()
    key = _key()
    if known.get(key) in usable_engines():
        return known[key]
    seconds = time_engines()
    found = min(seconds, key=lambda engine: seconds[engine])
    _write(known | {key: found})
    return found


def time_engines() -> Mapping[Engine, float]:
    """Measure one evaluation of four VGG layers with each available backend, in seconds (some tenths in all)."""
    stages, image = _layers(), torch.rand(1, 3, _SIDE, _SIDE, generator=torch.Generator().manual_seed(0))
    found: dict[Engine, float] = {}
    for engine in usable_engines():
        seconds = [_closure(ENGINES[engine], stages, image) for _ in range(1 + _TURNS)]
        found[engine] = min(seconds[1:])  # the first run prepares kernels
    return found


@torch.enable_grad()  # type: ignore[untyped-decorator, unused-ignore]
def _closure(engine: ForwardPass, stages: Mapping[str, nn.Module], image: torch.Tensor) -> float:
    begin = time.perf_counter()
    shown = image.clone().requires_grad_()
    features = engine(stages, tuple(stages), shown, _TAPS)
    torch.stack([feature.square().mean() for feature in features]).sum().backward()  # type: ignore[no-untyped-call]
    return time.perf_counter() - begin


def _layers() -> Mapping[str, nn.Module]:
    """Create test layers with weights of their own generator; the global random state is unchanged."""
    generator = torch.Generator().manual_seed(0)
    stages: dict[str, nn.Module] = {}
    for index, (inputs, outputs) in enumerate(itertools.pairwise(_CHANNELS), start=1):
        with torch.device("meta"):
            layer = nn.Conv2d(inputs, outputs, 3, padding=1)
        weight = torch.randn(outputs, inputs, 3, 3, generator=generator) / (9 * inputs) ** 0.5
        layer.load_state_dict({"weight": weight, "bias": torch.zeros(outputs)}, assign=True)
        stages |= {f"conv{index}": layer.requires_grad_(False), f"relu{index}": nn.ReLU(inplace=True)}
        if index == _CHANNELS.index(_CHANNELS[-2]) - 1:
            stages["pool"] = nn.MaxPool2d(2)
    return stages


def _key() -> str:
    compiled = load_library()
    variant = "none" if compiled is None else compiled.variant
    kind = f"{platform.node()} {platform.machine()} {torch.backends.cpu.get_cpu_capability()}"
    versions = f"brushwork {version('brushwork')}, torch {torch.__version__}"
    return f"{versions}, {kind}, {torch.get_num_threads()} threads, {variant}"


def _file() -> Path:
    return cache_folder().parent / "engines.json"


def _read() -> dict[str, Engine]:
    try:
        found = json.loads(_file().read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(known: Mapping[str, Engine]) -> None:
    """Write the cache; where it cannot be written, the next run measures again."""
    with suppress(OSError):
        _file().parent.mkdir(parents=True, exist_ok=True)
        fresh = _file().with_suffix(f".{time.time_ns()}")
        fresh.write_text(json.dumps(known, indent=1))
        fresh.replace(_file())
