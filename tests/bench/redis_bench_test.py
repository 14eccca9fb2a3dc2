"""What the benchmark of Redis sends, and what it makes of its measurements: ratios, verdicts, tables."""

import socket
import threading
import unittest

import redis_cases
import redis_load
import redis_report
import redis_server
import redis_tables
from bench_test import outcome, sample
from host import BenchError
from rounds import proxy_cpu, rate, ratio


def case(name):
    return next(one for one in redis_cases.CASES if one.name == name)


def measured(**by_target):
    """Outcomes of targets by name, each made of samples."""
    return {name: outcome(*samples) for name, samples in by_target.items()}


def figures(**values):
    result = outcome()
    result.figures = [values]
    return result


def verdicts(name, outcomes):
    found = redis_report.verdicts(case(name), outcomes, redis_report.summaries_of(outcomes))
    return {what: met for what, _, _, met in found}


class Requests(unittest.TestCase):
    def test_are_arrays_of_bulk_strings(self):
        self.assertEqual(redis_server.command("GET", b"k", 7), b"*3\r\n$3\r\nGET\r\n$1\r\nk\r\n$1\r\n7\r\n")

    def test_keys_are_those_of_redis_benchmark(self):
        self.assertEqual(redis_server.key(42), "key:000000000042")

    def test_replies_are_as_long_as_the_protocol_makes_them(self):
        bulk = b"$64\r\n" + b"v" * 64 + b"\r\n"
        self.assertEqual(redis_server.bulk_bytes(64), len(bulk))
        self.assertEqual(redis_cases.mget(3).reply_bytes, len(b"*3\r\n" + 3 * bulk))


class Cases(unittest.TestCase):
    def test_are_named_after_what_is_unusual_about_them(self):
        shapes = {one.name: (one.command[0], one.clients, one.pipeline, one.value_bytes)
                  for one in redis_cases.CASES if one.kind == "benchmark"}
        self.assertEqual(shapes["get-5000"], ("GET", 5000, 1, 64))
        self.assertEqual(shapes["set-p100"], ("SET", 50, 100, 64))
        self.assertEqual(shapes["set-10k"], ("SET", 50, 1, 10240))

    def test_have_names_of_their_own(self):
        self.assertEqual(len({one.name for one in redis_cases.CASES}), len(redis_cases.CASES))

    def test_set_values_of_the_size_that_is_there(self):
        for one in redis_cases.CASES:
            if one.command[:1] == ("SET",):
                self.assertEqual(len(one.command[2]), one.value_bytes, one.name)


