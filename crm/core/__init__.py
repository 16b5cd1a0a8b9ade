"""The small shared floor: base models, journal, policy, background work, working time, money, errors, API frame."""
