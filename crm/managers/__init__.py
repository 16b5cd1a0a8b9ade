"""The managers' pages: inside against outside, floor and field."""
