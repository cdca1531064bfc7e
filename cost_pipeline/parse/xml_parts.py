"""XML of strangers through expat: no document types, no endless tokens, bounded memory.

Belongs here: making a parser that refuses what XML allows and deliveries never have. Entities can
only be declared in a document type, so refusing those ends "billion laughs" before the first laugh,
and nothing outside a document is ever asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final
from xml.parsers import expat

from cost_pipeline.parse.sheet import BrokenSheetError

# A tag that is longer than this cannot be one of a workbook; expat would hold it whole.
_LONGEST_TOKEN: Final = 4 << 20


def new_parser(
    encoding: str | None = None, refused: Exception | None = None
) -> expat.XMLParserType:
    """Returns a parser that raises an error at a document type.

    Args:
        encoding: The encoding of the bytes, whatever the document says; None to believe it.
        refused: The error; BrokenSheetError if not given.
    """
    parser = expat.ParserCreate(encoding)
    parser.buffer_text = True
    parser.ordered_attributes = False

    def refuse(*_: object) -> None:
        raise refused or BrokenSheetError(
            "its XML has a document type (DTD), which workbooks never have and bombs need"
        )

    parser.StartDoctypeDeclHandler = refuse
    return parser


def feed(parser: expat.XMLParserType, pieces: Iterable[bytes], name: str) -> Iterator[None]:
    """Parses piece by piece, and pauses after each, so that the caller can hand on the results.

    Raises:
        BrokenSheetError: If it is not XML, or no XML that a workbook has.
    """
    fed = 0
    try:
        for piece in pieces:
            parser.Parse(piece, False)  # noqa: FBT003 - expat takes no keyword
            fed += len(piece)
            if fed - max(parser.CurrentByteIndex, 0) > _LONGEST_TOKEN:
                raise BrokenSheetError(f"its part {name} has a tag that does not end")
            yield
        parser.Parse(b"", True)  # noqa: FBT003 - as above
        yield
    except expat.ExpatError as error:
        raise BrokenSheetError(f"its part {name} is not XML: {error}") from None
    except (LookupError, ValueError) as error:
        if not any(word in str(error) for word in ("encoding", "codec")):
            raise
        # What Python says of a declared encoding that it does not know, or cannot map to bytes.
        raise BrokenSheetError(f"its part {name} cannot be decoded: {error}") from None


def local(name: str) -> str:
    """Returns a name without its prefix."""
    return name.rpartition(":")[2]
