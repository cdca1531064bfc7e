"""What became of deliveries and rows, for people and for checks."""
