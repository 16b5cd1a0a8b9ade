"""Rows as files for other programs: CSV and XLSX, streamed, without live formulas, and readable again unchanged."""
