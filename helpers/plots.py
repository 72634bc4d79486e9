"""The figures of the lessons: one style, alternative text on each, and a summary of all the data it shows.

Every function returns a ``Picture``. As the last line of a cell it shows itself as an image whose alternative
text JupyterLab, RISE and nbconvert keep; its text form lists the data, so that a re-run which compares text
notices when the data behind a picture has changed.
"""

import base64
import contextlib
import contextvars
import functools
import html
import io
import math

import matplotlib as mpl
import matplotlib.style
import numpy as np
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from . import texts
from .texts import say, short

DOTS_PER_INCH = 160
LETTERS = 60  # that fit below a figure
CELL = "cell"  # marks a number that repeats the data of its cell
WIDTH, HEIGHT = 11.6, 4.3  # inches: 1856 by 688 dots, about the part of a slide that title and code leave free

# Told apart with any colour vision, each at least 3 to 1 against white, and never by colour alone: see DASHES.
COLOURS = ["#00639C", "#C24A00", "#007A5A", "#8C3F8F", "#555555", "#A30B37"]
DASHES = ["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1))]
MARKERS = ["o", "s", "^", "D", "v", "P"]
STYLE = {
    "axes.axisbelow": True,
    "axes.labelsize": 17,
    "axes.linewidth": 1.2,
    "axes.prop_cycle": mpl.cycler(color=COLOURS) + mpl.cycler(linestyle=DASHES),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 17,
    "figure.dpi": DOTS_PER_INCH,
    "figure.titlesize": 20,
    "figure.titleweight": "bold",
    "font.family": ["DejaVu Sans"],  # ships with matplotlib: the same dots on every machine; see also ``_fonts``
    "font.size": 16,
    "grid.color": "#D9D9D9",
    "legend.fontsize": 16,
    "legend.frameon": False,
    "legend.handlelength": 2.6,
    "lines.linewidth": 3,
    "lines.markersize": 9,
    "xtick.labelsize": 15,
    "ytick.labelsize": 15,
}

_sketched_like = contextvars.ContextVar("the picture whose layout sketches take over", default=None)


def style():
    """This style and nothing of the reader's own settings: the same picture on every machine."""
    fonts = [*STYLE["font.family"], *_fonts(texts.folder())]
    return mpl.style.context({**STYLE, "font.family": fonts}, after_reset=True)


@functools.cache
def _fonts(folder):
    """The names of the fonts that a translation brings along for letters that matplotlib's own font lacks."""
    for path in (files := sorted(folder.glob("*.ttf"))):
        font_manager.fontManager.addfont(path)
    return [font_manager.get_font(path).family_name for path in files]


class Picture:
    """A finished figure: ``png`` (bytes), ``alt`` (its alternative text) and ``summary`` (all its data as text).

    The figure itself is let go: a notebook keeps every picture that it has shown, and a figure takes megabytes.
    """

    def __init__(self, figure, alt):
        self.alt, self.summary = alt, summary(figure)
        self.png, self.size = _png(figure)
        self.places = [axes.get_position() for axes in figure.axes]  # for ``sketching``

    def __repr__(self):
        return f"{self.alt}\n{self.summary}"

    def _repr_html_(self):
        image = base64.b64encode(self.png).decode("ascii")
        # Twice as many dots as pixels: sharp on a projector and on paper.
        return f'<img alt="{html.escape(self.alt)}" width="{self.size[0] // 2}" src="data:image/png;base64,{image}">'


def lines(
    ys, x=None, *, title, xlabel, ylabel, labels=None, alt="", log="", markers=False, stems=False, size=(WIDTH, HEIGHT)
):
    """Draw one or several lines.

    Args:
        ys: (num_points,) or (num_lines, num_points).
        x: (num_points,); 0, 1, 2, ... if left out.
        labels: a name for each line.
        title: what to see. xlabel, ylabel: what the axes show, with units.
        alt: a sentence for readers who cannot see the figure, where the numbers alone do not tell it.
        log: "x", "y" or "xy" for logarithmic axes.
        markers: whether to mark the points.
        stems: whether each point stands on a stem of its own, joined to no other: for places without an order between.
        size: width and height in inches.

    Raises:
        ValueError: ys or x has another shape, or there is not one label a line.
    """
    ys = numbers("ys", ys, (1, 2), "lines")
    ys = ys.reshape(-1, ys.shape[-1])
    x = np.arange(ys.shape[1]) if x is None else numbers("x", x, (1,), "points")
    same_count("x", x, ys.shape[1], "point")
    labels = _labels("labels", labels, len(ys), "line")
    figure, (axes,) = canvas(1, size)
    with style():
        for k, y in enumerate(ys):
            how = {"label": labels[k], "marker": MARKERS[k % len(MARKERS)] if markers or stems else None}
            if stems:
                how.update(linestyle="", color=COLOURS[k % len(COLOURS)])
                axes.vlines(x, 0, y, COLOURS[k % len(COLOURS)], alpha=0.5)
            axes.plot(x, y, **how)
        if any(labels):
            figure.legend(loc="outside right center")
        _name_axes(axes, xlabel, ylabel, log)
        axes.grid()
        figure.suptitle(title, x=0.01, ha="left")
    told = [
        say(
            "plots.one-line",
            label=label or ylabel,
            first=short(y[0]),
            last=short(y[-1]),
            low=short(low),
            high=short(high),
        )
        for label, y, (low, high) in zip(labels, ys, map(_range, ys), strict=True)
    ]
    low, high = map(short, _range(x))
    return picture(
        figure,
        say("plots.line-plot", title=title),
        say("plots.across-and-up", xlabel=xlabel, low=low, high=high, ylabel=ylabel),
        say("plots.told", items=texts.listed(told)),
        alt,
    )


def bars(heights, names, *, title, ylabel, labels=None, limits=None, values=True, alt="", size=(WIDTH, HEIGHT)):
    """Draw bars, or groups of bars side by side.

    Args:
        heights: (num_bars,) or (num_groups, num_bars): a colour for each group.
        names: the name below each bar. labels: a name for each group.
        limits: the lowest and the highest value of the axis; those of the data if left out.
        values: whether to write each height above its bar.
        title, ylabel, alt, size: as in ``lines``.

    Raises:
        ValueError: heights has another shape, or names or labels do not fit it.
    """
    heights = numbers("heights", heights, (1, 2), "bars")
    heights = heights.reshape(-1, heights.shape[-1])
    names = _labels("names", names, heights.shape[1], "bar")
    labels = _labels("labels", labels, len(heights), "group")
    figure, (axes,) = canvas(1, size)
    with style():
        width = 0.8 / len(heights)
        for k, group in enumerate(heights):
            left = np.arange(len(group)) + (k - (len(heights) - 1) / 2) * width
            drawn = axes.bar(
                left,
                group,
                width,
                color=COLOURS[k % len(COLOURS)],
                label=labels[k],
                hatch=["", "//", "..", "xx"][k % 4],
                edgecolor="white",
            )
            if values:
                axes.bar_label(drawn, [short(height) for height in group], padding=3)
        axes.set_xticks(range(len(names)), names)
        axes.margins(y=0.15)
        if limits:
            axes.set_ylim(limits)
        if any(labels):
            figure.legend(loc="outside right center")
        _name_axes(axes, "", ylabel)
        figure.suptitle(title, x=0.01, ha="left")
    told = [_row_words(label or ylabel, names, group) for label, group in zip(labels, heights, strict=True)]
    return picture(figure, say("plots.bar-chart", title=title), say("plots.told", items=texts.listed(told)), alt)


def heatmaps(
    matrices,
    *,
    title,
    xlabel,
    ylabel,
    titles=None,
    xticks=None,
    yticks=None,
    values=False,
    limits=None,
    cmap=None,
    square=False,
    framed=None,
    marked=None,
    alt="",
    size=(WIDTH, HEIGHT),
):
    """Draw matrices as coloured cells, with one colour bar for all of them.

    Args:
        matrices: (rows, columns), (num_panels, rows, columns), or a list of matrices of different shapes.
        titles: a name for each panel.
        xticks, yticks: a name for each column and for each row (tokens, say).
        values: whether to write each value into its cell.
        limits: the lowest and the highest value of the colour scale. If left out, those of the data; where some are
            negative, 0 is in the middle.
        cmap: "Blues" for amounts, "RdBu" for values around 0; the data decide if it is left out.
        square: whether cells are as high as they are wide, so that a diagonal runs at 45 degrees.
        framed: (first, last): these columns, counted from 0, get a frame in every panel.
        marked: {words: (rows, columns)}: a frame with words in it, in every panel; each a number, (first, last) or None
            for all of them.
        title, xlabel, ylabel, alt, size: as in ``lines``.

    Raises:
        ValueError: matrices has another shape, or titles, xticks, yticks or framed do not fit it.
    """
    panels = _panels(matrices)
    titles = _labels("titles", titles, len(panels), "panel")
    for panel in panels:
        same_count("xticks", xticks, panel.shape[1], "column")
        same_count("yticks", yticks, panel.shape[0], "row")
        if framed is not None and not (len(framed) == 2 and 0 <= framed[0] <= framed[1] < panel.shape[1]):
            raise ValueError(say("plots.wrong-frame", last=panel.shape[1] - 1, got=framed))
    low, high = limits or _range(np.concatenate([panel.ravel() for panel in panels]))
    cmap = cmap or ("RdBu" if low < 0 else "Blues")
    if low < 0 and not limits:
        low, high = -max(-low, high), max(-low, high)
    figure, grid = canvas(len(panels), size)
    with style():
        for axes, panel, name in zip(grid, panels, titles, strict=True):
            aspect = "equal" if square else "auto"
            image = axes.imshow(panel, cmap=cmap, vmin=low, vmax=high, aspect=aspect, interpolation="nearest")
            axes.spines[:].set_visible(False)
            if framed is not None:
                _frame(axes, *framed, rows=panel.shape[0])
            for words, spans in (marked or {}).items():
                _mark(axes, words, *map(_span, spans, panel.shape))
            if xticks is not None:
                crowded = sum(map(len, map(str, xticks))) * len(panels) > LETTERS
                axes.set_xticks(range(len(xticks)), xticks, rotation=90 if crowded else 0)
            if axes is not grid[0] and len({p.shape[0] for p in panels}) == 1:
                axes.set_yticks([])
            elif yticks is not None:
                axes.set_yticks(range(len(yticks)), yticks)
            if values:
                _write_values(axes, panel, image, narrow=sum(p.shape[1] for p in panels) > 10)
            axes.set_title(name)
            _name_axes(axes, xlabel, ylabel if axes is grid[0] else "")
        bar = figure.colorbar(image, ax=list(grid), fraction=0.05, pad=0.02)
        ends = [low, (low + high) / 2, high]
        bar.set_ticks(ends, labels=map(short, ends))
        figure.suptitle(title, x=0.01, ha="left")
    opening = "plots.heatmap" if len(panels) == 1 else "plots.heatmaps"
    told = [
        matrix_words(name, panel, xticks, yticks, cells=None if values else sum(p.size for p in panels))
        for name, panel in zip(titles, panels, strict=True)
    ]
    return picture(
        figure,
        say(opening, title=title, count=len(panels)),
        ylabel and say("plots.rows", label=ylabel),
        xlabel and say("plots.columns", label=xlabel),
        framed and say("plots.framed", first=framed[0], last=framed[1]),
        *(say("plots.marked", words=words) for words in marked or ()),
        *told,
        alt,
    )


def attention(weights, tokens, *, title, titles=None, key_tokens=None, values=True, alt="", size=(WIDTH, HEIGHT)):
    """Draw attention weights, a panel for each head, with the tokens' names: a row is a query, a column is a key.

    Args:
        weights: (num_queries, num_keys) or (num_heads, num_queries, num_keys).
        tokens: the names of the queries. key_tokens: those of the keys, if they are others.
        title, titles, values, alt, size: as in ``heatmaps``.

    Raises:
        ValueError: weights has another shape, or the tokens do not fit it.
    """
    return heatmaps(
        weights,
        title=title,
        titles=titles,
        xlabel=say("plots.key"),
        ylabel=say("plots.query"),
        limits=(0, 1),
        values=values,
        xticks=tokens if key_tokens is None else key_tokens,
        yticks=tokens,
        alt=alt,
        size=size,
    )


def clocks(angles, *, title, titles, labels=None, alt="", size=(WIDTH, 3.8)):
    """Draw clock faces; every angle is a hand, measured clockwise from twelve o'clock.

    The tip of a hand at angle a is at (sin a, cos a): a (sine, cosine) pair of the positional encoding.

    Args:
        angles: (num_clocks, num_hands), in radians; the first hand is the longest.
        titles: a name for each clock. labels: a name for each hand.
        title, alt, size: as in ``lines``.

    Raises:
        ValueError: angles has another shape, or titles or labels do not fit it.
    """
    angles = numbers("angles", angles, (2,), "clocks")
    titles = _labels("titles", titles, len(angles), "clock")
    labels = _labels("labels", labels, angles.shape[1], "hand")
    figure, grid = canvas(len(angles), size)
    with style():
        turn = np.linspace(0, 2 * np.pi, 181)
        for axes, hands, name in zip(grid, angles, titles, strict=True):
            axes.plot(np.sin(turn), np.cos(turn), color="#555555", linestyle="-", linewidth=1.5)
            for k, angle in enumerate(hands):
                reach = 0.95 - 0.5 * k / max(1, len(hands) - 1)
                axes.plot(
                    [0, reach * np.sin(angle)],
                    [0, reach * np.cos(angle)],
                    color=COLOURS[k % len(COLOURS)],
                    linestyle="-",
                    linewidth=3 + 2 * k,
                    solid_capstyle="round",
                    label=labels[k] if axes is grid[0] else None,
                )
            axes.set(aspect="equal", xlim=(-1.1, 1.1), ylim=(-1.1, 1.1), xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
            axes.set_title(name, loc="center")
        if any(labels):
            figure.legend(loc="outside lower center", ncols=len(labels))
        figure.suptitle(title, x=0.01, ha="left")
    told = [
        say(
            "plots.one-row",
            row=name,
            cells=texts.listed(
                (
                    say("plots.one-hand", hand=label or say("plots.hand", number=k + 1), degrees=_degrees(angle))
                    for k, (label, angle) in enumerate(zip(labels, hands, strict=True))
                ),
                "words",
            ),
        )
        for name, hands in zip(titles, angles, strict=True)
    ]
    return picture(
        figure,
        say("plots.clock-faces", title=title, count=len(angles)),
        say("plots.told", items=texts.listed(told)),
        alt,
    )


@contextlib.contextmanager
def sketching(like):
    """Within it, pictures are drawn fast, for a control that moves: with half the dots, laid out as in ``like``."""
    token = _sketched_like.set(like)
    try:
        yield
    finally:
        _sketched_like.reset(token)


def picture(figure, *sentences):
    """Make a ``Picture`` of any matplotlib figure; its alternative text is the sentences, joined.

    Raises:
        ValueError: the sentences are empty.
    """
    alt = texts.together(*sentences)
    if not alt:
        raise ValueError(say("plots.nothing-to-draw", name="alt"))
    return Picture(figure, alt)


def summary(figure):
    """All words and all data of a matplotlib figure in a few lines of text, a line for each set of data.

    A set of data is given by its shape, its range and two checksums: the sum, and a sum in which the entries
    have different weights, so that swapped entries show. Both are rounded to about a thousandth of the data's length
    as a vector: coarse enough for float32 on another processor, fine enough for a change in the data.
    """
    words = [figure.get_suptitle(), *(text.get_text() for box in figure.legends for text in box.get_texts())]
    told = [say("plots.words", panel=0, words=texts.listed(words, "words"))]
    for number, axes in enumerate((axes for axes in figure.axes if axes.get_label() != "<colorbar>"), start=1):
        words = [axes.get_title(loc=loc) for loc in ("left", "center", "right")]
        words += [axes.get_xlabel(), axes.get_ylabel()]
        words += [tick.get_text() for axis in (axes.xaxis, axes.yaxis) for tick in _named_ticks(axis)]
        words += [text.get_text() for text in axes.texts if text.get_gid() != CELL]
        told.append(say("plots.words", panel=number, words=texts.listed(filter(None, words), "words")))
        told += [_data_line(number, kind, data) for kind, data in _drawn(axes)]
    return "\n".join(told)


def _named_ticks(axis):
    """The tick labels, where somebody has given them names."""
    return axis.get_ticklabels() if isinstance(axis.get_major_locator(), mpl.ticker.FixedLocator) else []


def _drawn(axes):
    for line in axes.lines:
        yield say("plots.line-across"), line.get_xdata()
        yield say("plots.line-up"), line.get_ydata()
    if axes.patches:
        to_data = axes.transData.inverted()
        yield say("plots.patches"), [patch.get_extents().transformed(to_data).bounds for patch in axes.patches]
    for image in axes.images:
        yield say("plots.image"), image.get_array()
    for collection in axes.collections:
        if collection.get_array() is not None:
            yield say("plots.colours"), collection.get_array()
        yield say("plots.points"), collection.get_offsets()


def _data_line(panel, kind, data):
    data = np.ma.filled(np.ma.asarray(data, dtype=float), np.nan)
    finite = data[np.isfinite(data)]
    missing = data.size - finite.size
    weights = 0.5 + (np.arange(finite.size) * 0.6180339887498949) % 1  # all different, none near 0
    largest = np.abs(finite).max(initial=1)
    # Not 1000: lengths of 1 and 10 occur, and noise would decide.
    grain = max(largest * (np.linalg.norm(finite / largest) / 990), 1e-9)
    nothing = np.abs(finite).max(initial=0) * 1e-6  # what float32 may leave of a 0
    low, high = (short(0 if abs(value) < nothing else value) for value in _range(finite))
    first, second = _rounded(finite.sum(), grain), _rounded(finite @ weights, grain)
    shape = " x ".join(map(str, data.shape))
    key = "plots.data-not-finite" if missing else "plots.data"
    values = {"panel": panel, "kind": kind, "shape": shape, "low": low, "high": high, "first": first, "second": second}
    return say(key, **values, count=missing)


def _rounded(value, grain):
    """``value`` to the nearest power of ten that is not finer than ``grain``."""
    digits = -math.ceil(math.log10(grain))
    value = round(float(value) + 0.01 * 10.0**-digits, digits)  # off the middle, where noise would decide
    return f"{value:.{max(0, digits)}f}" if value else "0"


def _range(values):
    """The smallest and the largest finite value; NaN where there is none."""
    finite = values[np.isfinite(values)]
    return (finite.min(), finite.max()) if finite.size else (np.nan, np.nan)


def _degrees(angle):
    return f"{math.degrees(angle) % 360:.0f}"


def _png(figure):
    """The figure as PNG in at most 128 colours: a third of the bytes, and no difference that an eye can see."""
    like = _sketched_like.get()
    if like is not None:
        return _sketch(figure, like.places), like.size
    buffer = io.BytesIO()
    with style():
        figure.savefig(buffer, format="png", dpi=DOTS_PER_INCH)
    image = Image.open(buffer).convert("RGB").quantize(128, dither=Image.Dither.NONE)
    small = io.BytesIO()
    image.save(small, format="png", optimize=True)
    return small.getvalue(), image.size


def _sketch(figure, places):
    """The figure as PNG in half the dots; nothing moves but the data, since all axes stand where ``places`` says."""
    if len(figure.axes) == len(places):
        figure.set_layout_engine("none")
        for axes, place in zip(figure.axes, places, strict=True):
            axes.set_position(place)
    buffer = io.BytesIO()
    figure.set_dpi(DOTS_PER_INCH / 2)
    with style():
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
    image = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba()).convert("RGB")
    image.save(buffer, format="png", compress_level=1)
    return buffer.getvalue()


def canvas(panels, size):
    """An empty figure in the style of the series, and its panels, side by side."""
    with style():
        figure = Figure(figsize=size, layout="constrained")
        return figure, figure.subplots(1, panels, squeeze=False)[0]


def matrix_words(name, panel, xticks, yticks, cells=None):
    """A matrix in words: every cell of a small one, the largest of each row of a middling one, else the range.

    Args:
        xticks, yticks: names, of which the first line is said; a row or column without a name is told by its number.
        cells: how many the whole picture has; those of the matrix if left out.
    """
    brief = (panel.size if cells is None else cells) > 36
    xticks, yticks = (
        ticks and [str(tick).partition("\n")[0] or str(k) for k, tick in enumerate(ticks)] for ticks in (xticks, yticks)
    )
    named = xticks is not None and yticks is not None and len(yticks) <= 12
    if named and not brief:
        told = texts.listed(_row_words(row, xticks, cells) for row, cells in zip(yticks, panel, strict=True))
    elif named and all(len(_leaders(xticks, cells)) == 1 for cells in panel):
        told = texts.listed(
            say("plots.one-row-briefly", row=row, column=_leaders(xticks, cells).pop(), value=short(cells.max()))
            for row, cells in zip(yticks, panel, strict=True)
        )
    else:
        low, high = map(short, _range(panel))
        told = say("plots.one-panel", rows=panel.shape[0], columns=panel.shape[1], low=low, high=high)
    return say("plots.named-panel", name=name, told=told) if name else say("plots.told", items=told)


def _leaders(names, cells):
    """The names of the cells that are as large as the largest, up to noise."""
    return {name for name, cell in zip(names, cells, strict=True) if math.isclose(cell, cells.max(), rel_tol=1e-4)}


def _row_words(row, names, values):
    least = 5e-4 * np.abs(values).max()  # what the eye takes for 0, the ear may, too
    values = np.where(np.abs(values) < least, 0, values)
    cells = (say("plots.one-cell", name=name, value=short(value)) for name, value in zip(names, values, strict=True))
    return say("plots.one-row", row=row, cells=texts.listed(cells, "words"))


def _name_axes(axes, xlabel, ylabel, log=""):
    axes.set(xlabel=xlabel, ylabel=ylabel)
    if "x" in log:
        axes.set_xscale("log")
    if "y" in log:
        axes.set_yscale("log")


def _frame(axes, first, last, rows):
    """A frame around columns of a matrix, beside them rather than on them."""
    place = {"xy": (first - 0.65, -0.5), "width": last - first + 1.3, "height": rows}
    axes.add_patch(mpl.patches.Rectangle(**place, fill=False, edgecolor="black", linewidth=2.5, clip_on=False))


def _span(span, count):
    """The first and the last of the rows or columns that ``span`` names, of ``count``."""
    first, last = (0, count - 1) if span is None else (span, span) if isinstance(span, int) else span
    if not 0 <= first <= last < count:
        raise ValueError(say("plots.wrong-mark", last=count - 1, got=span))
    return first, last


def _mark(axes, words, rows, columns):
    """A frame around some cells of a matrix, with words in it."""
    (top, bottom), (left, right) = rows, columns
    place = {"xy": (left - 0.5, top - 0.5), "width": right - left + 1, "height": bottom - top + 1}
    axes.add_patch(mpl.patches.Rectangle(**place, fill=False, edgecolor="black", linewidth=3, clip_on=False))
    box = {"boxstyle": "round,pad=0.2", "facecolor": "white", "edgecolor": "black"}
    axes.text((left + right) / 2, (top + bottom) / 2, words, ha="center", va="center", bbox=box)


def _write_values(axes, panel, image, narrow):
    for (row, column), value in np.ndenumerate(panel):
        words = f"{value:.0f}" if float(value).is_integer() else f"{value:.2f}"
        words = words.replace("0.", ".") if narrow else words
        cell = image.to_rgba(value)[:3]
        red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in cell)
        brightness = 0.2126 * red + 0.7152 * green + 0.0722 * blue  # relative luminance, WCAG 2.2
        colour = "white" if brightness < 0.179 else "black"  # whichever stands out more
        axes.text(column, row, words, ha="center", va="center", color=colour, fontsize=15, gid=CELL)


