#!/usr/bin/env python3
"""Writes the seeds of the fuzz targets: corpus/<target>/<seed>, small and each with a meaning of its own.

The seeds are in the repository; run this again after adding one here. Inputs that a fuzzer found go into the
same folders by hand, under a name that says what they showed.
"""
import base64
import hashlib
import hmac
import pathlib
import struct

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"


def be16(n):
    return struct.pack(">H", n & 0xFFFF)


def be32(n):
    return struct.pack(">I", n & 0xFFFFFFFF)


def cstring(text):
    return text.encode() + b"\0"


def message(type_byte, body=b""):
    return type_byte.encode() + be32(len(body) + 4) + body


def untyped(code, payload=b""):
    return be32(len(payload) + 8) + be32(code) + payload


def startup(protocol, *pairs):
    return untyped(protocol, b"".join(cstring(n) + cstring(v) for n, v in pairs) + b"\0")


def value(data):
    return be32(-1) if data is None else be32(len(data)) + data


def error_fields(*fields):
    return b"".join(f.encode() + cstring(v) for f, v in fields) + b"\0"


V30, V32, V3_9999 = 3 << 16, 3 << 16 | 2, 3 << 16 | 9999
CANCEL, SSL, GSSENC = ((1234 << 16 | n) for n in (5678, 5679, 5680))

BATCH = (
    message("P", cstring("s1") + cstring("select $1") + be16(1) + be32(23))
    + message("B", cstring("") + cstring("s1") + be16(0) + be16(1) + value(b"42") + be16(0))
    + message("D", b"P" + cstring(""))
    + message("E", cstring("") + be32(0))
    + message("S")
)


def request(*args):
    return b"*%d\r\n" % len(args) + b"".join(b"$%d\r\n%s\r\n" % (len(a), a) for a in args)


def bulk(text):
    return b"$%d\r\n%s\r\n" % (len(text), text)


def array(*elements):
    return b"*%d\r\n" % len(elements) + b"".join(elements)


def command_info(name, arity, flags, first_key, categories, *subcommands):
    words = [array(*[b"+%s\r\n" % word.encode() for word in list_]) for list_ in (flags, categories)]
    numbers = [b":%d\r\n" % n for n in (arity, first_key, first_key, int(first_key != 0))]
    fields = [bulk(name), numbers[0], words[0], *numbers[1:], words[1], array(), array(), array(*subcommands)]
    return array(*fields)


MSET = request(b"MSET", b"key", b"x" * 40, b"", b"\r\n$1\r\n", b"k", b"v")


class Scram:
    """A whole exchange, with the secrets of scram.h, done by Python's own library."""

    PASSWORD, SALT, ITERATIONS = b"pencil", b"W22ZaJ0SNY7soEsUEjb6gQ", 2
    CLIENT_NONCE, SERVER_NONCE = b"rOprNGfwEbeRWgbNEkqO", b"%hvYDpWUa2RaTCAfuxFIlj)hNlF"
    END_POINT_DATA = b"hash of the server's certificate"

    def __init__(self, gs2, bound=b"", nonce=CLIENT_NONCE + SERVER_NONCE):
        salted = hashlib.pbkdf2_hmac("sha256", self.PASSWORD, self.SALT, self.ITERATIONS)
        client_key = self.hmac(salted, b"Client Key")
        self.stored_key = hashlib.sha256(client_key).digest()
        self.server_key = self.hmac(salted, b"Server Key")
        bare = b"n=,r=" + self.CLIENT_NONCE
        self.client_first = gs2 + bare
        self.server_first = b"r=%s,s=%s,i=%d" % (nonce, b64(self.SALT), self.ITERATIONS)
        without_proof = b"c=%s,r=%s" % (b64(gs2 + bound), nonce)
        auth_message = b",".join([bare, self.server_first, without_proof])
        signature = self.hmac(self.stored_key, auth_message)
        proof = bytes(a ^ b for a, b in zip(client_key, signature))
        self.client_final = without_proof + b",p=" + b64(proof)
        self.server_final = b"v=" + b64(self.hmac(self.server_key, auth_message))

    @staticmethod
    def hmac(key, data):
        return hmac.new(key, data, hashlib.sha256).digest()

    def secret(self, iterations=b"4096"):
        keys = b64(self.stored_key) + b":" + b64(self.server_key)
        return b"SCRAM-SHA-256$%s:%s$%s" % (iterations, b64(self.SALT), keys)

    def from_client(self, mechanism=b"SCRAM-SHA-256"):
        return b"\n".join([mechanism, self.client_first, self.client_final])

    def from_server(self):
        return self.server_first + b"\n" + self.server_final


