"""Programs that run inside the measured process.

They import the interpreter's built-in modules, `_cffi_backend`, `iaipy.declare` and each other, and are
started by path, as scripts. Of these modules the rest of iaipy imports only `protocol`.
"""
