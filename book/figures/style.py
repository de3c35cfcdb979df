"""The figure style of the book. In a chapter's first cell:

    from figures.style import plt

Pictures are then transparent SVG without a date and with fixed ids, so that two builds agree byte
for byte. Colours by meaning: `HOLDS`, `REFUTED`, `PRINTED` (what the source says), `REPAIRED`.
In dark mode a page turns a picture's lightness over and keeps its hues. A picture for which that
is wrong (a colour map) goes in a cell tagged `keep-colours`.
"""

from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib_inline.backend_inline import set_matplotlib_formats

__all__ = ["HOLDS", "PRINTED", "REFUTED", "REPAIRED", "plt"]

HOLDS = REPAIRED = "#1e7d57"
REFUTED = PRINTED = "#c2541b"

plt.style.use(Path(__file__).with_name("fieldcheck.mplstyle"))
set_matplotlib_formats("svg", metadata={"Date": None})
