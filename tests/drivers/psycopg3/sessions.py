"""What a session remembers: LISTEN, parameters, temporary tables, locks."""

from checks import check, equal
from clients import clients, close, connect, one


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
        c.execute(
            f"set intervalstyle = {['postgres', 'iso_8601', 'sql_standard', 'postgres_verbose'][number]}"
        )
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
    """RESET brings back what the client asked for at its start, not what its server started with."""
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
def pins():
    """A temporary table and an advisory lock outlive the transaction, and go with their owner."""
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
