"""What was refused, as events; who answers it; the sheet on which people mend it."""
