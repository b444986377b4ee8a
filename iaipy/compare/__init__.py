"""Pure functions that hold one run against another and judge the difference."""
