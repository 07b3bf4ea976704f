from __future__ import annotations

import pytest
import torch

from brushwork.fast.architectures import build
from brushwork.fast.mgan import Mgan
from brushwork.fast.mgan_texture import draw_from_noise
from brushwork.fast.painter import Painter
from brushwork.picture.window import Size
from tolerances import PAINTED


@pytest.mark.slow
def test_it_is_what_the_network_makes_of_noise():
    painter = Painter("small", "mgan", Mgan(width=16), build(Mgan(width=16)).eval())
    drawn = draw_from_noise(painter, Size(70, 90), 3, torch.device("cpu"))
    with torch.no_grad():
        torch.testing.assert_close(drawn, painter.network(None, Size(70, 90), 3), rtol=0, atol=PAINTED)
    assert not torch.equal(drawn, draw_from_noise(painter, Size(70, 90), 4, torch.device("cpu")))
