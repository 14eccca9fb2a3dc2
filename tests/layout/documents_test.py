#!/usr/bin/env python3
"""The document check finds what it is there to find."""
import pathlib
import tempfile
import unittest

import documents


class Documents(unittest.TestCase):
    def complaints(self, line):
        """About one line of a README in an otherwise faultless tree."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "pools").mkdir()
            (root / "pools/pool.h").write_text("#pragma once\n")
            for name in documents.DOCUMENTS:
                (root / name).write_text("# Who owns what\n")
            (root / "README.md").write_text(f"# Signals & stops\n{line}\n")
            return list(documents.complaints(root))

    def test_what_is_there_may_be_named(self):
        for line in ("[a](pools/pool.h) and [b](pools)", "`pools/pool.h`", "[c](#signals--stops)",
                     "[d](ARCHITECTURE.md#who-owns-what)", "[e](https://example.org/gone)"):
            self.assertEqual(self.complaints(line), [], line)

    def test_what_is_not_there_is_told_with_its_line(self):
        self.assertEqual(self.complaints("[a](pools/gone.h)"), ["README.md:2: 'pools/gone.h' is not there"])
        self.assertEqual(self.complaints("`pools/gone.h`"), ["README.md:2: 'pools/gone.h' is not there"])

    def test_a_heading_that_is_not_there_is_told(self):
        self.assertEqual(self.complaints("[a](#nothing)"), ["README.md:2: 'README.md' has no heading #nothing"])
        self.assertEqual(len(self.complaints("[a](CONTRIBUTING.md#nothing)")), 1)

    def test_patterns_and_paths_of_other_trees_are_no_files(self):
        self.assertEqual(self.complaints("`pools/NAME_test.cc` and `elsewhere/file.txt`"), [])


if __name__ == "__main__":
    unittest.main()
