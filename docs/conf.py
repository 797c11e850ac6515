"""How the site is built: Sphinx with MyST and Furo. `script/site` runs it, and a test does with warnings as errors."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE / "site"), str(ROOT / "src"), str(ROOT / "client" / "src")]

project = "polar-server"
author = "the authors of polar-server"
copyright = "the authors of polar-server, Apache License 2.0"  # noqa: A001 - Sphinx's name
extensions = ["myst_parser", "sphinx.ext.autodoc", "links", "navigation", "operations", "commands"]
exclude_patterns = ["site"]
root_doc = "index"

# Headings get the anchors that GitHub gives them, so that a link works in both places.
myst_heading_anchors = 4
myst_links_external_new_tab = False

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_default_options = {"members": True}
toc_object_entries = False
default_role = "code"  # `name` in a docstring
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 80
add_module_names = False
maximum_signature_line_length = 80

html_theme = "furo"
html_title = "polar-server"
html_static_path = ["site/static"]
html_css_files = ["site.css"]
html_domain_indices = False
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "footer_icons": [],
    "light_css_variables": {"color-brand-primary": "#14171f", "color-brand-content": "#2b4fd8"},
    "dark_css_variables": {"color-brand-primary": "#e8eaf0", "color-brand-content": "#8ea6ff"},
}
pygments_style = "friendly"
pygments_dark_style = "github-dark"
