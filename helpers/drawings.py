"""The drawings of the lessons: few kinds, all computed. The width of an arc is a weight, the numbers in a box are real.

Every function takes title, alt and size and returns a ``Picture``, as those of ``helpers.plots`` do, and raises a
ValueError where what it is given has another shape than said, or names do not fit it.
"""

import functools
import inspect

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap
from matplotlib.patches import Circle, Rectangle

from .plots import CELL, COLOURS, HEIGHT, WIDTH, canvas, matrix_words, numbers, picture, same_count, style
from .texts import listed, say

GREY, FAINT = "#555555", "#AEB7C0"
TINTS = ["#CFE3F1", "#F8DCC6", "#CBE8DD", "#E9D5EA", "#E4E4E4", "#F2CBD2"]  # of COLOURS, to write on
THICKEST, LEAST = 16, 0.02  # points: the arc of a weight of 1; a weight below this is not drawn


def _drawing(draw):
    """A function that makes a picture of what ``draw`` draws on axes and of the sentences that it yields."""

    @functools.wraps(draw)
    def drawn(*args, title, alt="", size=(WIDTH, HEIGHT), **kwargs):
        with style():
            figure, (axes,) = canvas(1, size)
            axes.set_axis_off()
            told = list(draw(axes, *args, **kwargs))
            figure.suptitle(title, x=0.01, ha="left")
            return picture(figure, say(f"drawings.{draw.__name__}", title=title), *told, alt)

    _, *own = inspect.signature(draw).parameters.values()
    _, *common, _ = inspect.signature(drawn, follow_wrapped=False).parameters.values()
    drawn.__signature__ = inspect.Signature(own + common)
    return drawn


@_drawing
def arcs(axes, weights, tokens, *, titles=None, queries=None):
    """Draw attention weights as arcs over a sentence: as thick as the weight, from the word that asks to each that
    answers. What lies before is reached above the words, what comes after below them; a ring is the word itself.

    Args:
        weights: (n, n) or (num_panels, n, n); a row is a query. titles: a name for each panel.
        tokens: the n words. queries: whose arcs to draw, counted from 0; everybody's if left out.
    """
    weights = numbers("weights", weights, (2, 3), "heatmaps")
    panels, n = weights.reshape(-1, *weights.shape[-2:]), len(tokens)
    titles, queries = titles or [""] * len(panels), list(range(n) if queries is None else queries)
    same_count("tokens", tokens, panels.shape[2], "column")
    same_count("titles", titles, len(panels), "panel")
    if not set(queries) <= set(range(n)):
        raise ValueError(say("drawings.no-query", last=n - 1, got=queries))
    drawn = [(p, k, j) for p, k, j in np.argwhere(panels >= LEAST) if k in queries]
    up, down = (0.6 + 0.5 * max([least, *(side * (k - j) for _, k, j in drawn)]) for side, least in ((1, 1), (-1, 0)))
    for p, k, j in drawn:
        _lines(axes, [_arc(k, j) + (p * n, 0)], [panels[p, k, j]], COLOURS[k % len(COLOURS)])
    for p, (name, panel) in enumerate(zip(titles, panels, strict=True)):
        for k, word in enumerate(tokens):
            _text(axes, p * n + k, 0, word, fontsize=18)
        _text(axes, p * n + (n - 1) / 2, up + 0.15, name, weight="bold")
        yield matrix_words(name, panel[queries], tokens, [tokens[k] for k in queries])
    axes.set(xlim=(-0.6, len(panels) * n - 0.4), ylim=(-down, up + 0.35))


@_drawing
def tensors(axes, steps):
    """Draw the ``steps`` of a computation, {name: tensor (), (n,) or (n, m)}, in a row with arrows between."""
    arrays = {name: numbers(name, values, (0, 1, 2), "heatmaps") for name, values in steps.items()}
    high, left = max(len(np.atleast_2d(array)) for array in arrays.values()), 0
    for name, array in arrays.items():
        if left:
            _arrow(axes, (left - 1.0, high / 2), (left - 0.2, high / 2))
        matrix, shape = np.atleast_2d(array), str(array.shape).replace(",)", ")")
        low, width = (high - len(matrix)) / 2, 1.3 * matrix.shape[1]
        _cells(axes, left, low, matrix, np.abs(matrix[np.isfinite(matrix)]).max(initial=1e-9), wide=1.3)
        _text(axes, left + width / 2, low + len(matrix) + 0.2, name, va="bottom", weight="bold")
        _text(axes, left + width / 2, low - 0.15, shape, va="top", color=GREY)
        left += width + 1.2
        yield say("drawings.tensor", name=name, shape=shape, rows=listed(map(_vector, matrix)))
    axes.set(xlim=(-0.6, left - 0.6), ylim=(-0.7, high + 0.7), aspect="equal")


