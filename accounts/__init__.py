"""People who sign in: users, teams, absences, keys. A customer is a Company, in ``leads``."""
