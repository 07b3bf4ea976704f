"""The encoder: maps an image to named feature maps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from torch import nn

from brushwork.choices import Engine, Precision
from brushwork.encoders.backends import ENGINES
from brushwork.encoders.native.fusion import NativeStep, fuse_steps
from brushwork.encoders.native.library import has_matrix_units, load_library
from brushwork.encoders.precision import CastLayers, resolve_precision, with_precision
from brushwork.encoders.preprocess import Preprocess
from brushwork.encoders.stages import EncoderStage, LayerGeometry, Stages
from brushwork.errors import InputError, suggest_names
from brushwork.images.geometry import Size
from brushwork.storage.hashing import tensors_sha256
from brushwork.types import Feature, Features, Image

PIXELS = "pixels"
"""Name of the layer that is the image itself, in [0, 1]."""


class Encoder(nn.Module):
    """A frozen image classification network, evaluated up to the deepest requested layer.

    Its layers go by the names of the stages and their aliases (`conv4_2` is the rectified blob `relu4_2`, as in Caffe).
    """

    def __init__(
        self,
        name: str,
        stages: Sequence[EncoderStage],
        preprocess: Preprocess,
        aliases: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        self.name = name
        self.preprocess = preprocess
        self.engine: Engine = "plain"
        self.precision: Precision = "full"
        self.cuda_graphs = False
        self._layers = CastLayers()
        self._uncut: str | None = None
        self._hash: str | None = None
        self.stages = nn.ModuleDict({_module_key(stage.name): stage.module for stage in stages})
        self._stages = tuple(stages)
        self._order = [stage.name for stage in stages]
        self._aliases = dict(aliases or {})
        self._geometry = _geometries(stages)
        self._smallest = _smallest_sides(stages)
        self.requires_grad_(False)
        self.eval()

    @property
    def fingerprint(self) -> str:
        """sha256 over the biases of the full network, including stages that `truncate` removed."""
        return self._uncut or tensors_sha256({name: one for name, one in self.named_parameters() if one.ndim == 1})

    def weights_sha256(self) -> str:
        """Return the sha256 over all weights, computed once because they are frozen."""
        if self._hash is None:
            self._hash = tensors_sha256(dict(self.named_parameters()) | dict(self.named_buffers()))
        return self._hash

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers' own names, shallow to deep."""
        return tuple(name for name in self._order if name not in self._aliases)

    def layer(self, name: str) -> str:
        """Return a layer's own name, given any of its names.

        Raises: InputError: no such layer; the message suggests the nearest names.
        """
        own = self._aliases.get(name, name)
        if own != PIXELS and own not in self._geometry:
            hint = suggest_names(name, [*self.layers, *self._aliases])
            raise InputError(
                f"{self.name} has no layer {name!r}: choose its layers with --content-layers and --style-layers. {hint}"
            )
        return own

    def geometry(self, name: str) -> LayerGeometry:
        """Return the stride and receptive field of a layer."""
        own = self.layer(name)
        return LayerGeometry() if own == PIXELS else self._geometry[own]

    def positions(self, name: str, image: Size) -> Size:
        """Return the size of a layer's map for a given image size."""
        height, width = image
        for stage in self._stages[: self.depth(name) + 1]:
            height, width = stage.output_size(height), stage.output_size(width)
        return Size(height, width)

    def depth(self, name: str) -> int:
        """Return the index of a layer among the stages; −1 for `pixels`."""
        own = self.layer(name)
        return -1 if own == PIXELS else self._order.index(own)

    def min_size(self, layers: Iterable[str]) -> int:
        """Return the smallest side of an image, in pixels, at which every given layer has at least one position."""
        own = {self.layer(name) for name in layers} - {PIXELS}
        return max((self._smallest[name] for name in own), default=1)

    def truncate(self, layers: Iterable[str]) -> None:
        """Remove the stages deeper than the given layers and free their weights; the encoder forgets their layers."""
        self._uncut, self._hash = self.fingerprint, None
        keep = max(self.depth(name) for name in layers) + 1
        for name in self._order[keep:]:
            del self.stages[_module_key(name)]
        self._order, self._stages = self._order[:keep], self._stages[:keep]
        self._geometry = {name: self._geometry[name] for name in self._order}
        self._aliases = {name: own for name, own in self._aliases.items() if own in self._geometry}

    def forward(self, image: Image, layers: Iterable[str]) -> Features:
        """Return the features at the given layers, by the given names."""
        requested = {name: self.layer(name) for name in layers}
        wanted = set(requested.values()) - {PIXELS}
        _require_size(self, image, wanted)
        features: dict[str, Feature] = {PIXELS: image}
        if wanted:
            in_order = sorted(wanted, key=self._order.index)
            compute = with_precision(ENGINES[self.engine], self.precision, self._layers)
            found = compute(self._stages_by_name(), self.preprocess(image), in_order)
            features |= zip(in_order, found, strict=True)
        return {name: features[own] for name, own in requested.items()}

    def native_steps(self, layers: Iterable[str]) -> Sequence[NativeStep] | None:
        """Return the steps that the compiled kernels run up to the deepest layer; None: the kernels are not in use."""
        requested = {self.layer(name) for name in layers} - {PIXELS}
        is_native = self.engine == "native"
        here = resolve_precision(self.precision, self.preprocess.mean.device, is_native=is_native)
        usable = load_library() is not None if here == "full" else here == "bf16" and has_matrix_units()
        if not is_native or not usable or not requested:
            return None
        return fuse_steps(self._stages_by_name(), requested, in_bfloat16=here == "bf16")

    def _stages_by_name(self) -> Stages:
        return {name: self.stages[_module_key(name)] for name in self._order}


def _module_key(name: str) -> str:
    """Return the name of a stage's module, in which torch allows no dots."""
    return name.replace(".", "_")


def _geometries(stages: Sequence[EncoderStage]) -> dict[str, LayerGeometry]:
    here = LayerGeometry()
    found = {}
    for stage in stages:
        here = here.compose(stage.kernel, stage.stride, stage.padding)
        found[stage.name] = here
    return found


def _smallest_sides(stages: Sequence[EncoderStage]) -> dict[str, int]:
    """Return, for each stage, the smallest side in pixels that leaves it one position."""
    found = {}
    for depth, stage in enumerate(stages, start=1):
        side = 1
        for earlier in reversed(stages[:depth]):
            side = earlier.input_size(side)
        found[stage.name] = side
    return found


def _require_size(encoder: Encoder, image: Image, layers: Iterable[str]) -> None:
    smallest, size = encoder.min_size(layers), Size.of(image)
    if min(size) < smallest:
        raise InputError(
            f"an image of {size} is too small for {encoder.name}: its deepest layer needs {smallest} pixels a side."
        )