@_drawing
def strips(axes, rows, names, *, columns=None, groups=None, labels=None, values=True, gap=0.35):
    """Draw vectors as strips of coloured cells, one below another; without a gap they are a grid.

    Args:
        rows: vectors, which may differ in length. names: what stands before each. columns: what stands above them.
        groups: for each cell a whole number, its colour; else blue is above 0 and red below. labels: a name for each.
        values: whether to write the numbers into the cells. gap: between the strips, in cells.
    """
    rows = [numbers("rows", row, (1,), "points") for row in rows]
    groups = [None] * len(rows) if groups is None else [numbers("groups", group, (1,), "points") for group in groups]
    same_count("names", names, len(rows), "row")
    same_count("groups", groups, len(rows), "row")
    largest, high = max(np.abs(row).max() for row in rows) or 1, (1 + gap) * len(rows) - gap
    for k, (name, row, group) in enumerate(zip(names, rows, groups, strict=True)):
        same_count("groups", group, len(row), "column")
        if labels and group is not None and not set(group) <= set(range(len(labels))):
            raise ValueError(say("drawings.no-label", last=len(labels) - 1, got=group))
        low, kinds = high - 1 - (1 + gap) * k, None if group is None else group[None]
        _cells(axes, 0, low, row[None], largest, kinds, values)
        _text(axes, -0.2, low + 0.5, name, ha="right")
        told = _vector(row) if group is None or (values and not labels) else _runs(row, group, labels, values)
        yield say("drawings.named", name=name, told=told)
    for k, name in enumerate(columns := columns or []):
        _text(axes, k + 0.5, high + 0.1, name, va="bottom")
    yield say("plots.columns", label=listed(map(str, columns), "words")) if columns else ""
    _legend(axes, labels, TINTS)
    axes.set(xlim=(-0.1, max(map(len, rows)) + 0.1), ylim=(-0.1, high + 0.5), aspect="equal" if gap else "auto")


@_drawing
def dials(axes, angles, rows, columns, *, shadows=False, digits=None, labels=None):
    """Draw a table of clock faces; an angle is measured clockwise from twelve o'clock.

    Args:
        angles: (num_rows, num_columns) or (num_rows, num_columns, num_hands), in radians; three hands at the most.
        rows, columns: a name for each row and for each column. labels: a name for each hand.
        shadows: whether to draw how far right the first hand reaches, its sine, and how far up, its cosine.
        digits: (num_rows, num_columns): what to write below each face.
    """
    angles = np.atleast_3d(numbers("angles", angles, (2, 3), "clocks"))
    same_count("rows", rows, len(angles), "row")
    same_count("columns", columns, angles.shape[1], "column")
    same_count("digits", None if digits is None else np.ravel(digits), angles[..., 0].size, "clock")
    wide, deep = 2.6, 2.3 + 0.7 * (digits is not None)
    for (k, j), (x, y) in (((k, j), (wide * j, -deep * k)) for k, j in np.ndindex(*angles.shape[:2])):
        axes.add_patch(Circle((x, y), 1, facecolor="white", edgecolor=GREY, linewidth=1.5))
        if shadows:
            across, up = np.sin(angles[k, j, 0]), np.cos(angles[k, j, 0])
            axes.plot([x + across, x + across, x], [y, y + up, y + up], ":", color=GREY, linewidth=2)
            axes.plot([x, x + across], [y, y], "-", color=COLOURS[1], linewidth=7)
            axes.plot([x, x], [y, y + up], "-", color=COLOURS[2], linewidth=7)
        for h, (angle, reach) in enumerate(zip(angles[k, j], (1, 0.7, 0.4), strict=False)):
            tip = x + reach * np.sin(angle), y + reach * np.cos(angle)
            axes.plot([x, tip[0]], [y, tip[1]], "-", color=COLOURS[h], linewidth=4 + h, solid_capstyle="round")
        if digits is not None:
            _text(axes, x, y - 1.1, digits[k][j], va="top", weight="bold", fontsize=18)
    for k, name in enumerate(columns):
        _text(axes, wide * k, 1.1, name, va="bottom")
    for k, (name, hands) in enumerate(zip(rows, angles, strict=True)):
        _text(axes, -1.3, -deep * k, name, ha="right")
        degrees = (_vector(np.degrees(angles).round() % 360) for angles in hands)
        faces = (say("drawings.face", name=face, degrees=d) for face, d in zip(columns, degrees, strict=True))
        yield say("drawings.named", name=name, told=listed(faces, "words"))
    _legend(axes, [say("drawings.sine"), say("drawings.cosine")] if shadows else labels, COLOURS[shadows:])
    axes.set(xlim=(-1.2, wide * len(columns) - 1.4), ylim=(1.2 - deep * len(rows), 1.7), aspect="equal")


