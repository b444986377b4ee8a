"""The configuration and where it comes from."""

from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iaipy.config import Config, load_config
from iaipy.errors import UsageError
from iaipy.model.metrics import COUNTER_KEYS
from iaipy.settings import SETTINGS, Setting


def from_yaml(root: Path, text: str, **overrides: object) -> Config:
    """The configuration with this iaipy.yaml."""
    (root / "iaipy.yaml").write_text(text)
    return load_config(root, overrides)


def refusal(root: Path, text: str, **overrides: object) -> UsageError:
    """The error that this iaipy.yaml ends in."""
    with pytest.raises(UsageError) as caught:
        from_yaml(root, text, **overrides)
    return caught.value


def test_defaults(tmp_path: Path) -> None:
    """Without any file every setting has its documented default."""
    (tmp_path / ".git").mkdir()
    config = load_config(tmp_path, {"jobs": 1})
    assert config == Config(
        root=tmp_path,
        benchmarks=("benchmarks",),
        pattern=("bench_*.py", "bench_*.yaml", "bench_*.yml"),
        keyword="",
        tag=(),
        shard=None,
        repeats=2,
        timeout_s=300.0,
        jobs=1,
        fork=True,
        cpu_profile="avx2",
        cache={"I1": "32768,8,64", "D1": "32768,8,64", "LL": "8388608,16,64"},
        env={},
        pass_env=(),
        valgrind="valgrind",
        python="",
        mode="all",
        processes=10,
        rounds=None,
        warmup_time_s=0.3,
        measurement_time_s=0.5,
        time_budget_s=None,
        layout="random",
        significance=0.05,
        walltime_limit=0.1,
        false_discovery_control=True,
        gate_walltime=False,
        build="pip install .",
        build_timeout_s=600.0,
        storage=tmp_path / ".iaipy",
        save_baseline=None,
        with_profile=False,
        explain=False,
        baseline=None,
        limit=dict.fromkeys(COUNTER_KEYS, 0.1),
        hard_limit={},
        min_change=0.001,
        fail_on_improvement=False,
        allow_environment_change=False,
        allow_failures=False,
        report=(("terminal", None),),
        color="auto",
    )


YAML = """
benchmarks: [perf, more/bench_x.py]
pattern: perf_*.py
keyword: parse and not yaml
tag: [fast]
shard: 2/4
repeats: 3
timeout: 90s
jobs: 4
fork: false
cpu_profile: any
cache: {LL: "4194304, 16, 64"}
env: {LEVEL: "1"}
pass_env: [TOKEN]
valgrind: tools/valgrind
python: python3.13
mode: walltime
processes: 5
rounds: 20
warmup_time: 1s
measurement_time: 2
time_budget: 2m
layout: pinned
significance: 1%
walltime_limit: 20%
false_discovery_control: false
gate_walltime: true
build: make install
build-timeout: 90s
storage: results
save_baseline: main
baseline: main
limit: {instructions: 2%, ram_accesses: off}
hard_limit: {instructions: 1_500_000}
min_change: 0
fail_on_improvement: true
allow_environment_change: true
allow_failures: true
report: [terminal, "json:out.json"]
color: never
"""

TOML = """
[tool.iaipy]
benchmarks = ["perf", "more/bench_x.py"]
pattern = "perf_*.py"
keyword = "parse and not yaml"
tag = ["fast"]
shard = "2/4"
repeats = 3
timeout = 90
jobs = "4"
fork = false
cpu-profile = "any"
cache = {LL = "4194304,16,64"}
env = {LEVEL = "1"}
pass-env = ["TOKEN"]
valgrind = "tools/valgrind"
python = "python3.13"
mode = "walltime"
processes = 5
rounds = 20
warmup-time = 1
measurement_time = "2s"
time-budget = "120s"
layout = "pinned"
significance = 0.01
walltime-limit = 0.2
false_discovery_control = false
gate-walltime = true
build = "make install"
build-timeout = "90s"
storage = "results"
save-baseline = "main"
baseline = "main"
limit = {instructions = 0.02, ram_accesses = "off"}
hard-limit = {instructions = 1_500_000}
min-change = 0.0
fail-on-improvement = true
allow_environment_change = true
allow_failures = true
report = ["terminal", "json:out.json"]
color = "never"
"""


