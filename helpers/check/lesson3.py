"""The exercises of lesson 3, binary representation: right answers, and wrong ones with what to say about each."""

import math

from .exercise import Exercise, Question, mistake

BINARY = (3, "0 to 7 in binary")
DIVISION = (3, "A bit by hand: how many 4s, 2s and 1s?")
PERIOD = (3, "How long until a bit repeats?")
FLIPS = (3, "Where it breaks: counting on")
FAR = (3, "From afar: bits jump where the encoding is smooth")
STEPS = (3, "The same step: a jump in bits, even in waves")
HOLDS = (3, "Where the analogy holds")
CLOCKS = (3, "An odometer clicks, a clock glides")
PAIR = (2, "Why a sine *and* a cosine")


# By hand
bits_of_13 = Question(
    "bits_of_13",
    right=(1, 1, 0, 1),
    mistakes=[
        mistake(
            "reversed",
            "Those are the right bits from the 1s to the 8s. On paper the 8s come first.",
            DIVISION,
            (1, 0, 1, 1),
        ),
        mistake("twelve", "That is 12. One is missing.", DIVISION, (1, 1, 0, 0)),
        mistake("fourteen", "That is 14, one too many.", DIVISION, (1, 1, 1, 0)),
        mistake("counts", "Each digit is 0 or 1: how many 8s, 4s, 2s and 1s?", DIVISION, (8, 4, 0, 1)),
    ],
    praise="13 = 8 + 4 + 1.",
    otherwise="How many 8s are in 13, 0 or 1? How many 4s in the rest? And so on.",
)


