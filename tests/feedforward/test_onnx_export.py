"""Models as ONNX: the same pictures in onnxruntime, at sizes that the export never saw.

An export takes seconds: one of a single style, by the command and at a few pixels, is in `cli/test_real_paths.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from brushwork.errors import InputError
from brushwork.feedforward import onnx_export
from brushwork.feedforward.model import StyleModel
from brushwork.feedforward.networks.configs import JohnsonConfig, MultiStyleConfig, TextureNetConfig
from brushwork.feedforward.networks.multi_style import is_scale_or_shift
from brushwork.feedforward.networks.registry import architecture_name, build_network
from tolerances import PAINTED

pytestmark = pytest.mark.slow
NEEDED = "needs the extras onnx and dev: pip install onnx onnxscript onnxruntime"


def make_model(settings: Any = None, **changes: Any) -> StyleModel:
    """A model whose norms are those of each picture."""
    settings = settings or JohnsonConfig(width=4, blocks=1)
    name = architecture_name(settings)
    network = build_network(settings, seed=3).eval()
    return StyleModel("wave", name, settings, network, None, {"steps": 5, "place": "Kōbe"}, "CC0-1.0", **changes)


BLEND = torch.tensor([0.0, 0.25, 0.75])


def gallery() -> StyleModel:
    """A model of three styles, whose scales and shifts differ."""
    one = make_model(MultiStyleConfig(styles=("day", "night", "snow"), width=4, blocks=1))
    for name, value in one.network.named_parameters():
        if is_scale_or_shift(name):
            value.data += 0.3 * torch.randn(value.shape, generator=torch.Generator().manual_seed(len(name)))
    return one


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[StyleModel, Path, Any]]:
    """A model of three styles, its file, and a session of onnxruntime; it takes seconds, so there is one."""
    for name in ("onnx", "onnxscript"):
        pytest.importorskip(name, reason=NEEDED)
    runtime = pytest.importorskip("onnxruntime", reason=NEEDED)
    path = tmp_path_factory.mktemp("onnx") / "wave.onnx"
    one = gallery()
    assert onnx_export.export_onnx(one, path) == path
    yield one, path, runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("shape", [(1, 3, 61, 83), (3, 3, 96, 40), (1, 3, 30, 31)])
def test_the_pictures_are_the_same_at_other_sizes_and_in_other_blends(
    exported: tuple[StyleModel, Path, Any], shape: tuple[int, ...]
) -> None:
    one, _, session = exported
    photographs = torch.rand(shape, generator=torch.Generator().manual_seed(7))
    with torch.no_grad():
        wanted = one.network(photographs, BLEND).clamp(0, 1)
    (found,) = session.run(["picture"], {"photograph": photographs.numpy(), "style": BLEND.numpy()})
    assert found.shape == shape
    torch.testing.assert_close(torch.from_numpy(found), wanted, rtol=0, atol=PAINTED)


def test_the_file_says_who_it_is(exported: tuple[StyleModel, Path, Any]) -> None:
    _, _, session = exported
    metadata = session.get_modelmeta().custom_metadata_map
    assert (metadata["name"], metadata["license"], metadata["architecture"]) == ("wave", "CC0-1.0", "multi-style")
    assert json.loads(metadata["provenance"]) == {"steps": 5, "place": "Kōbe"}
    assert json.loads(metadata["settings"])["width"] == 4
    assert "any size" in metadata["pictures"]
    (photograph, style), (picture,) = session.get_inputs(), session.get_outputs()
    assert (photograph.name, photograph.shape) == ("photograph", ["batch", 3, "height", "width"])
    assert (style.name, style.shape) == ("style", [3])
    assert picture.name == "picture"


def test_what_is_there_stays(exported: tuple[StyleModel, Path, Any]) -> None:
    one, path, _ = exported
    before = path.read_bytes()
    with pytest.raises(InputError, match="already exists"):
        onnx_export.export_onnx(one, path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_noise_cannot_be_exported(tmp_path: Path) -> None:
    pytest.importorskip("onnxscript", reason=NEEDED)
    with pytest.raises(InputError, match="noise that depends on a seed"):
        onnx_export.export_onnx(make_model(TextureNetConfig(scales=2, photograph=True)), tmp_path / "a.onnx")


def test_the_ending_is_that_of_onnx(tmp_path: Path) -> None:
    pytest.importorskip("onnxscript", reason=NEEDED)
    with pytest.raises(InputError, match=r"must end in \.onnx"):
        onnx_export.export_onnx(make_model(), tmp_path / "a.safetensors")


def test_missing_packages_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("brushwork.errors.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"not installed \(onnx, onnxscript\).*brushwork\[onnx\]"):
        onnx_export.export_onnx(make_model(), tmp_path / "a.onnx")


def test_a_fixed_blend_is_part_of_what_is_exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exporter itself takes seconds, and another test runs it: here it gets the right network and inputs."""
    pytest.importorskip("onnxscript", reason=NEEDED)
    given: dict[str, Any] = {}

    class ReachedError(Exception):
        pass

    def export(network: Any, inputs: Any, **rest: Any) -> None:
        given.update(rest, network=network, inputs=inputs)
        raise ReachedError

    monkeypatch.setattr(torch.onnx, "export", export)
    with pytest.raises(ReachedError):
        onnx_export.export_onnx(gallery(), tmp_path / "three.onnx", style=("night:1", "snow:3"))
    assert given["input_names"] == ["photograph"] and len(given["inputs"]) == len(given["dynamic_shapes"]) == 1
    photographs = torch.rand(1, 3, 61, 83)
    with torch.no_grad():
        torch.testing.assert_close(
            given["network"](photographs), gallery().network(photographs, BLEND).clamp(0, 1), rtol=0, atol=PAINTED
        )
