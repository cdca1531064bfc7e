"""What each check of the ledger finds, by its name."""

from cost_pipeline.feeds.production.checks import OF_THE_LEDGER
from cost_pipeline.feeds.production.ledger_checks import look_at_ledger
from cost_pipeline.feeds.production.names import LEDGER
from cost_pipeline.pipeline.declared.checks import Subject


def ledger_outcomes(session, dates):
    found = look_at_ledger(session, dates)
    return {
        day: {one.name: one.outcome(found, Subject(LEDGER, day)) for one in OF_THE_LEDGER}
        for day in found
    }
