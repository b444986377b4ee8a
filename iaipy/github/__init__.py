"""GitHub Actions: the check of a pull request, and the comment that a second workflow makes of it."""
