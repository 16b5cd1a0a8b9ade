"""The frame of the API: one shape for errors, lists, writes, limits and documents. It knows no noun of the trade."""
