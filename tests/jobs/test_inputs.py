from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from brushwork.devices.meter import to_meta
from brushwork.errors import InputError
from brushwork.images import Size, write_image
from brushwork.jobs import job_from_image, plan_job
from brushwork.jobs.inputs import read_inputs, read_regions, read_sizes
from brushwork.jobs.peak_memory import peak_memory
from brushwork.recipes import MDANOptions, ReconstructionOptions, TextureOptions
from tiny_job import TINY, run_tiny_job, tiny_job
from tiny_network import tiny_network


def mask(path, height, width, share=0.5):
    image = torch.zeros(1, 3, height, width)
    image[..., : round(width * share)] = 1
    write_image(image, path)
    return path


@pytest.fixture
def job(tmp_path):
    regions = ((mask(tmp_path / "own.png", 20, 30), mask(tmp_path / "other.png", 25, 25)),)
    return tiny_job(tmp_path, regions=regions)


def test_regions_are_read_and_counted(job):
    (region,) = read_inputs(job).regions
    assert region.content.shape == (1, 20, 30)
    assert region.style_index == 0
    assert read_sizes(job) == read_inputs(job).sizes
    assert read_sizes(job).regions == ((Size(20, 30), Size(25, 25), 0),)


def test_pair_by_pair_the_paintings_in_their_order(job):
    pairs, two = job.regions * 2, [Size(50, 50), Size(30, 30)]
    assert [one.style_index for one in read_regions(replace(job, regions=pairs), Size(40, 60), two)] == [0, 1]
    assert [one.style_index for one in read_regions(replace(job, regions=pairs), Size(40, 60), two[:1])] == [0, 0]
    with pytest.raises(InputError, match="the number of regions is 1, that of style images 2"):
        read_regions(job, Size(40, 60), two)


def test_masks_of_other_proportions_are_refused(job):
    with pytest.raises(InputError, match=r"the mask own.png has 30×20 pixels, but its image 60×60"):
        read_regions(job, Size(60, 60), [Size(50, 50)])
    with pytest.raises(InputError, match=r"the mask other.png has 25×25 pixels, but its image 50×40"):
        read_regions(job, Size(40, 60), [Size(40, 50)])


def test_regions_belong_to_transfers(job):
    with pytest.raises(InputError, match="they apply to style transfer only"):
        read_regions(replace(job, options=TextureOptions(), styles=()), Size(40, 60), [])


@pytest.mark.slow
def test_the_photographs_mask_alone_means_all_of_the_painting(job, tmp_path):
    alone = replace(job, regions=((job.regions[0][0],),))
    (region,) = read_inputs(alone).regions
    assert torch.equal(region.content, read_inputs(job).regions[0].content)
    assert region.style.min() == 1
    assert read_sizes(alone) == read_inputs(alone).sizes
    run_tiny_job(alone)
    assert job_from_image(alone.output).job.regions == alone.regions
    with pytest.raises(InputError, match=r"the mask own.png has 30×20 pixels, but its image 60×60"):
        read_regions(alone, Size(60, 60), [Size(50, 50)])
    red = torch.zeros(1, 3, 20, 30)
    red[:, 0] = 1
    write_image(red, tmp_path / "red.png")
    with pytest.raises(InputError, match=r"the mask red.png is a colored map without a counterpart"):
        read_regions(replace(job, regions=((tmp_path / "red.png",),)), Size(40, 60), [Size(50, 50)])


@pytest.mark.slow
def test_they_are_painted_repeated_and_told_apart(job, tmp_path):
    run_tiny_job(job)
    repeat = job_from_image(job.output)
    assert repeat.job.regions == job.regions
    run_tiny_job(repeat.job)
    assert repeat.job.output.read_bytes() == job.output.read_bytes()
    plain = replace(job, regions=(), output=tmp_path / "plain.png")
    run_tiny_job(plain)
    assert plain.output.read_bytes() != job.output.read_bytes()
    with pytest.raises(InputError, match="other regions"):
        run_tiny_job(replace(job, regions=((mask(tmp_path / "new.png", 20, 30, 0.3), job.regions[0][1]),)), resume=True)


def test_the_output_is_not_a_mask(job):
    with pytest.raises(InputError, match=r"own.png is one of the inputs"):
        run_tiny_job(replace(job, output=job.regions[0][0], overwrite=True))


@pytest.mark.slow
def test_a_job_of_regions_is_planned(job):
    assert plan_job(job, measure_time=False, network=tiny_network()).memory > 0
    sizes, eye = read_sizes(job), to_meta(tiny_network())
    assert peak_memory(TINY, sizes, eye) > peak_memory(TINY, sizes._replace(regions=()), eye)


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (TextureOptions(), "style images were given, but texture takes none"),
        (ReconstructionOptions(), "style images were given, but reconstruct-content takes none"),
        (MDANOptions(), "regions were given, but mdan takes none"),
    ],
)
def test_what_a_method_does_not_take_is_refused(options, what, job):
    job = replace(job, options=options)
    for read in (read_inputs, read_sizes):
        with pytest.raises(InputError, match=what):
            read(job)
