"""People, teams, absences, keys over the API, and who the caller is."""
