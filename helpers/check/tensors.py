"""What the exercises of several lessons are tried on, and what several of them compute."""

import torch


def random(*shape, seed=0):
    """Random numbers that are the same on every machine: quarters from -2 to 2."""
    generator = torch.Generator().manual_seed(seed + sum(shape))
    return torch.randint(-8, 9, shape, generator=generator) / 4


def speeds(num_hiddens, base=10000.0, power=1.0):
    """Radians a place, one for each pair."""
    return base ** (-power * torch.arange(0, num_hiddens, 2) / num_hiddens)


def turned_pair(x, y, sine, cosine):
    return x * cosine - y * sine, x * sine + y * cosine


def turned(X, angles, turn=turned_pair, halves=False):
    """RoPE by angles, (n, d / 2): a pair is two neighbouring columns of X, or a column of each half."""
    x, y = X.chunk(2, dim=-1) if halves else (X[..., 0::2], X[..., 1::2])
    pairs = turn(x, y, angles.sin(), angles.cos())
    return torch.cat(pairs, dim=-1) if halves else torch.stack(pairs, dim=-1).flatten(-2)


def sinusoids(
    num_steps,
    num_hiddens,
    base=10000,
    exponent=lambda pair, num_hiddens: 2 * pair / num_hiddens,
    cosine_exponent=None,
    first=0,
    angles=lambda positions, divisors: positions / divisors,
    functions=(torch.sin, torch.cos),
):
    """The table with one thing changed, of even width."""
    positions = torch.arange(first, first + num_steps, dtype=torch.float64)[:, None]
    pairs = torch.arange((num_hiddens + 1) // 2, dtype=torch.float64)
    columns = [
        function(angles(positions, base ** powers(pairs, num_hiddens)))
        for function, powers in zip(functions, (exponent, cosine_exponent or exponent), strict=True)
    ]
    return torch.stack(columns, dim=-1).flatten(1)[:, :num_hiddens]
