"""The exercises of lesson 5, relative positions: right answers, and what named mistakes compute."""

import torch

from .exercise import Exercise, Question, mistake
from .tensors import random, speeds, turned, turned_pair

# By hand
quarter_turn = Question(
    "quarter_turn",
    right=(0.8, -0.6),
    mistakes=[
        mistake("turned-back", (-0.8, 0.6)),
        mistake("swapped", (0.8, 0.6)),
        mistake("half-turn", (-0.6, -0.8)),
        mistake("not-turned", (0.6, 0.8)),
        mistake("mirrored", (0.6, -0.8)),
    ],
)


# The matrix of a shift
def _blocks(rows, angles):
    """A block matrix of rows(sine, cosine), one for each angle."""
    return torch.block_diag(*[torch.tensor(rows(angle.sin(), angle.cos())) for angle in angles])


def _turning(sine, cosine):
    return [[cosine, sine], [-sine, cosine]]


def _shift(rows=_turning, angles=lambda k, num_hiddens: k * speeds(num_hiddens)):
    """The matrix of a shift with one thing changed."""
    return lambda k, num_hiddens: _blocks(rows, angles(k, num_hiddens))


def _in_halves(k, num_hiddens):
    order = [*range(0, num_hiddens, 2), *range(1, num_hiddens, 2)]
    return _shift()(k, num_hiddens)[order][:, order]


