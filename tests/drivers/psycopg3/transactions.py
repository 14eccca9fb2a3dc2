"""Cancel, savepoints, failures, and clients that leave in the middle."""

import threading
import time

import psycopg
from psycopg import errors

from checks import check, equal
from clients import clients, close, connect, fails, hang_up, one


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
        error = fails(
            "P0001",
            lambda: c.execute("do $$ begin raise exception 'oh' using hint = 'h', detail = 'd'; end $$"),
        )
        equal(
            (error.diag.message_primary, error.diag.message_hint, error.diag.message_detail), ("oh", "h", "d")
        )
        said = []
        c.add_notice_handler(lambda notice: said.append(notice.message_primary))
        c.execute("do $$ begin raise notice 'hear me'; end $$")
        equal(said, ["hear me"], "notices")
        c.execute("begin; set transaction isolation level serializable; select 1; commit")
        fails("22012", lambda: c.execute("select 1; select 1 / 0; select 2"))
        equal(one(c, "select 3"), 3)


@check
def leaving_in_mid_transaction():
    with connect() as watcher:
        watcher.execute(
            "drop table if exists left_behind; create table left_behind (id int primary key, n int)"
        )
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
