"""A child that is told what to do on its stdin, line by line, and answers each with a line on its stdout."""

import contextlib
import select
import subprocess

from host import BenchError


class Dialogue:
    """Once made, the child has said "open". It ends when its stdin closes, as leave() does."""

    def __init__(self, workspace, label, argv):
        self.workspace = workspace
        self.child = workspace.spawn(label, argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self._answer() != "open":
            self._fail()

    def ask(self, line):
        """Its answer to `line`."""
        with contextlib.suppress(BrokenPipeError):
            self.child.stdin.write(line.encode() + b"\n")
            self.child.stdin.flush()
        return self._answer()

    def leave(self):
        with contextlib.suppress(BrokenPipeError):
            self.child.stdin.close()
        self.child.stdout.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.child.wait(5)
        self.workspace.forget(self.child)

    def _answer(self, seconds=120):
        ready, _, _ = select.select([self.child.stdout], [], [], seconds)
        answer = self.child.stdout.readline().decode().strip() if ready else ""
        return answer or self._fail()

    def _fail(self):
        self.leave()
        raise BenchError(f"{self.child.label}: {self.child.last_words()}")
