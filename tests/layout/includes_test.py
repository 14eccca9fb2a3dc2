#!/usr/bin/env python3
"""The include check finds what it is there to find."""
import pathlib
import tempfile
import unittest

import includes

HOUSE = ("base/a.h", "conf/a.h", "pgproto/a.h", "redisproto/a.h", "pools/a.h", "failover/a.h", "autoscale/a.h",
         "gateway/net/a.h", "tests/rig/a.h")


class Includes(unittest.TestCase):
    def complaints(self, file, line):
        """About one line in an otherwise faultless tree."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name in HOUSE + (file,):
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text("#pragma once\n")
            (root / file).write_text(f"// first line\n{line}\n")
            return list(includes.violations(root))

    def assertRefused(self, file, line):
        found = self.complaints(file, line)
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(f"{file}:2: "), found)

    def assertAllowed(self, file, line):
        self.assertEqual(self.complaints(file, line), [])

    def test_a_folder_may_use_itself_and_all_below_it(self):
        self.assertAllowed("pools/b.cc", '#include "pools/a.h"')
        self.assertAllowed("pools/b.cc", '#include "pgproto/a.h"')
        self.assertAllowed("gateway/main.cc", '#include "autoscale/a.h"')
        self.assertAllowed("tests/pools/b_test.cc", '#include "gateway/net/a.h"')

    def test_a_folder_may_not_use_what_is_above_it(self):
        for lower, higher in zip(HOUSE[3:], HOUSE[4:]):
            self.assertRefused(f"{lower.split('/')[0]}/b.cc", f'#include "{higher}"')
        self.assertRefused("base/deep/down/b.h", '#include "gateway/net/a.h"')

    def test_a_folder_may_not_use_what_stands_beside_it(self):
        self.assertRefused("conf/b.h", '#include "pgproto/a.h"')
        self.assertRefused("pgproto/b.h", '#include "redisproto/a.h"')

    def test_only_the_gateway_and_the_tests_know_the_loop(self):
        self.assertRefused("pools/b.cc", "#include <uv.h>")
        self.assertAllowed("gateway/net/b.cc", "#include <uv.h>")
        self.assertAllowed("tests/gateway/b_test.cc", "#include <uv.h>")

    def test_nothing_uses_the_tests(self):
        self.assertRefused("gateway/b.cc", '#include "tests/rig/a.h"')

    def test_includes_are_written_from_the_top_of_the_tree(self):
        self.assertRefused("gateway/net/b.cc", '#include "a.h"')
        self.assertRefused("gateway/net/b.cc", '#include "../net/a.h"')

    def test_spaces_and_comments_hide_nothing(self):
        self.assertRefused("base/b.h", '  #  include   "pools/a.h"  // just this once')


if __name__ == "__main__":
    unittest.main()
