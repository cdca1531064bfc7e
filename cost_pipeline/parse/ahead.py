"""Reads one chunk ahead: while a chunk is worked on, the next is parsed in a thread.

Belongs here: the thread, and nothing else. The order, the errors and the counts are those of the
reader. Parsing spends most of its time in numpy and Arrow, which let other threads run meanwhile.
"""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

from cost_pipeline.parse.rows import ParsedChunk, RowReader


def read_ahead(reader: RowReader) -> Generator[ParsedChunk, None, None]:
    """Yields the chunks of a reader, in order; it holds at most one more than was asked for.

    The counts of the reader run a chunk ahead too, and are right at the end. An error is raised
    where the chunk that it concerns would have come. Leaving early waits for the chunk that is
    being parsed.
    """
    chunks = iter(reader)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="parse") as thread:
        coming = thread.submit(next, chunks, None)
        while (chunk := coming.result()) is not None:
            coming = thread.submit(next, chunks, None)
            held = [chunk]
            del chunk  # whoever takes it alone decides how long it is held
            yield held.pop()
