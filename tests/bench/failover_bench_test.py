"""What becomes of the writes of one change of primary: figures, medians and verdicts."""

import unittest

import failover_report as report
from failover_clients import ServerError, Write

OLD, NEW = "127.0.0.1", "127.0.0.2"


def done(ended, server, took=0.01):
    return Write(ended - took, ended, server, None)


def failed(begun, ended, error="57P01"):
    return Write(begun, ended, None, error)


# The old primary dies at 10, the new one accepts at 12.
DIRECT = [[done(9.9, OLD), failed(10.0, 10.0, "lost"), failed(11, 11, "lost")],
          [failed(9.9, 9.9, "25006"), done(12.0, NEW), done(12.1, NEW)]]


def figures(*through):
    return report.figures(through, DIRECT, fault_begun=10.0, fault_over=10.1, successor=NEW)


class Figures(unittest.TestCase):
    def test_count_from_when_the_new_primary_accepts(self):
        found = figures([done(9.9, OLD), done(12.05, NEW)], [done(9.9, OLD), done(12.2, NEW), done(12.3, NEW)])
        self.assertAlmostEqual(found["first_ms"], 50)
        self.assertAlmostEqual(found["last_ms"], 200)

    def test_leave_out_what_the_old_primary_still_acknowledged(self):
        self.assertAlmostEqual(figures([done(10.05, OLD), done(12.1, NEW)])["first_ms"], 100)

    def test_compare_the_longest_silences(self):
        self.assertAlmostEqual(figures([done(9.8, OLD), done(12.05, NEW)])["added_ms"], 150)
        self.assertAlmostEqual(figures([done(9.95, OLD), done(12.0, NEW)])["added_ms"], -50)

    def test_tell_errors_of_later_work_from_those_of_work_under_way(self):
        found = figures([failed(9.99, 10.2), failed(10.3, 10.4), done(12.0, NEW)])
        self.assertEqual((found["errors"], found["late_errors"], found["read_only"]), (2, 1, 0))

    def test_count_answers_of_a_server_that_takes_no_writes(self):
        found = figures([failed(9.0, 9.5, "25006"), failed(11.0, 11.1, "25006"), done(12.0, NEW)])
        self.assertEqual(figures([failed(11.0, 11.1, "READONLY"), done(12.0, NEW)])["read_only"], 1)
        self.assertEqual(found["read_only"], 1)


class Summaries(unittest.TestCase):
    def rounds(self, *firsts, late_errors=0):
        return [dict(first_ms=first, last_ms=first, added_ms=first, errors=2, late_errors=late_errors, read_only=0)
                for first in firsts]

    def test_have_medians_and_the_worst_and_sums_of_errors(self):
        summary = report.summarize(self.rounds(1, 2, 9))
        self.assertEqual(summary["first_ms"], {"median": 2, "p99": 9})
        self.assertEqual((summary["rounds"], summary["errors"]), (3, 6))

    def test_of_many_rounds_have_a_p99_that_leaves_out_one_in_a_hundred(self):
        self.assertEqual(report.percentile(range(1, 201), 99), 198)

    def test_are_held_against_the_goals(self):
        def met(case, *firsts, **more):
            return [ok for *_, ok in report.verdicts(case, report.summarize(self.rounds(*firsts, **more)))]

        self.assertEqual(met("kill", 200), [True, True, True])
        self.assertEqual(met("kill", 201), [False, True, True])
        self.assertEqual(met("switchover", 100), [True, True, True])
        self.assertEqual(met("switchover", 101, late_errors=1), [False, False, True])
        self.assertEqual(met("sentinel", 101), [False, True, True])

    def test_become_a_line_of_the_table_each(self):
        results = {"kill": {"forebay": report.summarize(self.rounds(3))}}
        self.assertIn("| a kill | forebay | 1 | 3 (3) |", report.markdown({"kill": "a kill"}, results))


class Protocol(unittest.TestCase):
    def test_knows_an_error_that_ends_the_connection(self):
        fatal = ServerError(b"SFATAL\0VFATAL\0C57P01\0Mterminating\0\0")
        self.assertEqual((fatal.sqlstate, fatal.ends_connection), ("57P01", True))
        self.assertFalse(ServerError(b"SERROR\0VERROR\0C25006\0Mread-only\0\0").ends_connection)


if __name__ == "__main__":
    unittest.main()
