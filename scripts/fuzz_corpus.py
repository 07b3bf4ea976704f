"""Small valid files of every kind that brushwork reads, for `fuzz_inputs.py` to damage.

python scripts/fuzz_corpus.py FOLDER    # the pictures and masks
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, PngImagePlugin

SMALL = ("--size", "64", "--iterations", "2", "--min-size", "0")
ORIENTATION = 0x0112

SETTINGS = """\
size = 64
iterations = 2
min-size = 0
content-weight = 0.5
style-layers = ["relu1_1", "relu2_1"]
style-scale = [1.0]
start = "content"
color = "match-linear"
seed = 3
history-storage = "half"
"""
INSTANT_SETTINGS = 'size = 64\nstrength = 0.7\nstyle-scale = [1.0]\ncolor = "keep-luminance"\nfeather = 1.5\n'


def scene(seed: int, height: int = 40, width: int = 52) -> NDArray[np.uint8]:
    """Soft shapes in color."""
    coarse = np.random.default_rng(seed).integers(0, 256, (5, 6, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


def pictures() -> dict[str, bytes]:
    """Files that Pillow writes, and where pyvips is there, files of its own."""
    photo = Image.fromarray(scene(1))
    alpha = photo.copy()
    alpha.putalpha(Image.linear_gradient("L").resize(photo.size))
    gray = np.asarray(photo.convert("L"))
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "a small picture")
    text.add_text("Long", "words " * 200, zip=True)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    frames: dict[str, Any] = {"save_all": True, "append_images": [photo.rotate(180)]}
    made: list[tuple[str, Image.Image, dict[str, Any]]] = [
        ("rgb.png", photo, {}),
        ("rgba.png", alpha, {}),
        ("palette.png", photo.quantize(16), {"transparency": 3}),
        ("one-bit.png", photo.convert("1"), {}),
        ("gray16.png", Image.fromarray(gray.astype(np.uint16) * 257), {}),
        ("chunks.png", photo, {"pnginfo": text, "exif": exif, "icc_profile": profile, "dpi": (72, 72)}),
        ("moving.png", photo, frames),
        ("exif.jpg", photo, {"exif": exif, "icc_profile": profile, "quality": 80}),
        ("progressive.jpg", photo, {"progressive": True}),
        ("gray.jpg", photo.convert("L"), {}),
        ("cmyk.jpg", photo.convert("CMYK"), {}),
        ("two.mpo", photo, frames),
        ("lossy.webp", photo, {"exif": exif}),
        ("lossless.webp", alpha, {"lossless": True}),
        ("moving.webp", photo, frames),
        ("plain.tif", photo, {}),
        ("lzw.tif", alpha, {"compression": "tiff_lzw"}),
        ("jpeg.tif", photo, {"compression": "jpeg"}),
        ("lab.tif", photo.convert("LAB"), {}),
        ("cmyk.tif", photo.convert("CMYK"), {"icc_profile": profile}),
        ("float.tif", Image.fromarray(gray.astype(np.float32) / 255), {}),
        ("pages.tif", photo, frames),
        ("palette.gif", photo.quantize(32), {"transparency": 3}),
        ("moving.gif", photo, frames),
        ("rgb.bmp", photo, {}),
        ("palette.bmp", photo.quantize(16), {}),
        ("rgb.ppm", photo, {}),
        ("gray.pgm", photo.convert("L"), {}),
        ("rgba.avif", alpha, {"exif": exif}),
        ("rgb.jp2", photo, {}),
        ("rgba.tga", alpha, {"compression": "tga_rle"}),
        ("rgb.qoi", photo, {}),
    ]
    return {name: _saved(image, name, options) for name, image, options in made} | dict(_of_vips())


def masks() -> dict[str, bytes]:
    """Masks as they come: gray, with alpha, numbered, colored."""
    left = np.zeros((40, 52), np.uint8)
    left[:, :26] = 255
    colors = np.stack([left, np.zeros_like(left), 255 - left], -1)
    made = {
        "gray.png": Image.fromarray(left),
        "alpha.png": Image.merge("LA", [Image.fromarray(np.full_like(left, 255)), Image.fromarray(left)]),
        "numbered.png": Image.fromarray(left // 255),
        "colors.png": Image.fromarray(colors),
        "gray.jpg": Image.fromarray(left),
        "palette.gif": Image.fromarray(colors).quantize(4),
    }
    return {name: _saved(image, name, {}) for name, image in made.items()}


def models(folder: Path, run: Callable[[list[str]], int]) -> dict[str, dict[str, bytes]]:
    """Files that brushwork writes itself, by kind; `run` runs a command where photo.png and art.png lie."""
    assert run(["style", "extract", "art.png", "--size", "64", "--min-size", "0", "-o", "art.style"]) == 0
    schooled = ("--dataset", "photos", "--iterations", "1", "--batch", "1", "--crop", "32", "--val-images", "0")
    narrow = ("--width", "4", "--blocks", "1")
    assert run(["train", "johnson", "art.png", *schooled, *narrow, "-o", "johnson.safetensors"]) == 0
    interrupted(["paint", "photo.png", "art.png", *SMALL, "-o", "out.png"], run)
    names = {"style": "art.style", "painter": "johnson.safetensors", "checkpoint": "out.png.checkpoint"}
    return {kind: {name: (folder / name).read_bytes()} for kind, name in names.items()}


def interrupted(command: list[str], run: Callable[[list[str]], int]) -> None:
    """Run a command that paints, and press Ctrl-C after its first step."""
    from brushwork import jobs
    from brushwork.recipes import Progress

    paint = jobs.run_job

    def stopped(*given: Any, **options: Any) -> Iterator[Any]:
        events = paint(*given, **options)
        for event in events:
            yield event
            if isinstance(event, Progress):
                events.throw(KeyboardInterrupt())  # type: ignore[attr-defined]

    jobs.run_job = stopped  # type: ignore[assignment]
    try:
        run(command)
    finally:
        jobs.run_job = paint


def _saved(image: Image.Image, name: str, options: dict[str, Any]) -> bytes:
    file = io.BytesIO()
    kind = Image.registered_extensions()[Path(name).suffix]
    # Copies: an image remembers how it was encoded last.
    fresh = {key: [one.copy() for one in value] if key == "append_images" else value for key, value in options.items()}
    image.copy().save(file, kind, **fresh)
    return file.getvalue()


def _of_vips() -> Iterator[tuple[str, bytes]]:
    try:
        import pyvips
    except ImportError:
        return
    photo = pyvips.Image.new_from_array(scene(2), interpretation="srgb")
    deep = (photo.cast("float") * 257).cast("ushort").copy(interpretation="rgb16")
    yield "deep.png", deep.write_to_buffer(".png")
    yield "deep.tif", deep.write_to_buffer(".tif", tile=True, tile_width=16, tile_height=16, pyramid=True)
    yield "big.tif", photo.write_to_buffer(".tif", bigtiff=True, compression="deflate", predictor="horizontal")
    yield "float-rgb.tif", (photo / 255).copy(interpretation="srgb").write_to_buffer(".tif")
    yield "lzw16.tif", deep.bandjoin(65535).write_to_buffer(".tif", compression="lzw")


if __name__ == "__main__":
    for kind, files in {"photograph": pictures(), "mask": masks()}.items():
        (Path(sys.argv[1]) / kind).mkdir(parents=True)
        for name, content in files.items():
            (Path(sys.argv[1]) / kind / name).write_bytes(content)
