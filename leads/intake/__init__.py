"""Reading what people send in their own words: a pasted signature, a mail. Pure functions from text to facts."""
