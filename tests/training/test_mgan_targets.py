from __future__ import annotations

from brushwork.images import write_image
from brushwork.images.geometry import Size
from brushwork.jobs import run_job
from brushwork.recipes import MDANOptions
from brushwork.training.tasks.mgan_data import load_pair, make_target_jobs
from tiny_network import picture, tiny_network

TINY = MDANOptions(size=48, iterations=2, content_layer="conv3_1", style_layer="conv2_1", patch=4, patch_stride=2)


def test_a_job_for_each_photograph_and_a_pair_of_each_job(tmp_path):
    for name, seed in (("a.png", 1), ("b.png", 2), ("painting.png", 3)):
        write_image(picture(seed, 60, 90), tmp_path / name)
    folder = tmp_path / "targets"
    folder.mkdir()
    jobs = make_target_jobs([tmp_path / "a.png", tmp_path / "b.png"], [tmp_path / "painting.png"], TINY, folder, "cpu")
    assert [job.output.name for job in jobs] == ["0000-a.png", "0001-b.png"]
    for job in jobs:
        list(run_job(job, network=tiny_network()))
    photograph, painted = load_pair(tmp_path / "b.png", jobs[1].output)
    assert Size.of(photograph) == Size.of(painted) == Size(32, 48)
    assert 0 < (photograph - painted).abs().mean() < 0.1
    (done,) = run_job(jobs[0], resume=True, network=tiny_network())
    assert "already finished" in done.notes[0]
