"""From what callgrind recorded to a call tree, its sums, and its difference with another. Pure functions."""
