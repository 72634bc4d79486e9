"""The exercises of lesson 3, binary representation: right answers, and what named mistakes compute."""

import math

from .exercise import Exercise, Question, mistake

# By hand
bits_of_13 = Question(
    "bits_of_13",
    right=(1, 1, 0, 1),
    mistakes=[
        mistake("reversed", (1, 0, 1, 1)),
        mistake("twelve", (1, 1, 0, 0)),
        mistake("fourteen", (1, 1, 1, 0)),
        mistake("counts", (8, 4, 0, 1)),
    ],
)


# Bits
def _bits(position, num_bits):
    return [position // 2**k % 2 for k in reversed(range(num_bits))]


to_bits = Exercise(
    "to_bits",
    "position, num_bits",
    right=_bits,
    cases=lambda: {"all-bits": [(2, 2), (6, 3), (13, 4), (37, 6), (200, 8)], "leading-zeros": [(1, 3), (0, 4), (5, 8)]},
    mistakes=[
        mistake("reversed", lambda position, num_bits: _bits(position, num_bits)[::-1]),
        mistake(
            "characters",
            lambda position, num_bits: list(f"{position:0{num_bits}b}"),
            lambda position, num_bits: list(f"{position:0{num_bits}b}")[::-1],
            lambda position, num_bits: list(f"{position:b}"),
            lambda position, num_bits: f"{position:0{num_bits}b}",
            lambda position, num_bits: f"{position:b}",
            lambda position, num_bits: bin(position),
            lambda position, num_bits: list(bin(position)),
        ),
        mistake("fractions", lambda position, num_bits: [position / 2**k % 2 for k in reversed(range(num_bits))]),
        mistake("decimal-digits", lambda position, num_bits: int(f"{position:b}")),
        mistake("not-divided", lambda position, num_bits: [position & 2**k for k in reversed(range(num_bits))]),
        mistake(
            "remainder-forgotten",
            lambda position, num_bits: [position // 2**k for k in reversed(range(num_bits))],
            lambda position, num_bits: [position >> k for k in range(num_bits)],
        ),
        mistake("inverted", lambda position, num_bits: [1 - bit for bit in _bits(position, num_bits)]),
        mistake(
            "shifted-by-one",
            lambda position, num_bits: [position // 2 ** (k + 1) % 2 for k in reversed(range(num_bits))],
            lambda position, num_bits: _bits(2 * position, num_bits),
        ),
        mistake(
            "leading-zeros-missing",
            lambda position, num_bits: [int(bit) for bit in f"{position:b}"],
            group="leading-zeros",
        ),
    ],
)


bit_period = Exercise(
    "bit_period",
    "k",
    right=lambda k: 2 ** (k + 1),
    cases=lambda: {"bits-0-to-9": [(k,) for k in range(10)]},
    mistakes=[
        mistake("half-period", lambda k: 2**k),
        mistake("linear", lambda k: 2 * (k + 1), lambda k: 2 * k, lambda k: k + 1),
        mistake("caret", lambda k: 2 ^ (k + 1), lambda k: 2 ^ k),
        mistake("squared", lambda k: (k + 1) ** 2, lambda k: k**2),
        mistake("counted-from-one", lambda k: 2 ** (k + 2), lambda k: 2 ** (k - 1)),
        mistake("frequency", lambda k: 1 / 2 ** (k + 1)),
        mistake("four-to-the-k", lambda k: 4**k, lambda k: 2 * 4**k, lambda k: 4 ** (k + 1)),
    ],
)


flips_to_12 = Question(
    "flips_to_12",
    right=3,
    mistakes=[mistake("neighbours", 1), mistake("all", 4), mistake("ones", 5, 2), mistake("no-flip", 0)],
)


def _ones(number):
    return bin(number).count("1")


hamming = Exercise(
    "hamming",
    "a, b",
    right=lambda a, b: _ones(a ^ b),
    cases=lambda: {
        "two-positions": [(1, 2), (3, 4), (7, 8), (5, 12), (31, 32), (100, 27), (1000, 24)],
        "itself": [(6, 6), (0, 0)],
    },
    mistakes=[
        mistake("difference", lambda a, b: abs(a - b), lambda a, b: b - a, lambda a, b: a - b),
        mistake("not-counted", lambda a, b: a ^ b),
        mistake(
            "difference-of-counts",
            lambda a, b: abs(_ones(a) - _ones(b)),
            lambda a, b: _ones(b) - _ones(a),
            lambda a, b: _ones(a) - _ones(b),
        ),
        mistake("common-ones", lambda a, b: _ones(a & b)),
        mistake("ones-added", lambda a, b: _ones(a) + _ones(b)),
        mistake("any-ones", lambda a, b: _ones(a | b)),
        mistake("bits-of-the-difference", lambda a, b: _ones(abs(a - b))),
        mistake(
            "cut-short",
            lambda a, b: sum(x != y for x, y in zip(f"{a:b}", f"{b:b}", strict=False)),
            lambda a, b: sum(x != y for x, y in zip(f"{a:b}"[::-1], f"{b:b}"[::-1], strict=False)),
            lambda a, b: _ones((a ^ b) & 7),
        ),
    ],
)


analogy = Question(
    "analogy",
    right="d",
    letters="abcd",
    mistakes=[mistake("doubling", "a"), mistake("neighbours", "b"), mistake("rounded", "c")],
)


# Reading a clock
def _read(sine, cosine, period):
    return math.atan2(sine, cosine) / (2 * math.pi) * period % period


def _pairs(*positions_and_periods):
    return [
        (math.sin(2 * math.pi * t / period), math.cos(2 * math.pi * t / period), period)
        for t, period in positions_and_periods
    ]


read_clock = Exercise(
    "read_clock",
    "sine, cosine, period",
    right=_read,
    cases=lambda: {
        "first-quarter": _pairs((1, 8), (2, 12), (0.5, 4), (3, 60)),
        "second-quarter": _pairs((3, 8), (5, 12), (20, 60)),
        "second-half": _pairs((5, 8), (7, 8), (11, 12), (31, 60)),
    },
    mistakes=[
        mistake(
            "arguments-swapped",
            lambda sine, cosine, period: math.atan2(cosine, sine) / (2 * math.pi) * period % period,
            lambda sine, cosine, period: math.atan2(cosine, sine) / (2 * math.pi) * period,
        ),
        mistake(
            "angle-in-radians",
            lambda sine, cosine, period: math.atan2(sine, cosine),
            lambda sine, cosine, period: math.atan2(sine, cosine) % (2 * math.pi),
        ),
        mistake(
            "angle-in-degrees",
            lambda sine, cosine, period: math.degrees(math.atan2(sine, cosine)),
            lambda sine, cosine, period: math.degrees(math.atan2(sine, cosine)) % 360,
        ),
        mistake(
            "part-of-a-turn",
            lambda sine, cosine, period: math.atan2(sine, cosine) / (2 * math.pi),
            lambda sine, cosine, period: math.atan2(sine, cosine) / (2 * math.pi) % 1,
        ),
        mistake(
            "half-turn",
            lambda sine, cosine, period: math.atan2(sine, cosine) / math.pi * period,
            lambda sine, cosine, period: math.atan2(sine, cosine) / math.pi * period % period,
        ),
        mistake(
            "without-two-pi",
            lambda sine, cosine, period: math.atan2(sine, cosine) * period,
            lambda sine, cosine, period: math.atan2(sine, cosine) * period % period,
        ),
        mistake(
            "sine-alone",
            lambda sine, cosine, period: math.asin(sine) / (2 * math.pi) * period,
            lambda sine, cosine, period: math.asin(sine) / (2 * math.pi) * period % period,
        ),
        mistake(
            "tangent-alone",
            lambda sine, cosine, period: math.atan(sine / cosine) / (2 * math.pi) * period,
            lambda sine, cosine, period: math.atan(sine / cosine) / (2 * math.pi) * period % period,
        ),
        mistake("cosine-alone", lambda sine, cosine, period: math.acos(cosine) / (2 * math.pi) * period),
        mistake(
            "rounded",
            lambda sine, cosine, period: round(_read(sine, cosine, period)),
            lambda sine, cosine, period: round(_read(sine, cosine, period)) % period,
            lambda sine, cosine, period: int(_read(sine, cosine, period)),
        ),
        mistake("negative", lambda sine, cosine, period: math.atan2(sine, cosine) / (2 * math.pi) * period),
    ],
)
