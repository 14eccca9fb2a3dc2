"""psycopg 3 (libpq underneath): what an application may do with it, done through a pool of two server connections."""

import datetime
import decimal
import os
import socket
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import psycopg
from checks import check, equal, run_all
from psycopg import errors
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool

CLIENTS = 8  # more than there are server connections, so that clients must share


def connect(**options):
    return psycopg.connect("", autocommit=True, **options)


def clients(count=CLIENTS, **options):
    return [connect(**options) for _ in range(count)]


def close(*connections):
    for each in connections:
        each.close()


def one(connection, sql, parameters=None):
    return connection.execute(sql, parameters).fetchone()[0]


def hang_up(connection):
    """Cuts the line without a goodbye, as a crashed client does."""
    with socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)


def refused(connect_it, *states):
    try:
        connect_it()
    except psycopg.OperationalError as error:
        said = str(error)
        assert any(words in said for words in states), f"refused, but with: {said}"
    else:
        raise AssertionError("it was let in")


def fails(state, work):
    try:
        work()
    except psycopg.Error as error:
        equal(error.sqlstate, state, f"SQLSTATE of {error}")
        return error
    raise AssertionError(f"no error, {state} was due")


@check
def login():
    with connect() as c:
        assert c.pgconn.ssl_in_use, "no TLS"
        assert c.pgconn.used_password, "no password was asked for"
        equal(one(c, "select current_user"), "app")
        equal(c.info.server_version // 10000, int(one(c, "show server_version_num")) // 10000, "server_version")


@check
def login_with_channel_binding():
    with connect(channel_binding="require") as c:
        equal(one(c, "select 1"), 1)


@check
def login_asking_for_the_newest_protocol():
    with connect(max_protocol_version="latest") as c:
        equal(one(c, "select 1"), 1)


@check
def login_refused():
    refused(lambda: connect(password="wrong"), "password authentication failed")
    refused(lambda: connect(user="nobody", password="x"), "password authentication failed")
    refused(lambda: connect(dbname="nowhere"), "does not exist", "no such database")
    refused(lambda: connect(sslmode="disable"), "encryption", "SSL", "TLS")


@check
def statements_shared_by_clients():
    shared = clients()
    for _ in range(5):
        for number, c in enumerate(shared):
            with c.transaction():
                equal(c.execute("select %s::int * 2", (number,), prepare=True).fetchone()[0], number * 2)
    close(*shared)


@check
def statements_of_one_name_differ():
    """Every client calls its first statement _pg3_0; each means another one."""
    ours = clients()
    for _ in range(4):
        for number, c in enumerate(ours):
            row = c.execute(f"select {number}, %s::text as column_{number}", (f"c{number}",), prepare=True)
            equal(row.description[1].name, f"column_{number}")
            equal(row.fetchone(), (number, f"c{number}"))
    close(*ours)


@check
def statements_more_than_kept():
    """The driver keeps 100 statements and closes the oldest; names come and go on both server connections."""
    first, second = clients(2)
    for c in (first, second, first):
        for number in range(250):
            equal(c.execute(f"select {number} + %s::int", (1,), prepare=True).fetchone()[0], number + 1)
    close(first, second)


@check
def statement_fails_to_parse():
    with connect() as c, connect() as other:
        for _ in range(3):
            fails("42P01", lambda: c.execute("select * from missing_table where a = %s", (1,), prepare=True))
            equal(other.execute("select %s::int", (7,), prepare=True).fetchone()[0], 7)
            equal(c.execute("select %s::int", (8,), prepare=True).fetchone()[0], 8)


@check
def statement_survives_schema_change():
    with connect() as c, connect() as other:
        c.execute("drop table if exists changing; create table changing (a int); insert into changing values (1)")
        equal(c.execute("select a from changing where a = %s", (1,), prepare=True).fetchone()[0], 1)
        other.execute("alter table changing alter a type bigint")
        try:
            c.execute("select a from changing where a = %s", (1,), prepare=True)
        except errors.FeatureNotSupported as error:
            assert "cached plan" in str(error), error
        other.execute("select a from changing")
        equal(other.execute("select a from changing where a = %s", (1,), prepare=True).fetchone()[0], 1)


@check
def unnamed_statement_in_two_round_trips():
    """Parse and Sync, then Bind and Sync: others use the same server connections in between."""
    ours = clients()
    for _ in range(3):
        for number, c in enumerate(ours):
            result = c.pgconn.prepare(b"", b"select %d * $1::int" % (number + 1))
            equal(result.status, psycopg.pq.ExecStatus.COMMAND_OK, result.error_message)
        for number, c in enumerate(ours):
            described = c.pgconn.describe_prepared(b"")
            equal(described.nparams, 1, "parameters of the unnamed statement")
            result = c.pgconn.exec_prepared(b"", [b"10"])
            equal(result.get_value(0, 0), b"%d" % ((number + 1) * 10))
    close(*ours)


@check
def pipeline():
    with connect() as c, connect() as other:
        for _ in range(3):
            with c.pipeline():
                cursors = [c.execute("select %s::int", (n,)) for n in range(500)]
                equal([cursor.fetchone()[0] for cursor in cursors], list(range(500)))
            with other.pipeline(), other.transaction():
                cursors = [other.execute("select %s::int + 1", (n,), prepare=True) for n in range(100)]
            equal([cursor.fetchone()[0] for cursor in cursors], list(range(1, 101)))


@check
def pipeline_with_an_error_in_the_middle():
    with connect() as c, connect() as other:
        for _ in range(3):
            with c.pipeline() as batch:
                before = c.execute("select 'before'")
                broken = c.execute("select 1 / %s", (0,))
                aborted = c.execute("select 'skipped'")
                fails("22012", batch.sync)
                after = c.execute("select 'after'")
                equal(before.fetchone()[0], "before")
                equal(after.fetchone()[0], "after")
                for cursor in (broken, aborted):
                    assert cursor.pgresult is None or cursor.pgresult.ntuples == 0
            equal(one(other, "select 1"), 1)
            equal(one(c, "select 2"), 2)


@check
def copy_in_and_out():
    with connect() as c, connect() as other:
        c.execute("drop table if exists copied; create table copied (id int, text text)")
        rows = [(n, f"row {n} \t \\ ü") for n in range(20000)]
        with c.cursor().copy("copy copied from stdin") as copy:
            for row in rows:
                copy.write_row(row)
        equal(one(other, "select count(*) from copied"), len(rows))
        with other.cursor().copy("copy (select * from copied order by id) to stdout (format binary)") as copy:
            copy.set_types(["int4", "text"])
            equal(list(copy.rows()), rows, "rows that came out")


@check
def copy_that_fails():
    with connect() as c:
        c.execute("drop table if exists copied_not; create table copied_not (id int primary key)")

        def send(*lines):
            with c.cursor().copy("copy copied_not from stdin") as copy:
                for line in lines:
                    copy.write(line)

        def give_up(sql, use):
            try:
                with c.cursor().copy(sql) as copy:
                    use(copy)
                    raise KeyError("changed my mind")
            except KeyError:
                pass

        fails("22P02", lambda: send("1\n", "not a number\n" * 100000))
        fails("23505", lambda: send("1\n1\n"))
        give_up("copy copied_not from stdin", lambda copy: copy.write("1\n"))
        give_up("copy (select generate_series(1, 1000000)) to stdout", lambda copy: copy.read())  # it cancels the rest
        equal(one(c, "select count(*) from copied_not"), 0)


@check
def cancel_a_running_query():
    with connect() as c, connect() as other:
        for _ in range(3):
            timer = threading.Timer(0.3, c.cancel_safe)
            timer.start()
            started = time.monotonic()
            fails("57014", lambda: c.execute("select pg_sleep(30)"))
            assert time.monotonic() - started < 10, "it was not cancelled, it ended"
            timer.join()
            equal(one(other, "select 1"), 1)
            equal(one(c, "select 2"), 2)


@check
def cancel_a_waiting_client():
    """Two transactions hold all server connections; the third client's query waits, and is cancelled."""
    first, second, third = clients(3)
    with first.transaction(), second.transaction():
        one(first, "select 1"), one(second, "select 1")
        timer = threading.Timer(0.3, third.cancel_safe)
        timer.start()
        fails("57014", lambda: third.execute("select pg_sleep(30)"))
        timer.join()
        equal((one(first, "select 3"), one(second, "select 4")), (3, 4), "what the others were doing")
    equal(one(third, "select 5"), 5)
    close(first, second, third)


@check
def cancel_that_comes_too_late():
    with connect() as c, connect() as other:
        for _ in range(20):
            equal(one(c, "select 1"), 1)
            c.cancel_safe()
            equal(one(other, "select 2"), 2)
        equal(one(other, "select pg_sleep(0.2)::text"), "")


@check
def savepoints():
    with connect() as c, connect() as other:
        c.execute("drop table if exists saved; create table saved (id int primary key)")
        with c.transaction():
            c.execute("insert into saved values (1)")
            for _ in range(3):
                try:
                    with c.transaction():
                        c.execute("insert into saved values (2)")
                        c.execute("insert into saved values (1)")
                except errors.UniqueViolation as error:
                    equal(error.diag.constraint_name, "saved_pkey")
            equal(one(other, "select count(*) from saved"), 0)
            with c.transaction():
                c.execute("insert into saved values (3)")
        equal(one(other, "select array_agg(id order by id) from saved"), [1, 3])


@check
def failed_transaction():
    with connect() as c, connect() as other:
        c.execute("begin")
        fails("22012", lambda: c.execute("select 1 / 0"))
        equal(c.info.transaction_status, psycopg.pq.TransactionStatus.INERROR)
        fails("25P02", lambda: c.execute("select 1"))
        equal(one(other, "select 1"), 1)
        equal(c.execute("commit").statusmessage, "ROLLBACK")
        equal(c.info.transaction_status, psycopg.pq.TransactionStatus.IDLE)
        error = fails("P0001", lambda: c.execute("do $$ begin raise exception 'oh' using hint = 'h', detail = 'd'; end $$"))
        equal((error.diag.message_primary, error.diag.message_hint, error.diag.message_detail), ("oh", "h", "d"))
        said = []
        c.add_notice_handler(lambda notice: said.append(notice.message_primary))
        c.execute("do $$ begin raise notice 'hear me'; end $$")
        equal(said, ["hear me"], "notices")
        c.execute("begin; set transaction isolation level serializable; select 1; commit")
        fails("22012", lambda: c.execute("select 1; select 1 / 0; select 2"))
        equal(one(c, "select 3"), 3)


@check
def notifications():
    with connect() as listener, connect() as sender:
        listener.execute("listen news")
        equal(list(listener.notifies(timeout=0)), [])
        for number in range(3):
            sender.execute("select pg_notify('news', %s)", (f"number {number}",))
        heard = list(listener.notifies(timeout=20, stop_after=3))
        equal([(n.channel, n.payload) for n in heard], [("news", f"number {n}") for n in range(3)])
        listener.execute("notify news, 'to myself'")
        equal([n.payload for n in listener.notifies(timeout=20, stop_after=1)], ["to myself"])
        listener.execute("unlisten *")
        sender.execute("notify news, 'to nobody'")
        equal(one(listener, "select 1"), 1)
        equal(list(listener.notifies(timeout=0.2)), [])


@check
def parameters_follow_the_client():
    zones = ["Asia/Tokyo", "America/Lima", "Africa/Cairo", "UTC"]
    ours = clients(4)
    for number, c in enumerate(ours):
        c.execute(f"set application_name = 'client {number}'")
        c.execute("select set_config('TimeZone', %s, false)", (zones[number],))
        c.execute(f"set datestyle = {['ISO', 'German', 'SQL', 'Postgres'][number]}")
        c.execute(f"set intervalstyle = {['postgres', 'iso_8601', 'sql_standard', 'postgres_verbose'][number]}")
    ours[1].execute("set client_encoding = latin1")
    dates = ["2026-03-01", "01.03.2026", "03/01/2026", "03-01-2026"]
    for _ in range(3):
        for number, c in enumerate(ours):
            with c.transaction():
                equal(one(c, "show application_name"), f"client {number}")
                equal(one(c, "show timezone"), zones[number])
                equal(one(c, "select date '2026-03-01' || ''"), dates[number])
                equal(one(c, "select 'grün' || chr(233)"), "grüné")
            equal(c.info.parameter_status("TimeZone"), zones[number], "the reported TimeZone")
            equal(c.info.encoding, "iso8859-1" if number == 1 else "utf-8")
    close(*ours)
    with connect() as fresh:
        equal(one(fresh, "show client_encoding"), "UTF8")
        assert not one(fresh, "show application_name").startswith("client "), "inherited from another client"


@check
def parameters_in_transactions():
    """What a transaction sets locally, or sets and rolls back, is gone with it."""
    with connect(application_name="mine") as c, connect(application_name="theirs") as other:
        with c.transaction():
            c.execute("set local application_name = 'for now'")
            equal(one(other, "show application_name"), "theirs")
        equal(one(c, "show application_name"), "mine")
        with c.transaction(force_rollback=True):
            c.execute("set application_name = 'undone'")
        equal(one(other, "show application_name"), "theirs")
        equal(one(c, "show application_name"), "mine")


@check
def parameters_after_reset():
    """RESET brings back what the client asked for at its start, not what the server connection started with."""
    with connect(application_name="mine") as c, connect(application_name="theirs") as other:
        for reset in ("reset application_name", "reset all", "set application_name to default"):
            c.execute("set application_name = 'changed'")
            equal(one(other, "show application_name"), "theirs")
            equal(one(c, "show application_name"), "changed")
            c.execute(reset)
            equal(one(other, "show application_name"), "theirs")
            equal(one(c, "show application_name"), "mine", f"after {reset}: application_name")


@check
def parameters_that_are_not_reported():
    """The server never tells about these, so whoever shares its connections has to understand SET itself."""
    with connect(options="-c search_path=pg_catalog") as c, connect() as other:
        c.execute("set statement_timeout = '54321ms'")
        for _ in range(3):
            equal(one(c, "show search_path"), "pg_catalog", "search_path")
            equal(one(other, "show search_path"), '"$user", public', "the other's search_path")
            equal(one(c, "show statement_timeout"), "54321ms", "statement_timeout")
            equal(one(other, "show statement_timeout"), "0", "the other's statement_timeout")


@check
def parameters_from_the_start():
    with connect(application_name="from the start", client_encoding="latin1") as c, connect() as other:
        for _ in range(3):
            equal(one(c, "show application_name"), "from the start")
            equal(one(c, "show client_encoding"), "LATIN1")
            equal(one(other, "show client_encoding"), "UTF8")


@check
def rows_in_portions():
    """A named cursor in a transaction, while other clients use what is left."""
    with connect() as c, connect() as other:
        with c.transaction(), c.cursor("portions") as cursor:
            cursor.itersize = 700
            cursor.execute("select generate_series(1, %s)", (5000,))
            seen = 0
            for (value,) in cursor:
                seen += 1
                equal(value, seen)
                if seen % 1000 == 0:
                    equal(one(other, "select %s::int", (seen,)), seen)
            equal(seen, 5000, "rows")
        equal(one(c, "select 1"), 1)
        cursor = c.cursor()
        equal(sum(row[0] for row in cursor.stream("select generate_series(1, 20000)")), 200010000)
        rows = cursor.stream("select generate_series(1, 20000)", size=100)
        equal([next(rows)[0] for _ in range(5)], [1, 2, 3, 4, 5])
        rows.close()
        equal(one(c, "select 1"), 1)


@check
def large_values():
    with connect() as c, connect() as other:
        text, data = "0123456789abcdef" * (1 << 19), os.urandom(4 << 20)
        for _ in range(2):
            for each in (c, other):
                equal(one(each, "select %s::text || 'x'", (text,)) == text + "x", True, "8 MiB came back unchanged")
                equal(each.execute("select %b::bytea", (data,), binary=True).fetchone()[0] == data, True, "4 MiB came back")
        equal(len(c.execute("select i, repeat('x', 100) from generate_series(1, 100000) i").fetchall()), 100000)
        equal(one(other, "select 1"), 1)


@check
def types():
    moment = datetime.datetime(2026, 2, 3, 4, 5, 6, 789012, datetime.timezone.utc)
    values = [
        decimal.Decimal("-12345678901234567890.123456789"), decimal.Decimal("NaN"), 2**63 - 1, 1.5e300, True, None,
        "naïve ☃ 𝄞", b"\x00\xff\\x", moment, datetime.date(1, 1, 1), datetime.time(23, 59, 59, 999999),
        datetime.timedelta(days=-3, seconds=5), uuid.UUID(int=7), [1, None, 3], ["a", 'b"c', "NULL", None],
        [[1, 2], [3, 4]], [decimal.Decimal("1.10")], Jsonb({"a": [1, 2.5, None, {"ü": "\n"}]}),
    ]  # fmt: skip
    casts = ["numeric", "numeric", "int8", "float8", "bool", "int4", "text", "bytea", "timestamptz", "date", "time",
             "interval", "uuid", "int4[]", "text[]", "int4[]", "numeric[]", "jsonb"]  # fmt: skip
    with connect() as c, connect() as other:
        c.execute("set timezone = 'UTC'; set datestyle = 'ISO'")
        for each in (c, other, c):
            for binary in (False, True):
                for value, cast in zip(values, casts):
                    got = each.cursor(binary=binary).execute(f"select %s::{cast}", (value,)).fetchone()[0]
                    expected = value.obj if cast == "jsonb" else value
                    equal(repr(got) if value != value else got, repr(value) if value != value else expected, cast)


@check
def pins():
    """A temporary table and an advisory lock outlive the transaction; they go when their owner lets go of them."""
    with connect() as c, connect() as other:
        c.execute("create temporary table mine (a int)")
        c.execute("insert into mine values (1)")
        for _ in range(5):
            equal(one(other, "select to_regclass('mine') is null"), True, "invisible to others")
            equal(one(c, "select count(*) from mine"), 1)
        c.execute("select pg_advisory_lock(41)")
        equal(one(c, "select pg_advisory_unlock(41)"), True)
        c.execute("select pg_advisory_lock(42)")
        equal(one(other, "select pg_try_advisory_lock(42)"), False, "somebody else could lock")
    for each in clients(2):
        each.execute("select pg_advisory_xact_lock(42)")  # waits until PostgreSQL has let go of it
        each.execute("create temporary table mine (a int)")
        close(each)


@check
def leaving_in_mid_transaction():
    with connect() as watcher:
        watcher.execute("drop table if exists left_behind; create table left_behind (id int primary key, n int)")
        watcher.execute("insert into left_behind values (1, 0)")

        def in_transaction(c):
            c.execute("begin")
            c.execute("update left_behind set n = n + 1")

        def in_query(c):
            in_transaction(c)
            c.pgconn.send_query(b"select pg_sleep(60)")
            c.pgconn.flush()

        def in_failed_transaction(c):
            in_transaction(c)
            fails("22012", lambda: c.execute("select 1 / 0"))

        def in_copy(c):
            in_transaction(c)
            c.pgconn.exec_(b"copy left_behind from stdin")
            c.pgconn.put_copy_data(b"2\t0\n3\t")

        def in_batch(c):
            in_transaction(c)
            c.pgconn.enter_pipeline_mode()
            c.pgconn.send_query_params(b"update left_behind set n = 99", None)
            c.pgconn.send_flush_request()
            c.pgconn.flush()

        for leave in (in_transaction, in_query, in_failed_transaction, in_copy, in_batch):
            for goodbye in (hang_up, psycopg.Connection.close):
                c = connect()
                leave(c)
                goodbye(c)
                with connect() as one_more:
                    for each in (watcher, one_more):
                        with each.transaction():
                            each.execute("set local lock_timeout = '20s'")
                            n = one(each, "select n from left_behind where id = 1 for update")
                            equal(n, 0, f"what was left behind {leave.__name__}")
                            equal(one(each, "select count(*) from left_behind"), 1)


@check
def pool_under_load():
    """20 pooled connections, 4000 short transactions; every reply must be the one to its own request."""
    with connect() as c:
        c.execute("drop table if exists counters; create table counters (id int primary key, n int)")
        c.execute("insert into counters select i, 0 from generate_series(0, 99) i")

    def work(number):
        with pool.connection() as c:
            text, n = c.execute("select %s || ' for ' || %s, %s::int", ("reply", number, -number)).fetchone()
            equal((text, n), (f"reply for {number}", -number))
            if number % 50 == 49:
                with c.transaction(force_rollback=True):
                    c.execute("update counters set n = n + 1000 where id = %s", (number % 100,))
            found = c.execute("update counters set n = n + 1 where id = %s returning id", (number % 100,)).fetchone()[0]
            equal(found, number % 100)
            return 1

    with ConnectionPool("", min_size=20, max_size=20, timeout=PATIENT) as pool, ThreadPoolExecutor(40) as threads:
        pool.wait(PATIENT)
        equal(sum(threads.map(work, range(4000))), 4000)
    with connect() as c:
        equal(c.execute("select min(n), max(n), sum(n) from counters").fetchone(), (40, 40, 4000))


@check
def many_that_come_and_go():
    """Logins of their own, 200 of them, eight at a time."""

    def visit(number):
        with connect(application_name=f"visitor {number}") as c:
            equal(c.execute("select %s::int, current_setting('application_name')", (number,)).fetchone(),
                  (number, f"visitor {number}"))  # fmt: skip

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(visit, range(200)))


PATIENT = 50  # seconds

if __name__ == "__main__":
    print(f"# psycopg {psycopg.__version__}, libpq {psycopg.pq.version()}", flush=True)
    run_all()
