"""The loop of all trainings: what was trained is kept, and going on is the same as never having stopped."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from math import isnan
from pathlib import Path
from typing import Any

import pytest
import torch

from brushwork.errors import BrushworkError, InputError
from brushwork.feedforward.model import load_model
from brushwork.feedforward.networks.registry import build_network
from brushwork.images import read_image
from brushwork.jobs import Finished, Note, Started, StepDone, Validated
from brushwork.training import trainer
from brushwork.training.checkpoint import TrainingCheckpoint
from brushwork.training.finished import find_finished
from brushwork.training.trainer import Trainer, train_task
from brushwork.training.writer import make_sheet
from fork_server import ForkServer
from tiny_task import CPU, TINY, run_training, tiny_config, tiny_task
from tolerances import PAINTED, SINGLE

ADAM_OFF = PAINTED**0.5
"""Of the way that Adam goes: it divides gradients by their size, so that those below the rounding of the largest
go either way. Where gradients are spread evenly about zero they are a share of PAINTED; its root is their part in a
norm."""

HALF = 2 * 2**-11
"""Models are written in float16: both are rounded by half a unit of its eleven bits at most."""

SCRIPT = Path(__file__).parents[1] / "support" / "tiny_task.py"


def weight_bytes(path: Path) -> list[bytes]:
    """Of a model's file, but for how long it took."""
    return [one.numpy().tobytes() for one in load_model(path).network.state_dict().values()]


def train_and_stop(config: Any, step: int) -> None:
    """Train for so many iterations, and then stop as Ctrl-C does."""
    steps: list[StepDone] = []
    with pytest.raises(KeyboardInterrupt):
        for event in train_task(tiny_task(config.options), config, CPU, should_stop=lambda: len(steps) >= step):
            if isinstance(event, StepDone):
                steps.append(event)


def test_an_interval_of_checkpoints_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="checkpoint-every is nan: it must be 0 or more seconds"):
        tiny_config(tmp_path, checkpoint_every=float("nan"))


def test_a_training_reports_progress_and_leaves_a_model(tmp_path: Path) -> None:
    config = tiny_config(tmp_path, name="tiny", license="CC0-1.0", style=b"\xff\xd8")
    events = run_training(config)
    assert [type(one) for one in events] == [
        *(Started, Note, Validated, *[StepDone] * 3, Validated, *[StepDone] * 3, Validated, Finished)
    ]
    assert events[:2] == [Started(CPU, 6), Note("6 photographs, 2 held out")]
    assert (events[-1].path, events[-1].iterations) == (config.output, 6)
    assert events[-1].total == pytest.approx(events[-2].losses["total"], rel=1e-5)  # the history has six digits
    model = load_model(config.output)
    assert (model.name, model.license, model.config) == ("tiny", "CC0-1.0", TINY.architecture)
    assert model.provenance["iterations_done"] == 6
    assert model.provenance["val_images"]["total"] == pytest.approx(events[-2].losses["total"], rel=SINGLE)
    history = json.loads(config.history.read_text())
    assert [row["iteration"] for row in history["training"]] == [1, 2, 3, 4, 5, 6]
    assert [row["iteration"] for row in history["validation"]] == [0, 3, 6]
    assert not config.checkpoint.exists()


def test_without_held_out_photographs_it_ends_with_the_losses_of_the_last_batch(tmp_path: Path) -> None:
    config = tiny_config(tmp_path, options=replace(TINY, val_images=0))
    *_, step, finished = run_training(config)
    assert finished.total == pytest.approx(step.losses["total"], rel=1e-5)  # the history has six digits
    assert finished.losses.keys() == step.losses.keys() - {"total"}
    again = find_finished(replace(config, resume=True))
    assert again is not None and (again.total, again.losses) == (finished.total, finished.losses)
    config.history.unlink()
    again = find_finished(replace(config, resume=True))
    assert again is not None and isnan(again.total) and again.losses == {}


def test_validation_pictures_show_photographs_above_paintings(tmp_path: Path) -> None:
    config = tiny_config(tmp_path)
    run_training(config)
    names = sorted(one.name for one in config.images_folder.iterdir())
    assert names == ["000000.jpg", "000003.jpg", "000006.jpg"]
    assert read_image(config.images_folder / names[0]).size == (64, 64)
    above, below = torch.rand(2, 3, 4, 4), torch.rand(2, 3, 4, 4)
    assert torch.equal(make_sheet(above, below)[0, :, :4, 4:], above[1])
    assert torch.equal(make_sheet(None, below)[0, :, :, :4], below[0])


@pytest.mark.slow
def test_it_learns(tmp_path: Path) -> None:
    options = replace(TINY, iterations=40, learning_rate=1e-2, validate_every=40)
    validated = [
        one.losses["total"] for one in run_training(tiny_config(tmp_path, options)) if isinstance(one, Validated)
    ]
    assert validated[1] < 0.6 * validated[0]


