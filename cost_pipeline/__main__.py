"""`python -m cost_pipeline`."""

from cost_pipeline.cli import program

program()
