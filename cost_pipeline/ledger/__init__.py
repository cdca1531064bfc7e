"""The ledger: which postings there should be, what differs from those there are, and their seal.

Pure functions over Arrow tables. Nothing here stores, reads a clock or knows where a rate came
from: records arrive with their conversion beside them, postings leave as sealed tables to append.
"""
