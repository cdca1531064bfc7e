"""The command line, one module per group of commands. Each parses, calls a feed, and prints.

Dagster is imported only by commands that run it, and only inside them: `cost-pipeline --help` and
`ledger verify` stay under a second.
"""
