"""Forebay in front of a private server."""

import re
import signal
import subprocess
import threading

from . import processes


class Gateway:
    """Runs from construction until close(); `kind` is the listener that clients are sent to."""

    def __init__(self, program, folder, config, kind):
        self._log_path = folder / "forebay.log"
        self._listening = re.compile(rf"listening: {kind} 127\.0\.0\.1:(\d+)")
        config_file = folder / "forebay.toml"
        config_file.write_text(config)
        self._process = processes.start(
            [str(program), "--config", str(config_file)], stderr=subprocess.PIPE, text=True, errors="replace"
        )
        self.port = None
        self._ready = threading.Event()
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        if not self._ready.wait(30) or not self.port:
            self.close()
            raise RuntimeError(f"Forebay did not become ready:\n{self.log()}")

    def _read_log(self):
        with open(self._log_path, "w") as log:
            for line in self._process.stderr:
                log.write(line)
                log.flush()
                if listening := self._listening.search(line):
                    self.port = int(listening[1])
                if re.search(r"\bready\b", line):
                    self._ready.set()
        self._ready.set()  # it ended: whoever waits for it looks at what it said

    def alive(self):
        return self._process.poll() is None

    def log(self):
        return self._log_path.read_text(errors="replace") if self._log_path.exists() else ""

    def close(self):
        """Stops it and returns its exit code."""
        code = processes.stop(self._process, signal.SIGTERM)
        self._reader.join(5)
        return code
