"""What the lessons share: the layers they build, the plots, and a bridge to d2l.

``plots`` and ``d2l`` are imported only where a lesson asks for them.
"""

from .layers import MultiHeadAttention, PositionalEncoding, masked_softmax, merge_heads, split_heads

__all__ = ["MultiHeadAttention", "PositionalEncoding", "masked_softmax", "merge_heads", "split_heads"]
