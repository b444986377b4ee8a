"""The verbs of the command line: one file each, and this list of them."""

from iaipy.commands.baseline import baseline
from iaipy.commands.compare import compare
from iaipy.commands.doctor import doctor
from iaipy.commands.explain import explain
from iaipy.commands.github import github
from iaipy.commands.history import history
from iaipy.commands.init import init
from iaipy.commands.listing import listing
from iaipy.commands.merge import merge
from iaipy.commands.profile import profile
from iaipy.commands.report import report
from iaipy.commands.run import run
from iaipy.commands.validate import validate
from iaipy.commands.versus import versus

COMMANDS = (
    init,
    run,
    compare,
    versus,
    validate,
    profile,
    explain,
    report,
    listing,
    baseline,
    history,
    merge,
    github,
    doctor,
)
