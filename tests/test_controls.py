"""The live controls without a browser: what they show, what they store, and what they refuse."""

import gc
import io
import math

import pytest
from matplotlib.figure import Figure
from PIL import Image

from helpers import controls, plots


@pytest.fixture
def shown(monkeypatch):
    """What a cell displays and updates, in order."""
    seen = []

    class Handle:
        def update(self, picture):
            seen.append(picture)

    def display(thing, **settings):
        seen.append(thing)
        return Handle()

    monkeypatch.setattr(controls, "display", display)
    return seen


def clock(position=5, hand=1.0, kind="long"):
    return plots.clocks([[position * hand]], titles=[kind], title=f"position {position}")


def dots(picture):
    return Image.open(io.BytesIO(picture.png)).size


def test_a_control_shows_a_still_picture_and_then_itself(shown):
    assert controls.live(clock, position=(0, 60)) is None
    picture, row = shown
    assert repr(picture) == repr(clock()) and picture.png == clock().png
    assert row._repr_mimebundle_()["text/plain"] == "Run this cell to move position."


def test_moving_draws_again_with_half_the_dots_in_the_same_place(shown):
    controls.live(clock, position=(0, 60), hand=(0.0, 2.0, 0.5), kind=["long", "short"])
    first, row = shown
    position, hand, kind = (group.children for group in row.row.children)
    position[1].value = 9  # the slider
    hand[0].value = 0.5  # the box
    kind[1].value = "short"
    assert [position[0].value, hand[1].value, kind[0].value] == [9, 0.5, "short"]
    assert [moved.alt for moved in shown[2:]] == [clock(9).alt, clock(9, 0.5).alt, clock(9, 0.5, "short").alt]
    for moved in shown[2:]:
        assert moved.size == first.size and dots(moved) == tuple(side // 2 for side in dots(first))
        assert [place.bounds for place in moved.places] == [pytest.approx(place.bounds) for place in first.places]


def test_after_a_sketch_pictures_are_drawn_in_full_again():
    first = clock()
    with plots.sketching(like=first):
        assert dots(clock()) == tuple(side // 2 for side in dots(first))
    assert clock().png == first.png


def figures():
    return sum(type(thing) is Figure for thing in gc.get_objects())


def test_a_drag_leaves_nothing_that_a_full_collection_would_have_to_clear(shown):
    gc.collect()
    before = figures()
    controls.live(clock, position=(0, 60))
    _, slider = shown[1].row.children[0].children
    after = figures()
    for slider.value in range(6, 26):
        pass
    assert figures() <= after <= before + 1 and gc.isenabled()


def test_a_reader_who_has_switched_collecting_off_is_left_alone(shown):
    controls.live(clock, position=(0, 60))
    gc.disable()
    try:
        shown[1].row.children[0].children[1].value = 9
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_box_has_a_label_and_a_slider_none(shown):
    controls.live(clock, position=(0, 60))
    (box, slider) = shown[1].row.children[0].children
    assert (box.description, slider.description) == ("position", "")


NO_RANGES = [(0,), ("0", "9"), "0-60", None, 5, (0, 1, 2, 3), (0, math.nan), (0, math.inf), (False, True), {0, 60}]


@pytest.mark.parametrize("values", NO_RANGES)
def test_what_is_no_range_is_named(shown, values):
    with pytest.raises(ValueError, match="^position must be .*lowest.*but it is") as refused:
        controls.live(clock, position=values)
    assert repr(values) in str(refused.value)


@pytest.mark.parametrize("values", [(60, 0), (5, 5), (0, 60, 0), (0, 60, -1), (0, 60, math.nan)])
def test_a_range_that_makes_no_sense_is_named(shown, values):
    with pytest.raises(ValueError, match="^position must .*(below its highest.*above 0|finite numbers.*), but it is"):
        controls.live(clock, position=values)


@pytest.mark.parametrize(
    "start, values, said",
    [
        (5, (10, 20), "position must start at a number from 10 to 20, but its default in draw is 5."),
        ("a", (0, 1), "position must start at a number from 0 to 1, but its default in draw is 'a'."),
        (None, (0, 1), "position must start at a number from 0 to 1, but its default in draw is None."),
        (True, (0, 1), "position must start at a number from 0 to 1, but its default in draw is True."),
        (math.nan, (0, 1), "position must start at a number from 0 to 1, but its default in draw is nan."),
        (5, [1, 2], "position must start at one of its choices, [1, 2], but its default in draw is 5."),
        (5, [], "position must have at least one choice, but its list is empty."),
    ],
)
def test_a_start_that_the_control_does_not_have_is_named(shown, start, values, said):
    with pytest.raises(ValueError) as refused:
        controls.live(lambda position=start: clock(), position=values)
    assert str(refused.value) == said and not shown


def test_an_argument_without_a_default_is_named(shown):
    with pytest.raises(TypeError, match="default"):
        controls.live(lambda position: clock(position), position=(0, 60))
    with pytest.raises(TypeError, match="default"):
        controls.live(clock, speed=(0, 60))


def test_a_draw_that_returns_no_picture_is_refused(shown):
    with pytest.raises(TypeError, match="returned a int"):
        controls.live(lambda position=5: position, position=(0, 60))
