"""The sizes that options go through, coarse to fine, and their iterations."""

from __future__ import annotations

from dataclasses import replace

import pytest

from brushwork.errors import InputError
from brushwork.images.geometry import Size
from brushwork.recipes import ScheduleLevel, TransferOptions
from brushwork.recipes.presets import load_preset


def test_one_level_where_nothing_is_coarser():
    assert TransferOptions(min_size=0, iterations=7).make_schedule(Size(300, 400), 200, "long") == [
        ScheduleLevel(Size(150, 200), 7)
    ]


def test_sizes_double_and_iterations_shrink():
    options = TransferOptions(min_size=64, iterations=100, iteration_decay=0.5)
    found = options.make_schedule(Size(300, 400), 512, "long")
    assert found == [
        ScheduleLevel(Size(48, 64), 100),
        ScheduleLevel(Size(96, 128), 50),
        ScheduleLevel(Size(192, 256), 25),
        ScheduleLevel(Size(384, 512), 12),
    ]


@pytest.mark.parametrize(
    ("size", "coarsest", "first"),
    [(512, 192, 256), (512, 181, 128), (100, 64, 50), (100, 75, 100), (200, 200, 200), (200, 300, 200)],
)
def test_the_coarsest_level_is_the_nearest_to_what_was_requested(size, coarsest, first):
    found = TransferOptions(min_size=coarsest).make_schedule(Size(100, 100), size, "long")
    assert found[0].size == Size(first, first)
    assert found[-1].size == Size(size, size)


@pytest.mark.parametrize("measure", ["long", "short", "area"])
def test_the_full_size_is_the_pictures_own(measure):
    found = TransferOptions(min_size=64).make_schedule(Size(301, 401), "full", measure)
    assert found[-1].size == Size(301, 401)
    assert found[-2].size in (Size(150, 200), Size(151, 201))
    assert len(found) == {"long": 4, "short": 3, "area": 3}[measure]


def test_no_level_is_too_small_to_be_painted():
    options = TransferOptions(size=512, min_size=32)
    assert [level.size for level in options.make_schedule(Size(100, 1000), 512, "long")] == [Size(51, 512)]
    assert [min(level.size) for level in options.make_schedule(Size(600, 1000), 512, "long")] == [38, 77, 154, 307]


@pytest.mark.parametrize(
    ("size", "sizes"), [(512, [128, 181, 256, 362, 512]), (600, [150, 212, 300, 424, 600]), (130, [130])]
)
def test_sizes_grow_by_any_factor(size, sizes):
    """Those of crowsonkb's program: end/√2^k, rounded, as long as they are not below 128."""
    options = TransferOptions(min_size=152, size_step=2**0.5, iterations=1000, finer_iterations=500)
    found = options.make_schedule(Size(9, 9), size, "long")
    assert [max(level.size) for level in found] == sizes
    assert [level.iterations for level in found] == [1000, *[500] * (len(sizes) - 1)]


def test_large_images_have_an_eighth_of_the_iterations_at_each_size():
    levels = TransferOptions().make_schedule(Size(4008, 4972), "full", "long")
    assert [level.iterations for level in levels] == [60, 33, 18, 10, 8, 8]
    published = replace(load_preset("gatys-2016"), iterations=60, min_size=192, iteration_decay=0.5)
    assert published.make_schedule(Size(9, 9), 192 * 32, "long")[-1].iterations == 2


def test_every_level_has_an_iteration():
    options = TransferOptions(min_size=32, iterations=1, iteration_decay=0.1)
    assert [level.iterations for level in options.make_schedule(Size(9, 9), 256, "short")] == [1, 1, 1, 1]


def test_iterations_beyond_all_numbers_are_refused():
    options = TransferOptions(min_size=32, iteration_decay=1e200)
    with pytest.raises(InputError, match=r"iteration-decay is 1e\+200: at 3 sizes, it must be smaller"):
        options.make_schedule(Size(9, 9), 256, "short")
