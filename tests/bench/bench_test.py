"""What the benchmark makes of its measurements: windows, medians, verdicts."""

import os
import tempfile
import unittest

import measure
import postgres_cases as cases
import postgres_load as load
import report
import syscalls
import tables
import target


def sample(cpu_us=10.0, rate=1000.0, p99_ms=1.0, others=0.0, seconds=2.0):
    units = rate * seconds
    return measure.Sample(
        seconds=seconds,
        units=units,
        proxy_cpu=cpu_us * units / 1e6,
        other_cores=others,
        p50=p99_ms / 2e3,
        p99=p99_ms / 1e3,
    )


def outcome(*samples, counted=None):
    result = report.Outcome()
    result.samples = list(samples)
    result.counted = counted
    return result


def case(name):
    return next(one for one in cases.CASES if one.name == name)


class PgbenchLog(unittest.TestCase):
    def read(self, text, opened, closed, **options):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "log")
            with open(path, "w") as log:
                log.write(text)
            return load.read_pgbench_log([path], opened, closed, **options)

    def test_counts_what_lies_in_the_window_and_the_share_of_what_crosses_its_edges(self):
        log = (
            "0 0 500000 0 99 900000\n"  # ended before
            "0 1 500000 0 100 250000\n"  # half of it inside
            "0 2 500000 0 101 0\n"  # inside
            "0 3 1000000 0 102 750000\n"
        )  # a quarter of it inside
        units, latencies = self.read(log, 100.0, 102.0)
        self.assertAlmostEqual(units, 0.5 + 1 + 0.25)
        self.assertEqual(latencies, [0.5, 0.5])  # the last had not ended yet

    def test_counts_the_time_since_the_clients_previous_transaction_when_it_reconnects(self):
        log = "0 0 1000 0 100 0\n1 0 1000 0 100 500000\n0 1 1000 0 101 0\n1 1 1000 0 101 0\n"
        _, latencies = self.read(log, 99.0, 102.0, from_previous=True)
        self.assertEqual(latencies, [1.0, 0.5])

    def test_leaves_out_a_line_that_was_cut_off(self):
        self.assertEqual(self.read("0 0 1000 0 100 1\n0 1 10", 99.0, 101.0)[0], 1)


class Medians(unittest.TestCase):
    def test_use_calm_rounds_only(self):
        summary = report.summarize(
            outcome(sample(cpu_us=10), sample(cpu_us=12), sample(cpu_us=50, others=1.0))
        )
        self.assertAlmostEqual(summary["cpu_us"], 11)
        self.assertEqual((summary["calm"], summary["rounds"]), (2, 3))

    def test_use_all_rounds_and_a_mark_when_none_was_calm(self):
        summaries = {
            "pgbouncer": report.summarize(
                outcome(sample(cpu_us=20, others=1.0), sample(cpu_us=30, others=1.0))
            )
        }
        self.assertAlmostEqual(summaries["pgbouncer"]["cpu_us"], 25)
        self.assertIn("0/2*", tables.text_table(case("simple"), summaries, {}))

    def test_of_nothing_are_nothing(self):
        self.assertEqual(report.summarize(outcome()), {})
        self.assertIn(
            "forebay failed: it said so",
            tables.text_table(case("simple"), {"forebay": {}}, {"forebay": "it said so"}),
        )


class Verdicts(unittest.TestCase):
    def verdicts(self, name, ours, theirs):
        summaries = {"pgbouncer": report.summarize(outcome(theirs)), "forebay": report.summarize(ours)}
        return {what: met for what, _, _, met in report.verdicts(case(name), summaries)}

    def test_compare_cpu_with_pgbouncer_and_allow_no_more(self):
        what = "CPU, x PgBouncer's"
        self.assertTrue(self.verdicts("simple", outcome(sample(cpu_us=9.9)), sample(cpu_us=10))[what])
        self.assertFalse(self.verdicts("simple", outcome(sample(cpu_us=10.1)), sample(cpu_us=10))[what])

    def test_ask_for_three_quarters_where_bytes_stream(self):
        for name in ("results", "copy-out", "copy-in"):
            self.assertFalse(
                self.verdicts(name, outcome(sample(cpu_us=8)), sample(cpu_us=10))["CPU, x PgBouncer's"]
            )

    def test_forgive_throughput_and_p99_the_noise_only(self):
        close = self.verdicts("simple", outcome(sample(rate=980, p99_ms=1.05)), sample())
        self.assertTrue(close["throughput, x PgBouncer's"] and close["p99, x PgBouncer's"])
        worse = self.verdicts("simple", outcome(sample(rate=950, p99_ms=1.2)), sample())
        self.assertFalse(worse["throughput, x PgBouncer's"] or worse["p99, x PgBouncer's"])

    def test_want_one_receive_and_one_send_per_direction(self):
        for per_query, met in ((2.0, True), (2.5, False)):
            counted = sample()
            counted.syscalls = {"recv": per_query * counted.units, "send": 2 * counted.units}
            found = self.verdicts("simple", outcome(sample(), counted=counted), sample())
            self.assertEqual((found["recvs per query"], found["sends per query"]), (met, True))

    def test_say_nothing_without_forebay(self):
        self.assertEqual(
            report.verdicts(case("simple"), {"pgbouncer": report.summarize(outcome(sample()))}), []
        )

    def test_compare_idle_clients_with_a_kib(self):
        idle = {"fresh_kib": 0.9, "used_kib": 1.1, "base_kib": 5000, "idle_cpu_ms_per_s": 0}
        self.assertEqual(
            [met for *_, met in report.verdicts(case("idle-2000"), {"forebay": idle})], [True, False]
        )


class Pieces(unittest.TestCase):
    def test_system_calls_fall_into_kinds_and_the_rest_is_other(self):
        kinds = syscalls.by_kind({"": 10, "recvfrom": 3, "read": 1, "sendmsg": 2, "epoll_ctl": 1})
        self.assertEqual(kinds, {"recv": 4, "send": 2, "wait": 0, "ctl": 1, "other": 3})

    def test_toml_has_strings_numbers_booleans_and_lists(self):
        text = target.to_toml({"listen": {"postgres": ["127.0.0.1:1"], "workers": 1, "on": True}})
        self.assertEqual(text, '[listen]\npostgres = ["127.0.0.1:1"]\nworkers = 1\non = true\n')

    def test_markdown_has_a_line_for_each_case_that_was_measured(self):
        results = {one.name: {} for one in cases.CASES}
        results["simple"] = {
            "pgbouncer": report.summarize(outcome(sample(cpu_us=10))),
            "forebay": report.summarize(outcome(sample(cpu_us=9))),
        }
        lines = tables.markdown(cases.CASES, results, "about").splitlines()
        self.assertEqual([("0.90" in line) for line in lines if line.startswith("| simple")], [True])
        self.assertFalse([line for line in lines if line.startswith("| tls")])


if __name__ == "__main__":
    unittest.main()
