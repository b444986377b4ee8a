"""Programs that run inside the measured process, each a module with a `main`.

They import the interpreter's built-in modules, `_cffi_backend`, `iaipy.declare` and each other. Of these
modules the rest of iaipy imports only `protocol`, and `launcher`, which starts the others.
"""
