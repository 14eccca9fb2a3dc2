"""COPY, rows in portions, large values and types."""

import datetime
import decimal
import os
import uuid

from psycopg.types.json import Jsonb

from checks import check, equal
from clients import connect, fails, one


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
        give_up(
            "copy (select generate_series(1, 1000000)) to stdout", lambda copy: copy.read()
        )  # it cancels the rest
        equal(one(c, "select count(*) from copied_not"), 0)


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
                equal(
                    one(each, "select %s::text || 'x'", (text,)) == text + "x",
                    True,
                    "8 MiB came back unchanged",
                )
                equal(
                    each.execute("select %b::bytea", (data,), binary=True).fetchone()[0] == data,
                    True,
                    "4 MiB came back",
                )
        equal(
            len(c.execute("select i, repeat('x', 100) from generate_series(1, 100000) i").fetchall()), 100000
        )
        equal(one(other, "select 1"), 1)


@check
def types():
    moment = datetime.datetime(2026, 2, 3, 4, 5, 6, 789012, datetime.timezone.utc)
    values = [
        decimal.Decimal("-12345678901234567890.123456789"),
        decimal.Decimal("NaN"),
        2**63 - 1,
        1.5e300,
        True,
        None,
        "naïve ☃ 𝄞",
        b"\x00\xff\\x",
        moment,
        datetime.date(1, 1, 1),
        datetime.time(23, 59, 59, 999999),
        datetime.timedelta(days=-3, seconds=5),
        uuid.UUID(int=7),
        [1, None, 3],
        ["a", 'b"c', "NULL", None],
        [[1, 2], [3, 4]],
        [decimal.Decimal("1.10")],
        Jsonb({"a": [1, 2.5, None, {"ü": "\n"}]}),
    ]
    casts = [
        "numeric",
        "numeric",
        "int8",
        "float8",
        "bool",
        "int4",
        "text",
        "bytea",
        "timestamptz",
        "date",
        "time",
        "interval",
        "uuid",
        "int4[]",
        "text[]",
        "int4[]",
        "numeric[]",
        "jsonb",
    ]
    with connect() as c, connect() as other:
        c.execute("set timezone = 'UTC'; set datestyle = 'ISO'")
        for each in (c, other, c):
            for binary in (False, True):
                for value, cast in zip(values, casts):
                    got = each.cursor(binary=binary).execute(f"select %s::{cast}", (value,)).fetchone()[0]
                    expected = value.obj if cast == "jsonb" else value
                    equal(
                        repr(got) if value != value else got,
                        repr(value) if value != value else expected,
                        cast,
                    )
