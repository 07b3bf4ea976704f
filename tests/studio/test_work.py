from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from threading import Event, Thread
from time import monotonic, sleep

import pytest
import torch
from PIL import Image

from brushwork.images import read_image
from brushwork.jobs.preflight import PreparedJob
from brushwork.studio.action_routes import continue_from
from brushwork.studio.bodies import GoOnBody
from brushwork.studio.claims import claim_job
from brushwork.studio.job_request import PaintingRequest
from brushwork.studio.job_rows import RefusedChangeError
from brushwork.studio.painting import LoadedNetworks
from brushwork.studio.turns import Turns
from brushwork.studio.work import WorkOnJob
from studio_pictures import png, put, small_request
from tiny_job import TINY, tiny_network


def work_on(database, folder, job):
    claim = claim_job(database, job, 1, "w", has_newer_checkpoint=False)
    WorkOnJob(claim, folder, LoadedNetworks(), Turns(), Event()).run()


@pytest.mark.parametrize(("strength", "seed"), [(0.0, 1), (1.0, 2)])
def test_a_mixture_of_nothing_is_the_photograph_and_of_all_the_painting(store, folder, database, strength, seed):
    content, painted = put(folder, database, png(1)), put(folder, database, png(2))
    request = PaintingRequest(kind="blend", content=content, start=painted, options={"strength": strength})
    job = store.create(request)[0]["id"]
    work_on(database, folder, job)
    done = store.get(job)
    assert (done["state"], done["problem"], done["result"]["width"]) == ("completed", None, 80)
    found = read_image(folder.stored(done["result"]["sha256"])).image
    expected = read_image(folder.stored(put(folder, database, png(seed)))).image
    # through Oklab and back in float32, then 8 bits: within one of 255 steps
    assert (found - expected).abs().max() <= 1.001 / 255


@pytest.mark.parametrize("fails", [False, True])
def test_what_is_enough_at_a_small_size_has_the_size_of_the_result(store, folder, database, monkeypatch, fails):
    """The page shows a small preview as large as the photograph: that is what is kept, with the photograph's detail."""
    names = "content_layers", "style_layers", "normalization", "jitter", "moment_weight", "style_weight"
    tiny = {name: getattr(TINY, name) for name in names}
    monkeypatch.setattr(LoadedNetworks, "network", lambda self, options: tiny_network())
    monkeypatch.setattr(WorkOnJob, "_read_wanted", lambda self: "cancel" if self._previews else None)
    if fails:
        monkeypatch.setattr(PreparedJob, "enlarge", lambda self, image: raise_memory())
    request = small_request(folder, database, size=96, min_size=48, iterations=16, **tiny)
    request = replace(request, options={name: one for name, one in request.options.items() if name != "network"})
    job = store.create(request)[0]["id"]
    work_on(database, folder, job)
    kept = store.get(job)
    assert (kept["state"], kept["problem"], kept["result"]["unfinished"]) == ("canceled", None, True)
    assert kept["level"]["number"] == 0
    assert kept["result"]["width"] == (48 if fails else 96)
    assert ("no memory" in " ".join(kept["notes"])) == fails


def raise_memory():
    raise RuntimeError("no memory")


def test_what_cannot_be_painted_says_why(store, folder, database):
    request = small_request(folder, database, size=32)
    job = store.create(request)[0]["id"]
    work_on(database, folder, job)
    failed = store.get(job)
    assert failed["state"] == "failed"
    assert "larger --size" in failed["problem"]["detail"]
    assert failed["problem"]["type"] == "/problems/cannot-be-painted"


def test_messages_name_no_files_of_the_server(store, folder, database):
    gray = BytesIO()
    Image.new("L", (300, 40), 255).save(gray, "PNG")
    mask = put(folder, database, gray.getvalue())
    request = replace(small_request(folder, database), regions=((mask,),))
    job = store.create(request)[0]["id"]
    work_on(database, folder, job)
    printed = store.get(job)["problem"]["detail"]
    assert "the mask of the chosen part has 300×40 pixels" in printed
    assert mask[2:] not in printed and str(folder.path) not in printed


def test_a_result_is_continued_at_another_size(store, folder, database):
    request = small_request(folder, database)
    before = store.create(request)[0] | {"result": {"sha256": request.content, "width": 80, "height": 64}}
    larger = continue_from(before, GoOnBody(size=120, iterations=7))
    assert larger.start == request.content
    assert (larger.options["size"], larger.options["iterations"], larger.options["min_size"]) == (120, 7, 0)
    assert continue_from(before, GoOnBody()).options["size"] == 80
    with pytest.raises(RefusedChangeError):
        continue_from(before | {"result": None}, GoOnBody())


def test_a_quick_painting_goes_between_two_iterations():
    turns, order = Turns(), []

    def quick():
        with turns.quick():
            order.append("quick")

    with turns.long():
        order.append("long")
        waiting = Thread(target=quick)
        waiting.start()
        end = monotonic() + 300
        while not turns.is_awaited and monotonic() < end:
            sleep(0.001)
        turns.give_way()
        order.append("long again")
        waiting.join()
    assert order == ["long", "quick", "long again"]


def test_previews_are_no_larger_than_the_page_needs(tmp_path):
    from brushwork.studio.painting import write_preview

    write_preview(torch.rand(1, 3, 20, 1500), tmp_path / "made" / "preview.webp")
    assert read_image(tmp_path / "made" / "preview.webp").image.shape[-2:] == (14, 1024)