@pytest.mark.parametrize(("name", "text"), [("iaipy.yaml", YAML), ("pyproject.toml", TOML)])
def test_every_key_can_be_set_in_either_file(tmp_path: Path, name: str, text: str) -> None:
    """Both files know the same keys, with dashes or underscores, and mean the same by them."""
    (tmp_path / name).write_text(text)
    assert load_config(tmp_path, {}) == Config(
        root=tmp_path,
        benchmarks=("perf", "more/bench_x.py"),
        pattern=("perf_*.py",),
        keyword="parse and not yaml",
        tag=("fast",),
        shard=(2, 4),
        repeats=3,
        timeout_s=90.0,
        jobs=4,
        fork=False,
        cpu_profile="any",
        cache={"I1": "32768,8,64", "D1": "32768,8,64", "LL": "4194304,16,64"},
        env={"LEVEL": "1"},
        pass_env=("TOKEN",),
        valgrind=str(tmp_path / "tools/valgrind"),
        python="python3.13",
        mode="walltime",
        processes=5,
        rounds=20,
        warmup_time_s=1.0,
        measurement_time_s=2.0,
        time_budget_s=120.0,
        layout="pinned",
        significance=0.01,
        walltime_limit=0.2,
        false_discovery_control=False,
        gate_walltime=True,
        build="make install",
        build_timeout_s=90.0,
        storage=tmp_path / "results",
        save_baseline="main",
        with_profile=False,
        explain=False,
        baseline="main",
        limit={**dict.fromkeys(COUNTER_KEYS, 0.1), "instructions": 0.02, "ram_accesses": None},
        hard_limit={"instructions": 1_500_000},
        min_change=0.0,
        fail_on_improvement=True,
        allow_environment_change=True,
        allow_failures=True,
        report=(("terminal", None), ("json", tmp_path / "out.json")),
        color="never",
    )


def test_the_command_line_goes_before_the_file(tmp_path: Path) -> None:
    """Lists are replaced, tables are merged name by name, and a limit for all covers the file's own."""
    config = from_yaml(
        tmp_path,
        YAML,
        tag=("slow",),
        repeats="5",
        fork=True,
        env=("OTHER=2",),
        cache=("I1=16384,4,64",),
        limit=("5%",),
        fail_on_improvement=False,
        report=("markdown",),
    )
    assert config.tag == ("slow",)
    assert config.repeats == 5
    assert config.fork is True
    assert config.env == {"LEVEL": "1", "OTHER": "2"}
    assert config.cache == {"I1": "16384,4,64", "D1": "32768,8,64", "LL": "4194304,16,64"}
    assert config.limit == dict.fromkeys(COUNTER_KEYS, 0.05)
    assert config.fail_on_improvement is False
    assert config.report == (("markdown", None),)


@pytest.mark.parametrize("nothing", [None, "", (), [], {}])
def test_an_empty_override_is_not_given(tmp_path: Path, nothing: object) -> None:
    """An option that wasn't used leaves the file's value."""
    assert from_yaml(tmp_path, YAML, **{setting.key: nothing for setting in SETTINGS}) == load_config(
        tmp_path, {}
    )


def test_paths_on_the_command_line_begin_in_the_current_folder(tmp_path: Path) -> None:
    """Those in the file begin at the root; names of programs are left to PATH."""
    (tmp_path / "iaipy.yaml").write_text("storage: results\nreport: json:a.json\npython: ./venv/bin/python")
    below = tmp_path / "below"
    below.mkdir()
    config = load_config(below, {})
    assert (config.storage, config.report) == (tmp_path / "results", (("json", tmp_path / "a.json"),))
    assert config.python == str(tmp_path / "venv/bin/python")
    config = load_config(
        below, {"storage": "r", "report": ("json:b.json",), "valgrind": "../vg", "python": "py"}
    )
    assert (config.storage, config.report) == (below / "r", (("json", below / "b.json"),))
    assert (config.valgrind, config.python) == (str(below / "../vg"), "py")
    assert load_config(below, {"storage": "/r"}).storage == Path("/r")


@pytest.mark.parametrize(
    ("files", "root"),
    [
        ({"a/iaipy.yaml": "repeats: 3", "a/b/.git": ""}, "a"),
        ({"a/b/iaipy.yaml": "", "a/iaipy.yaml": "repeats: 3"}, "a/b"),
        ({"a/pyproject.toml": "[tool.iaipy]", "a/b/pyproject.toml": "[project]"}, "a"),
        ({"a/pyproject.toml": "[project]", ".git": ""}, "a"),
        ({"a/.git": "", "pyproject.toml": ""}, "a"),
        ({"a/.iaipy": "", "pyproject.toml": ""}, "a"),
        ({}, "a/b/c"),
    ],
)
def test_the_root_is_the_nearest_folder_with_a_configuration(
    tmp_path: Path, files: dict[str, str], root: str
) -> None:
    """Else the nearest with a pyproject.toml, .git or .iaipy, else where one stands."""
    start = tmp_path / "a/b/c"
    start.mkdir(parents=True)
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert load_config(start, {}).root == tmp_path / root


