"""The field day: the pages of people who sell by visiting, also without signal."""
