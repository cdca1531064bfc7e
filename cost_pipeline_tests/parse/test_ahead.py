"""Reading one chunk ahead gives the same chunks, and no more threads, than reading."""

import threading
import time
import weakref

import pyarrow as pa
import pytest

from cost_pipeline.parse import ParsedChunk, RowReader, read_ahead


class Broken(Exception):  # noqa: N818 - it stands for any error of a reader
    pass


def reader_of(count, *, fails_at=None, seen=None):
    def chunks(reader):
        for number in range(count):
            if number == fails_at:
                raise Broken(number)
            if seen is not None:
                seen.append((number, threading.current_thread()))
            yield ParsedChunk(pa.table({"row": [number]}), ())
        reader.blank_rows = 7

    return RowReader("utf-8", (), chunks)


def numbers(chunks):
    return [chunk.table["row"][0].as_py() for chunk in chunks]


@pytest.mark.parametrize("count", [0, 1, 2, 9])
def test_the_chunks_and_counts_are_those_of_the_reader(count):
    reader = reader_of(count)
    assert numbers(read_ahead(reader)) == list(range(count))
    assert (reader.rows, reader.blank_rows) == (count, 7)


def test_it_reads_one_chunk_ahead_and_no_further():
    seen = []
    chunks = read_ahead(reader_of(9, seen=seen))
    for number in range(5):
        assert next(chunks).table["row"][0].as_py() == number
        assert len(seen) <= number + 2
    chunks.close()
    assert len(seen) <= 6
    assert threading.current_thread() not in {thread for _, thread in seen}


@pytest.mark.parametrize("fails_at", [0, 1, 3])
def test_an_error_comes_after_the_chunks_before_it(fails_at):
    got = []
    chunks = read_ahead(reader_of(9, fails_at=fails_at))
    with pytest.raises(Broken):
        got.extend(numbers([chunk])[0] for chunk in chunks)
    assert got == list(range(fails_at))


def test_no_thread_is_left_behind_by_an_early_end():
    before = threading.active_count()
    chunks = read_ahead(reader_of(9))
    next(chunks)
    chunks.close()
    assert threading.active_count() == before


def test_a_chunk_is_gone_when_whoever_took_it_lets_go_of_it():
    seen = []
    chunks = read_ahead(reader_of(3, seen=seen))
    held = weakref.ref(next(chunks).table)
    until = time.monotonic() + 5
    while len(seen) < 2 and time.monotonic() < until:
        time.sleep(0.001)  # the next one is being read
    assert held() is None
    chunks.close()


def test_a_reader_is_still_read_once():
    reader = reader_of(2)
    list(read_ahead(reader))
    with pytest.raises(RuntimeError, match="can be read once"):
        list(read_ahead(reader))
