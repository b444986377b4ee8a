"""The pinned environment that benchmarks run in, and the fingerprint of what decides their counts."""

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from iaipy.errors import HostError
from iaipy.model.benchmark import Command
from iaipy.process import ask

METHOD = "12"
"""Version of iaipy's way of counting; raised whenever a change of it moves counts.

1: region between two forked readings, empty region subtracted.
2: the function is copied to fresh memory first.
3: the worker's PWD is as long in every checkout.
4: the worker starts alike for every user, and is told HOME, PATH and TMPDIR afterwards.
5: the worker is fewer modules.
6: the worker sees its files at the same paths in every run, and imports don't learn the checkout's own path.
7: the heap is settled by what CPython tells of it, and what is measured lies at round addresses.
8: it is settled to the same block, and also between a file's code and its run; pytest warms up once.
9: in pytest, a module is imported for rehearsal, and tests are numbered in the order of their ids.
10: in pytest, a test's own process warms up, one fork's end is the first reading of all repeats, and what is
imported draws the same random numbers every time.
11: in pytest, less goes before a region, and up to 15 repeats count alike.
12: in pytest, the standard library's code starts afresh.
"""

PASSED = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV", "VALGRIND_LIB")
"""Variables that are taken over: programs and libraries would not be found without them."""

PINNED: Mapping[str, str] = {
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    **dict.fromkeys(
        (
            "OMP_NUM_THREADS",
            "OPENBLAS_NUM_THREADS",
            "MKL_NUM_THREADS",
            "BLIS_NUM_THREADS",
            "NUMEXPR_NUM_THREADS",
            "RAYON_NUM_THREADS",
        ),
        "1",
    ),
}

_ANY_CPU = {
    "GLIBC_TUNABLES": ":".join(
        (
            "glibc.cpu.hwcaps=-XSAVE,-XSAVEC,-SSSE3,-SSE4_1,-SSE4_2,-ERMS,-AVX_Fast_Unaligned_Load,-Fast_Unaligned_Load",
            "glibc.cpu.x86_non_temporal_threshold=3145728",
            "glibc.cpu.x86_memset_non_temporal_threshold=3145728",
            "glibc.cpu.x86_rep_stosb_threshold=3145728",
        )
    ),
    "OPENSSL_ia32cap": "0x0:0x0",
}
CPU_PROFILES: Mapping[str, Mapping[str, str]] = {"avx2": {}, "any": _ANY_CPU}
"""Variables by profile. `avx2` relies on valgrind showing every AVX2 host as one and the same CPU; `any`
keeps glibc and OpenSSL from choosing code by CPU at all, which also suits older hosts."""

LATER = ("HOME", "PATH", "TMPDIR", "VIRTUAL_ENV")
"""Variables that a worker is told once its interpreter has started: their lengths, in every user's
environment others, would decide where what it allocates as it starts lies."""

_USER_SITE_PROBE = "import os, site; print(bool(site.ENABLE_USER_SITE) and os.path.isdir(site.USER_SITE))"
_PYTHON_PROBE = "import sys; print('suits' if sys.version_info >= (3, 11) else sys.version)"
_STACK_PERIOD = 4096
_PAD = "IAIPY_PAD"


def pinned(
    host: Mapping[str, str], *, profile: str, extra: Mapping[str, str], passed: Sequence[str]
) -> dict[str, str]:
    """The environment of everything that is measured.

    Parameters:
        host: the environment iaipy was started in.
        profile: a key of CPU_PROFILES.
        extra: variables to add or replace.
        passed: further names to take over from the host.
    """
    taken = {name: host[name] for name in (*PASSED, *passed) if name in host}
    taken["TMPDIR"] = str(Path(tempfile.gettempdir()).absolute())  # one that exists
    return {**taken, **PINNED, **CPU_PROFILES[profile], **extra}


def of_command(env: Mapping[str, str], command: Command, python: str) -> dict[str, str]:
    """The environment of one command, in which `python` is the interpreter that measures."""
    path = f"{Path(python).parent}:{env.get('PATH', '/usr/bin:/bin')}"
    return {**env, "PATH": path, **command.env}


def find_python(name: str, env: Mapping[str, str]) -> str:
    """The path of the interpreter that measures: the named one, or the one that runs this.

    Raises:
        HostError: there is no such program.
    """
    path = shutil.which(name, path=env.get("PATH")) if name else sys.executable
    if path is None:
        raise HostError(f"the Python {name} was not found", "give the path of an interpreter")
    return path


def check_python(path: str, env: Mapping[str, str], *, counts: bool) -> None:
    """See that an interpreter can run iaipy's workers.

    Parameters:
        counts: whether it is to count instructions, which takes cffi.

    Raises:
        HostError: it is too old or lacks cffi, or is no Python at all.
    """
    probe = f"import _cffi_backend; {_PYTHON_PROBE}" if counts else _PYTHON_PROBE
    try:
        tried = ask((path, "-c", probe), env=env, cwd=Path("/"))
    except OSError as error:
        raise HostError(f"{path} can't be started: {error.strerror}") from error
    if tried.status != 0 or tried.output.strip() != "suits":
        raise HostError(
            f"{path} can't run benchmarks: iaipy needs Python 3.11 or newer{' with cffi' if counts else ''}",
            f"install iaipy for it: {path} -m pip install iaipy",
        )


