"""The profiles that are kept with a baseline: one compressed file beside the baseline's own."""

import gzip
import json
import zlib
from collections.abc import Mapping
from pathlib import Path

from iaipy.errors import HostError
from iaipy.model.profile import Profile
from iaipy.profile import document

FORMAT = "iaipy.profiles"
VERSION = 1
# History of the format:
#   1  the first one

_LARGEST_BYTES = 1 << 30


def beside(baseline: Path) -> Path:
    """Where the profiles of a baseline's file are."""
    return baseline.with_name(f"{baseline.name.removesuffix('.json')}.profiles.gz")


def pack(profiles: Mapping[str, Profile]) -> bytes:
    """The file's content: gzip of a JSON document, the same for the same profiles.

    Parameters:
        profiles: by the benchmarks' ids.
    """
    documents = {id_: document.to_document(profiles[id_]) for id_ in sorted(profiles)}
    text = json.dumps({"format": FORMAT, "version": VERSION, "profiles": documents}, separators=(",", ":"))
    return gzip.compress(text.encode(), mtime=0)


def load(baseline: Path) -> dict[str, Profile]:
    """The profiles kept with a baseline's file, by the benchmarks' ids; none where there is no file of them.

    Raises:
        HostError: they can't be read, or are damaged.
    """
    path = beside(baseline)
    try:
        with gzip.open(path) as file:
            text = file.read(_LARGEST_BYTES)
    except FileNotFoundError:
        return {}
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise _unusable(path, f"it is damaged ({error})") from error
    except OSError as error:
        raise HostError(f"{path} can't be read: {error.strerror}") from error
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _unusable(path, f"not readable as JSON: {error}") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise _unusable(path, f"its format is not {FORMAT}")
    if found.get("version") != VERSION:
        raise _unusable(path, f"its version is {found.get('version')!r}, and this iaipy knows {VERSION}")
    if not isinstance(found.get("profiles"), dict):
        raise _unusable(path, "it has no profiles")
    return {
        str(id_): document.from_document(each, f"{path}: {id_}") for id_, each in found["profiles"].items()
    }


def _unusable(path: Path, what: str) -> HostError:
    return HostError(
        f"{path} can't be used as profiles: {what}",
        "delete it, or save the baseline anew with iaipy run --save-baseline NAME --with-profile",
    )
