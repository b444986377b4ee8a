"""Why times can't be trusted, by the state of the machine that they were taken on."""

import math

from iaipy.model.run import Environment

BUSY = 0.25
"""Share of the cores that are busy from which on others are in the way."""

_UNSTEADY = ("powersave", "ondemand", "schedutil", "conservative")


def doubts(load: float, cores: int, governor: str) -> list[str]:
    """One sentence for each reason.

    Parameters:
        load: the cores that were busy before timing began.
        cores: how many could be used.
        governor: how the frequency of the CPU is chosen.
    """
    found = []
    if load > BUSY * cores:
        found.append(
            f"this machine was busy before timing began ({load:.1f} of {cores} cores): "
            "wall-clock times will scatter"
        )
    if governor in _UNSTEADY:
        found.append(
            f"the CPU's frequency is governed by {governor}, so that times depend on what ran before; "
            "cpupower frequency-set -g performance pins it"
        )
    if cores == 1:
        found.append("this process has one core: whatever else runs here is in the times")
    return found


def of(machine: Environment) -> list[str]:
    """The same of a stored run's machine; nothing for what it doesn't tell, or not as a number."""
    facts = {"load": "", "cores": "", "governor": "", **machine.fingerprint, **machine.notes}
    return doubts(_number(facts["load"]), int(_number(facts["cores"])), facts["governor"])


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return 0.0
    return number if math.isfinite(number) else 0.0
