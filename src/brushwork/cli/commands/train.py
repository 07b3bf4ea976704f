"""`brushwork train`: train feed-forward models. One file per family: `train_johnson`, `train_super_resolution`, …"""

from __future__ import annotations

import sys

from cyclopts import App

_FAMILIES = {
    "johnson": ("brushwork.cli.commands.train_johnson:johnson", "A network that stylizes any photograph in one style."),
    "gallery": ("brushwork.cli.commands.train_gallery:gallery", "A network that stylizes in one of many styles."),
    "style": ("brushwork.cli.commands.train_style:style", "One more style on a network for many, in minutes."),
    "texture": (
        "brushwork.cli.commands.train_texture:texture",
        "A network that generates a texture, or stylizes with it.",
    ),
    "super-resolution": (
        "brushwork.cli.commands.train_super_resolution:super_resolution",
        "A network that makes pictures 4 or 8 times as large.",
    ),
    "mgan": (
        "brushwork.cli.commands.train_mgan:mgan",
        "A decoder that stylizes photographs, trained against a patch discriminator.",
    ),
}
"""Name → module and function, and its line in the list of commands."""

_INPUTS = {
    "style": "STYLE --dataset FOLDER",
    "super-resolution": "--dataset FOLDER",
    "texture": "STYLE... [--dataset FOLDER]",
}
"""What a family takes in place of style images and photographs."""

app = App(name="train", help="Train a network that stylizes in one pass.")
for place, (name, (target, line)) in enumerate(_FAMILIES.items()):
    # A family's module is imported only when it is called; until then the list shows just its line.
    app.command(
        target,
        name=name,
        help=None if name in sys.argv else line,
        usage=f"Usage: brushwork train {name} [OPTIONS] {_INPUTS.get(name, 'STYLE... --dataset FOLDER')}",
        sort_key=place,
    )