def test_two_configurations_in_one_folder_are_refused(tmp_path: Path) -> None:
    """It would not be clear which one holds; a pyproject.toml about other things is fine."""
    (tmp_path / "pyproject.toml").write_text("[tool.other]\n")
    assert from_yaml(tmp_path, "repeats: 3").repeats == 3
    (tmp_path / "pyproject.toml").write_text("[tool.iaipy]\n")
    assert "has its configuration twice" in refusal(tmp_path, "").message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("repeats: 0", "iaipy.yaml: repeats must be a whole number of at least 1, not 0"),
        ("repeats: 2.5", "iaipy.yaml: repeats must be a whole number"),
        ("repeats: true", "iaipy.yaml: repeats must be a whole number"),
        ("repeats:", "iaipy.yaml: repeats has no value"),
        ("timeout: soon", "iaipy.yaml: timeout must be seconds, or a text such as 90s"),
        ("jobs: many", "iaipy.yaml: jobs must be auto, or a whole number from 1 to 1024, not 'many'"),
        ("jobs: 0", "iaipy.yaml: jobs must be auto"),
        ("fork: 'no'", "iaipy.yaml: fork must be true or false, not 'no'"),
        ("cpu_profile: avx512", "iaipy.yaml: cpu_profile must be avx2 or any, not 'avx512'"),
        ("color: off", "iaipy.yaml: color must be auto, always or never, not False"),
        ("color: [auto]", "iaipy.yaml: color must be auto"),
        ("benchmarks: 5", "iaipy.yaml: benchmarks must be text, or a list of texts, not 5"),
        ("benchmarks: ['']", "iaipy.yaml: benchmarks[0] must not be empty"),
        ("keyword: [a]", "iaipy.yaml: keyword must be text"),
        ("env: {A: 1}", "iaipy.yaml: env.A must be text, not 1"),
        ("env: [A]", "iaipy.yaml: env must be of the form NAME=VALUE, not 'A'"),
        ("pass_env: [A=1]", "iaipy.yaml: pass_env must be named by a variable's name, not 'A=1'"),
        ("valgrind: ''", "iaipy.yaml: valgrind must not be empty"),
        ("baseline: 5", "iaipy.yaml: baseline must be text"),
        ("limit: {instructions: -1%}", "iaipy.yaml: limit: instructions must be a percentage"),
        ("hard_limit: 5", "iaipy.yaml: hard_limit must be a mapping"),
        ("min_change: off", "iaipy.yaml: min_change must be a percentage"),
        ("min_change: -1%", "iaipy.yaml: min_change must be a percentage"),
        ("report: ['json:']", "iaipy.yaml: report must be of the form FORMAT or FORMAT:PATH, not 'json:'"),
        ("report: [':x']", "iaipy.yaml: report must be of the form"),
        ("cache: {L2: '1,1,1'}", "iaipy.yaml: cache: unknown cache 'L2'"),
        ("cache: '32768,8,64'", "iaipy.yaml: cache must be of the form NAME=SIZE"),
        ("shard: 3", "iaipy.yaml: shard must be of the form N/TOTAL, such as 2/4"),
        ("shard: 0/4", "iaipy.yaml: shard must be of the form N/TOTAL"),
        ("shard: 5/4", "iaipy.yaml: shard must be of the form N/TOTAL"),
        ("shard: 1/1001", "iaipy.yaml: shard must be of the form N/TOTAL"),
        ("- a", "iaipy.yaml must be a mapping"),
        ("repeats: 1\nrepeats: 2", "iaipy.yaml:2: the key 'repeats' is already in line 1"),
        ("pass_env: A\npass-env: B", "iaipy.yaml: pass_env is there twice"),
        ("a: [", "iaipy.yaml:1: "),
    ],
)
def test_a_wrong_value_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """One sentence names the file, the key, what is wanted and what was given."""
    found = refusal(tmp_path, text).message
    assert found.startswith(message)
    assert "\n" not in found


