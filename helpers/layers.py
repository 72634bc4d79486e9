"""The layers that the lessons build, with the same names, parameters and outputs.

Vaswani et al., "Attention Is All You Need" (2017), https://arxiv.org/abs/1706.03762: scaled dot-product
attention is section 3.2.1, multi-head attention 3.2.2, the positional encoding 3.5.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

from . import inputs


def masked_softmax(scores, valid_lens=None):
    """Softmax over the keys, with no weight on the keys that are padding.

    Args:
        scores: (batch, num_queries, num_keys), or with more dimensions between the first and the last two.
        valid_lens: None, or how many keys are real: whole numbers of shape (batch,) or (batch, num_queries).

    Returns:
        Attention weights with the shape of ``scores``. Each row sums to 1; a row with no valid key is all 0.

    Raises:
        TypeError: scores is not a floating-point tensor, or valid_lens is not an integer one.
        ValueError: a shape or a device does not fit, or a valid_lens is negative or larger than num_keys.
    """
    inputs.check_scores(scores, valid_lens)
    if valid_lens is None:
        return scores.softmax(dim=-1)
    allowed = _allowed(valid_lens, scores.dim(), scores.shape[-1])
    # The lowest finite number, not -inf: a row of -inf alone would become NaN, and so would its gradient.
    scores = scores.masked_fill(~allowed, torch.finfo(scores.dtype).min)
    return scores.softmax(dim=-1).masked_fill(~allowed, 0)


def _allowed(valid_lens, dim, num_keys):
    """Which keys are real: (batch, 1, ..., num_queries or 1, num_keys), for scores of ``dim`` dimensions."""
    if valid_lens.dim() == 1:
        valid_lens = valid_lens[:, None]  # one length for all queries
    lens = valid_lens[:, *[None] * (dim - 3), :, None]  # the same for every head
    return torch.arange(num_keys, device=valid_lens.device) < lens


def split_heads(X, num_heads):
    """(batch, n, num_hiddens) to (batch, num_heads, n, head_dim), where head_dim is num_hiddens / num_heads."""
    return X.unflatten(-1, (num_heads, -1)).transpose(-3, -2)


def merge_heads(X):
    """(batch, num_heads, n, head_dim) to (batch, n, num_heads * head_dim): the inverse of ``split_heads``."""
    return X.transpose(-3, -2).flatten(-2)


class MultiHeadAttention(nn.Module):
    """Multi-head attention (Vaswani et al. 2017, section 3.2.2), the class that lesson 1 builds.

    Args:
        num_hiddens: width of queries, keys, values and of the output.
        num_heads: number of heads; it divides num_hiddens.
        dropout: probability with which an attention weight is dropped in training.
        bias: whether the four linear maps have a bias.

    The weights, (batch, num_heads, num_queries, num_keys), are computed only for who looks at ``attention_weights``.
    The output comes from a kernel that never holds them all at once (lesson 6).

    Raises:
        TypeError, ValueError: num_heads does not divide num_hiddens, or a size or the dropout makes no sense.
    """

    def __init__(self, num_hiddens, num_heads, dropout, bias=False):
        inputs.check_heads(num_hiddens, num_heads)
        inputs.check_probability("dropout", dropout)
        super().__init__()
        self.num_heads = num_heads
        self.dropout = nn.Dropout(dropout)
        self.W_q = nn.Linear(num_hiddens, num_hiddens, bias=bias)
        self.W_k = nn.Linear(num_hiddens, num_hiddens, bias=bias)
        self.W_v = nn.Linear(num_hiddens, num_hiddens, bias=bias)
        self.W_o = nn.Linear(num_hiddens, num_hiddens, bias=bias)
        self._last_call = None

    def forward(self, queries, keys, values, valid_lens=None):
        """Attend from every query to every valid key.

        Args:
            queries: (batch, num_queries, num_hiddens).
            keys, values: (batch, num_keys, num_hiddens).
            valid_lens: as in ``masked_softmax``.

        Returns:
            (batch, num_queries, num_hiddens).

        Raises:
            TypeError, ValueError: naming the argument, what was expected and what came.
        """
        inputs.check_attention(queries, keys, values, valid_lens, self.W_q.weight)
        self._last_call = None  # its memory is free for this one
        queries = split_heads(self.W_q(queries), self.num_heads)  # (batch, num_heads, num_queries, head_dim)
        keys = split_heads(self.W_k(keys), self.num_heads)  # (batch, num_heads, num_keys, head_dim)
        values = split_heads(self.W_v(values), self.num_heads)  # (batch, num_heads, num_keys, head_dim)
        self._last_call = queries.detach(), keys.detach(), None if valid_lens is None else valid_lens.clone()
        # The scores, the masked softmax, the dropout and the mean of the values of lesson 1, in one call.
        heads = F.scaled_dot_product_attention(
            queries,
            keys,
            values,
            attn_mask=None if valid_lens is None else _allowed(valid_lens, 4, keys.shape[-2]),
            dropout_p=self.dropout.p if self.dropout.training else 0.0,
        )
        return self.W_o(merge_heads(heads))

    @property
    def attention_weights(self):
        """The weights of the last call before dropout, detached: (batch, num_heads, num_queries, num_keys), or None."""
        if self._last_call is None:
            return None
        queries, keys, valid_lens = self._last_call
        # As the kernel does: a score may be too large for float16, and inf in a softmax gives NaN.
        wide = torch.promote_types(queries.dtype, torch.float32)
        scores = queries.to(wide) @ keys.to(wide).transpose(-2, -1) / math.sqrt(queries.shape[-1])
        return masked_softmax(scores, valid_lens).to(queries.dtype)


class PositionalEncoding(nn.Module):
    """Sinusoidal positional encoding (Vaswani et al. 2017, section 3.5), the class that lesson 2 builds.

    P[0, t, 2i] = sin(t / 10000^(2i / num_hiddens)) and P[0, t, 2i + 1] is the cosine of the same angle.

    Args:
        num_hiddens: width of the sequence that the encoding is added to; it may be odd.
        dropout: probability with which an entry of the sum is dropped in training.
        max_len: number of positions in the table.

    ``P`` is a buffer of shape (1, max_len, num_hiddens): it follows ``.to()``, it does not train, and it is not
    saved, so that a model with another max_len loads.

    Raises:
        TypeError, ValueError: a size or the dropout makes no sense.
    """

    def __init__(self, num_hiddens, dropout, max_len=1000):
        inputs.check_count("num_hiddens", num_hiddens)
        inputs.check_probability("dropout", dropout)
        inputs.check_count("max_len", max_len)
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        # Angles in float64: at position 100,000 an angle in float32 is already wrong by 7e-3.
        positions = torch.arange(max_len, dtype=torch.float64)[:, None]
        exponents = torch.arange(0, num_hiddens, 2, dtype=torch.float64) / num_hiddens
        angles = positions / 10000**exponents  # (max_len, number of pairs)
        P = torch.empty(1, max_len, num_hiddens)
        P[0, :, 0::2] = angles.sin()
        P[0, :, 1::2] = angles.cos()[:, : num_hiddens // 2]
        self.register_buffer("P", P, persistent=False)

    def forward(self, X):
        """Add to every position of X its row of the table, then drop out.

        Args:
            X: (batch, num_steps, num_hiddens), floating point, num_steps at most max_len.

        Returns:
            The same shape and dtype.

        Raises:
            TypeError, ValueError: naming what was expected and what came.
        """
        inputs.check_sequence(X, self.P)
        return self.dropout(X + self.P[:, : X.shape[1]].to(X.dtype))
