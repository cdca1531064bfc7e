"""Acquire: vendors to files of verbatim bytes. Concurrent, bounded, each source isolated.

Here: the async engine and its adapters (folder, http). Not here: what becomes of the bytes; the
caller lands them, and nothing in this room reads more of them than the paging needs.
"""
