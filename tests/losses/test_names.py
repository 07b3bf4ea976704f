from __future__ import annotations

import subprocess
import sys

from brushwork.losses import StyleLossSpec, style_losses
from brushwork.losses.names import REGISTERED, describe_style_losses, style_loss_names


def test_the_names_read_from_the_source_are_those_registered():
    code = "import sys\nfrom brushwork.losses.names import style_loss_names\n"
    code += "print(list(style_loss_names().items()), 'torch' in sys.modules)"
    read = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert read == f"{[(name, loss.help) for name, loss in style_losses().items()]} False"


def test_a_loss_registered_elsewhere_is_named_too(monkeypatch):
    toy = StyleLossSpec(name="toy", help="nothing", make=lambda target, norms: None)
    monkeypatch.setitem(REGISTERED, "toy", toy)
    assert style_loss_names()["toy"] == "nothing"
    assert "toy (nothing)" in describe_style_losses()
