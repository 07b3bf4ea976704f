"""From what a picture was painted, whatever version painted it."""

from __future__ import annotations

import json

import pytest

from brushwork.errors import InputError
from brushwork.images import read_metadata, write_image
from brushwork.jobs.manifest import make_source
from brushwork.jobs.rerun import read_network, read_origin
from tiny_job import picture, run_tiny_job, tiny_job


@pytest.mark.slow
def test_the_files_and_the_network_are_found(tmp_path):
    job = tiny_job(tmp_path)
    run_tiny_job(job)
    assert read_origin(job.output) == (job.content, job.styles)


@pytest.mark.slow
def test_options_of_another_version_do_not_matter(tmp_path):
    job = tiny_job(tmp_path)
    run_tiny_job(job)
    data = json.loads(read_metadata(job.output))
    data["options"] = {"brush": "wide"}
    write_image(picture(0, 40, 40), job.output, metadata=json.dumps(data), overwrite=True)
    assert read_origin(job.output).content == job.content


@pytest.mark.slow
def test_what_is_not_there_is_said(tmp_path):
    job = tiny_job(tmp_path)
    run_tiny_job(job)
    job.styles[0].rename(tmp_path / "elsewhere.png")
    with pytest.raises(InputError, match=r"painting\.png is missing"):
        read_origin(job.output)
    assert read_network(job.output) == "tiny"
    with pytest.raises(InputError, match="holds no record of how it was painted"):
        read_origin(job.content)


@pytest.mark.parametrize("metadata", ["{}", "[]", "3", '{"content": []}'])
def test_edited_metadata_are_reported(tmp_path, metadata):
    write_image(picture(0, 40, 40), tmp_path / "out.png", metadata=metadata)
    for read in (read_origin, read_network):
        with pytest.raises(InputError, match="cannot be read"):
            read(tmp_path / "out.png")


@pytest.mark.parametrize(
    ("method", "files", "origin"),
    [
        ("texture", {"content": "waves"}, (None, ["waves"])),
        ("texture", {"content": "waves", "init": "cat"}, ("cat", ["waves"])),  # `style combine cat waves`
        ("texture-model", {}, (None, [])),
        ("model", {"content": "cat"}, ("cat", [])),
        ("reconstruct-content", {"content": "cat"}, ("cat", [])),
        ("reconstruct-content", {"content": "cat", "init": "waves"}, ("cat", [])),
        ("optimize", {"content": "cat", "styles": ["waves"], "init": "start"}, ("cat", ["waves"])),
    ],
)
def test_what_is_content_and_what_is_style(tmp_path, method, files, origin):
    def source(name):
        return make_source(
            write_image(picture(0, 40, 40), tmp_path / f"{name}.png", overwrite=True), tmp_path
        )._asdict()

    data = {"method": method, "content": None, "init": None, "styles": [], "network": "vgg19"}
    data |= {role: [*map(source, one)] if role == "styles" else source(one) for role, one in files.items()}
    write_image(picture(0, 40, 40), tmp_path / "out.png", metadata=json.dumps(data))
    found = read_origin(tmp_path / "out.png")
    assert (found.content and found.content.stem, [one.stem for one in found.styles]) == origin
