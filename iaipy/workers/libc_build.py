"""Writes `_libc.py`: the C declarations the workers call, in cffi's out-of-line ABI mode.

The module it writes needs only `_cffi_backend` at run time, no compiler and no parser. Run
`python -m iaipy.workers.libc_build` after changing the declarations.
"""

from pathlib import Path

import cffi

DECLARATIONS = """
    int fork(void);
    int waitpid(int pid, int *status, int options);
    int getpid(void);
    int getppid(void);
    int kill(int pid, int signal);
    int sigqueue(int pid, int signal, void *value);
    long read(int fd, void *buffer, unsigned long size);
    long write(int fd, const void *buffer, unsigned long size);
    void *mmap(void *address, unsigned long size, int protection, int flags, int fd, long offset);
    int munmap(void *address, unsigned long size);
    int memfd_create(const char *name, unsigned int flags);
    void _exit(int status);
    int prctl(int option, unsigned long argument);
    void *getcwd(char *path, unsigned long size);
    int memcmp(const void *one, const void *other, unsigned long size);
    void *malloc(unsigned long size);
    struct mallinfo2 {
        size_t arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks, fordblks, keepcost;
    };
    struct mallinfo2 mallinfo2(void);

    typedef int (*reading_t)(int call);
    typedef int (*turns_t)(int number, const int *calls, int *call, int *pids, int *statuses);
    typedef unsigned long (*client_request_t)(unsigned long *request, unsigned long otherwise);
    typedef void (*cpuid_t)(unsigned int *registers);
"""
TARGET = Path(__file__).with_name("_libc.py")


def build(target: Path) -> None:
    """Write the module to `target`."""
    ffi = cffi.FFI()
    ffi.cdef(DECLARATIONS)
    ffi.set_source("_libc", None)
    ffi.emit_python_code(str(target))


if __name__ == "__main__":
    build(TARGET)
