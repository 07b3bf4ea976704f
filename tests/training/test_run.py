"""Training from files to a file, in one call."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from brushwork.errors import InputError, StopSignalError
from brushwork.feedforward.model import load_model
from brushwork.feedforward.networks.multi_style import average_styles, is_scale_or_shift
from brushwork.images import write_image
from brushwork.jobs import Finished, Note, Started, StepDone
from brushwork.recipes import Progress, TransferOptions
from brushwork.training import builders
from brushwork.training.config import TrainingConfig
from brushwork.training.interface import train
from brushwork.training.run import FAMILIES, train_model
from brushwork.training.tasks.gallery_options import GalleryTrainingOptions, StyleTrainingOptions
from brushwork.training.tasks.mgan_options import MGANTrainingOptions
from tiny_network import picture, tiny_network
from tiny_task import TINY, tiny_config

MGAN = MGANTrainingOptions(
    width=16, block=64, batch=2, iterations=1, val_images=0, targets=2, target_size=72, target_iterations=2,
    rotations=(0.0,), scales=(1.0,),
)  # fmt: skip

TINY_DATA: dict[str, Any] = {
    **{name: getattr(TINY, name) for name in ("crop", "photo_size", "style_size", "batch", "val_images")},
    **{name: getattr(TINY, name) for name in ("content_layers", "style_layers", "seed")},
    "iterations": 2,
}

GALLERY = GalleryTrainingOptions(**TINY_DATA, width=2, blocks=1)
STYLE = StyleTrainingOptions(**TINY_DATA)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrainingConfig:
    monkeypatch.setattr(builders, "load_encoder_for", lambda *_: tiny_network())
    write_image(picture(2, 72, 80), tmp_path / "waves.png")
    return tiny_config(tmp_path, replace(TINY, iterations=2), styles=(tmp_path / "waves.png",))


def test_a_johnson_network(config: TrainingConfig) -> None:
    started, *_, finished = train_model(config, device="cpu")
    assert started == Started(torch.device("cpu"), 2)
    assert isinstance(finished, Finished)
    model = load_model(finished.path)
    assert (model.provenance["family"], model.provenance["styles"][0]["name"]) == ("johnson", "waves.png")
    assert model.style is not None


def test_a_finished_model_is_finished_if_it_is_the_same(config: TrainingConfig, tmp_path: Path) -> None:
    *_, first = train_model(config, device="cpu")
    before, again = config.output.read_bytes(), replace(config, resume=True)
    note, finished = train_model(again, device="cpu")
    assert isinstance(note, Note) and "is already finished" in note.text and config.output.read_bytes() == before
    assert isinstance(first, Finished) and isinstance(finished, Finished)
    assert (finished.path, finished.iterations, set(finished.losses)) == (first.path, 2, set(first.losses))
    for options, message in (
        (replace(config.options, width=4), "width 2, not 4: give the same"),
        (replace(config.options, iterations=3), "2 iterations, not 3, and there is no checkpoint"),
    ):
        with pytest.raises(InputError, match=f"model.safetensors was trained with {message}.* --force"):
            list(train_model(replace(again, options=options), device="cpu"))
    write_image(picture(3, 72, 80), tmp_path / "night.png")
    with pytest.raises(InputError, match=r"with styles waves\.png, not night\.png:"):
        list(train_model(replace(again, styles=(tmp_path / "night.png",)), device="cpu"))
    *_, anew = train_model(replace(again, options=replace(config.options, iterations=1), overwrite=True), device="cpu")
    assert isinstance(anew, Finished) and anew.iterations == 1


def test_a_checkpoint_of_another_training_starts_over_only_on_request(config: TrainingConfig) -> None:
    with pytest.raises(StopSignalError):
        list(train_model(config, device="cpu", should_stop=lambda: 2))
    other = replace(config, options=replace(config.options, width=4), resume=True)
    with pytest.raises(InputError, match="checkpoint was made with width 2, not 4"):
        list(train_model(other, device="cpu"))
    note, started, *_ = train_model(replace(other, overwrite=True), device="cpu")
    assert isinstance(note, Note) and "of another training, or damaged: the training starts" in note.text
    assert started == Started(torch.device("cpu"), 2)


@pytest.mark.slow
def test_a_checkpoint_of_other_targets_is_refused_before_more_are_painted(config: TrainingConfig) -> None:
    config = replace(config, options=MGAN)
    for number in range(8):
        write_image(picture(number, 72, 72), config.photos / f"{number}.png", overwrite=True)
    steps: list[StepDone] = []
    with pytest.raises(StopSignalError):
        steps.extend(
            event
            for event in train_model(config, device="cpu", should_stop=lambda: len(steps))
            if isinstance(event, StepDone)
        )
    more = replace(config, options=replace(MGAN, targets=3), resume=True)
    with pytest.raises(InputError, match="checkpoint was made with targets 2, not 3"):
        list(train_model(more, device="cpu"))
    assert len(list(config.targets_folder.iterdir())) == 2


def test_a_gallery_of_other_styles_is_reported_in_words(config: TrainingConfig) -> None:
    other = replace(config, options=replace(GALLERY, width=4), init="gallery")
    with pytest.raises(InputError, match=r"gallery has styles wave, auvers, .*galette, not waves; width 32, not 4;"):
        list(train_model(other, device="cpu"))


def test_from_another_model_in_its_architecture(config: TrainingConfig) -> None:
    list(train_model(config, device="cpu"))
    later = replace(config, options=replace(config.options, width=4), init=str(config.output))
    later = replace(later, output=config.output.with_name("later.safetensors"))
    list(train_model(later, device="cpu"))
    model = load_model(later.output)
    assert (model.config.width, model.provenance["from"]) == (2, "model")
    assert model.provenance["options"]["width"] == 2


def test_weights_of_other_style_images_are_refused(config: TrainingConfig) -> None:
    with pytest.raises(InputError, match="style-blend has 2 weights for 1 pictures"):
        list(train_model(replace(config, options=replace(config.options, style_blend=(1.0, 2.0))), device="cpu"))
    with pytest.raises(InputError, match="remove init"):
        list(train_model(replace(config, options=MGAN, init="gallery"), device="cpu"))


def test_a_gallery_and_one_more_style_on_its_trunk(config: TrainingConfig, tmp_path: Path) -> None:
    """The style's own numbers change, and nothing else."""
    night = tmp_path / "night.png"
    write_image(picture(3, 72, 80), night)
    gallery = replace(config, options=GALLERY, styles=(*config.styles, night), output=tmp_path / "two.safetensors")
    list(train_model(gallery, device="cpu"))
    trunk = load_model(gallery.output)
    assert (trunk.config.styles, trunk.provenance["family"]) == (("waves", "night"), "gallery")
    options = StyleTrainingOptions(
        **{name: value for name, value in TINY_DATA.items() if name not in ("width", "blocks")}
    )
    third = replace(
        config, options=options, styles=(night,), output=tmp_path / "mine.safetensors", init=str(gallery.output)
    )
    list(train_model(third, device="cpu"))
    model = load_model(third.output)
    assert (model.config, model.provenance["from"]) == (replace(trunk.config, styles=("mine",)), "two")
    before = average_styles(trunk.network.state_dict())
    for name, value in model.network.state_dict().items():
        assert torch.equal(value, before[name]) != is_scale_or_shift(name), name


