"""The only room that knows Dagster: one module per concept.

partitions   the two calendars: pull dates and transaction dates
resources    how a run gets its session
assets       what is made; each body fetches, calls one function of a feed, reports
columns      column schemas and column lineage
checks       the invariants, as asset checks
handover     telling Dagster which transaction dates have new inputs
plan         which transaction dates to post, in which runs: pure functions
gate         which of them wait for a blocking check of a pull
sensors      asking for them
reporting    counts and tables as metadata, and events per partition
build        all of it for one home
run          the same jobs in the process of the command line
"""
