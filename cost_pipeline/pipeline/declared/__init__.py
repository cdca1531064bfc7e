"""What a feed declares of its assets, checks, jobs and commands; it knows no Dagster."""
