"""The five transforms that neural-style takes from torchvision, which cannot stand beside a CPU build of torch here."""

from __future__ import annotations

from types import ModuleType, SimpleNamespace

import numpy as np
import PIL.Image
import torch


def _compose(steps):
    def composed(x):
        for step in steps:
            x = step(x)
        return x

    return composed


def _to_tensor(image):
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).to(torch.get_default_dtype()) / 255


def _to_image(tensor):
    return PIL.Image.fromarray((tensor * 255).byte().permute(1, 2, 0).numpy())


def _normalize(mean, std):
    # Rounded to float32, as brushwork keeps the mean pixel: where all else is float64, no difference is left.
    shift, scale = (torch.tensor(numbers, dtype=torch.float32).view(3, 1, 1) for numbers in (mean, std))
    return lambda tensor: (tensor - shift) / scale


def torchvision() -> dict[str, ModuleType | SimpleNamespace]:
    """Modules to be put into sys.modules."""
    transforms = SimpleNamespace(
        Compose=_compose,
        Resize=lambda size: lambda image: image.resize(size[::-1], PIL.Image.Resampling.BILINEAR),
        ToTensor=lambda: _to_tensor,
        ToPILImage=lambda: _to_image,
        Lambda=lambda function: function,
        Normalize=_normalize,
    )
    package = ModuleType("torchvision")
    package.transforms = transforms
    return {"torchvision": package, "torchvision.transforms": transforms}