def tunables(*, profile: str, extra: Mapping[str, str]) -> str:
    """What `pinned` sets on purpose and may move counts, as one line for the fingerprint."""
    chosen = {**CPU_PROFILES[profile], **extra}
    return " ".join(f"{name}={value}" for name, value in sorted(chosen.items())) or "none"


def padded(env: Mapping[str, str], argv: Sequence[str], folder: Path) -> dict[str, str]:
    """The environment with two variables more, so that the stack begins where it always does.

    Arguments and environment lie at the top of a process's stack. How long they are shifts all that
    follows against the cache's sets, so that a longer path to the checkout would move cache misses.

    Parameters:
        folder: what the process shall find in PWD: the path by which it was told to know its working
            directory. Where valgrind is a shell script, as Debian's is, the shell adds the real path
            to an environment without one: a variable of another length in every checkout.
    """
    env = {**env, "PWD": str(folder)}
    words = [*argv, argv[0], *(f"{name}={value}" for name, value in env.items()), f"{_PAD}="]
    used = sum(len(os.fsencode(word)) + 1 + 8 for word in words)
    return {**env, _PAD: "x" * (-used % _STACK_PERIOD)}


def parted(env: Mapping[str, str], *, user_site: bool) -> tuple[dict[str, str], dict[str, str]]:
    """The variables an interpreter is started with, and those it is told afterwards.

    Parameters:
        user_site: whether it needs HOME to find the user's own packages.
    """
    names = [name for name in LATER if name in env and not (user_site and name == "HOME")]
    later = {name: env[name] for name in names}
    early = {name: value for name, value in env.items() if name not in later}
    # Without a HOME the account database would be asked, where every user has another place.
    return {"HOME": "/", **early, "PATH": os.defpath}, later


def has_user_site(python: str, env: Mapping[str, str]) -> bool:
    """Whether an interpreter imports from a folder of the user's own packages, and there is one."""
    return (
        ask((python, "-c", _USER_SITE_PROBE), env=env, cwd=Path("/"), errors=False).output.strip() == "True"
    )


def cpu_class(leaves: str) -> str:
    """The class of CPU that CPUID leaves (as workers.machine.cpu prints them) belong to.

    Valgrind presents the host as one of a few canned CPUs, by the newest vector instructions it has.
    """
    try:
        _, one, seven = ([int(register, 16) for register in leaf.split("-")] for leaf in leaves.split())
    except ValueError:
        return "other"
    bits = (("avx2", seven[1] >> 5), ("avx", one[2] >> 28), ("sse4.2", one[2] >> 20), ("ssse3", one[2] >> 9))
    return next((name for name, bit in bits if bit & 1), "sse2")


def libc() -> str:
    """Name, version and build of the C library: another build may hold other code."""
    name = "-".join(platform.libc_ver())
    for line in Path("/proc/self/maps").read_text().splitlines():
        path = line.partition("/")[2]
        if path.split("/")[-1].startswith(("libc.so", "libc-", "ld-musl")):
            return f"{name} {build_id(Path('/' + path))}".strip()
    return name


def build_id(path: Path) -> str:
    """The first twelve digits of the GNU build id in an ELF file; "" if it has none."""
    try:
        data = path.read_bytes()[: 1 << 16]
    except OSError:
        return ""
    note = data.find(b"\x03\0\0\0GNU\0")
    if note < 8:
        return ""
    size = int.from_bytes(data[note - 4 : note], sys.byteorder)
    return data[note + 8 : note + 8 + size].hex()[:12]


def python_identity(python: str, env: Mapping[str, str]) -> str:
    """Implementation, version and build of an interpreter."""
    code = "import sys, platform as p; print(p.python_implementation(), *sys.version.split())"
    if python == sys.executable:
        return " ".join((platform.python_implementation(), *sys.version.split()))
    return ask([python, "-c", code], env=env, cwd=Path("/")).output.strip()


def commit(root: Path) -> str:
    """The project's commit, with "+dirty" behind it when tracked files differ from it; "" without git."""
    try:
        head, changed = (
            ask(("git", *words), env=os.environ, cwd=root, errors=False)
            for words in (("rev-parse", "HEAD"), ("status", "--porcelain", "--untracked-files=no"))
        )
    except OSError:
        return ""
    if head.status != 0:
        return ""
    return head.output.strip() + ("+dirty" if changed.output.strip() else "")


_DISTRIBUTIONS = """
from importlib.metadata import distributions
print(*sorted({f"{d.metadata['Name']}=={d.version}" for d in distributions()}, key=str.lower))
"""


def notes(python: str, env: Mapping[str, str]) -> dict[str, str]:
    """What may explain a change without making counts incomparable.

    Parameters:
        python, env: the interpreter that benchmarks run in, and its environment.
    """
    return {
        "distributions": ask([python, "-c", _DISTRIBUTIONS], env=env, cwd=Path("/")).output.strip(),
        "kernel": platform.release(),
        "system": _system(),
    }


def _system() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        return platform.system()