@pytest.mark.slow
def test_going_on_after_an_interruption_ends_bit_for_bit_the_same(tmp_path: Path) -> None:
    whole, broken = (tiny_config(tmp_path, output=tmp_path / f"{name}.safetensors") for name in ("whole", "broken"))
    run_training(whole)
    train_and_stop(broken, 2)
    assert load_model(broken.output).provenance["iterations_done"] == 2
    begun, *events = run_training(replace(broken, resume=True))
    assert begun.done == 2
    assert [one.step for one in events if isinstance(one, StepDone)] == [3, 4, 5, 6]
    assert weight_bytes(whole.output) == weight_bytes(broken.output)
    histories = [json.loads(one.history.read_text()) for one in (whole, broken)]
    assert histories[0]["training"] == histories[1]["training"]
    assert histories[0]["validation"] == histories[1]["validation"]


@pytest.fixture
def one_thread() -> Iterator[None]:
    """As the processes that the tests start: other numbers of threads round otherwise."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.slow
@pytest.mark.usefixtures("one_thread")
def test_killed_and_going_on_ends_bit_for_bit_the_same(tmp_path: Path, fork_server: ForkServer) -> None:
    config = tiny_config(tmp_path)
    assert fork_server.run(str(SCRIPT), "killed", str(tmp_path)).returncode == -9
    assert TrainingCheckpoint.read(config.checkpoint).step == 3  # killed before that of the fourth was there
    assert not config.output.exists()
    run_training(replace(config, resume=True))
    whole = replace(config, output=tmp_path / "whole.safetensors")
    run_training(whole)
    assert weight_bytes(config.output) == weight_bytes(whole.output)


@pytest.mark.slow
@pytest.mark.usefixtures("one_thread")
def test_two_processes_train_as_one_does(tmp_path: Path, fork_server: ForkServer) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = tiny_config(tmp_path)
    given = {**os.environ, "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    ranks = [fork_server.start(str(SCRIPT), "rank", str(tmp_path), env={**given, "RANK": rank}) for rank in "01"]
    for one in ranks:
        with one:
            assert one.wait(timeout=300) == 0
    alone = replace(config, output=tmp_path / "alone.safetensors")
    losses = [one.losses for one in run_training(alone) if isinstance(one, StepDone)]
    rank_losses = [torch.load(tmp_path / f"{rank}.pt") for rank in "01"]
    assert rank_losses[0] == rank_losses[1]
    assert [one["total"] for one in rank_losses[0]] == pytest.approx([one["total"] for one in losses], rel=2 * PAINTED)
    together, single = (load_model(one.output).network.state_dict() for one in (config, alone))
    before = build_network(TINY.architecture, TINY.seed).state_dict()
    for name, tensor in single.items():
        # a later instance norm takes away what a bias adds: its gradient is rounding, which Adam makes large
        if not name.endswith("bias"):
            off, moved = (together[name] - tensor).norm(), (tensor - before[name]).norm()
            assert off <= ADAM_OFF * moved + HALF * tensor.norm(), name


def test_a_batch_that_ranks_cannot_share_is_refused(tmp_path: Path) -> None:
    class Three:
        rank, world_size = 0, 3

    with pytest.raises(InputError, match="batch is 2: it must be a multiple of the 3 processes"):
        Trainer(tiny_task(), tiny_config(tmp_path), CPU, Three())  # type: ignore[arg-type]


def test_all_ranks_must_find_the_checkpoint(tmp_path: Path) -> None:
    class Two:
        rank, world_size = 0, 2

        def all_gather(self, step: int) -> list[int]:
            return [step, 3]

    with pytest.raises(InputError, match="not all processes find"):
        Trainer(tiny_task(), tiny_config(tmp_path), CPU, Two()).start()  # type: ignore[arg-type]


def test_another_training_does_not_go_on(tmp_path: Path) -> None:
    config = tiny_config(tmp_path)
    train_and_stop(config, 2)
    other = replace(config, about={"options": {"seed": 5, "iterations": 6}}, resume=True)
    with pytest.raises(InputError, match=r"seed 1, not 5"):
        run_training(other)


@pytest.mark.slow
def test_longer_may_be_trained_than_was_planned(tmp_path: Path) -> None:
    config = tiny_config(tmp_path)
    train_and_stop(config, 2)
    longer = replace(TINY, iterations=8)
    events = run_training(replace(config, options=longer, about={"options": {"seed": 1, "iterations": 8}}, resume=True))
    assert events[-1].iterations == 8


def test_fewer_iterations_than_are_done_are_refused_and_lose_nothing(tmp_path: Path) -> None:
    config = tiny_config(tmp_path)
    train_and_stop(config, 3)
    fewer = replace(config, options=replace(TINY, iterations=2), resume=True)
    with pytest.raises(InputError, match=r"iterations is 2, but .* is already after 3: give more"):
        run_training(fewer)
    assert TrainingCheckpoint.read(config.checkpoint).step == 3


def test_pictures_of_iterations_after_the_checkpoint_are_removed(tmp_path: Path) -> None:
    """A killed training wrote them, of a network that is lost. Other files in the folder stay."""
    config = tiny_config(tmp_path)
    train_and_stop(config, 4)
    foreign = ["000000000006.jpg", "6.jpg", "a.jpg", "000006.png"]
    for name in ("000006.jpg", *foreign):
        (config.images_folder / name).write_bytes(b"")
    shorter = replace(TINY, iterations=5)
    run_training(replace(config, options=shorter, about={"options": {"seed": 1, "iterations": 5}}, resume=True))
    names = sorted(one.name for one in config.images_folder.iterdir())
    assert names == sorted(["000000.jpg", "000003.jpg", "000005.jpg", *foreign])


def test_pictures_of_a_longer_training_before_are_removed(tmp_path: Path) -> None:
    config = tiny_config(tmp_path)
    config.images_folder.mkdir()
    (config.images_folder / "000040.jpg").write_bytes(b"")
    run_training(replace(config, options=replace(TINY, iterations=3), overwrite=True))
    assert sorted(one.name for one in config.images_folder.iterdir()) == ["000000.jpg", "000003.jpg"]


@pytest.mark.slow
def test_without_a_checkpoint_it_begins_anew(tmp_path: Path) -> None:
    assert run_training(tiny_config(tmp_path, resume=True))[0].done == 0


def test_a_loss_that_is_not_finite_ends_it_and_keeps_the_last_checkpoint(tmp_path: Path) -> None:
    config = tiny_config(tmp_path, checkpoint_every=0.0)
    task = tiny_task()
    with pytest.raises(BrushworkError, match="the loss is nan in iteration 3"):
        for event in train_task(task, config, CPU):
            if isinstance(event, StepDone) and event.step == 2:
                with torch.no_grad():
                    next(task.networks["model"].parameters()).fill_(float("nan"))
    assert not config.output.exists()
    assert TrainingCheckpoint.read(config.checkpoint).step == 1


@pytest.mark.slow
def test_the_first_checkpoint_comes_after_five_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now, written = [0.0], []
    monkeypatch.setattr(trainer, "monotonic", lambda: now[0])
    monkeypatch.setattr(TrainingCheckpoint, "write", lambda *_: written.append(now[0]))
    config = tiny_config(tmp_path, checkpoint_every=20.0)
    for event in train_task(tiny_task(config.options), config, CPU):
        now[0] += 6.0 * isinstance(event, StepDone)
    assert written == [6.0, 30.0]


def test_what_can_be_kept_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("brushwork.training.writer.save_model", full)
    config = tiny_config(tmp_path)
    train_and_stop(config, 2)
    assert TrainingCheckpoint.read(config.checkpoint).step == 2


def refuse_to_write(*_: object, **__: object) -> None:
    raise InputError("the disk is full")


def test_a_model_that_cannot_be_written_at_the_end_leaves_a_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tiny_config(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr("brushwork.training.writer.save_model", refuse_to_write)
        with pytest.raises(InputError, match="the disk is full") as raised:
            run_training(config)
    assert raised.value.__notes__ == [f"{config.checkpoint} holds what was trained: continue with --resume."]
    assert TrainingCheckpoint.read(config.checkpoint).step == TINY.iterations
    begun, *rest = run_training(replace(config, resume=True))
    assert begun.done == TINY.iterations
    assert not any(isinstance(one, StepDone) for one in rest)
    assert config.output.exists() and not config.checkpoint.exists()


def test_losses_that_cannot_be_written_do_not_prevent_the_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tiny_config(tmp_path)
    monkeypatch.setattr("brushwork.training.history.History.write", refuse_to_write)
    train_and_stop(config, 2)
    assert TrainingCheckpoint.read(config.checkpoint).step == 2


@pytest.mark.slow
def test_a_full_disk_is_reported_and_does_not_end_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(TrainingCheckpoint, "write", full)
    events = run_training(tiny_config(tmp_path, checkpoint_every=0.0))
    assert isinstance(events[-1], Finished)
    assert any("no space left" in one.text for one in events if isinstance(one, Note))


def test_broken_photographs_are_reported(tmp_path: Path) -> None:
    config = tiny_config(tmp_path)
    for number in range(8):
        if number % 2:
            (tmp_path / "photographs" / f"{number}.png").write_bytes(b"broken")
    _, *notes = [one.text for one in run_training(config) if isinstance(one, Note)]
    assert notes
    assert all("is skipped" in one for one in notes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"photos": None}, "give a folder of them with --dataset"),
        ({"output": Path("model.png")}, "must end in .safetensors"),
        ({"output": Path("no/such/folder/model.safetensors")}, "does not exist"),
    ],
)
def test_what_cannot_be_used_is_refused_before_training(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        run_training(tiny_config(tmp_path, **changes))


def test_a_model_is_not_overwritten_unless_it_may_be(tmp_path: Path) -> None:
    config = tiny_config(tmp_path, replace(TINY, iterations=1))
    run_training(config)
    with pytest.raises(InputError, match="already exists"):
        run_training(config)
    assert isinstance(run_training(replace(config, overwrite=True))[-1], Finished)
