"""An environment in which paintings encode with the first layers of the true network: a fifth of the time."""

from __future__ import annotations

FIRST_LAYERS = {"BRUSHWORK_CONTENT_LAYERS": "relu2_1", "BRUSHWORK_STYLE_LAYERS": "relu1_1"}