class Answers(unittest.TestCase):
    def receive(self, answer):
        """What a Connection makes of `answer`."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            def serve():
                peer, _ = server.accept()
                with peer:
                    peer.sendall(answer)

            thread = threading.Thread(target=serve)
            thread.start()
            connection = redis_server.Connection(server.getsockname()[1])
            try:
                return connection.receive()
            finally:
                connection.close()
                thread.join()

    def test_are_lines_or_bulk_strings(self):
        self.assertEqual(self.receive(b"+PONG\r\n"), b"PONG")
        self.assertEqual(self.receive(b"$4\r\na\r\nb\r\n"), b"a\r\nb")

    def test_that_are_errors_or_missing_are_told_in_words(self):
        for answer, words in ((b"-ERR no\r\n", "ERR no"), (b"", "nothing")):
            with self.assertRaisesRegex(BenchError, words):
                self.receive(answer)


class BenchmarkWords(unittest.TestCase):
    HEAD = '"test","rps","avg_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms"\n'

    def test_become_seconds(self):
        row = '"GET key:__rand_int__","91743.1","0.4","0.279","0.4","0.5"\n'
        said = redis_load.read_benchmark(self.HEAD + row)
        self.assertEqual(said, {"rate": 91743.1, "p50": 0.000279, "p99": 0.0005})

    def test_that_tell_nothing_are_an_error(self):
        for text in ("", self.HEAD, "Error from server: ERR\n"):
            with self.assertRaises(BenchError):
                redis_load.read_benchmark(text)


class Ratios(unittest.TestCase):
    def test_are_taken_within_each_round(self):
        outcomes = measured(forebay=[sample(cpu_us=5), sample(cpu_us=20), sample(cpu_us=9)],
                            nutcracker=[sample(cpu_us=10), sample(cpu_us=20), sample(cpu_us=10)])
        self.assertAlmostEqual(ratio(outcomes, proxy_cpu, "forebay", "nutcracker"), 0.9)

    def test_count_rounds_in_which_both_were_calm(self):
        outcomes = measured(forebay=[sample(cpu_us=50), sample(cpu_us=9)],
                            nutcracker=[sample(cpu_us=10, others=1.0), sample(cpu_us=10)])
        self.assertAlmostEqual(ratio(outcomes, proxy_cpu, "forebay", "nutcracker"), 0.9)

    def test_are_nothing_where_one_was_not_measured(self):
        outcomes = measured(forebay=[sample()], nutcracker=[])
        for peer in ("nutcracker", "haproxy"):
            self.assertIsNone(ratio(outcomes, rate, "forebay", peer))


class Verdicts(unittest.TestCase):
    def test_ask_for_less_cpu_than_nutcracker_and_for_much_less_when_pipelined(self):
        for name, ours, met in (("get-50", 9.0, True), ("get-50", 9.1, False), ("get-p16", 6.0, True),
                                ("get-p16", 6.1, False), ("get-p100", 6.1, False)):
            found = verdicts(name, measured(forebay=[sample(cpu_us=ours)], nutcracker=[sample(cpu_us=10)]))
            self.assertEqual(found["CPU, x nutcracker's"], met, (name, ours))

    def test_compare_throughput_and_p99_with_each_peer_and_forgive_the_noise_only(self):
        found = verdicts("get-1", measured(forebay=[sample(rate=980, p99_ms=1.05)], nutcracker=[sample()],
                                           haproxy=[sample(rate=1100, p99_ms=0.9)]))
        self.assertTrue(found["throughput, x nutcracker's"] and found["p99, x nutcracker's"])
        self.assertFalse(found["throughput, x HAProxy's"] or found["p99, x HAProxy's"])

    def test_ask_that_redis_is_relieved_of_many_clients_only(self):
        outcomes = measured(forebay=[sample()], direct=[sample()])
        for outcome_, cpu in ((outcomes["forebay"], 0.7), (outcomes["direct"], 1.0)):
            outcome_.samples[0].server_cpu = cpu
        what = "Redis' CPU, x direct"
        self.assertTrue(verdicts("set-50", outcomes)[what] and verdicts("get-5000", outcomes)[what])
        self.assertFalse(what in verdicts("get-1", outcomes) or what in verdicts("get-p16", outcomes))

    def test_let_a_long_mget_take_little_more_than_directly(self):
        for per_second, met in ((770, True), (760, False)):
            outcomes = measured(forebay=[sample(rate=per_second)], direct=[sample(rate=1000)])
            found = verdicts("mget-10000", outcomes)
            self.assertEqual(found["time per command, x direct"], met)

    def test_compare_idle_clients_with_a_kib(self):
        idle = {"forebay": figures(fresh_kib=0.9, used_kib=1.1, base_kib=5000, idle_cpu_ms_per_s=0)}
        self.assertEqual(list(verdicts("idle-5000", idle).values()), [True, False])

    def test_let_small_requests_beside_a_big_one_wait_no_longer_than_directly(self):
        outcomes = {"direct": figures(p99_ms=100.0, first_p99_ms=100.0),
                    "forebay": figures(p99_ms=120.0, first_p99_ms=110.0, grown_mib=1.0)}
        self.assertEqual(verdicts("beside", outcomes),
                         {"p99 of the small GETs, x direct's": False, "MiB held at the peak": True,
                          "the same beside the first big one, x direct's": True})

    def test_say_nothing_without_forebay(self):
        self.assertEqual(verdicts("get-50", measured(direct=[sample()], nutcracker=[sample()])), {})


class Tables(unittest.TestCase):
    def test_show_ratios_to_nutcracker_and_to_direct(self):
        summaries = redis_report.summaries_of(measured(
            direct=[sample(rate=2000)], nutcracker=[sample(cpu_us=10)], forebay=[sample(cpu_us=9)]))
        text = redis_tables.text_table(case("get-50"), summaries, {"haproxy": "it said so"})
        ours = next(line for line in text.splitlines() if line.startswith("  forebay"))
        self.assertIn("  9.00  ", ours)
        self.assertIn("  0.90  ", ours)
        self.assertIn("  0.50  ", ours)
        self.assertIn("haproxy failed: it said so", text)

    def test_of_markdown_have_a_line_for_each_case_that_was_measured(self):
        results = {one.name: {} for one in redis_cases.CASES}
        results["get-50"] = redis_report.summaries_of(measured(direct=[sample()], forebay=[sample()]))
        idle = {"fresh_kib": 0.3, "used_kib": 0.4, "base_kib": 5000, "idle_cpu_ms_per_s": 0}
        results["idle-5000"] = {"forebay": idle}
        lines = redis_tables.markdown(redis_cases.CASES, results, "about").splitlines()
        self.assertEqual(len([line for line in lines if line.startswith(("| get-", "| set-", "| mget-"))]), 1)
        self.assertIn("| forebay | 0.30 | 0.40 | 5,000 | 0.00 |", lines)


if __name__ == "__main__":
    unittest.main()
