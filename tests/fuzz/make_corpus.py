#!/usr/bin/env python3
"""Writes the seeds of the fuzz targets: corpus/<target>/<seed>, small and each with a meaning of its own.

The seeds are in the repository; run this again after adding one here. Inputs that a fuzzer found go into the same
folders by hand, under a name that says what they showed.
"""
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

SEEDS = {
    "frame": {
        "query": message("Q", cstring("select 1")),
        "batch": BATCH,
        "reply": message("1") + message("2") + message("D", be16(1) + value(b"42")) + message("C", cstring("SELECT 1"))
        + message("Z", b"I"),
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
        "usual": error_fields(("S", "FEHLER"), ("V", "ERROR"), ("C", "42P01"), ("M", 'relation "x" does not exist'),
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
        "bind": b"B" + cstring("c1") + cstring("s1") + be16(1) + be16(1) + be16(2) + value(b"\0\0\0\x2a") + value(None)
        + be16(1) + be16(1),
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
}


def main():
    for target, seeds in SEEDS.items():
        folder = CORPUS / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in seeds.items():
            (folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
