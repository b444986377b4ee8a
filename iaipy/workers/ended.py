"""How a process ended, in words; for the host and for the worker that times commands."""


def described(status: int) -> str:
    """An exit status in words: "ended with exit status 3", "was killed by SIGSEGV (Segmentation fault)".

    Parameters:
        status: −N where signal N ended it.
    """
    if status >= 0:
        return f"ended with exit status {status}"
    import signal  # takes a while to import, and hardly any command ends so

    try:
        name = signal.Signals(-status).name
    except ValueError:  # of the real-time signals only two have names
        name = f"signal {-status}"
    return f"was killed by {name} ({signal.strsignal(-status) or 'unknown signal'})"
