"""The exercises of lesson 5, relative positions: right answers, and wrong ones with what to say about each."""

import torch

from .exercise import Exercise, Question, mistake
from .lesson1 import random

TURN = (5, "A step turns a hand: that is a matrix")
BLOCK = (5, "All hands: one block a pair")
TOGETHER = (5, "Shifts add up, so the dot product sees only the offset")
STAYS = (5, "But added codes leave the place in the score")
ROTARY = (5, "RoPE: turn the query and the key themselves")
CHECKED = (5, "The score knows the words and the offset, nothing else")
WRONG = (5, "What goes wrong: too much is turned, or the wrong way")
HALF = (5, "Two layouts of RoPE: neighbours, or halves")
ALIBI = (5, "ALiBi: a penalty for distance, no code at all")
TABLE = (5, "What each does, computed")
MEASURE = (4, "Measure a wavelength off the table")


# By hand
quarter_turn = Question(
    "quarter_turn",
    right=(0.8, -0.6),
    mistakes=[
        mistake(
            "turned-back",
            "That is a quarter of a turn backwards. Clockwise from there, the hand points down and right.",
            TURN,
            (-0.8, 0.6),
        ),
        mistake(
            "swapped",
            "The two numbers change places, yes, but one of them also changes its sign: the hand is below the middle.",
            TURN,
            (0.8, 0.6),
        ),
        mistake("half-turn", "That is half a turn: both numbers change their sign.", TURN, (-0.6, -0.8)),
        mistake("not-turned", "That is the hand as it was.", TURN, (0.6, 0.8)),
        mistake("mirrored", "Only the sign of one number has changed: that mirrors the hand.", TURN, (0.6, -0.8)),
    ],
    praise="cos 90° = 0 and sin 90° = 1, so the matrix swaps the two, and turns one sign round.",
    otherwise="Put b = 90° into the matrix of the slide, and multiply it with the pair (0.6, 0.8).",
)


# The matrix of a shift
def _speeds(num_hiddens, base=10000.0, power=1.0):
    return base ** (-power * torch.arange(0, num_hiddens, 2) / num_hiddens)


def _blocks(rows, angles):
    """A block matrix of rows(sine, cosine), one for each angle."""
    return torch.block_diag(*[torch.tensor(rows(angle.sin(), angle.cos())) for angle in angles])


def _turning(sine, cosine):
    return [[cosine, sine], [-sine, cosine]]


