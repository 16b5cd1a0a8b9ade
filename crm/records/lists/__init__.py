"""Lists of leads, companies, contacts and deals: what they offer, what a reader chose, and a page of it."""
