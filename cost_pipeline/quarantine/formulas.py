"""Makes texts harmless that a spreadsheet would run as formulas when it opens a CSV file.

`'` before the text, as a person would type it; a text that begins with `'` gets one too, so that
taking one away gives exactly what there was. In a workbook nothing is needed: cells there are of
type text.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

_DANGEROUS: Final = "^['=+\\-@\\t\\r]"
_MADE_HARMLESS: Final = "^'['=+\\-@\\t\\r]"


def harmless(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Returns the texts, with a `'` before those that begin with `= + - @ '`, tab or return."""
    marked = pc.binary_join_element_wise("'", texts, "")
    return pc.if_else(pc.match_substring_regex(texts, _DANGEROUS), marked, texts)


def original(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Returns the texts that `harmless` was given."""
    bare = pc.utf8_slice_codeunits(texts, 1)
    return pc.if_else(pc.match_substring_regex(texts, _MADE_HARMLESS), bare, texts)
