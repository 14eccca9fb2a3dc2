"""Gets a driver from its registry and builds the program that uses it.

Everything lands in one folder per driver and manifest below the user's cache, never in the source tree: a
changed manifest means a new folder, an unchanged one needs no network. A registry out of reach is a reason to
skip; a program of ours that does not compile is a failure.
"""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys

from . import processes

HERE = pathlib.Path(__file__).resolve().parent.parent
DOWNLOAD_PATIENCE = 300  # seconds
CLEAN = {"PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"}


def _download(command, **options):
    """Runs a package manager. What it says when it fails is the reason to skip."""
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, **options}
    manager = pathlib.Path(command[0]).name
    try:
        done = subprocess.run(command, text=True, errors="replace", timeout=DOWNLOAD_PATIENCE, **quiet)
    except subprocess.TimeoutExpired:
        raise processes.Skip(f"{manager} could not get the driver in {DOWNLOAD_PATIENCE} s") from None
    if done.returncode != 0:
        last_words = "\n".join(done.stdout.strip().splitlines()[-12:])
        raise processes.Skip(f"{manager} could not get the driver:\n{last_words}")


def _once(folder, name, work):
    """Does `work` unless it was finished in `folder` before."""
    mark = folder / f".{name}"
    if not mark.exists():
        work()
        mark.touch()


def _copy_sources(source, folder, shared=None):
    """Copies what changed only, so that an incremental build stays one, and removes what is gone.

    `shared` is where the file of that name in checks/ goes: what the drivers in one language have in common.
    """
    current = {str(path.relative_to(source)): path for path in source.rglob("*") if path.is_file()}
    if shared:
        current[shared] = HERE / "checks" / pathlib.Path(shared).name
    known = folder / ".sources"
    previous = set(known.read_text().splitlines()) if known.exists() else set()
    for name in previous - current.keys():
        (folder / name).unlink(missing_ok=True)
    for name, path in current.items():
        copy = folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if not copy.exists() or copy.read_bytes() != path.read_bytes():
            shutil.copyfile(path, copy)
    known.write_text("".join(f"{name}\n" for name in sorted(current)))


def python(source, folder):
    interpreter = folder / "venv/bin/python"

    def install():
        processes.checked([sys.executable, "-m", "venv", "--clear", folder / "venv"])
        pip = [
            interpreter,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--only-binary",
            ":all:",
        ]
        _download(pip + ["-r", source / "requirements.txt"])
        if (source / "requirements-without-dependencies.txt").exists():
            _download(pip[:-2] + ["--no-deps", "-r", source / "requirements-without-dependencies.txt"])

    _once(folder, "installed", install)
    return [interpreter, source / "check.py"], {"PYTHONPATH": str(HERE / "checks")}


def node(source, folder):
    _copy_sources(source, folder, shared="checks.mjs")
    npm = [
        processes.tool("npm"),
        "install",
        "--no-audit",
        "--no-fund",
        "--no-package-lock",
        "--ignore-scripts",
    ]
    npm += ["--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"]
    _once(folder, "installed", lambda: _download(npm, cwd=folder))
    return [processes.tool("node"), folder / "check.mjs"], {}


def java(source, folder):
    _copy_sources(source, folder, shared="Checks.java")
    compiler, runtime = processes.tool("javac"), processes.tool("java")
    maven = [processes.tool("mvn"), "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=libraries"]
    _once(folder, "installed", lambda: _download(maven, cwd=folder))
    classes = folder / "classes"
    processes.checked(
        [
            compiler,
            "-Xlint:all",
            "-Werror",
            "-d",
            classes,
            "-cp",
            folder / "libraries/*",
            *sorted(folder.glob("*.java")),
        ]
    )
    return [runtime, "-XX:TieredStopAtLevel=1", "-cp", f"{classes}:{folder}/libraries/*", "Check"], {}


def go(source, folder):
    _copy_sources(source, folder, shared=None if (source / "check.py").exists() else "checks.go")
    compiler = processes.tool("go")
    offline = {**os.environ, "GOFLAGS": "-mod=mod", "GOPROXY": "off"}
    _once(folder, "installed", lambda: _download([compiler, "mod", "tidy"], cwd=folder))
    if (source / "check.py").exists():
        return go_tool(source, folder, compiler, offline)
    processes.checked([compiler, "build", "-o", "check", "."], cwd=folder, env=offline)
    return [folder / "check"], {}


def go_tool(source, folder, compiler, offline):
    """A program of others, named by go.mod's `tool` line, which check.py starts and looks at."""
    package = re.search(r"^tool (\S+)$", (source / "go.mod").read_text(), re.MULTILINE)[1]
    module = [compiler, "list", "-m", "-f", "{{.Version}}", package]
    version = processes.checked(module, cwd=folder, env=offline).strip()
    program = folder / "tool"
    processes.checked([compiler, "build", "-o", program, package], cwd=folder, env=offline)
    environment = {"EXPORTER": str(program), "EXPORTER_VERSION": version, "PYTHONPATH": str(HERE / "checks")}
    return [sys.executable, source / "check.py"], environment


