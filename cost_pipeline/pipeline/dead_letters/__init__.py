"""Dead letters: refusals as events, the corrections that answer them, the sheet to mend them on."""
