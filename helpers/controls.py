"""Live controls: sliders beside a picture that is drawn again while they move.

The picture is stored in the notebook as any other is, drawn where the controls start, so that a reader on paper or
in an exported deck misses the movement and nothing else.
"""

import asyncio
import contextlib
import gc
import inspect
import math
from numbers import Real

import ipywidgets
from IPython.display import display

from . import plots
from .texts import say

REST = 0.4  # seconds without a movement until the picture is drawn in full


def live(draw, **ranges):
    """Show ``draw()``, and for each of its arguments named in ``ranges`` a control that draws it again.

    Args:
        draw: a function that returns a picture of ``helpers.plots``. A control starts at the argument's default.
        ranges: (lowest, highest) or (lowest, highest, step), whole numbers or not, or a list of choices.

    Each is a slider for the mouse and, beside it, a box for the keyboard: in RISE, the arrow keys belong to the slides
    while a slider has the focus, and to the box while the box has it.

    Raises:
        TypeError, ValueError: an argument has no default, a range makes no sense, or draw returns something else.
    """
    controls = {name: _control(name, start(draw, name), values) for name, values in ranges.items()}
    first = draw()
    if not isinstance(first, plots.Picture):
        raise TypeError(say("controls.no-picture", got=type(first).__name__))
    shown = display(first, display_id=True)

    at_rest = None

    def redraw(_):
        nonlocal at_rest
        values = {name: control.value for name, (control, _) in controls.items()}
        with plots.sketching(like=first), _cleared_young():
            shown.update(draw(**values))
        if at_rest:
            at_rest.cancel()
        at_rest = _later(lambda: shown.update(draw(**values)))

    for control, _ in controls.values():
        control.observe(redraw, names="value")
    names = ", ".join(ranges).replace("_", " ")
    row = _Row([box for _, box in controls.values()], say("controls.run-to-move", names=names))
    display(row, metadata={"control": True})  # so that the exported decks leave it out


def steps(draw, **ranges):
    """All the values that each control of ``live(draw, **ranges)`` can take: {name: values, the lowest first}.

    Raises:
        TypeError, ValueError: as in ``live``.
    """
    found = {}
    for name, values in ranges.items():
        slider, _ = _control(name, start(draw, name), values)
        if isinstance(values, list):
            found[name] = values
        else:
            count = math.floor((slider.max - slider.min) / slider.step + 1e-9) + 1
            found[name] = [slider.min + k * slider.step for k in range(count)]
    return found


def start(draw, name):
    """The value at which the control ``name`` starts: its default in ``draw``.

    Raises:
        TypeError: it has none.
    """
    parameter = inspect.signature(draw).parameters.get(name)
    if parameter is None or parameter.default is inspect.Parameter.empty:
        raise TypeError(say("controls.no-start", name=name))
    return parameter.default


@contextlib.contextmanager
def _cleared_young():
    """Clear away at once what is left of a drawing: if it grew old, Python would look through all that a lesson has
    loaded every few pictures, and the drag would stumble for several tenths of a second.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
            gc.collect(0)


def _later(call):
    """Have the kernel's event loop make a call when the controls have come to rest; None where there is no loop."""
    try:
        return asyncio.get_running_loop().call_later(REST, call)
    except RuntimeError:
        return None


class _Row:
    """Controls side by side; ``words`` stand in their place where no kernel runs."""

    def __init__(self, boxes, words):
        self.row = ipywidgets.HBox(boxes, layout={"flex_flow": "row wrap"})
        self.words = words

    def _repr_mimebundle_(self, **_):
        return {**self.row._repr_mimebundle_(), "text/plain": self.words}


def _control(name, start, values):
    """The control of one argument, and the row to show."""
    label, told = name.replace("_", " "), {"name": name, "got": repr(values), "start": repr(start)}
    if isinstance(values, list):
        if not values:
            raise ValueError(say("controls.no-choices", **told))
        if start not in values:
            raise ValueError(say("controls.wrong-choice", **told))
        choice = {"options": values, "value": start}
        return _linked(ipywidgets.SelectionSlider, ipywidgets.Dropdown, label, choice)
    if not (isinstance(values, tuple) and len(values) in (2, 3) and all(map(_is_number, values))):
        raise ValueError(say("controls.no-range", **told))
    if not values[0] < values[1] or not all(step > 0 for step in values[2:]):
        raise ValueError(say("controls.wrong-order", **told))
    if not (_is_number(start) and values[0] <= start <= values[1]):
        raise ValueError(say("controls.wrong-start", **told, low=values[0], high=values[1]))
    whole = all(isinstance(value, int) for value in (start, *values))
    low, high, step = (*values, 1 if whole else (values[1] - values[0]) / 100)[:3]
    numbers = {"value": start, "min": low, "max": high, "step": step}
    if whole:
        return _linked(ipywidgets.IntSlider, ipywidgets.BoundedIntText, label, numbers)
    return _linked(ipywidgets.FloatSlider, ipywidgets.BoundedFloatText, label, numbers)


def _is_number(value):
    """Whether it is a finite number; True and False are none."""
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def _linked(slider, box, label, settings):
    """A box for the keyboard, with the label that a screen reader reads, and a slider for the mouse that follows it."""
    box = box(**settings, description=label, layout={"width": "calc(var(--jp-widgets-inline-label-width) + 6em)"})
    slider = slider(**settings, readout=False)
    ipywidgets.link((box, "value"), (slider, "value"))
    return slider, ipywidgets.HBox([box, slider])