def _shift(rows=_turning, angles=lambda k, num_hiddens: k * _speeds(num_hiddens)):
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
        "one pair": [(1, 2), (3, 2)],
        "several pairs": [(1, 4), (2, 6), (40, 8)],
        "backwards, and not at all": [(-3, 4), (0, 6)],
    },
    mistakes=[
        mistake(
            "turned-back",
            "This is the way back, P[t - k]. Either the sines have the wrong signs, or the matrix is made for rows, "
            "P[t] @ M. Asked for is M @ P[t].",
            BLOCK,
            _shift(lambda sine, cosine: [[cosine, -sine], [sine, cosine]]),
        ),
        mistake(
            "mirrored",
            "Both sines have the same sign: such a block mirrors the hand. In a rotation one of them is negative.",
            TURN,
            _shift(lambda sine, cosine: [[cosine, sine], [sine, cosine]]),
            _shift(lambda sine, cosine: [[cosine, sine], [sine, -cosine]]),
            _shift(lambda sine, cosine: [[cosine, -sine], [-sine, cosine]]),
        ),
        mistake(
            "sine-and-cosine-swapped",
            "Sine and cosine have changed places in the block. For k = 0 nothing turns: that has to be the identity.",
            TURN,
            _shift(lambda sine, cosine: [[sine, cosine], [-cosine, sine]]),
            _shift(lambda sine, cosine: [[sine, cosine], [cosine, -sine]]),
            _shift(lambda sine, cosine: [[sine, -cosine], [cosine, sine]]),
        ),
        mistake(
            "one-speed",
            "All the blocks are the same. Each pair is slower than the one before.",
            BLOCK,
            _shift(angles=lambda k, num_hiddens: k * torch.ones(num_hiddens // 2)),
        ),
        mistake(
            "exponent-halved",
            "The later pairs are too fast: pair i has the exponent 2i over num_hiddens.",
            BLOCK,
            _shift(angles=lambda k, num_hiddens: k * _speeds(num_hiddens, power=0.5)),
        ),
        mistake(
            "exponent-doubled",
            "The later pairs are too slow: whoever counts columns in steps of two has the 2 already.",
            BLOCK,
            _shift(angles=lambda k, num_hiddens: k * _speeds(num_hiddens, power=2.0)),
        ),
        mistake(
            "multiplied",
            "Later pairs turn faster and faster: the position is divided by the power of 10000, not multiplied.",
            BLOCK,
            _shift(angles=lambda k, num_hiddens: k / _speeds(num_hiddens)),
        ),
        mistake(
            "base-1000",
            "The base is 1000; the formula says 10000.",
            BLOCK,
            _shift(angles=lambda k, num_hiddens: k * _speeds(num_hiddens, base=1000.0)),
        ),
        mistake(
            "one-step",
            "This turns by one step, whatever k is.",
            BLOCK,
            _shift(angles=lambda k, num_hiddens: _speeds(num_hiddens)),
        ),
        mistake(
            "degrees",
            "The angles are taken as degrees. `math.sin` and `torch.sin` count in radians.",
            MEASURE,
            _shift(angles=lambda k, num_hiddens: torch.deg2rad(k * _speeds(num_hiddens))),
            _shift(angles=lambda k, num_hiddens: torch.rad2deg(k * _speeds(num_hiddens))),
        ),
        mistake(
            "halves",
            "That is the matrix for a table with all sines first and then all cosines. Here a sine and its cosine are "
            "neighbours, so each block stands on the diagonal.",
            HALF,
            _in_halves,
        ),
        mistake(
            "only-backwards-wrong",
            "For negative k it is wrong: a step back turns the hands back.",
            TOGETHER,
            lambda k, num_hiddens: _shift()(abs(k), num_hiddens),
            group="backwards, and not at all",
        ),
    ],
    praise="It knows k and not t: one matrix for every place. Transposed, it is the way back.",
    drawn=(
        (3, 8),
        {
            "title": "A rotation for each pair, from fast to slow",
            "xlabel": "from",
            "ylabel": "to",
            "cmap": "RdBu",
            "limits": (-1, 1),
            "size": (10, 3),
        },
    ),
)


moved_text = Question(
    "moved_text",
    right="c",
    letters="abcd",
    mistakes=[
        mistake(
            "codes-alone",
            "The dot product of two *codes* stays. A score has words and maps in it, too, and word times place "
            "changes.",
            STAYS,
            "a",
        ),
        mistake("by-place", "Each place has a learned vector of its own: other places, other scores.", TABLE, "b"),
        mistake("all", "Only where the place enters as an offset do the scores stay.", TABLE, "d"),
    ],
    praise="RoPE's scores contain the words and the offset, and no place.",
    otherwise="",
)


# RoPE
def _rotary(
    turn=lambda x, y, sine, cosine: (x * cosine - y * sine, x * sine + y * cosine),
    speeds=_speeds,
    positions=lambda X, positions: positions,
    angles=lambda angles: angles,
):
    """RoPE with one thing changed."""

    def rotary(X, where):
        turned = angles(positions(X, where)[:, None] * speeds(X.shape[-1]))
        pairs = turn(X[..., 0::2], X[..., 1::2], turned.sin(), turned.cos())
        return torch.stack(pairs, dim=-1).flatten(-2)

    return rotary


def _rotary_in_halves(X, positions):
    angles = positions[:, None] * _speeds(X.shape[-1])
    x, y = X.chunk(2, dim=-1)
    return torch.cat([x * angles.cos() - y * angles.sin(), x * angles.sin() + y * angles.cos()], dim=-1)


def _halves_of_neighbours(X, positions):
    return torch.cat([part.flatten(-2) for part in _rotary()(X, positions).unflatten(-1, (-1, 2)).split(1, -1)], -1)


def _rotated_halves(X, positions):
    """The rotate_half of the other layout, with the angles of this one."""
    angles = (positions[:, None] * _speeds(X.shape[-1])).repeat_interleave(2, dim=-1)
    x, y = X.chunk(2, dim=-1)
    return X * angles.cos() + torch.cat([-y, x], dim=-1) * angles.sin()


def _code(X, positions):
    angles = positions[:, None] * _speeds(X.shape[-1])
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(-2)


rotary = Exercise(
    "rotary",
    "X, positions",
    right=_rotary(),
    cases=lambda: {
        "one sequence, positions 0, 1, 2, …": [
            (torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.arange(2)),
            (random(3, 4), torch.arange(3)),
            (random(5, 8), torch.arange(5)),
        ],
        "other positions": [(random(2, 4), torch.tensor([7, 8])), (random(3, 6), torch.tensor([100, 3, 40]))],
        "batches and heads": [(random(2, 3, 4), torch.arange(3)), (random(2, 4, 3, 6), torch.tensor([5, 6, 7]))],
    },
    mistakes=[
        mistake(
            "wrong-sign",
            "It turns the other way: at position 1 the pair (1, 0) becomes (cos 1, sin 1), with a positive sine. "
            "Scores with both sides turned so have before and after exchanged.",
            WRONG,
            _rotary(lambda x, y, sine, cosine: (x * cosine + y * sine, y * cosine - x * sine)),
        ),
        mistake(
            "halves",
            "This pairs each column with the one half a width further: the half-split layout. Asked for are "
            "neighbours, columns 0 and 1, 2 and 3. Both are in use, and must not be mixed.",
            HALF,
            _rotary_in_halves,
        ),
        mistake(
            "layouts-mixed",
            "Two layouts are mixed: the numbers of one, in the order (or with the angles) of the other.",
            HALF,
            _halves_of_neighbours,
            _rotated_halves,
            lambda X, positions: _rotary()(torch.cat([X[..., 0::2], X[..., 1::2]], dim=-1), positions),
        ),
        mistake(
            "mirrored",
            "Both products with the sine have the same sign: that is no rotation, and vectors change their length.",
            ROTARY,
            _rotary(lambda x, y, sine, cosine: (x * cosine + y * sine, x * sine + y * cosine)),
            _rotary(lambda x, y, sine, cosine: (x * cosine - y * sine, y * cosine - x * sine)),
        ),
        mistake(
            "sine-and-cosine-swapped",
            "Sine and cosine have changed places. At position 0 the angle is 0, and nothing may change.",
            ROTARY,
            _rotary(lambda x, y, sine, cosine: (x * sine - y * cosine, x * cosine + y * sine)),
            _rotary(lambda x, y, sine, cosine: (x * sine + y * cosine, x * cosine - y * sine)),
        ),
        mistake(
            "cosine-alone",
            "Each number is multiplied by a cosine or a sine of its own. A rotation mixes the two of a pair.",
            ROTARY,
            _rotary(lambda x, y, sine, cosine: (x * cosine, y * cosine)),
            _rotary(lambda x, y, sine, cosine: (x * cosine, y * sine)),
            _rotary(lambda x, y, sine, cosine: (x * sine, y * cosine)),
        ),
        mistake(
            "one-speed",
            "All pairs turn by the same angle. Each pair is slower than the one before.",
            ROTARY,
            _rotary(speeds=lambda d: torch.ones(d // 2)),
        ),
        mistake(
            "exponent-halved",
            "The later pairs are too fast: pair i has the exponent 2i over d.",
            BLOCK,
            _rotary(speeds=lambda d: _speeds(d, power=0.5)),
        ),
        mistake(
            "exponent-doubled",
            "The later pairs are too slow: whoever counts columns in steps of two has the 2 already.",
            BLOCK,
            _rotary(speeds=lambda d: _speeds(d, power=2.0)),
        ),
        mistake(
            "base-1000",
            "The base is 1000; the formula says 10000.",
            BLOCK,
            _rotary(speeds=lambda d: _speeds(d, base=1000.0)),
        ),
        mistake(
            "code-added",
            "That adds the code of lesson 2. RoPE adds nothing: it turns.",
            ROTARY,
            lambda X, positions: X + _code(X, positions),
        ),
        mistake(
            "degrees",
            "The angles are taken as degrees. `torch.sin` counts in radians.",
            MEASURE,
            _rotary(angles=torch.deg2rad),
            _rotary(angles=torch.rad2deg),
        ),
        mistake(
            "positions-from-one",
            "The first word, at position 0, is turned as if it stood at position 1.",
            ROTARY,
            _rotary(positions=lambda X, positions: positions + 1),
        ),
        mistake(
            "positions-ignored",
            "The positions are counted from 0 again, whatever `positions` says.",
            CHECKED,
            _rotary(positions=lambda X, positions: torch.arange(X.shape[-2])),
            group="other positions",
        ),
        mistake(
            "batch-as-positions",
            "With a batch or heads it goes wrong: positions belong to the last dimension but one, n. Count dimensions "
            "from the end, as in `X[..., 0::2]`.",
            ROTARY,
            lambda X, positions: _rotary()(X[None], positions) if X.dim() == 2 else X[:, 0::2],
            group="batches and heads",
        ),
    ],
    praise="The dot product of two such vectors knows the words and the offset, nothing else.",
    drawn=(
        (torch.ones(20, 16), torch.arange(20)),
        {
            "title": "The same word at 20 positions, turned",
            "xlabel": "column",
            "ylabel": "position",
            "cmap": "RdBu",
            "limits": (-1.5, 1.5),
            "size": (10, 3),
        },
    ),
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
    cases=lambda: {
        "eight heads and fewer": [(2, 3), (1, 2), (4, 4), (8, 6)],
        "more heads, longer texts": [(16, 9), (3, 12)],
    },
    mistakes=[
        mistake(
            "rewards-distance",
            "The sign: what is far away now gets *more* weight. A penalty is negative.",
            ALIBI,
            _alibi(penalty=lambda distance: distance.abs()),
        ),
        mistake(
            "signed-distance",
            "The distance has a sign here: one side is punished, the other rewarded. Asked for is |i − j|.",
            ALIBI,
            _alibi(penalty=lambda distance: -distance),
            _alibi(penalty=lambda distance: distance),
        ),
        mistake(
            "one-sided",
            "Only one side of the diagonal is punished. Here both are; the causal form of the paper leaves one out.",
            ALIBI,
            _alibi(penalty=lambda distance: -distance.clamp(min=0)),
            _alibi(penalty=lambda distance: distance.clamp(max=0)),
            _alibi(
                penalty=lambda distance: torch.where(distance < 0, torch.tensor(-torch.inf), -distance.abs().float())
            ),
        ),
        mistake(
            "squared",
            "The penalty grows with the square of the distance. It is linear: the L of the name.",
            ALIBI,
            _alibi(penalty=lambda distance: -(distance**2)),
        ),
        mistake(
            "heads-from-zero",
            "The slopes begin with 1: heads are counted from 1 here, and the first of eight has slope 1/2.",
            ALIBI,
            _alibi(exponents=lambda num_heads: 8 * torch.arange(num_heads) / num_heads),
        ),
        mistake(
            "halved-each-time",
            "Your slopes are 1/2, 1/4, 1/8, … for any number of heads. That is so for eight; in general they run from "
            "2 to the −8/num_heads down to 2 to the −8.",
            ALIBI,
            _alibi(exponents=lambda num_heads: torch.arange(1, num_heads + 1)),
        ),
        mistake(
            "eight-forgotten",
            "The 8 in the exponent is missing: the last head has slope 2 to the −8.",
            ALIBI,
            _alibi(exponents=lambda num_heads: torch.arange(1, num_heads + 1) / num_heads),
        ),
        mistake(
            "slopes-grow",
            "The slopes grow with the head. The exponent is negative, and the last head sees furthest.",
            ALIBI,
            _alibi(exponents=lambda num_heads: -8 * torch.arange(1, num_heads + 1) / num_heads),
        ),
        mistake(
            "heads-reversed",
            "The heads are in reverse order: the first has the largest slope.",
            ALIBI,
            _alibi(exponents=lambda num_heads: 8 * torch.arange(num_heads, 0, -1) / num_heads),
        ),
        mistake(
            "exponents-not-slopes",
            "These are exponents. The slopes are powers of 2.",
            ALIBI,
            _alibi(together=lambda slopes, penalty: -slopes.log2()[:, None, None] * penalty),
            _alibi(together=lambda slopes, penalty: slopes.log2()[:, None, None] * penalty),
        ),
        mistake(
            "exponential-base-e",
            "The slopes are powers of e. They are powers of 2.",
            ALIBI,
            _alibi(together=lambda slopes, penalty: slopes.log2().exp()[:, None, None] * penalty),
        ),
        mistake(
            "heads-last",
            "The heads are in the last dimension. In (num_heads, n, n) they come first, to be added to the scores.",
            ALIBI,
            _alibi(together=lambda slopes, penalty: penalty[..., None] * slopes),
        ),
        mistake(
            "no-slopes",
            "Every head has the slope 1. Each has its own reach.",
            ALIBI,
            _alibi(together=lambda slopes, penalty: penalty.float().expand(len(slopes), -1, -1)),
            _alibi(together=lambda slopes, penalty: penalty.float()),
        ),
    ],
    praise="The first head looks near, the last one far, and nothing had to be learned for it.",
    drawn=(
        (1, 12),
        {
            "title": "A tent: 0 on the diagonal, and down on both sides",
            "xlabel": "key",
            "ylabel": "query",
            "size": (10, 3),
        },
    ),
)


# Layouts
order_of_halves = Question(
    "order_of_halves",
    right=(0, 2, 4, 1, 3, 5),
    mistakes=[
        mistake("the-way-back", "That is the way back, from halves to neighbours.", HALF, (0, 3, 1, 4, 2, 5)),
        mistake(
            "unchanged", "That changes nothing: columns 0 and 1 would still be neighbours.", HALF, (0, 1, 2, 3, 4, 5)
        ),
        mistake(
            "odd-first",
            "The odd columns come first: each pair (x, y) is now (y, x), and it turns the other way.",
            HALF,
            (1, 3, 5, 0, 2, 4),
        ),
        mistake(
            "halves-exchanged",
            "The two halves have changed places, and columns 0 and 1 are still neighbours.",
            HALF,
            (3, 4, 5, 0, 1, 2),
        ),
    ],
    praise="First the x of each pair, then the y: column 0 and its partner 1 are now three places apart.",
    otherwise="In halves of width 6 the partners are 0 and 3, 1 and 4, 2 and 5. Which old columns go there?",
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
        "one head": [(random(6, 6), 1), (random(8, 8), 1)],
        "several heads": [(random(12, 12), 2), (random(24, 24), 4)],
    },
    mistakes=[
        mistake(
            "columns-moved",
            "You move the columns of W. A row of the weight of nn.Linear makes one number of the query: move rows.",
            HALF,
            _to_halves(columns=True),
        ),
        mistake(
            "the-way-back",
            "That is the way from halves to neighbours. Row 1 of the result is row 2 of W: the x of the second pair.",
            HALF,
            _to_halves(rows=lambda head: [k // 2 + (k % 2) * (head // 2) for k in range(head)]),
        ),
        mistake(
            "odd-first",
            "The odd rows come first: each pair (x, y) is now (y, x), and it turns the other way.",
            HALF,
            _to_halves(rows=lambda head: [*range(1, head, 2), *range(0, head, 2)]),
        ),
        mistake("unchanged", "Nothing has moved.", HALF, lambda W, num_heads: W.clone()),
        mistake(
            "across-heads",
            "With one head it is right, with several not: every head has its own pairs, so reorder the rows of each "
            "head among themselves.",
            HALF,
            _to_halves(by_head=False),
            group="several heads",
        ),
    ],
    praise="This is what scripts that convert model weights do, to W_q and W_k. W_v stays: values are not turned.",
)