def b64(raw):
    return base64.b64encode(raw)


PLAIN = Scram(b"n,,")
PLUS = Scram(b"p=tls-server-end-point,,", Scram.END_POINT_DATA)
STOLEN = Scram(b"n,,", nonce=b"someone-elses-nonce")

HBA = b"""# comment
local   all             postgres                      peer map=ops
host    all             all        127.0.0.1/32       trust
hostssl shop,"all"      /^app      10.0.0.0 255.0.0.0 scram-sha-256
hostssl sameuser        all        ::1/128            cert
hostnossl replication   backup     fe80::/10          md5
host    all             all        all                reject
"""

SEEDS = {
    "frame": {
        "query": message("Q", cstring("select 1")),
        "batch": BATCH,
        "reply": message("1") + message("2") + message("D", be16(1) + value(b"42"))
        + message("C", cstring("SELECT 1")) + message("Z", b"I"),
        "copy": message("d", b"1\t2\n") * 3 + message("c"),
        "length_three": b"Q" + be32(3),
        "length_negative": b"Q" + be32(-1) + b"select",
        "length_just_allowed": b"d" + be32(1 << 20) + b"data",
        "cut_behind_a_whole_one": message("S") + b"Q\0\0",
    },
    "startup_packet": {
        "v30": startup(V30, ("user", "app"), ("database", "shop"), ("client_encoding", "UTF8")),
        "v32": startup(V32, ("user", "app"), ("application_name", ""), ("options", "-c geqo=off")),
        "v3_9999_unknown_option": startup(V3_9999, ("user", "app"), ("_pq_.test_protocol_negotiation", "")),
        "replication": startup(V30, ("user", "backup"), ("replication", "database")),
        "no_parameters": startup(V30),
        "no_terminator": untyped(V30, cstring("user") + cstring("app")),
        "name_without_value": untyped(V30, cstring("user") + b"\0"),
        "ssl_request": untyped(SSL),
        "ssl_request_and_stuffed_plaintext": untyped(SSL) + startup(V30, ("user", "mallory")),
        "gssenc_request": untyped(GSSENC),
        "cancel_4": untyped(CANCEL, be32(4711) + b"\1\2\3\4"),
        "cancel_32": untyped(CANCEL, be32(4711) + bytes(range(32))),
        "cancel_257": untyped(CANCEL, be32(4711) + bytes(257)),
        "tls_client_hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        "http": b"GET / HTTP/1.1\r\nHost: pg\r\n\r\n",
        "v2": startup(2 << 16, ("user", "app")),
    },
    "startup_options": {
        "three_ways": b"-c geqo=off -cwork_mem=64MB --statement-timeout=5min",
        "escapes": rb"-c search_path=a,\ b\\c -c datestyle=ISO,\ DMY",
        "backslash_at_the_end": rb"-c a=b" + b"\\",
        "no_value": b"-c geqo",
        "other_switch": b"-B 100",
        "blanks": b" \t\n ",
        "looks_like_an_option": b"-c -ca=1",
    },
    "error_fields": {
        "usual": error_fields(("S", "FEHLER"), ("V", "ERROR"), ("C", "42P01"), ("M", "no relation x"),
                              ("P", "15"), ("F", "parse_relation.c"), ("L", "1449"), ("R", "parserOpenTable")),
        "every_type": error_fields(*((t, t + " text") for t in "SVCMDHPpqWscndtFLR")),
        "unknown_type": error_fields(("S", "ERROR"), ("z", "later"), ("M", "text")),
        "no_sqlstate": error_fields(("S", "ERROR"), ("M", "text")),
        "none": b"\0",
        "no_end": b"SERROR\0Mtext\0",
        "bytes_behind_the_end": error_fields(("M", "text")) + b"more",
    },
    "extended_query": {
        "parse": b"P" + cstring("s1") + cstring("select $1, $2") + be16(2) + be32(23) + be32(25),
        "parse_unnamed": b"P" + cstring("") + cstring("") + be16(0),
        "parse_count_without_types": b"P" + cstring("") + cstring("select 1") + be16(-1),
        "bind": b"B" + cstring("c1") + cstring("s1") + be16(1) + be16(1)
        + be16(2) + value(b"\0\0\0\x2a") + value(None) + be16(1) + be16(1),
        "bind_names_only": b"B" + cstring("") + cstring("s1"),
        "describe_statement": b"DS" + cstring("s1"),
        "describe_portal": b"DP" + cstring(""),
        "close_statement": b"CS" + cstring("s1"),
        "close_unknown_kind": b"CX" + cstring("s1"),
        "execute_all": b"E" + cstring("") + be32(0),
        "execute_some": b"E" + cstring("c1") + be32(100),
        "execute_negative": b"E" + cstring("") + be32(-1),
    },
    "login_messages": {
        "ok": b"R" + be32(0),
        "cleartext": b"R" + be32(3),
        "md5": b"R" + be32(5) + b"\1\2\3\4",
        "sasl": b"R" + be32(10) + cstring("SCRAM-SHA-256-PLUS") + cstring("SCRAM-SHA-256") + b"\0",
        "sasl_without_end": b"R" + be32(10) + cstring("SCRAM-SHA-256"),
        "sasl_continue": b"R" + be32(11) + b"r=nonce,s=c2FsdA==,i=4096",
        "sasl_final": b"R" + be32(12) + b"v=c2lnbmF0dXJl",
        "gss_continue": b"R" + be32(8) + b"token",
        "unknown_request": b"R" + be32(13),
        "parameter_status": b"S" + cstring("TimeZone") + cstring("Europe/Berlin"),
        "parameter_status_empty": b"S" + cstring("application_name") + cstring(""),
        "parameter_status_without_value": b"S" + cstring("TimeZone"),
        "key_4": b"K" + be32(4711) + b"\1\2\3\4",
        "key_32": b"K" + be32(4711) + bytes(range(32)),
        "key_3": b"K" + be32(4711) + b"\1\2\3",
        "sasl_initial": b"p" + cstring("SCRAM-SHA-256") + value(b"n,,n=,r=nonce"),
        "sasl_initial_without_data": b"p" + cstring("EXTERNAL") + be32(-1),
        "sasl_initial_hostile_length": b"p" + cstring("SCRAM-SHA-256") + be32(0x7FFFFFFF) + b"n,,",
    },
    "data_row": {
        "values": be16(3) + value(b"one") + value(None) + value(b""),
        "none": be16(0),
        "hostile_count": be16(0xFFFF),
        "hostile_length": be16(1) + be32(0x7FFFFFFF) + b"data",
        "length_minus_two": be16(1) + be32(-2),
        "bytes_behind_the_end": be16(1) + value(b"x") + b"y",
    },
    "volatility_reply": {
        "usual": message("C", cstring("SET")) + message("T", be16(0)) + b"".join(
            message("D", be16(4) + value(kind) + value(schema) + value(name) + value(safe))
            for kind, schema, name, safe in (
                (b"f", b"pg_catalog", b"lower", b"t"),
                (b"o", b"public", b"###", b"f"),
                (b"r", b"public", b"counting", b"f"),
                (b"i", b"", b"cast to text", b"f"),
            )
        ) + message("C", cstring("SELECT 4")) + message("Z", b"I"),
        "error": message("E", b"SERROR\0C42703\0Mno such column\0\0") + message("Z", b"I"),
        "null": message("D", be16(4) + value(b"f") + value(None) + value(b"x") + value(b"t")),
        "unknown_kind": message("D", be16(4) + value(b"?") + value(b"a") + value(b"b") + value(b"t")),
        "hostile_length": b"D" + be32(0x7FFFFFFF),
        "broken_off": message("D", be16(4) + value(b"f"))[:-2],
    },
    "scram_secret": {
        "usual": PLAIN.secret(),
        "zeros_before_the_iterations": PLAIN.secret(b"0004096"),
        "no_iterations": PLAIN.secret(b"0"),
        "too_many_iterations": PLAIN.secret(b"4294967297"),
        "short_key": PLAIN.secret()[:-5],
        "md5": b"md5" + b"0" * 32,
        "plain": b"pencil",
        "base64": b64(b"any bytes"),
    },
    "scram_server": {
        "logs_in": PLAIN.from_client(),
        "logs_in_over_tls_without_binding": b"+" + PLAIN.from_client(),
        "logs_in_with_channel_binding": b"+" + PLUS.from_client(b"SCRAM-SHA-256-PLUS"),
        "was_not_shown_our_offer": b"+" + Scram(b"y,,").from_client(),
        "binds_without_plus": PLUS.from_client(),
        "acts_as_another": Scram(b"n,a=postgres,").from_client(),
        "answers_another_nonce": STOLEN.from_client(),
        "requires_an_extension": b"SCRAM-SHA-256\nn,,m=1,n=,r=abc",
        "extensions": b"SCRAM-SHA-256\nn,,n=,r=abc,x=1,y=2\nc=biws,r=abc%hvYDpWUa2RaTCAfuxFIlj)hNlF,z=3,p=AAAA",
        "unknown_mechanism": b"SCRAM-SHA-1\nn,,n=,r=abc",
    },
    "scram_client": {
        "logs_in": PLAIN.from_server(),
        "logs_in_with_channel_binding": b"+" + PLUS.from_server(),
        "wrong_signature": PLAIN.server_first + b"\nv=" + b64(bytes(32)),
        "another_nonce": STOLEN.from_server(),
        "only_our_nonce": b"r=rOprNGfwEbeRWgbNEkqO,s=AAAA,i=4096",
        "too_many_iterations": b"r=rOprNGfwEbeRWgbNEkqOx,s=AAAA,i=99999999",
        "extension": b"m=1,r=rOprNGfwEbeRWgbNEkqOx,s=AAAA,i=4096",
        "refuses": PLAIN.server_first + b"\ne=other-error",
    },
    "scram_password": {
        "same": b"pencil\npencil",
        "other": b"pencil\npen",
        "composed_and_decomposed": "J\u00e4ger\nJa\u0308ger".encode(),
        "compatibility": "\u2168 \ufb01\nIX fi".encode(),
        "soft_hyphen_and_wide_space": "pen\u00adcil\u3000x\npencil x".encode(),
        "right_to_left": "\u0627\u0628\n\u0627b".encode(),
        "not_utf8": b"p\xff\xfe\np\xff\xfe",
        "prohibited": "pen\u0007cil\npencil".encode(),
        "empty": b"\nx",
        "looks_like_md5": b"md5" + b"0" * 32 + b"\nmd5" + b"0" * 32,
    },
    "sql": {
        "dull": b"select a, b from t where c = 'x' and d = $1 -- done",
        "session": b"listen x; unlisten *; load 'plpgsql'; set role app; reset all; discard all; discard temp",
        "transaction": b"begin; savepoint s; rollback to s; commit and chain; prepare transaction 'x'",
        "prepared": b"prepare p as select 1; deallocate prepare p; deallocate all",
        "temporary": b"create local temp table t (a int) on commit drop; select 1 into temp u; "
        b"create table pg_temp.v()",
        "locks": b'select pg_catalog . "pg_advisory_lock"(1), pg_try_advisory_lock_shared(2), '
        b"pg_advisory_xact_lock(3)",
        "unlocks": b"SELECT pg_advisory_unlock_all();",
        "set_config": b"select set_config('a.b', 'c', true), set_config($1, $2, false)",
        "cursor": b"declare c insensitive cursor with hold for select 1",
        "literals": b"select E'it\\'s;', 'a''b', $t$listen $ x$t$, U&\"d\\0061t\", \"a\"\"b\", B'01'",
        "comments": b"/* a /* nested; */ listen */ select 1 -- set x to y\n ; listen z",
        "do_block": b"do $$begin execute 'create temp table t()'; perform pg_advisory_lock(1); end$$",
        "unterminated": b"select 'listen x; set y to z",
        "search_path": b"set search_path to pg_temp, public; create table t()",
    },
    "read_only": {
        "select": b"select a, t.b from s.t where c in (1, 2, -3) and d = 'x' and e = now() -- why",
        "strings": b"select e'it\\'s', 'it''s', b'1', x'1f', n'a', u&'\\0061' uescape '!', $t$ $$ $t$, 'a'\n'b'",
        "names": b'select "a ""1", u&"d!0061t" uescape \'!\', a$1, $1, (t).b from "a\'b"',
        "numbers": b"select 1.5e-7, .5, 5from, 0x1f, 1_000, a1, 1e, array[1, 2], x in ($1, $2)",
        "comments": b"/* a /* b */ */ select/**/1-- c\n;;",
        "several": b"select 1; select nextval('a'); explain (analyze 0) delete from t",
        "writes": b"with x as (delete from t returning 1) select count(*) from x for no key update",
        "into": b"select 1::int4 into temp x from a_view",
        "begin": b"begin isolation level serializable, read only",
        "set": b"set transaction_read_only = 0",
        "commit": b"commit and chain",
        "copy": b"copy t to ''",
        "nested": b"select " + b"(" * 50 + b"- - 1+1+1" + b")" * 50,
        "unterminated": b"select $a$ 'x",
    },
    "sql_set": {
        "word": b"SET work_mem TO big",
        "string": b"set session application_name = 'it''s'",
        "escape_string": b"set a.b to E'c\\nd'",
        "number": b"SET random_page_cost = -1.5e+3;",
        "default": b"set timezone to default",
        "time_zone": b"SET TIME ZONE 'UTC'",
        "names": b"SET NAMES 'UTF8'",
        "local": b"set local x = 1",
        "list": b"set search_path to a, b",
        "quoted": b'set "Mixed"."na me" to "va""lue"',
        "reset": b"reset statement_timeout",
        "reset_all": b"RESET ALL;",
        "deallocate": b"DEALLOCATE PREPARE Stmt_1",
        "deallocate_quoted": b'deallocate "S""1";',
        "deallocate_all": b"deallocate all",
        "deallocate_prepare": b"deallocate prepare",
    },
    "hba": {
        "every_kind": HBA + b"\0ops /^(.*)@example$ \\1\nops root postgres\n",
        "continued_line": b"local all \\\n all trust",
        "open_quote": b'local "all all trust',
        "mask_of_the_other_family": b"host all all 10.0.0.0 ffff:: trust",
        "bits_out_of_range": b"host all all 10.0.0.0/33 trust",
        "unknown_method": b"local all all ldap",
        "bad_expression": b"local /( all trust",
        "cut": b"host all",
    },
    "userlist": {
        "usual": b'; comment\n"app" "pencil"\n"ops" "md5' + b"0" * 32 + b'"\n'
        + b'"scram" "' + PLAIN.secret() + b'"\n',
        "quotes": b'"a""b" "c""d"',
        "windows": b'"app" "pencil"\r\n"ops" ""\r\n',
        "listed_twice": b'"app" "a"\n"app" "b"',
        "no_password": b'"app"',
        "open_quote": b'"app" "pen',
        "more_on_the_line": b'"app" "pencil" "ignored"',
    },
    "settings": {
        "usual": b"""[listen]
postgres = ["127.0.0.1:6432", "unix:/run/forebay"]
http = ["[::1]:0"]
[postgres]
pool_mode = "session"
default_pool_size = 25
query_wait_timeout = "1m"
auth_type = "trust"
admin_users = ["ops"]
[postgres.databases.app]
hosts = ["pg-0:5432", "pg-1:5432"]
user = "app"
password = "${APP_PASSWORD}"
reads = "replicas"
weights = { pg-0 = 0, "pg-1:5432" = 3 }
[postgres.databases."*"]
url = "postgres://pg-0/"
[postgres.users.report]
max_user_connections = 5
[failover]
probe_fast_interval = "20ms"
hold_max_bytes = "1MiB"
probe_user = "probe"
probe_password_file = "probe.txt"
[state]
dir = "state"
[log]
format = "json"
""",
        "caches": b"""[listen]
redis = ["127.0.0.1:6380", "unix:/run/forebay/redis.sock"]
[redis]
client_output_buffer_limit = "64MiB"
slowlog_log_slower_than = 10000
[redis.caches]
plain = "redis://cache/1"
[redis.caches.main]
host = "cache:6379"
user = "app"
password = "${REDIS_PASSWORD}"
listen = ["0.0.0.0:6381"]
users = { app = { password = "p", commands = "+@all -@admin", keys = ["app:*"] } }
[redis.caches.main.users.ops]
password = "q"
channels = ["*"]
""",
        "unknown_key": b"[postgres]\ndefault_pol_size = 5\n",
        "wrong_type": b'[postgres]\ndefault_pool_size = "many"\n',
        "wrong_syntax": b"[postgres\n",
        "size_and_duration": b'[postgres]\nauth_type = "any"\nmax_packet_size = "64MiB"\nserver_lifetime = 1.5\n'
        b'[postgres.databases.a]\nurl = "postgres://u@h/"\n',
        "empty": b"\n",
        "not_utf8": b'[postgres]\nauth_user = "\xff"\n',
    },
    "database_url": {
        "usual": b"postgres://app:s%65cret@pg-0:5432/shop?sslmode=require&application_name=web",
        "hosts": b"postgresql://app@pg-0:5432,pg-1,[::1]:5433/shop?target_session_attrs=read-write",
        "socket": b"postgresql://app@%2Frun%2Fpostgresql/shop",
        "bare": b"postgres://",
        "other_scheme": b"mysql://app@db/shop",
        "bad_escape": b"postgres://app:%zz@db/shop",
        "bad_port": b"postgres://app@db:99999/shop",
        "unknown_parameter": b"postgres://app@db/shop?pool=5",
    },
    "cache_url": {
        "usual": b"redis://app:s%65cret@cache:6379/2?protocol=3",
        "tls": b"rediss://:secret@[::1]:6380?ssl_cert_reqs=CERT_NONE&db=1",
        "socket": b"redis+unix://app:secret@/run/redis%2Fredis.sock?db=3",
        "bare": b"redis://",
        "other_scheme": b"http://cache",
        "bad_escape": b"redis://:%zz@cache",
        "bad_database": b"redis://cache/99999999999",
        "user_alone": b"redis://secret@cache",
    },
    "pgbouncer_ini": {
        "usual": b"""[databases]
app = host=pg-0 port=5432 dbname=app user=app password='it''s' pool_size=5
* = host=/run/postgresql
[users]
report = pool_mode=session max_user_connections=5
[pgbouncer]
listen_addr = 127.0.0.1, ::1
listen_port = 6432
unix_socket_dir = /tmp
auth_type = trust
auth_file = userlist.txt
admin_users = ops, postgres
pool_mode = transaction
server_idle_timeout = 600.5
logfile = /var/log/pgbouncer.log
peer_id = 1
; comment
[peers]
1 = host=10.0.0.1 port=6432
""",
        "include": b"%include other.ini\n[pgbouncer]\nlisten_port = 6432\n",
        "includes_itself": b"%include pgbouncer.ini\n",
        "unknown_key": b"[pgbouncer]\nlisten_prt = 6432\n",
        "no_section": b"listen_port = 6432\n",
        "open_quote": b"[databases]\napp = password='it\n",
    },
    "redis_request": {
        "get": request(b"GET", b"key"),
        "pipeline": request(b"SET", b"key", b"value") + request(b"GET", b"key") + b"PING\r\n" + request(b"PING"),
        "binary": request(b"SET", b"\r\n*1\r\n", b"\0\xff") + request(b"ECHO", b""),
        "nothing": b"\r\n\n*0\r\n*-1\r\n \t\n" + request(b"PING"),
        "inline": b"SET key \"a \\x41\\n\\\"\" 'b\\'' c\"d\"\n",
        "inline_open_quote": b"SET key \"value\r\n",
        "http": b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "eleven_args": request(*[b"a"] * 11),
        "count_negative": b"*-2\r\n*1\r\n$-1\r\n",
        "count_with_zero_in_front": b"*01\r\n$4\r\nPING\r\n",
        "count_too_large": b"*2147483648\r\n",
        "length_too_large": b"*2\r\n$3\r\nGET\r\n$536870913\r\n",
        "length_just_allowed": b"*2\r\n$3\r\nGET\r\n$536870912\r\nabc",
        "no_dollar": b"*1\r\nPING\r\n",
        "lf_behind_bulk": b"*1\r\n$4\r\nPING\n\n",
    },
    "redis_request_tail": {
        "byte_by_byte": bytes([5 << 2]) + MSET,
        "four_bytes_from_a_body": bytes([16 << 2 | 1]) + MSET,
        "sixteen_bytes_from_a_length": bytes([15 << 2 | 2]) + MSET,
        "with_the_next_behind": bytes([30 << 2 | 3]) + MSET + b"$1\r\na\r\n",
        "no_dollar": bytes([8 << 2]) + b"*3\r\n$1\r\na\r\nfoo\r\n",
        "length_negative": bytes([8 << 2 | 1]) + b"*3\r\n$1\r\na\r\n$-1\r\n",
        "lf_behind_bulk": bytes([8 << 2]) + b"*3\r\n$1\r\na\r\n$2\r\nab\n\n",
    },
    "redis_reply": {
        "resp2": b"+OK\r\n-ERR no\r\n:-1\r\n$3\r\nabc\r\n$-1\r\n*-1\r\n*2\r\n$0\r\n\r\n*0\r\n",
        "resp3": b"_\r\n,1.5\r\n#t\r\n!5\r\nERR a\r\n=7\r\ntxt:abc\r\n(123\r\n%1\r\n+a\r\n:1\r\n~1\r\n+b\r\n",
        "push": b">3\r\n+message\r\n+c\r\n$1\r\nx\r\n+OK\r\n",
        "attribute_before_push": b"|1\r\n+a\r\n*1\r\n|0\r\n:1\r\n>1\r\n+x\r\n",
        "attribute_inside": b"*2\r\n|1\r\n+ttl\r\n:1\r\n+a\r\n+b\r\n",
        "push_inside": b"*2\r\n:1\r\n>1\r\n+x\r\n",
        "nested": b"*1\r\n" * 50 + b"_\r\n",
        "length_of_three_digits": b"$100\r\n" + b"x" * 100 + b"\r\n",
        "count_too_large": b"*2147483648\r\n",
        "counts_just_allowed": b"*2147483647\r\n" * 3,
        "null_of_a_map": b"%-1\r\n",
        "lone_cr_and_lf": b"+a\rb\nc\r\r\n",
        "streamed": b"$?\r\n;4\r\nHell\r\n;0\r\n",
    },
    "redis_command_reply": {
        "redis_7": array(
            command_info(b"get", 2, ["readonly", "fast"], 1, ["@read", "@string"]),
            command_info(b"config", -2, [], 0, ["@slow"], command_info(b"config|get", -3, ["admin"], 0, ["@admin"])),
        ),
        "before_redis_6": array(array(bulk(b"config"), b":-2\r\n", array(b"+admin\r\n"), *[b":0\r\n"] * 3)),
        "module": array(command_info(b"json.get", -2, ["readonly", "module", "movablekeys"], 1, [])),
        "positions": array(
            *[command_info(b"f%d" % first, -1, ["write"], first, []) for first in (-32768, -1, 3, 32767)]
        ),
        "name_with_bar": array(command_info(b"a|b", 1, [], 0, [])),
        "long_name": array(command_info(b"x" * 256, 1, [], 0, [])),
        "error": b"-ERR unknown command 'COMMAND'\r\n",
        "count_too_large": b"*9223372036854775807\r\n*6\r\n$3\r\nget\r\n",
        "length_too_large": b"*1\r\n*6\r\n$9223372036854775807\r\nget\r\n",
        "nested": b"*1\r\n" * 50,
        "nulls": b"*1\r\n*6\r\n$-1\r\n:1\r\n*-1\r\n:0\r\n:0\r\n:0\r\n",
    },
    "redis_acl": {
        "none": b"\n\n\nGET\nkey",
        "commands": b"+@all -@dangerous +config|get allcommands -keys\n\n\nCONFIG\nget\nx",
        "keys": b"\n%R~a* %W~b* ~[c-d]\\* allkeys\n\nCOPY\na1\nb1",
        "channels": b"\n\nnews.* &chat\nPSUBSCRIBE\nnews.*",
        "sort": b"+@all\n%R~* a\n\nSORT\na\nBY\nw_*\nSTORE\nb",
        "eval": b"+eval\napp:*\n\nEVAL\nreturn 1\n2\napp:1\napp:2",
        "set_get": b"\n%W~a\n\nSET\na\nget\nGET",
        "bitfield": b"\n%R~a\n\nBITFIELD\na\nGET\nu8\n0",
        "unknown": b"+@all\n*\n*\nfrob\r\nx",
        "wrong_rules": b"+gte\n%X~a\n\nGET\na",
    },
}


def main():
    for target, seeds in SEEDS.items():
        folder = CORPUS / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in seeds.items():
            (folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