shift_matrix = Exercise(
    "shift_matrix",
    "k, num_hiddens",
    right=_shift(),
    cases=lambda: {
        "one-pair": [(1, 2), (3, 2)],
        "several-pairs": [(1, 4), (2, 6), (40, 8)],
        "backwards": [(-3, 4), (0, 6)],
    },
    mistakes=[
        mistake("turned-back", _shift(lambda sine, cosine: [[cosine, -sine], [sine, cosine]])),
        mistake(
            "mirrored",
            _shift(lambda sine, cosine: [[cosine, sine], [sine, cosine]]),
            _shift(lambda sine, cosine: [[cosine, sine], [sine, -cosine]]),
            _shift(lambda sine, cosine: [[cosine, -sine], [-sine, cosine]]),
        ),
        mistake(
            "sine-and-cosine-swapped",
            _shift(lambda sine, cosine: [[sine, cosine], [-cosine, sine]]),
            _shift(lambda sine, cosine: [[sine, cosine], [cosine, -sine]]),
            _shift(lambda sine, cosine: [[sine, -cosine], [cosine, sine]]),
        ),
        mistake("one-speed", _shift(angles=lambda k, num_hiddens: k * torch.ones(num_hiddens // 2))),
        mistake("exponent-halved", _shift(angles=lambda k, num_hiddens: k * speeds(num_hiddens, power=0.5))),
        mistake("exponent-doubled", _shift(angles=lambda k, num_hiddens: k * speeds(num_hiddens, power=2.0))),
        mistake("multiplied", _shift(angles=lambda k, num_hiddens: k / speeds(num_hiddens))),
        mistake("base-1000", _shift(angles=lambda k, num_hiddens: k * speeds(num_hiddens, base=1000.0))),
        mistake("one-step", _shift(angles=lambda k, num_hiddens: speeds(num_hiddens))),
        mistake(
            "degrees",
            _shift(angles=lambda k, num_hiddens: torch.deg2rad(k * speeds(num_hiddens))),
            _shift(angles=lambda k, num_hiddens: torch.rad2deg(k * speeds(num_hiddens))),
        ),
        mistake("halves", _in_halves),
        mistake("only-backwards-wrong", lambda k, num_hiddens: _shift()(abs(k), num_hiddens), group="backwards"),
    ],
    drawn=((3, 8), {"cmap": "RdBu", "limits": (-1, 1), "size": (10, 3)}),
)


moved_text = Question(
    "moved_text",
    right="c",
    letters="abcd",
    mistakes=[mistake("codes-alone", "a"), mistake("by-place", "b"), mistake("all", "d")],
)


# RoPE
def _rotary(
    turn=turned_pair,
    speeds=speeds,
    positions=lambda X, positions: positions,
    angles=lambda angles: angles,
    halves=False,
):
    """RoPE with one thing changed."""

    def rotary(X, where):
        return turned(X, angles(positions(X, where)[:, None] * speeds(X.shape[-1])), turn, halves)

    return rotary


def _halves_of_neighbours(X, positions):
    return torch.cat([part.flatten(-2) for part in _rotary()(X, positions).unflatten(-1, (-1, 2)).split(1, -1)], -1)


def _rotated_halves(X, positions):
    """The rotate_half of the other layout, with the angles of this one."""
    angles = (positions[:, None] * speeds(X.shape[-1])).repeat_interleave(2, dim=-1)
    x, y = X.chunk(2, dim=-1)
    return X * angles.cos() + torch.cat([-y, x], dim=-1) * angles.sin()


def _code(X, positions):
    angles = positions[:, None] * speeds(X.shape[-1])
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(-2)


rotary = Exercise(
    "rotary",
    "X, positions",
    right=_rotary(),
    cases=lambda: {
        "in-order": [
            (torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.arange(2)),
            (random(3, 4), torch.arange(3)),
            (random(5, 8), torch.arange(5)),
        ],
        "other-positions": [(random(2, 4), torch.tensor([7, 8])), (random(3, 6), torch.tensor([100, 3, 40]))],
        "batches": [(random(2, 3, 4), torch.arange(3)), (random(2, 4, 3, 6), torch.tensor([5, 6, 7]))],
    },
    mistakes=[
        mistake("wrong-sign", _rotary(lambda x, y, sine, cosine: (x * cosine + y * sine, y * cosine - x * sine))),
        mistake("halves", _rotary(halves=True)),
        mistake(
            "layouts-mixed",
            _halves_of_neighbours,
            _rotated_halves,
            lambda X, positions: _rotary()(torch.cat([X[..., 0::2], X[..., 1::2]], dim=-1), positions),
        ),
        mistake(
            "mirrored",
            _rotary(lambda x, y, sine, cosine: (x * cosine + y * sine, x * sine + y * cosine)),
            _rotary(lambda x, y, sine, cosine: (x * cosine - y * sine, y * cosine - x * sine)),
        ),
        mistake(
            "sine-and-cosine-swapped",
            _rotary(lambda x, y, sine, cosine: (x * sine - y * cosine, x * cosine + y * sine)),
            _rotary(lambda x, y, sine, cosine: (x * sine + y * cosine, x * cosine - y * sine)),
        ),
        mistake(
            "cosine-alone",
            _rotary(lambda x, y, sine, cosine: (x * cosine, y * cosine)),
            _rotary(lambda x, y, sine, cosine: (x * cosine, y * sine)),
            _rotary(lambda x, y, sine, cosine: (x * sine, y * cosine)),
        ),
        mistake("one-speed", _rotary(speeds=lambda d: torch.ones(d // 2))),
        mistake("exponent-halved", _rotary(speeds=lambda d: speeds(d, power=0.5))),
        mistake("exponent-doubled", _rotary(speeds=lambda d: speeds(d, power=2.0))),
        mistake("base-1000", _rotary(speeds=lambda d: speeds(d, base=1000.0))),
        mistake("code-added", lambda X, positions: X + _code(X, positions)),
        mistake("degrees", _rotary(angles=torch.deg2rad), _rotary(angles=torch.rad2deg)),
        mistake("positions-from-one", _rotary(positions=lambda X, positions: positions + 1)),
        mistake(
            "positions-ignored",
            _rotary(positions=lambda X, positions: torch.arange(X.shape[-2])),
            group="other-positions",
        ),
        mistake(
            "batch-as-positions",
            lambda X, positions: _rotary()(X[None], positions) if X.dim() == 2 else X[:, 0::2],
            group="batches",
        ),
    ],
    drawn=((torch.ones(20, 16), torch.arange(20)), {"cmap": "RdBu", "limits": (-1.5, 1.5), "size": (10, 3)}),
)


# ALiBi
def _alibi(
    exponents=lambda num_heads: 8 * torch.arange(1, num_heads + 1) / num_heads,
    penalty=lambda distance: -distance.abs(),
    together=lambda slopes, penalty: slopes[:, None, None] * penalty,
):
    """The bias of ALiBi with one thing changed."""

    def alibi_bias(num_heads, num_steps):
        t = torch.arange(num_steps)
        return together(2.0 ** -exponents(num_heads), penalty(t[:, None] - t))

    return alibi_bias


alibi_bias = Exercise(
    "alibi_bias",
    "num_heads, num_steps",
    right=_alibi(),
    cases=lambda: {"few-heads": [(2, 3), (1, 2), (4, 4), (8, 6)], "many-heads": [(16, 9), (3, 12)]},
    mistakes=[
        mistake("rewards-distance", _alibi(penalty=lambda distance: distance.abs())),
        mistake(
            "signed-distance", _alibi(penalty=lambda distance: -distance), _alibi(penalty=lambda distance: distance)
        ),
        mistake(
            "one-sided",
            _alibi(penalty=lambda distance: -distance.clamp(min=0)),
            _alibi(penalty=lambda distance: distance.clamp(max=0)),
            _alibi(
                penalty=lambda distance: torch.where(distance < 0, torch.tensor(-torch.inf), -distance.abs().float())
            ),
        ),
        mistake("squared", _alibi(penalty=lambda distance: -(distance**2))),
        mistake("heads-from-zero", _alibi(exponents=lambda num_heads: 8 * torch.arange(num_heads) / num_heads)),
        mistake("halved-each-time", _alibi(exponents=lambda num_heads: torch.arange(1, num_heads + 1))),
        mistake("eight-forgotten", _alibi(exponents=lambda num_heads: torch.arange(1, num_heads + 1) / num_heads)),
        mistake("slopes-grow", _alibi(exponents=lambda num_heads: -8 * torch.arange(1, num_heads + 1) / num_heads)),
        mistake("heads-reversed", _alibi(exponents=lambda num_heads: 8 * torch.arange(num_heads, 0, -1) / num_heads)),
        mistake(
            "exponents-not-slopes",
            _alibi(together=lambda slopes, penalty: -slopes.log2()[:, None, None] * penalty),
            _alibi(together=lambda slopes, penalty: slopes.log2()[:, None, None] * penalty),
        ),
        mistake(
            "exponential-base-e", _alibi(together=lambda slopes, penalty: slopes.log2().exp()[:, None, None] * penalty)
        ),
        mistake("heads-last", _alibi(together=lambda slopes, penalty: penalty[..., None] * slopes)),
        mistake(
            "no-slopes",
            _alibi(together=lambda slopes, penalty: penalty.float().expand(len(slopes), -1, -1)),
            _alibi(together=lambda slopes, penalty: penalty.float()),
        ),
    ],
    drawn=((1, 12), {"size": (10, 3)}),
)


# Layouts
order_of_halves = Question(
    "order_of_halves",
    right=(0, 2, 4, 1, 3, 5),
    mistakes=[
        mistake("the-way-back", (0, 3, 1, 4, 2, 5)),
        mistake("unchanged", (0, 1, 2, 3, 4, 5)),
        mistake("odd-first", (1, 3, 5, 0, 2, 4)),
        mistake("halves-exchanged", (3, 4, 5, 0, 1, 2)),
    ],
)


def _to_halves(rows=lambda head: [*range(0, head, 2), *range(1, head, 2)], by_head=True, columns=False):
    """Weights of one layout for the other, with one thing changed."""

    def to_halves(W, num_heads):
        W = W.T if columns else W
        head = len(W) // num_heads if by_head else len(W)
        moved = W.unflatten(0, (-1, head))[:, rows(head)].flatten(0, 1)
        return moved.T if columns else moved

    return to_halves


to_halves = Exercise(
    "to_halves",
    "W, num_heads",
    right=_to_halves(),
    cases=lambda: {
        "one-head": [(random(6, 6), 1), (random(8, 8), 1)],
        "several-heads": [(random(12, 12), 2), (random(24, 24), 4)],
    },
    mistakes=[
        mistake("columns-moved", _to_halves(columns=True)),
        mistake("the-way-back", _to_halves(rows=lambda head: [k // 2 + (k % 2) * (head // 2) for k in range(head)])),
        mistake("odd-first", _to_halves(rows=lambda head: [*range(1, head, 2), *range(0, head, 2)])),
        mistake("unchanged", lambda W, num_heads: W.clone()),
        mistake("across-heads", _to_halves(by_head=False), group="several-heads"),
    ],
)
