from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

sys.path.append(str(Path(__file__).parents[1] / "golden"))
from tiny_network import picture

from brushwork.errors import InputError
from brushwork.picture import write_picture
from brushwork.training.markov_lesson import Pair
from brushwork.training.markov_options import MarkovTraining
from brushwork.training.markov_school import chosen, lesson_of_paintings, lesson_of_pairs

CPU = torch.device("cpu")
OPTIONS = MarkovTraining(width=16, block=64, targets=3, held_out=2, target_size=120)


def test_photographs_are_chosen_by_the_seed(tmp_path):
    for number in range(6):
        write_picture(picture(number, 32, 32), tmp_path / f"{number}.png")
    found = chosen(tmp_path, OPTIONS)
    assert len(found) == len(set(found)) == 3 and found == chosen(tmp_path, OPTIONS)
    assert chosen(tmp_path, MarkovTraining(targets=20)) != sorted(chosen(tmp_path, MarkovTraining(targets=20)))


def test_the_last_pairs_are_held_out_one_in_four_at_most():
    pairs = [Pair(picture(seed, 70, 80), picture(seed, 70, 80)) for seed in range(5)]
    lesson = lesson_of_pairs(pairs, OPTIONS, CPU)
    assert len(lesson._matter.pairs) == 4 and len(lesson._matter.held_out) == 1
    assert torch.equal(lesson._matter.held_out[0].painted, pairs[4].painted)
    with pytest.raises(InputError, match="none of the photographs could be painted"):
        lesson_of_pairs([], OPTIONS, CPU)


def test_paintings_are_looked_at_as_large_as_targets():
    lesson = lesson_of_paintings([picture(1, 300, 400)], OPTIONS, CPU)
    assert lesson._matter.paintings[0].shape[-2:] == (90, 120)
