"""Parts of a run of bytes as an Arrow array, without a Python object for each.

Belongs here: the way from places in bytes to texts, for readers that find cells with numpy.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from cost_pipeline.parse.lines import Positions


def slices(data: bytes, starts: Positions, ends: Positions) -> pa.Array:
    """Returns the parts of UTF-8 between places, as texts.

    Args:
        data: Less than 2 GB of it.
        starts: Where each part begins.
        ends: Where it ends: not before it begins, nor behind where the next begins.
    """
    # Between all borders lie the parts and what is between them; every second one is wanted.
    borders = np.empty(2 * len(starts), np.int32)
    borders[::2], borders[1::2] = starts, ends
    buffers = [None, pa.py_buffer(borders), pa.py_buffer(data)]
    if not len(starts):
        return pa.array([], pa.string())
    parts = pa.Array.from_buffers(pa.string(), len(borders) - 1, buffers)
    return parts.take(pa.array(np.arange(0, len(borders), 2)))