@_drawing
def links(axes, levels, weights, *, names=None, lit=(), across=False):
    """Draw levels of words, the first at the bottom, and lines from each level to the next, as thick as the weight.

    Args:
        levels: for each level its words. names: a name for each level.
        weights: from each level to the next: (number of words above, number below), from 0 to 1.
        lit: paths to light up: for each the word on every level, counted from 0.
        across: whether the levels stand side by side, the first on the left: for long words.
    """
    weights = [numbers("weights", matrix, (2,), "heatmaps") for matrix in weights]
    for name, given, expected in [("weights", weights, len(levels) - 1), *(("lit", path, len(levels)) for path in lit)]:
        same_count(name, given, expected, "level")
    for matrix, below, above in zip(weights, levels[:-1], levels[1:], strict=True):
        same_count("weights", matrix, len(above), "row")
        same_count("weights", matrix.T, len(below), "column")
    names, most = [""] * len(levels) if names is None else names, max(map(len, levels))
    spots = [[((most - len(words)) / 2 + k, level) for k in range(len(words))] for level, words in enumerate(levels)]
    spots = [[(2.5 * level, -k) for k, level in places] for places in spots] if across else spots
    for level, matrix in enumerate(weights):
        drawn = list(map(tuple, np.argwhere(matrix >= LEAST)))
        paths = [(spots[level][j], spots[level + 1][k]) for k, j in drawn]
        _lines(axes, paths, [matrix[place] for place in drawn], FAINT if lit else COLOURS[0], THICKEST / 3)
        yield matrix_words(names[level + 1], matrix, levels[level], levels[level + 1])
    for path, colour in zip(lit, COLOURS[1:], strict=False):
        way = [places[k] for places, k in zip(spots, path, strict=True)]
        axes.plot(*zip(*way, strict=True), "-", color=colour, linewidth=THICKEST / 2)
        yield say("drawings.lit", words=listed((w[k] for w, k in zip(levels, path, strict=True)), "words"))
    for level, (name, words, places) in enumerate(zip(names, levels, spots, strict=True)):
        _text(axes, *((2.5 * level, 0.7) if across else (-0.6, level)), name, ha="center" if across else "right")
        for word, place in zip(words, places, strict=True):
            _text(axes, *place, word, fontsize=18, bbox={"boxstyle": "round,pad=0.2", "fc": "white", "ec": "none"})
    wide, high = (2.5 * (len(levels) - 1), most - 1) if across else (most - 1, len(levels) - 1)
    axes.set(xlim=(-0.6, wide + 0.6), ylim=(-high - 0.5, 1) if across else (-0.35, high + 0.35))


@_drawing
def stack(axes, parts, *, unit):
    """Draw ``parts`` of a whole, {name: how many of the unit}, from the bottom, as a column to scale."""
    counts, low = numbers("parts", list(parts.values()), (1,), "bars"), 0
    if counts.min() < 0 or not counts.sum():
        raise ValueError(say("drawings.stack-parts", got=list(parts.values())))
    for k, (name, share) in enumerate(zip(parts, counts / counts.sum(), strict=True)):
        beside = (k + 0.5) / len(parts)  # the names stand evenly, however small a part is
        axes.add_patch(Rectangle((0, low), 1, share, facecolor=TINTS[k % 6], edgecolor=COLOURS[k % 6], linewidth=2))
        axes.plot([1.03, 1.25, 1.35], [low + share / 2, beside, beside], "-", color=GREY, linewidth=1.5)
        words = say("drawings.part", name=name, count=f"{counts[k]:,.0f}", unit=unit, percent=f"{100 * share:.1f}")
        _text(axes, 1.4, beside, words, ha="left")
        low += share
        yield words
    axes.set(xlim=(-0.05, 4.5), ylim=(-0.01, 1.01))