def test_a_style_needs_the_trunk_of_a_gallery(config: TrainingConfig) -> None:
    list(train_model(config, device="cpu"))
    options = StyleTrainingOptions(iterations=1)
    other = replace(
        config, options=options, init=str(config.output), output=config.output.with_name("mine.safetensors")
    )
    with pytest.raises(InputError, match=r"model is a model of another kind \(johnson\)"):
        list(train_model(other, device="cpu"))


@pytest.mark.slow
def test_mgan_optimizes_its_targets_first(config: TrainingConfig) -> None:
    config = replace(config, options=MGAN)
    for number in range(2):
        write_image(picture(number, 72, 72), config.photos / f"{number}.png", overwrite=True)
    for number in range(2, 8):
        (config.photos / f"{number}.png").unlink()
    seen: list[object] = []
    with pytest.raises(StopSignalError):
        for event in train_model(config, device="cpu", should_stop=lambda: 15 * isinstance(seen[-1], Progress)):
            seen.append(event)
    assert [one.suffix for one in sorted(config.targets_folder.iterdir())] == [".png", ".checkpoint"]  # as it was left
    events = list(train_model(replace(config, resume=True), device="cpu"))
    notes = [event.text for event in events if isinstance(event, Note)]
    assert [one.partition(":")[0] for one in notes if one.startswith("target")] == ["target 1/2", "target 2/2"]
    assert isinstance(events[-1], Finished)
    assert len(list(config.targets_folder.glob("*.png"))) == 2
    assert load_model(config.output).provenance["family"] == "mgan"