def numbers(name, values, ranks, shape):
    """``values`` as a NumPy array: a tensor on any device, with or without a gradient, an array, or lists."""
    if hasattr(values, "detach"):
        values = values.detach().cpu().double().numpy()
    elif isinstance(values, (list, tuple)) and any(hasattr(value, "detach") for value in values):
        values = [numbers(name, value, (0, 1, 2), shape) for value in values]
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(say(f"plots.{shape}-numbers", name=name, got=error)) from None
    if array.ndim not in ranks:
        raise ValueError(say(f"plots.{shape}-shape", name=name, got=array.shape))
    if array.size == 0:
        raise ValueError(say("plots.nothing-to-draw", name=name))
    return array


def _panels(matrices):
    if isinstance(matrices, (list, tuple)) and len(matrices) and np.ndim(matrices[0]) == 2:
        return [numbers("matrices", matrix, (2,), "heatmaps") for matrix in matrices]
    array = numbers("matrices", matrices, (2, 3), "heatmaps")
    return list(array) if array.ndim == 3 else [array]


def _labels(name, labels, count, what):
    if labels is None:
        return [""] * count
    labels = [str(label) for label in labels]
    same_count(name, labels, count, what)
    return labels


def same_count(name, entries, count, what):
    if entries is not None and len(entries) != count:
        raise ValueError(say(f"plots.one-for-each-{what}", name=name, expected=count, got=len(entries)))
