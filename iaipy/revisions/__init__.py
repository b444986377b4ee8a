"""Two revisions of a project: each checked out, built and measured where nobody works, and held together."""
