"""What the process that decodes uploads makes of them: upright, and without a second copy of a large one."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from PIL import Image

from brushwork.studio import ingest

ORIENTATION = 0x0112


@pytest.mark.parametrize("kind", ["tiff", "jpeg", "png"])
@pytest.mark.parametrize(("orientation", "size"), [(1, (60, 40)), (3, (60, 40)), (6, (40, 60)), (8, (40, 60))])
def test_a_size_is_that_of_the_upright_picture(tmp_path, kind, orientation, size):
    file, small = tmp_path / "file", tmp_path / "small.webp"
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    picture = Image.new("RGB", (60, 40), "red")
    picture.paste("blue", (0, 0, 20, 40))
    picture.save(file, kind, exif=exif)
    request = {"path": str(file), "kind": kind, "max_pixels": 10**6, "thumbnails": {"160": str(small)}}
    assert ingest._answer(request) == {"width": size[0], "height": size[1]}
    with Image.open(small) as opened:
        assert opened.size == size
        left = {1: (3, 20), 3: (56, 20), 6: (20, 3), 8: (20, 56)}[orientation]
        assert opened.convert("RGB").getpixel(left)[2] > 128


SIDE = 6000
SCRIPT = f"""
import json, resource, sys
from brushwork.studio import ingest
small, large = (json.loads(one) for one in sys.argv[1:])
ingest._answer(small)  # what the decoder needs is loaded then
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
most = used + 7 * {SIDE}**2  # 4 bytes a pixel: one copy and three quarters
resource.setrlimit(resource.RLIMIT_AS, (most, most))
print(json.dumps(ingest._answer(large)))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are those of Linux")
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("what", ["thumbnails", "tiles"])
def test_a_large_picture_is_held_once(tmp_path, mode, what):
    requests = []
    for side in (600, SIDE):
        file = tmp_path / f"{side}.png"
        Image.new(mode, (side, side), "teal").save(file, compress_level=1)
        tiles = {"folder": str(tmp_path / f"tiles {side}"), "side": 510, "overlap": 1}
        more = {"tiles": tiles} if what == "tiles" else {"thumbnails": {"320": str(tmp_path / f"{side}.webp")}}
        requests.append(json.dumps({"path": str(file), "kind": "png", "max_pixels": SIDE**2, **more}))
    found = subprocess.run([sys.executable, "-c", SCRIPT, *requests], capture_output=True, text=True, check=True)
    assert json.loads(found.stdout) == ({} if what == "tiles" else {"width": SIDE, "height": SIDE})
