"""One frame of a terminal dashboard: thirty rows of a table, coloured, laid out at a width of a hundred.

It stands for process viewers, deployment dashboards and progress screens, which draw the like of this many
times a second: 16 ms are all the time that a frame has.
"""

from io import StringIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from iaipy import benchmark, keep

STATES = (("running", "green"), ("waiting", "yellow"), ("failed", "bold red"))
ROWS = [(f"orders-{n:02}", STATES[n * n % 7 % 3], n * 37 % 100, 40 + n * 53 % 900) for n in range(30)]


def frame() -> str:
    table = Table(title="Consumers", caption="30 of 30", expand=True, header_style="bold cyan")
    table.add_column("Name", no_wrap=True)
    table.add_column("State", no_wrap=True, ratio=1)
    table.add_column("CPU", justify="right", no_wrap=True)
    table.add_column("Memory", justify="right", no_wrap=True)
    for name, (state, style), cpu, memory in ROWS:
        bar = Text(f"{'█' * (cpu // 12):<8} {cpu:>3} %", f"#40a0{255 - cpu:02x}")
        table.add_row(Text(name), Text(state, style), bar, Text(f"{memory} MB"))
    output = StringIO()
    console = Console(
        file=output,
        force_terminal=True,
        width=100,
        color_system="truecolor",
        legacy_windows=False,
        _environ={},
    )
    console.print(table)
    return output.getvalue()


@benchmark(tags="ui")
def table_frame() -> None:
    """Build the table, lay it out and write the escape sequences."""
    assert keep(frame()).count("\n") == 36
