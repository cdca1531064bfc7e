"""cost_pipeline: vendor files and APIs in; an exact ledger and explained dead letters out."""

__version__ = "0.2.0"
