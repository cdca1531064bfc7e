"""Which dates of a book are to be posted, and what holds them back."""
