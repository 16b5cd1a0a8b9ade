"""What the numbers mean: metric definitions and rollups, read only; motion fit."""
