"""Checks of what the layers are given: a clear error before anything is computed."""

import torch

from .texts import say


def check_count(name, value):
    """Raise a TypeError or a ValueError unless ``value`` is a whole number of at least 1."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(say("input.not-a-count", name=name, got=repr(value)))
    if value < 1:
        raise ValueError(say("input.not-a-count", name=name, got=value))


def check_probability(name, value):
    """Raise a TypeError or a ValueError unless ``value`` is a number from 0 to 1."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(say("input.not-a-probability", name=name, got=repr(value)))
    if not 0 <= value <= 1:
        raise ValueError(say("input.not-a-probability", name=name, got=value))


def check_heads(num_hiddens, num_heads):
    """Raise a ValueError unless ``num_heads`` divides ``num_hiddens``."""
    check_count("num_hiddens", num_hiddens)
    check_count("num_heads", num_heads)
    if num_hiddens % num_heads:
        raise ValueError(say("input.heads-do-not-divide", num_hiddens=num_hiddens, num_heads=num_heads))


def check_tensor(name, X, names, sizes):
    """Raise unless ``X`` is a floating-point tensor of the given sizes.

    ``names`` are the names of its dimensions, ``sizes`` their sizes, None where any will do.
    """
    if not isinstance(X, torch.Tensor):
        raise TypeError(say("input.not-a-tensor", name=name, got=type(X).__name__))
    if not X.is_floating_point():
        raise TypeError(say("input.not-floating", name=name, got=X.dtype))
    if X.dim() == len(names) and all(size in (None, came) for size, came in zip(sizes, X.shape, strict=True)):
        return
    expected = _shape_words([n if size is None else size for n, size in zip(names, sizes, strict=True)])
    key = "input.wrong-size" if X.dim() == len(names) else "input.wrong-rank"
    raise ValueError(say(key, name=name, expected=expected, rank=len(names), got=_shape_words(X.shape)))


def check_device(name, X, like_name, like):
    """Raise a ValueError unless ``X`` is on the device of ``like``."""
    if X.device != like.device:
        raise ValueError(say("input.wrong-device", name=name, expected=like.device, like=like_name, got=X.device))


def check_valid_lens(valid_lens, batch, num_queries, num_keys, device_name, device_of):
    """Raise unless ``valid_lens`` is None or whole numbers from 0 to num_keys, (batch,) or (batch, num_queries)."""
    if valid_lens is None:
        return
    if not isinstance(valid_lens, torch.Tensor):
        raise TypeError(say("input.not-a-tensor", name="valid_lens", got=type(valid_lens).__name__))
    if valid_lens.dtype not in (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64):
        raise TypeError(say("input.not-integer", name="valid_lens", got=valid_lens.dtype))
    if valid_lens.shape not in ((batch,), (batch, num_queries)):
        raise ValueError(
            say(
                "input.wrong-valid-lens",
                expected=say("input.either", one=f"({batch},)", other=f"({batch}, {num_queries})"),
                got=_shape_words(valid_lens.shape),
            )
        )
    check_device("valid_lens", valid_lens, device_name, device_of)
    if valid_lens.is_meta or valid_lens.numel() == 0:
        return
    low, high = (length.item() for length in valid_lens.aminmax())
    if low < 0:
        raise ValueError(say("input.negative-valid-lens", got=low))
    if high > num_keys:
        raise ValueError(say("input.large-valid-lens", expected=num_keys, got=high))


def check_attention(queries, keys, values, valid_lens, weight):
    """Check the four inputs of multi-head attention against each other and against the layer's ``weight``."""
    num_hiddens = weight.shape[1]
    check_tensor("queries", queries, ("batch", "num_queries", "num_hiddens"), (None, None, num_hiddens))
    batch, num_queries, _ = queries.shape
    check_tensor("keys", keys, ("batch", "num_keys", "num_hiddens"), (batch, None, num_hiddens))
    num_keys = keys.shape[1]
    check_tensor("values", values, ("batch", "num_keys", "num_hiddens"), (batch, num_keys, num_hiddens))
    for name, X in (("queries", queries), ("keys", keys), ("values", values)):
        check_device(name, X, say("input.weights"), weight)
        # Under autocast, torch itself brings the dtypes together.
        if X.dtype != weight.dtype and not torch.is_autocast_enabled(X.device.type):
            raise TypeError(say("input.wrong-dtype", name=name, expected=weight.dtype, got=X.dtype))
    check_valid_lens(valid_lens, batch, num_queries, num_keys, "queries", queries)


def check_scores(scores, valid_lens):
    """Check the inputs of ``masked_softmax``: scores (batch, ..., num_queries, num_keys) and their ``valid_lens``."""
    if isinstance(scores, torch.Tensor) and scores.dim() > 3:
        names = ("batch", *["..."] * (scores.dim() - 3), "num_queries", "num_keys")
    else:
        names = ("batch", "num_queries", "num_keys")
    check_tensor("scores", scores, names, [None] * len(names))
    check_valid_lens(valid_lens, scores.shape[0], *scores.shape[-2:], "scores", scores)


def check_sequence(X, P):
    """Check X (batch, num_steps, num_hiddens) against the table P (1, max_len, num_hiddens)."""
    _, max_len, num_hiddens = P.shape
    check_tensor("X", X, ("batch", "num_steps", "num_hiddens"), (None, None, num_hiddens))
    check_device("X", X, say("input.table"), P)
    if X.shape[1] > max_len:
        raise ValueError(say("input.too-long", expected=max_len, got=X.shape[1]))


def _shape_words(sizes):
    """(2, 4, 100) as the words "(2, 4, 100)"; names may stand among the numbers."""
    return f"({', '.join(map(str, sizes))}{',' * (len(sizes) == 1)})"