def test_every_family_has_a_name() -> None:
    assert sorted(one.name for one in FAMILIES.values()) == [
        *("gallery", "johnson", "mgan", "style", "super-resolution", "texture")
    ]


@pytest.mark.parametrize(
    ("options", "styles", "message"),
    [
        (TransferOptions(), 1, "options is given as TransferOptions: give the options of a training, one of Gallery"),
        ("johnson", 1, "options is 'johnson': give the options of a training"),
        (STYLE, 2, "2 style images were given, but one more style is learned from one"),
        (STYLE, 0, "0 style images were given"),
    ],
)
def test_other_options_and_other_numbers_of_styles_are_refused(
    config: TrainingConfig, options: Any, styles: int, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        list(train_model(replace(config, options=options, styles=config.styles * styles), device="cpu"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"styles": picture(2, 72, 80)}, "a style image is given as Tensor: give a path."),
        ({"styles": [5]}, "a style image is given as int: give a path."),
        ({"styles": None}, "a style image is given as NoneType: give a path."),
        ({"output": None}, "the output is given as NoneType: give a path."),
        ({"dataset": 5}, "the dataset is given as int: give a path."),
    ],
)
def test_what_is_no_path_is_refused_in_a_line(config: TrainingConfig, change: dict[str, Any], message: str) -> None:
    given: dict[str, Any] = {"styles": config.styles, "output": config.output, "dataset": config.photos} | change
    with pytest.raises(InputError) as refusal:
        train(options=TINY, **given)
    assert str(refusal.value) == message


def test_no_picture_is_written_among_the_photographs(config: TrainingConfig) -> None:
    """They would be photographs, and others than before, when the training is resumed."""
    assert config.photos is not None
    beside = replace(config, output=config.photos / "model.safetensors")
    with pytest.raises(InputError, match=r"model-validation would lie in the folder of photographs.*another folder"):
        list(train_model(beside, device="cpu"))
    with pytest.raises(InputError, match=r"targets would lie in the folder of photographs"):
        list(train_model(replace(config, targets=config.photos / "of" / "targets"), device="cpu"))


def test_without_checkpoints_nothing_but_the_model_is_written(config: TrainingConfig) -> None:
    """As `paint` takes it: None, and 0 seconds would write one after every step."""
    seen = []
    for every in (None, 0.0):
        options = replace(TINY, iterations=2)
        train(
            config.styles, options, output=config.output, dataset=config.photos, device="cpu", overwrite=True,
            checkpoint_every=every, on_event=lambda event: seen.append(config.checkpoint.exists()),
        )  # fmt: skip
        assert any(seen) == (every is not None)
        assert load_model(config.output).name and not config.checkpoint.exists()
