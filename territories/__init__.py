"""Areas, the rules that say who covers what, and tours: pure geometry and time."""
