"""What the benchmark of split reads makes of its measurements: shares, verdicts, tables."""

import unittest

import reads_cases
import reads_report
from bench_test import outcome, sample

PRIMARY = "127.0.0.1:5432"


def case(name):
    return next(one for one in reads_cases.CASES if one.name == name)


def pairs(stale=0, replicas=90, primary=10):
    one = outcome()
    one.figures = [reads_report.figures(pairs=100, seconds=2, stale=stale, primary=PRIMARY,
                                        reads={PRIMARY: primary, "127.0.0.2:5432": replicas})]
    return one


def verdicts(name, **by_target):
    by_target = {target.replace("_", "-"): one for target, one in by_target.items()}
    found = reads_report.verdicts(case(name), by_target, reads_report.summaries_of(by_target))
    return {what: met for what, _, _, met in found}


class Figures(unittest.TestCase):
    def test_tell_how_many_reads_replicas_had(self):
        found = reads_report.figures(pairs=100, seconds=2, stale=0, primary=PRIMARY,
                                     reads={PRIMARY: 25, "127.0.0.2:5432": 50, "127.0.0.3:5432": 25})
        self.assertEqual((found["share"], found["rate"]), (75, 50))

    def test_are_those_of_no_replica_where_nothing_was_read(self):
        self.assertEqual(reads_report.figures(pairs=1, seconds=1, stale=0, primary=PRIMARY, reads={})["share"], 0)


class Summaries(unittest.TestCase):
    def test_add_up_what_was_stale_in_all_rounds(self):
        one, other = pairs(), pairs(stale=1)
        one.figures += pairs().figures + other.figures
        found = reads_report.summaries_of({"forebay": one})["forebay"]
        self.assertEqual((found["stale"], found["pairs"]), (1, 300))


class Verdicts(unittest.TestCase):
    def test_compare_splitting_with_a_gateway_that_does_not_split(self):
        for cpu, met in ((10.3, True), (10.4, False)):
            found = verdicts("simple", forebay=outcome(sample(cpu_us=cpu)),
                             forebay_primary=outcome(sample(cpu_us=10)))
            self.assertEqual(found["CPU, x without splitting"], met)

    def test_forgive_no_stale_read(self):
        self.assertTrue(verdicts("near", forebay=pairs())["stale reads"])
        self.assertFalse(verdicts("late", forebay=pairs(stale=1))["stale reads"])

    def test_ask_for_reads_on_replicas_where_these_are_close_behind(self):
        what = "% of reads on replicas"
        self.assertTrue(verdicts("near", forebay=pairs(replicas=80, primary=20))[what])
        self.assertFalse(verdicts("near", forebay=pairs(replicas=79, primary=21))[what])
        self.assertNotIn(what, verdicts("late", forebay=pairs()))

    def test_say_nothing_without_forebay(self):
        self.assertEqual(verdicts("simple", direct=outcome(sample())), {})


class Tables(unittest.TestCase):
    def test_of_markdown_have_the_loads_and_then_the_pairs(self):
        results = {one.name: {} for one in reads_cases.CASES}
        loads = {"forebay": outcome(sample(cpu_us=11)), "forebay-primary": outcome(sample(cpu_us=10))}
        results["simple"] = reads_report.summaries_of(loads)
        results["near"] = reads_report.summaries_of({"forebay": pairs()})
        lines = reads_report.markdown(reads_cases.CASES, results, "about").splitlines()
        self.assertEqual([line for line in lines if "1.10" in line],
                         ["| pgbench -S, simple protocol, 16 clients | 10.0, 11.0 | 1.10 | -, 1,000, 1,000 |"])
        self.assertIn("| a write, then a read of it: replicas that are close behind | 100 | 50 | 90.0 | 0 |", lines)


if __name__ == "__main__":
    unittest.main()