@pytest.mark.parametrize(
    ("geometry", "demand"),
    [
        ("32768,8", "of the form"),
        (32768, "of the form"),
        ("32k,8,64", "of the form"),
        ("0,8,64", "be above 0"),
        ("32768,0,64", "be above 0"),
        ("32768,8,0", "be above 0"),
        ("32768,8,48", "have a line size that is a power of two"),
        ("32768,8,8", "have a line size of at least 16"),
        ("64,1,64", "have a size above its line size"),
        ("4294967296,16,64", "have a size above its line size and at most"),
        ("49152,8,64", "have a number of sets"),
        ("32768,7,64", "have a number of sets"),
        ("128,4,64", "have a number of sets"),
    ],
)
def test_a_cache_that_cannot_be_simulated_is_refused(tmp_path: Path, geometry: object, demand: str) -> None:
    """The message says which condition of cachegrind's is not met."""
    found = refusal(tmp_path, "", cache={"LL": geometry}).message
    assert found.startswith("--cache: LL must ")
    assert demand in found


def test_caches_with_odd_associativity_are_fine(tmp_path: Path) -> None:
    """As long as the number of sets is a power of two: 12 ways of 64 sets."""
    assert from_yaml(tmp_path, "cache: {D1: '49152,12,64'}").cache["D1"] == "49152,12,64"


def test_an_unknown_key_is_refused_with_the_nearest(tmp_path: Path) -> None:
    """Also with dashes, and among overrides."""
    error = refusal(tmp_path, "save-baselin: main")
    assert error.message == "iaipy.yaml: unknown key 'save_baselin'"
    assert error.remedy == "did you mean save_baseline?"
    with pytest.raises(UsageError, match="the command line: unknown option 'job'"):
        load_config(tmp_path.parent, {"job": 1})


def test_errors_name_the_option_or_the_table(tmp_path: Path) -> None:
    """A wrong option is not blamed on the file, and a file further up is named with its path."""
    assert refusal(tmp_path, "", jobs="x").message.startswith("--jobs must be auto")
    below = tmp_path / "below"
    below.mkdir()
    (tmp_path / "iaipy.yaml").unlink()
    (tmp_path / "pyproject.toml").write_text("[tool.iaipy]\nrepeats = 0")
    with pytest.raises(UsageError, match=r"^\.\./pyproject\.toml \[tool\.iaipy\]: repeats must be"):
        load_config(below, {})


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"[tool.iaipy\nx = 1", r"pyproject\.toml is not valid TOML: .*line 1"),
        (b"\xff", r"pyproject\.toml is not valid TOML"),
        (b"x = " + b"[" * 20_000, r"pyproject\.toml is not valid TOML"),
        (b"x = " + b"9" * 5000, r"pyproject\.toml is not valid TOML"),
        (b"[tool]\niaipy = 5", r"pyproject\.toml \[tool\.iaipy\] must be a mapping"),
    ],
)
def test_a_broken_pyproject_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    """The message names the file."""
    (tmp_path / "pyproject.toml").write_bytes(data)
    with pytest.raises(UsageError, match=f"^{message}"):
        load_config(tmp_path, {})


def test_a_folder_in_the_place_of_a_file_is_refused(tmp_path: Path) -> None:
    """It can't be read."""
    (tmp_path / "pyproject.toml").mkdir()
    with pytest.raises(UsageError, match=r"^pyproject\.toml can't be read"):
        load_config(tmp_path, {})


def test_jobs_are_as_many_as_cpus_by_default(tmp_path: Path) -> None:
    """At least one."""
    assert load_config(tmp_path, {}).jobs >= 1


def test_the_table_fills_the_record() -> None:
    """Every field but the root has one setting, and no flag is used twice."""
    targets = [setting.target for setting in SETTINGS]
    assert sorted(["root", *targets]) == sorted(field.name for field in fields(Config))
    flags = [part for setting in SETTINGS for flag in setting.flags for part in flag.split("/")]
    assert len(flags) == len(set(flags))


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.key)
def test_a_setting_says_what_its_option_needs(setting: Setting) -> None:
    """Help for all, and a metavar wherever an option takes a value."""
    assert setting.help.endswith(".")
    assert bool(setting.metavar) == (bool(setting.flags) and not setting.is_flag)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from(SETTINGS), VALUES)
def test_any_value_is_taken_or_refused(tmp_path: Path, setting: Setting, value: object) -> None:
    """No value of any setting ends in another exception."""
    try:
        load_config(tmp_path, {setting.key: value})
    except UsageError as error:
        assert error.message.startswith(setting.option)
