"""How records are found: the words of a record, the vocabulary that forgives typing errors, what was asked.

Nothing here touches a record; ``leads.services.finding`` writes the words and looks them up.
"""
