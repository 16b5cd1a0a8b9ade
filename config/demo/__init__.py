"""The demo organisation: made up, seeded, the same every time but for ending "today"."""
