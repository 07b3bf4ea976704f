from __future__ import annotations

import pytest
import torch

from brushwork.errors import InputError
from brushwork.images import write_image
from brushwork.training.tasks.mgan import TrainingPair
from brushwork.training.tasks.mgan_data import choose_target_photos, make_paired_task, make_unpaired_task
from brushwork.training.tasks.mgan_options import MGANTrainingOptions
from tiny_network import picture

CPU = torch.device("cpu")
OPTIONS = MGANTrainingOptions(width=16, block=64, targets=3, val_images=2, target_size=120)


def test_photographs_are_chosen_by_the_seed(tmp_path):
    for number in range(6):
        write_image(picture(number, 32, 32), tmp_path / f"{number}.png")
    found = choose_target_photos(tmp_path, OPTIONS)
    assert len(found) == len(set(found)) == 3 and found == choose_target_photos(tmp_path, OPTIONS)
    assert choose_target_photos(tmp_path, MGANTrainingOptions(targets=20)) != sorted(
        choose_target_photos(tmp_path, MGANTrainingOptions(targets=20))
    )


def test_the_last_pairs_are_held_out_one_in_four_at_most():
    pairs = [TrainingPair(picture(seed, 70, 80), picture(seed, 70, 80)) for seed in range(5)]
    task = make_paired_task(pairs, OPTIONS, CPU)
    assert len(task._data.pairs) == 4 and len(task._data.val_images) == 1
    assert torch.equal(task._data.val_images[0].stylized, pairs[4].stylized)
    with pytest.raises(InputError, match="none of the photographs could be painted"):
        make_paired_task([], OPTIONS, CPU)


def test_paintings_are_encoded_as_large_as_targets():
    task = make_unpaired_task([picture(1, 300, 400)], OPTIONS, CPU)
    assert task._data.styles[0].shape[-2:] == (90, 120)
