"""Film and television production costs: what `pipeline` judged, in a dual-currency ledger.

post      records, rates -> ledger, dispositions, dead letters
report    what became of everything, read from the lake
"""
