"""What was drawn: the axes of each figure that was shown or saved, and what lies in them.

`FigureCanvasBase.print_figure` makes every picture, whether a cell's end shows it, `plt.show` or
`savefig`; it is replaced once matplotlib is there. Only counts, labels and ranges are told.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from ..doors import before, weakly_kept
from ..recorder import Recorder, sendable

MOST_AXES = 20
MOST_DRAWN = 40


class PlotProbe:
    """Describes figures when they become pictures.

    Args:
        recorder: where the descriptions go.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        from torch.utils.weak import WeakIdKeyDictionary

        self._watching = False
        self._figures: Any = weakly_kept(WeakIdKeyDictionary())
        self._number = 0
        self.cell_starts(None)

    def cell_starts(self, info: Any) -> None:
        """Watch matplotlib once it is imported, or a cell is about to import it."""
        mentioned = info is not None and "matplotlib" in str(info.raw_cell)
        if not self._watching and (mentioned or "matplotlib.figure" in sys.modules):
            try:
                from matplotlib.backend_bases import FigureCanvasBase
            except ImportError:
                return  # the cell will say so
            self._watching = True
            canvas: Any = FigureCanvasBase
            canvas.print_figure = before(self._draw, canvas.print_figure)

    def _draw(self, canvas: Any, *args: Any, **kwargs: Any) -> None:
        try:
            axes = [described(a) for a in canvas.figure.axes[:MOST_AXES]]
        except Exception as problem:  # an artist of an unknown kind must not fail in their cell
            self._recorder.fail("plots", f"{type(problem).__name__}: {problem}")
            return
        self._recorder.add("plot", figure=self._known(canvas.figure), axes=axes)

    def _known(self, figure: Any) -> int:
        number = self._figures.get(figure)
        if number is None:
            self._number += 1
            number = self._figures[figure] = self._number
        return int(number)


def described(axes: Any) -> dict[str, Any]:
    """One pair of axes: its texts, and what is drawn in it."""
    return {
        "title": sendable(str(axes.get_title())[:200]),
        "labels": [sendable(str(axes.get_xlabel())[:200]), sendable(str(axes.get_ylabel())[:200])],
        "drawn": list(drawn(axes))[:MOST_DRAWN],
    }


def drawn(axes: Any) -> Iterator[dict[str, Any]]:
    """What lies in axes: lines, points, filled areas, bars, pictures."""
    import numpy as np

    for line in axes.lines:
        x, y = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
        dots = line.get_linestyle() in ("None", "none", "", " ")
        yield one("points" if dots else "line", len(x), line, x, y)
    for group in axes.collections:
        offsets: Any = np.ma.filled(np.ma.asarray(group.get_offsets(), float), np.nan)
        if type(group).__name__ == "PathCollection":
            yield one("points", len(offsets), group, offsets[:, 0], offsets[:, 1])
        else:
            areas = "contour" if "Contour" in type(group).__name__ else "area"
            yield one(areas, len(group.get_paths()), group)
    if axes.patches:
        yield {"what": "bars", "count": len(axes.patches), "label": "", "x": None, "y": None}
    for image in axes.images:
        yield one("image", int(np.asarray(image.get_array()).size), image)


def one(what: str, count: int, artist: Any, x: Any = None, y: Any = None) -> dict[str, Any]:
    """One thing that is drawn; a label that matplotlib made up is none."""
    label = str(artist.get_label() or "")
    return {
        "what": what,
        "count": count,
        "label": "" if label.startswith("_") else sendable(label[:100]),
        "x": extent(x),
        "y": extent(y),
    }


def extent(values: Any) -> list[float] | None:
    """Smallest and largest of some numbers; None where there are none."""
    import numpy as np

    if values is None or len(values) == 0 or np.asarray(values).dtype.kind not in "biuf":
        return None
    finite = np.asarray(values, float)
    finite = finite[np.isfinite(finite)]
    return [float(finite.min()), float(finite.max())] if len(finite) else None