# Bits
def _bits(position, num_bits):
    return [position // 2**k % 2 for k in reversed(range(num_bits))]


to_bits = Exercise(
    "to_bits",
    "position, num_bits",
    right=_bits,
    cases=lambda: {
        "numbers that need all the bits": [(2, 2), (6, 3), (13, 4), (37, 6), (200, 8)],
        "small numbers, with leading zeros": [(1, 3), (0, 4), (5, 8)],
    },
    mistakes=[
        mistake(
            "reversed",
            "The bits are right, in reverse order: the most significant one comes first here, as on paper.",
            DIVISION,
            lambda position, num_bits: _bits(position, num_bits)[::-1],
        ),
        mistake(
            "characters",
            'These are characters, such as "1" in quotation marks. Asked for is a list of the numbers 0 and 1.',
            BINARY,
            lambda position, num_bits: list(f"{position:0{num_bits}b}"),
            lambda position, num_bits: list(f"{position:0{num_bits}b}")[::-1],
            lambda position, num_bits: list(f"{position:b}"),
            lambda position, num_bits: f"{position:0{num_bits}b}",
            lambda position, num_bits: f"{position:b}",
            lambda position, num_bits: bin(position),
            lambda position, num_bits: list(bin(position)),
        ),
        mistake(
            "fractions",
            "The division leaves fractions. A bit is a whole number: `//` divides and drops the rest.",
            DIVISION,
            lambda position, num_bits: [position / 2**k % 2 for k in reversed(range(num_bits))],
        ),
        mistake(
            "decimal-digits",
            "This is one number whose decimal digits look like the bits. Asked for is a list.",
            BINARY,
            lambda position, num_bits: int(f"{position:b}"),
        ),
        mistake(
            "not-divided",
            "The powers of 2 are not divided out: a bit is 0 or 1, whatever it stands for.",
            DIVISION,
            lambda position, num_bits: [position & 2**k for k in reversed(range(num_bits))],
        ),
        mistake(
            "remainder-forgotten",
            "These are whole numbers of 8s, 4s, 2s and 1s in *all* of the position. The bit is what remains by 2.",
            DIVISION,
            lambda position, num_bits: [position // 2**k for k in reversed(range(num_bits))],
            lambda position, num_bits: [position >> k for k in range(num_bits)],
        ),
        mistake(
            "inverted",
            "Zeros and ones have changed places.",
            BINARY,
            lambda position, num_bits: [1 - bit for bit in _bits(position, num_bits)],
        ),
        mistake(
            "shifted-by-one",
            "The bits have moved by one place: bit 0 stands for 2 to the 0, which is 1.",
            DIVISION,
            lambda position, num_bits: [position // 2 ** (k + 1) % 2 for k in reversed(range(num_bits))],
            lambda position, num_bits: _bits(2 * position, num_bits),
        ),
        mistake(
            "leading-zeros-missing",
            "The leading zeros are missing: the list always has num_bits entries, so that all codes are equally long.",
            BINARY,
            lambda position, num_bits: [int(bit) for bit in f"{position:b}"],
            group="small numbers, with leading zeros",
        ),
    ],
    praise="Two bits say 4 numbers, three say 8: few columns count far.",
)


bit_period = Exercise(
    "bit_period",
    "k",
    right=lambda k: 2 ** (k + 1),
    cases=lambda: {"bits 0 to 9": [(k,) for k in range(10)]},
    mistakes=[
        mistake(
            "half-period",
            "After so many positions the bit has *flipped*. The full period is over when it is back, and goes the same "
            "way again.",
            PERIOD,
            lambda k: 2**k,
        ),
        mistake(
            "linear",
            "The periods do not grow by 2 from bit to bit: each is twice the one before.",
            PERIOD,
            lambda k: 2 * (k + 1),
            lambda k: 2 * k,
            lambda k: k + 1,
        ),
        mistake(
            "caret",
            "In Python `^` compares bits; a power is written with `**`.",
            PERIOD,
            lambda k: 2 ^ (k + 1),
            lambda k: 2 ^ k,
        ),
        mistake(
            "squared",
            "That is a power *of* k. Each period is twice the one before: a power of 2.",
            PERIOD,
            lambda k: (k + 1) ** 2,
            lambda k: k**2,
        ),
        mistake(
            "counted-from-one",
            "Bit 0 is the least significant. It flips at every step: how many positions until it is the same again?",
            PERIOD,
            lambda k: 2 ** (k + 2),
            lambda k: 2 ** (k - 1),
        ),
        mistake(
            "frequency",
            "That is how often it repeats in one position. Asked for is how many positions one repetition takes.",
            PERIOD,
            lambda k: 1 / 2 ** (k + 1),
        ),
        mistake(
            "four-to-the-k",
            "Each period is twice the one before, not four times.",
            PERIOD,
            lambda k: 4**k,
            lambda k: 2 * 4**k,
            lambda k: 4 ** (k + 1),
        ),
    ],
    praise="2, 4, 8, … : a geometric progression, like the wavelengths of the encoding.",
)


flips_to_12 = Question(
    "flips_to_12",
    right=3,
    mistakes=[
        mistake(
            "neighbours",
            "The *numbers* differ by one; their bits differ in more places. Write them below each other.",
            FLIPS,
            1,
        ),
        mistake("all", "All four would flip from 7 to 8. Here the first bit stays.", FLIPS, 4),
        mistake("ones", "Count the places where the two differ, not the ones in them.", FLIPS, 5, 2),
        mistake("no-flip", "Two different numbers cannot have the same bits.", FLIPS, 0),
    ],
    praise="1011 becomes 1100. One step, three flips; the encoding moves by the same small amount at every step.",
    otherwise="Write 11 and 12 in binary below each other, and count the places where they differ.",
)


def _ones(number):
    return bin(number).count("1")


hamming = Exercise(
    "hamming",
    "a, b",
    right=lambda a, b: _ones(a ^ b),
    cases=lambda: {
        "two positions": [(1, 2), (3, 4), (7, 8), (5, 12), (31, 32), (100, 27), (1000, 24)],
        "a position and itself": [(6, 6), (0, 0)],
    },
    mistakes=[
        mistake(
            "difference",
            "That is how far apart the *positions* are. Count the bits in which they differ: 7 and 8 are neighbours "
            "and differ in four.",
            FAR,
            lambda a, b: abs(a - b),
            lambda a, b: b - a,
            lambda a, b: a - b,
        ),
        mistake("not-counted", "This number has a 1 wherever the two differ. Count those.", FAR, lambda a, b: a ^ b),
        mistake(
            "difference-of-counts",
            "You compare how many ones each has. The *places* count: 1 and 2 have one each, in different places.",
            FAR,
            lambda a, b: abs(_ones(a) - _ones(b)),
            lambda a, b: _ones(b) - _ones(a),
            lambda a, b: _ones(a) - _ones(b),
        ),
        mistake(
            "common-ones",
            "That counts the ones that both have. Asked for are the places in which they differ.",
            FAR,
            lambda a, b: _ones(a & b),
        ),
        mistake(
            "ones-added",
            "That counts the ones of both together. Where both have a one, they do not differ.",
            FAR,
            lambda a, b: _ones(a) + _ones(b),
        ),
        mistake(
            "any-ones",
            "That counts the places where either has a one. Where both have one, they do not differ.",
            FAR,
            lambda a, b: _ones(a | b),
        ),
        mistake(
            "bits-of-the-difference",
            "Those are the ones in the difference of the numbers. Subtracting borrows from other places; compare bit "
            "by bit.",
            FAR,
            lambda a, b: _ones(abs(a - b)),
        ),
        mistake(
            "cut-short",
            "Some places have not been compared: when one number has fewer digits, its leading zeros count, too.",
            FAR,
            lambda a, b: sum(x != y for x, y in zip(f"{a:b}", f"{b:b}", strict=False)),
            lambda a, b: sum(x != y for x, y in zip(f"{a:b}"[::-1], f"{b:b}"[::-1], strict=False)),
            lambda a, b: _ones((a ^ b) & 7),
        ),
    ],
    praise="Near in the text is not near in bits: 31 and 32 differ in six, 32 and 0 in one.",
)


analogy = Question(
    "analogy",
    right="d",
    letters="abcd",
    mistakes=[
        mistake(
            "doubling",
            "Equal ratios, yes, but the ratio is 2 only for one special width. At 32 columns it is 1.78.",
            HOLDS,
            "a",
        ),
        mistake(
            "neighbours", "That is so in the encoding. In bits, one step flips one bit or all of them.", STEPS, "b"
        ),
        mistake(
            "rounded",
            "A bit keeps of its wave only the sign; the wave says where in the half turn it stands. So the encoding "
            "holds more, not less.",
            (3, "A bit is the sign of a sine"),
            "c",
        ),
    ],
    praise="From fast to slow in equal ratios: that is what both have in common.",
    otherwise="",
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
        "the first quarter of a turn": _pairs((1, 8), (2, 12), (0.5, 4), (3, 60)),
        "the second quarter": _pairs((3, 8), (5, 12), (20, 60)),
        "the second half": _pairs((5, 8), (7, 8), (11, 12), (31, 60)),
    },
    mistakes=[
        mistake(
            "arguments-swapped",
            "Sine and cosine have changed places on the way to the angle: position 0 is where the *sine* is 0. "
            "`atan2` takes first what is called y.",
            CLOCKS,
            lambda sine, cosine, period: math.atan2(cosine, sine) / (2 * math.pi) * period % period,
            lambda sine, cosine, period: math.atan2(cosine, sine) / (2 * math.pi) * period,
        ),
        mistake(
            "angle-in-radians",
            "That is the angle. How many positions is a whole turn?",
            CLOCKS,
            lambda sine, cosine, period: math.atan2(sine, cosine),
            lambda sine, cosine, period: math.atan2(sine, cosine) % (2 * math.pi),
        ),
        mistake(
            "angle-in-degrees",
            "That is the angle in degrees. How many positions is a whole turn?",
            CLOCKS,
            lambda sine, cosine, period: math.degrees(math.atan2(sine, cosine)),
            lambda sine, cosine, period: math.degrees(math.atan2(sine, cosine)) % 360,
        ),
        mistake(
            "part-of-a-turn",
            "That is which part of a turn has passed, from 0 to 1. How many positions is that?",
            CLOCKS,
            lambda sine, cosine, period: math.atan2(sine, cosine) / (2 * math.pi),
            lambda sine, cosine, period: math.atan2(sine, cosine) / (2 * math.pi) % 1,
        ),
        mistake(
            "half-turn",
            "The position is twice too large: a whole turn is 2π.",
            CLOCKS,
            lambda sine, cosine, period: math.atan2(sine, cosine) / math.pi * period,
            lambda sine, cosine, period: math.atan2(sine, cosine) / math.pi * period % period,
        ),
        mistake(
            "without-two-pi",
            "The angle is multiplied by the period, but a whole turn is an angle of 2π, not of 1.",
            CLOCKS,
            lambda sine, cosine, period: math.atan2(sine, cosine) * period,
            lambda sine, cosine, period: math.atan2(sine, cosine) * period % period,
        ),
        mistake(
            "sine-alone",
            "In the first quarter it is right, later not: the sine alone has two positions for each height, and the "
            "arcsine returns one of them. The cosine tells which.",
            PAIR,
            lambda sine, cosine, period: math.asin(sine) / (2 * math.pi) * period,
            lambda sine, cosine, period: math.asin(sine) / (2 * math.pi) * period % period,
        ),
        mistake(
            "tangent-alone",
            "The quotient of sine and cosine forgets their signs: opposite hands have the same. There is an arctangent "
            "that takes both.",
            PAIR,
            lambda sine, cosine, period: math.atan(sine / cosine) / (2 * math.pi) * period,
            lambda sine, cosine, period: math.atan(sine / cosine) / (2 * math.pi) * period % period,
        ),
        mistake(
            "cosine-alone",
            "In the first half of the turn it is right, then not: the cosine alone cannot tell the way down from "
            "the way up.",
            PAIR,
            lambda sine, cosine, period: math.acos(cosine) / (2 * math.pi) * period,
        ),
        mistake(
            "rounded",
            "The position is rounded to a whole number. A hand may stand between two positions.",
            CLOCKS,
            lambda sine, cosine, period: round(_read(sine, cosine, period)),
            lambda sine, cosine, period: round(_read(sine, cosine, period)) % period,
            lambda sine, cosine, period: int(_read(sine, cosine, period)),
        ),
        mistake(
            "negative",
            "In the second half of the turn the answer is negative: the angle runs from −π to π. Positions run "
            "from 0 to "
            "the period.",
            CLOCKS,
            lambda sine, cosine, period: math.atan2(sine, cosine) / (2 * math.pi) * period,
        ),
    ],
    praise="Both numbers together give one position of the turn. Which turn it is, a slower clock says.",
)
