"""What run.py itself has to say about a run, in the words of the drivers' programs."""

import time


def report(name, complaint):
    print(f"not ok {name}: {complaint}" if complaint else f"ok {name}", flush=True)
    return not complaint


def soon_nothing(complaint, patience=5):
    """The complaint of complaint() when there is one still after `patience` seconds, otherwise ''."""
    give_up = time.monotonic() + patience
    while (found := complaint()) and time.monotonic() < give_up:
        time.sleep(0.1)
    return found


def check_gateway(gateway, run, before_stop):
    """Runs the driver's program through the gateway, then asks what must hold afterwards."""
    passed = run(gateway.port) == 0
    died = "" if gateway.alive() else "it ended while the driver ran"
    verdicts = [passed, report("gateway_alive", died), before_stop()]
    code = gateway.close()
    verdicts.append(report("gateway_stopped", f"exit code {code}" if code else ""))
    if not all(verdicts):
        print("# Forebay's log, the last 60 lines:", *gateway.log().splitlines()[-60:], sep="\n", flush=True)
    return all(verdicts)
