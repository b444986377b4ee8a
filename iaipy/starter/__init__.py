"""What `iaipy init` puts into a project: a benchmark to begin with, the configuration, the workflows."""
