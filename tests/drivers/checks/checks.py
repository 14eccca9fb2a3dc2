"""Runs a driver's checks one after another and says how each went. Shared by the drivers in Python."""

import asyncio
import importlib
import inspect
import os
import sys
import threading
import traceback

PATIENCE = 60  # seconds for one check; what hangs longer has failed, and no later check could be trusted

_all = []


def check(function):
    """Registers a check; its name is what is printed."""
    _all.append(function)
    return function


def equal(got, expected, what="value"):
    if got != expected:
        raise AssertionError(f"{what} is {got!r}, not {expected!r}")


def run_all(*modules):
    """Runs the checks of these modules, or those of them that CHECKS asks for, and ends the program."""
    for module in modules:
        importlib.import_module(module)
    only = os.environ.get("CHECKS")
    wanted = [c for c in _all if not only or c.__name__ in only.split(",")]
    held = [_holds(each) for each in wanted]
    sys.stdout.flush()
    os._exit(0 if held and all(held) else 1)  # not exit(): pools may have threads that wait for a hung server


def _holds(function):
    """Runs the check on a thread of its own, so that one that hangs can be given up."""
    failure = []

    def body():
        try:
            asyncio.run(function()) if inspect.iscoroutinefunction(function) else function()
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is the check's verdict
            failure.append(error)

    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    if thread.is_alive():
        print(f"not ok {function.__name__}: nothing came back for {PATIENCE} s", flush=True)
        os._exit(1)
    if not failure:
        print(f"ok {function.__name__}", flush=True)
        return True
    why = " ".join(f"{type(failure[0]).__name__}: {failure[0]}".split())
    print(f"not ok {function.__name__}: {why}", flush=True)
    traceback.print_exception(failure[0])
    return False
