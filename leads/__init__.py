"""Companies, contacts, leads, deals; scoring, routing, claims, hand-offs."""
