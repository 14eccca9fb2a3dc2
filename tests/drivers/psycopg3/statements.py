"""Prepared statements, which every client names _pg3_0, _pg3_1, ..., and pipelines."""

import contextlib

import psycopg
from psycopg import errors

from checks import check, equal
from clients import clients, close, connect, fails, one


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
        c.execute(
            "drop table if exists changing; create table changing (a int); insert into changing values (1)"
        )
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
                aborted = []

                def run_into_the_error():  # it shows at the Sync, or before when its answer was quick
                    aborted.append(c.execute("select 1 / %s", (0,)))
                    aborted.append(c.execute("select 'skipped'"))
                    batch.sync()

                fails("22012", run_into_the_error)
                with contextlib.suppress(errors.PipelineAborted):
                    batch.sync()
                after = c.execute("select 'after'")
                equal(before.fetchone()[0], "before")
                equal(after.fetchone()[0], "after")
                for cursor in aborted:
                    assert cursor.pgresult is None or cursor.pgresult.ntuples == 0
            equal(one(other, "select 1"), 1)
            equal(one(c, "select 2"), 2)
