"""Pages that every audience shares: one lead, company, contact, deal; lists; search."""
