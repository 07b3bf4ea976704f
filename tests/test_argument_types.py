"""Arguments of public functions that are of another type are refused in a line that says what to give."""

from __future__ import annotations

import pytest
import torch

import brushwork
from brushwork import (
    InputError,
    JohnsonTrainingOptions,
    MDANOptions,
    ReconstructionOptions,
    TextureOptions,
    TransferOptions,
)

PHOTO, TINY = torch.full((1, 3, 48, 64), 0.5), TransferOptions(size=48, iterations=1)
FINISHED = {"options": JohnsonTrainingOptions(), "output": "mine.safetensors", "dataset": "photos"}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: brushwork.transfer(PHOTO, PHOTO, TINY, encoder="vgg19"), "the encoder is given as str: give what "),
        (lambda: brushwork.reconstruct(PHOTO, ReconstructionOptions(), encoder=3), "the encoder is given as int"),
        (lambda: brushwork.synthesize_texture(PHOTO, TextureOptions(), encoder=[]), "the encoder is given as list"),
        (lambda: brushwork.transfer_mdan(PHOTO, PHOTO, MDANOptions(), encoder=3), "the encoder is given as int"),
        (lambda: brushwork.extract_style(PHOTO, TINY, "art", encoder="vgg19"), "the encoder is given as str"),
        (lambda: brushwork.transfer(PHOTO, PHOTO, TINY, resume=True), "resume is given as bool: give a ResumeState"),
        (lambda: brushwork.transfer(PHOTO, PHOTO, TINY, regions=[3]), "a region is given as int: give a StyleRegion"),
        (lambda: brushwork.transfer(PHOTO, PHOTO, TINY, regions=3), "regions is given as int: give a list"),
        (lambda: brushwork.transfer(PHOTO, PHOTO, TINY, extra="tv"), "extra is given as str: give an Objective"),
        (lambda: brushwork.transfer_adain(PHOTO, PHOTO, stylizer="adain"), "the stylizer is given as str"),
        (lambda: brushwork.transfer_adain(PHOTO, PHOTO, side="512"), "side is given as str: give a whole number"),
        (lambda: brushwork.run_recipe("default", brushwork.RecipeInputs(PHOTO)), "options is given as str"),
        (lambda: brushwork.run_recipe(TINY, PHOTO), "images is given as Tensor: give RecipeInputs"),
        (lambda: brushwork.load_encoder(19), "the network is given as int: give the name of its weights"),
        (lambda: brushwork.load_preset(["default"]), "the preset is given as list: give its name"),
        (lambda: brushwork.evaluate(PHOTO, content=PHOTO, style=PHOTO, size="512"), "size is given as str"),
        (lambda: brushwork.blend_style_files(["one.style", "two.style"]), "a style is given as str: give a StyleFile"),
        (lambda: brushwork.plan_job("photo.jpg"), "the job is given as str: give a Job"),
        (lambda: brushwork.save_model("gallery", "mine.safetensors"), "the model is given as str: give a StyleModel"),
        (lambda: brushwork.save_model(brushwork.load_model("gallery"), 3), "the output is given as int: give a path"),
        (lambda: brushwork.write_image(PHOTO, "a.png", alpha=0.5), "alpha is given as float: give a tensor"),
        (lambda: brushwork.write_image(PHOTO, "a.png", metadata={}), "metadata is given as dict: give text"),
        (lambda: brushwork.write_image(PHOTO, "a.jpg", quality="best"), "quality is given as str: give a number"),
        (lambda: brushwork.paint("a.jpg", "b.jpg", output="c.png", on_event=3), "on-event is 3: it must be a function"),
        (lambda: brushwork.train("a.jpg", **FINISHED, on_event=3), "on-event is 3: it must be a function"),
        (lambda: brushwork.train("a.jpg", **FINISHED, name=3), "name is given as int: give text"),
    ],
)
def test_another_type_is_refused_in_a_line(call, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as refusal:
        call()
    assert str(refusal.value).startswith(message) and "\n" not in str(refusal.value)
    assert not any(tmp_path.iterdir())
