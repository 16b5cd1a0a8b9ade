"""Every touch: calls, e-mails, messages, visits, tasks, sequences, expenses, and the cost ledger."""
