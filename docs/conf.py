"""Settings of the documentation site (docs/_build/html) and the man page (docs/_build/man): `make docs`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from docutils import nodes
from notebook_pages import write_notebooks
from reference_pages import docstring_to_rst, write_reference
from sphinx.application import Sphinx

from brushwork import __version__

project = "brushwork"
author = "The brushwork authors"
copyright = "The brushwork authors, MIT license"
release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
default_role = "code"
highlight_language = "none"
smartquotes_action = "qe"  # quotes and ellipses; two dashes begin an option

myst_heading_anchors = 4
myst_links_external_new_tab = False
suppress_warnings = ["myst.header"]  # a page may skip a level of headings

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
python_display_short_literal_types = True
maximum_signature_line_length = 88

html_theme = "furo"
html_title = f"brushwork {release}"
html_static_path = ["static"]
html_css_files = ["brushwork.css"]
html_show_sourcelink = False
html_copy_source = False

man_pages = [("reference/commands", "brushwork", "paint any photograph in the style of any painting", [author], 1)]

REPOSITORY = {"../examples/CREDITS.md": "credits.md"}
"""Links of the pages to files of the repository → the page that includes such a file."""


def link_within_site(app: Sphinx, page: str, source: list[str]) -> None:
    """Let links to files of the repository lead to pages of the site."""
    for file, included in REPOSITORY.items():
        source[0] = source[0].replace(f"]({file}", f"]({included}")
    source[0] = re.sub(r"\]\(notebooks/(\w+)\.ipynb\)", r"](reference/notebooks/\1.md)", source[0])


def unlink_man_page(app: Sphinx, tree: nodes.document, page: str) -> None:
    """Let the text of a link stand in the man page without an address, which is none there."""
    if app.builder.name == "man":
        for link in list(tree.findall(nodes.reference)):
            link.replace_self(link.children)


def setup(app: Sphinx) -> None:
    """Write the generated pages first; docstrings of the code are plain text with names in backticks."""
    docs = Path(app.srcdir)
    app.connect("builder-inited", lambda _: write_reference(docs / "reference"))
    app.connect("builder-inited", lambda _: write_notebooks(docs / "notebooks", docs / "reference" / "notebooks"))
    app.connect("source-read", link_within_site)
    app.connect("doctree-resolved", unlink_man_page)
    app.connect("autodoc-process-docstring", docstring_to_rst)
