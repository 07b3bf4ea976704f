"""A fake of the function that runs jobs, and the command run in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest
import torch

from brushwork.cli.main import main
from brushwork.images import write_image
from brushwork.images.geometry import Size
from brushwork.jobs import Finished, Job, JobEvent, Note, Started
from brushwork.optim import OptimizationStep
from brushwork.recipes import Progress, ScheduleLevel
from brushwork.types import LossValues

LEVELS = (ScheduleLevel(Size(32, 48), 10), ScheduleLevel(Size(64, 96), 5))


class Outcome(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


def progress(level: int, index: int, note: str | None = None) -> Progress:
    """A made-up step; the loss falls with the iterations."""
    spent = index + sum(one.iterations for one in LEVELS[:level])
    image = torch.full((1, 3, *LEVELS[level].size), spent / 20)
    total = torch.tensor(1000.0 / spent)
    step = OptimizationStep(
        index, LossValues(total, {"style:conv1_1": total * 0.75, "content:conv4_2": total * 0.25}), image, image, note
    )
    return Progress(LEVELS, level, step, cast(Any, None))


class FakeRunner:
    """Stands in for `brushwork.jobs.paint`; records what it was called with."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.options: list[dict[str, Any]] = []
        self.failure: BaseException | None = None
        self.fails_at = 0
        self.note = ""

    @property
    def job(self) -> Job:
        """The only job."""
        (job,) = self.jobs
        return job

    def paint(self, job: Job, **options: Any) -> Iterator[JobEvent]:
        """A job's events, without painting."""
        self.jobs.append(job)
        self.options.append(options)
        yield Started(torch.device("cpu"), sum(level.iterations for level in LEVELS), levels=LEVELS)
        if self.note:
            yield Note(self.note)
        last = progress(0, 1)
        try:
            for level, one in enumerate(LEVELS):
                for index in range(1, one.iterations + 1):
                    last = progress(level, index)
                    yield last
                    if self.failure is not None and last.iterations == self.fails_at:
                        raise self.failure
        finally:
            write_image(last.image, job.output, overwrite=True)
            job.checkpoint.touch()
        job.checkpoint.unlink()
        losses = {name: value.item() for name, value in last.step.losses.terms.items()}
        yield Finished(
            job.output, last.step.losses.total.item(), losses, last.iterations, 2.5, (self.note,) if self.note else ()
        )


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> FakeRunner:
    """Commands call the fake in place of `run_job`."""
    runner = FakeRunner()
    monkeypatch.setattr("brushwork.jobs.run_job", runner.paint)
    return runner


@pytest.fixture(scope="session")
def gray_images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A photo and two paintings by the names of their files."""
    folder = tmp_path_factory.mktemp("gray")
    grays = {"photo.jpg": 0.2, "waves.png": 0.5, "night.png": 0.8}
    return {
        name: write_image(torch.full((1, 3, 40, 60), gray), folder / name).read_bytes() for name, gray in grays.items()
    }


@pytest.fixture
def workdir(tmp_path: Path, gray_images: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a photo and two paintings; no option comes from the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    for name, content in gray_images.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Run the command in this process."""

    def run(*arguments: str) -> Outcome:
        code = main(arguments)
        written = capsys.readouterr()
        assert "Traceback" not in written.err
        return Outcome(code, written.out, written.err)

    return run
