from __future__ import annotations

import pytest
import torch

from brushwork.feedforward.model import StyleModel
from brushwork.feedforward.networks.mgan import MGANConfig
from brushwork.feedforward.networks.registry import build_network
from brushwork.feedforward.texture import generate_mgan_texture
from brushwork.images.geometry import Size
from tolerances import PAINTED


@pytest.mark.slow
def test_it_is_what_the_network_makes_of_noise():
    painter = StyleModel("small", "mgan", MGANConfig(width=16), build_network(MGANConfig(width=16)).eval())
    drawn = generate_mgan_texture(painter, Size(70, 90), 3, torch.device("cpu"))
    with torch.no_grad():
        torch.testing.assert_close(drawn, painter.network(None, Size(70, 90), 3), rtol=0, atol=PAINTED)
    assert not torch.equal(drawn, generate_mgan_texture(painter, Size(70, 90), 4, torch.device("cpu")))
