"""Film and television production costs: vendor deliveries to a dual-currency ledger.

pull      vendors -> deliveries (bytes landed verbatim)
validate  deliveries -> records and dead letters
post      records, rates -> ledger, dispositions, dead letters
report    what became of everything, read from the lake
"""