@_drawing
def chain(axes, columns, *, skips=(), marks=None):
    """Draw how something is built, from the left to the right: boxes, and arrows from each column to the next.

    Args:
        columns: for each column a name, or a list of names one below another. Each name stands once.
        skips: (from, to) of ways past all others. marks: {name: what to write in a circle on its box}.
    """
    columns = [[column] if isinstance(column, str) else list(column) for column in columns]
    top = max(map(len, columns)) / 2
    spots = {name: (1.4 * x, len(names) / 2 - y) for x, names in enumerate(columns) for y, name in enumerate(names)}
    plain = lambda *names: listed((name.replace("\n", " ") for name in names), "words")  # noqa: E731
    for name in [end for skip in skips for end in skip] + list(marks or ()):
        if name not in spots:
            raise ValueError(say("drawings.no-box", got=name, expected=listed(spots, "words")))
    for before, after in zip(columns, columns[1:], strict=False):
        for (x, y), (right, end) in ((spots[one], spots[other]) for one in before for other in after):
            _arrow(axes, (x + 0.52, y), (right - 0.52, end))
        yield say("drawings.leads", before=plain(*before), after=plain(*after))
    for k, (one, other) in enumerate(skips):
        (x, y), (right, end), over = spots[one], spots[other], top + 0.5 + 0.2 * k
        axes.plot([x + 0.1, x + 0.1, right - 0.1], [y, over, over], "-", color=COLOURS[1], zorder=0)
        _arrow(axes, (right - 0.1, over), (right - 0.1, end + 0.3), COLOURS[1])
        yield say("drawings.skips", before=plain(one), after=plain(other))
    for name, (x, y) in spots.items():
        axes.add_patch(Rectangle((x - 0.5, y - 0.3), 1, 0.6, facecolor=TINTS[0], edgecolor=COLOURS[0], linewidth=2))
        _text(axes, x, y, name)
    for name, mark in (marks or {}).items():
        how = {"color": "white", "weight": "bold", "bbox": {"boxstyle": "circle", "fc": COLOURS[1], "ec": "white"}}
        _text(axes, spots[name][0] - 0.4, spots[name][1] + 0.33, mark, **how)
        yield say("drawings.marked", mark=mark, name=plain(name))
    axes.set(xlim=(-0.6, 1.4 * len(columns) - 0.8), ylim=(0.6 - top, top + 0.5 + 0.2 * len(skips)))


def _arc(k, j):
    """From word k to word j, above for those before and below for those after; a ring on top for the word itself."""
    turn = np.linspace(0, np.pi, 41)
    if k == j:
        return np.column_stack([k + 0.2 * np.sin(2 * turn), 0.62 - 0.3 * np.cos(2 * turn)])
    across, up = (k + j) / 2 + (k - j) / 2 * np.cos(turn), 0.26 + abs(k - j) / 2 * np.sin(turn)
    return np.column_stack([across, np.sign(k - j) * up])


def _lines(axes, paths, weights, colour, thickest=THICKEST):
    widths, colours = thickest * np.asarray(weights, dtype=float), ListedColormap([colour])
    lines = LineCollection(paths, linewidths=widths, cmap=colours, alpha=0.75, zorder=1)
    lines.set_array(weights)  # so that ``summary`` knows them
    axes.add_collection(lines)


def _cells(axes, left, low, matrix, largest, groups=None, values=True, wide=1.0):
    """Cells from (left, low), the first row on top, in the colour of their value or of their group."""
    rows, columns = matrix.shape
    signed = {"C": np.where(np.isfinite(matrix), matrix, np.nan), "cmap": "RdBu", "vmin": -2 * largest}
    shown = signed if groups is None else {"C": groups, "cmap": ListedColormap(TINTS), "vmin": 0, "vmax": 5}
    edges = left + wide * np.arange(columns + 1), low + np.arange(rows, -1, -1)
    axes.pcolormesh(*edges, shown.pop("C"), **({"vmax": 2 * largest} | shown), edgecolors="white", linewidth=2)
    for (k, j), value in np.ndenumerate(matrix if values else np.empty((0, 0))):
        words = _number(value).replace("0.", ".", 1) if abs(value) < 1 else _number(value)
        _text(axes, left + wide * (j + 0.5), low + rows - k - 0.5, words, gid=CELL)


def _text(axes, x, y, words, **how):
    axes.text(x, y, words, **{"ha": "center", "va": "center", **how})


def _arrow(axes, start, end, colour=GREY):
    how = {"arrowstyle": "-|>,head_width=0.35,head_length=0.6", "color": colour, "lw": 2, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", end, start, arrowprops=how)


def _legend(axes, labels, colours):
    if labels:
        handles = [Rectangle((0, 0), 1, 1, facecolor=colour) for _, colour in zip(labels, colours, strict=False)]
        axes.figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))


def _vector(row):
    return listed(map(_number, row), "words")


def _number(value):
    if not np.isfinite(value):
        return "nan" if np.isnan(value) else "−∞" if value < 0 else "∞"
    value += 0.0 if abs(value) >= 0.005 else -value  # no -0.00
    return f"{value:.0f}" if float(value).is_integer() else f"{value + 1e-9:.2f}"


def _runs(row, groups, labels, values):
    runs = np.split(np.arange(len(groups)), np.flatnonzero(np.diff(groups)) + 1)  # of cells in one colour
    named = ((int(groups[run[0]]), _vector(row[run] if values else run)) for run in runs)
    told = (say("drawings.member", label=labels[k] if labels else k, cells=cells) for k, cells in named)
    return listed(told, "words")
