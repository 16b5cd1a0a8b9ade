"""The inside desk: the pages of people who sell by phone and e-mail."""
