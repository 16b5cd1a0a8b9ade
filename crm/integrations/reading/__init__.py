"""Foreign files as a stream of rows: recognised, read strictly, every fault named with its line. Knows no database."""