def rust(source, folder):
    _copy_sources(source, folder, shared="src/checks.rs")
    cargo = processes.tool("cargo")
    _once(folder, "installed", lambda: _download([cargo, "fetch", "--quiet"], cwd=folder))
    processes.checked([cargo, "build", "--quiet", "--offline", "--target-dir", folder / "target"], cwd=folder)
    lock = (folder / "Cargo.lock").read_text()
    driver = {"redis-rs": "redis"}.get(source.name, source.name)  # the crate's name
    version = re.search(rf'name = "{driver}"\nversion = "([^"]+)"', lock)[1]
    return [folder / "target/debug/check"], {"DRIVER_VERSION": version}


def c(source, folder):
    """Of a library that is a Debian package; it is named by the folder."""
    library = source.name.removeprefix("redis-")
    known = subprocess.run([processes.tool("pkg-config"), "--exists", library], check=False)
    if known.returncode != 0:
        raise processes.Skip(f"the package lib{library}-dev is not installed")
    flags = processes.checked(["pkg-config", "--cflags", "--libs", library]).split()
    program = folder / "check"
    compiler = [processes.tool("cc"), "-std=gnu17", "-O1", "-Wall", "-Wextra", "-Werror"]
    processes.checked([*compiler, source / "check.c", "-o", program, *flags])
    return [program], {}


def ruby(source, folder):
    """Of a library that is a Debian package; it is named by the folder."""
    library = source.name.removeprefix("redis-")
    interpreter = processes.tool("ruby")
    if subprocess.run(
        [interpreter, "-e", f"require '{library}'"], stderr=subprocess.DEVNULL, check=False
    ).returncode:
        raise processes.Skip(f"the package ruby-{library} is not installed")
    return [interpreter, source / "check.rb"], {}


def dotnet(source, folder):
    program = processes.tool("dotnet")
    _copy_sources(source, folder)
    quiet = {**os.environ, "DOTNET_NOLOGO": "1", "DOTNET_CLI_TELEMETRY_OPTOUT": "1"}
    _once(folder, "installed", lambda: _download([program, "restore"], cwd=folder, env=quiet))
    build = [program, "build", "--no-restore", "-warnaserror", "-c", "Release", "-o", folder / "built"]
    processes.checked(build, cwd=folder, env=quiet)
    return [program, folder / "built/check.dll"], {}


def debian(source, folder):
    """A program of others that is a Debian package, for check.py to start. Where it is not installed it is only
    unpacked, so that Debian starts no service."""
    package = (source / "debian.txt").read_text().strip()
    program = shutil.which(package)
    if program:
        version = processes.checked([processes.tool("dpkg-query"), "-W", "-f", "${Version}", package])
    else:
        download = [processes.tool("apt-get"), "download", package]
        _once(folder, "downloaded", lambda: _download(download, cwd=folder))
        archive = next(folder.glob(f"{package}_*.deb"))
        processes.checked([processes.tool("dpkg-deb"), "-x", archive, folder / "unpacked"])
        program = next((folder / "unpacked/usr").glob(f"*bin/{package}"))
        version = processes.checked([processes.tool("dpkg-deb"), "-f", archive, "Version"])
    named = {"EXPORTER": str(program), "EXPORTER_VERSION": version.strip()}
    return [sys.executable, source / "check.py"], {**named, "PYTHONPATH": str(HERE / "checks")}


_KINDS = {
    "requirements.txt": python,
    "package.json": node,
    "pom.xml": java,
    "go.mod": go,
    "Cargo.toml": rust,
    "check.c": c,
    "check.rb": ruby,
    "check.csproj": dotnet,
    "debian.txt": debian,
}


def drivers():
    return sorted(path.parent.name for path in HERE.glob("*/*") if path.name in _KINDS)


def manifest(driver):
    """The file that says what the driver is, and how it is built."""
    return next(HERE / driver / name for name in _KINDS if (HERE / driver / name).exists())


def _cache():
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base) / "forebay-drivers"


@contextlib.contextmanager
def _locked(path):
    with open(path, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def prepare(driver):
    """Installs and builds. Returns the command that runs the checks, and the environment it needs."""
    source, named = HERE / driver, manifest(driver)
    build = _KINDS[named.name]
    texts = [path.read_bytes() for path in sorted(source.glob(f"{named.stem}*{named.suffix}"))]
    texts += [sys.version.encode()] * (build is python)
    folder = _cache() / f"{driver}-{hashlib.sha256(b''.join(texts)).hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / ".lock"):
        command, environment = build(source, folder)
    return [str(word) for word in command], {**CLEAN, **environment}
