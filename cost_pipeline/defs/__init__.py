"""The only room that knows Dagster: one module per concept.

partitions   the two calendars: pull dates and transaction dates
resources    how a run gets its session
assets       what is made; each body fetches, calls one function of a feed, reports
checks       the invariants, as asset checks
sensors      what to run next, decided by pure functions of sets
reporting    counts and tables as metadata, and events per partition
build        all of it for one home
"""
