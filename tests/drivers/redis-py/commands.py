"""Commands of every type of value, pipelines, scripts, and values that are large or anything but text."""

import os

import redis

from checks import equal
from clients import each_way, fails, fresh


@each_way
def commands(connect):
    c = connect(decode_responses=True)
    key = fresh("string")
    equal(c.set(key, "v", ex=100), True)
    equal(c.get(key), "v")
    equal(c.ttl(key) in (99, 100), True, "ttl")
    equal(c.set(key, "w", nx=True), None)
    equal(c.get(fresh("none")), None)
    equal(c.incrby(fresh("number"), 41), 41)
    key = fresh("hash")
    equal(c.hset(key, mapping={"a": 1, "b": 2}), 2)
    equal(c.hgetall(key), {"a": "1", "b": "2"})
    key = fresh("list")
    equal(c.rpush(key, "a", "b", "c"), 3)
    equal(c.lrange(key, 0, -1), ["a", "b", "c"])
    key = fresh("set")
    equal(c.sadd(key, "a", "b"), 2)
    equal(c.smembers(key), {"a", "b"})
    key = fresh("sorted")
    equal(c.zadd(key, {"a": 1.5, "b": 2}), 2)
    found = c.zrange(key, 0, -1, withscores=True)
    equal([tuple(each) for each in found], [("a", 1.5), ("b", 2.0)])
    equal(c.zscore(key, "a"), 1.5)
    key = fresh("place")
    equal(c.geoadd(key, (13.361389, 38.115556, "Palermo")), 1)
    equal([round(each, 3) for each in c.geopos(key, "Palermo")[0]], [13.361, 38.116])
    fails(redis.ResponseError, "WRONGTYPE", lambda: c.get(key))


@each_way
def streams(connect):
    c = connect(decode_responses=True)
    key = fresh("stream")
    ids = [c.xadd(key, {"n": n}) for n in range(3)]
    c.xgroup_create(key, "workers", id="0")
    read = c.xreadgroup("workers", "one", {key: ">"}, count=2)
    taken = read[key][0] if isinstance(read, dict) else read[0][1]
    equal([each[0] for each in taken], ids[:2])
    equal(c.xack(key, "workers", *ids[:2]), 2)
    equal(c.xpending(key, "workers")["pending"], 0)


@each_way
def pipeline(connect):
    c, other = connect(), connect()
    for _ in range(3):
        key, plain = fresh("pipeline"), c.pipeline(transaction=False)
        for n in range(500):
            plain.set(f"{key}:{n}", n).get(f"{key}:{n}")
        equal(plain.execute(), [each for n in range(500) for each in (True, b"%d" % n)])
        equal(other.mget([f"{key}:{n}" for n in range(500)]), [b"%d" % n for n in range(500)])


@each_way
def pipeline_with_an_error_in_the_middle(connect):
    c, key = connect(), fresh("error")
    batch = c.pipeline(transaction=False).set(key, "v").lpush(key, "x").get(key)
    done, failed, got = batch.execute(raise_on_error=False)
    equal((done, got), (True, b"v"))
    assert isinstance(failed, redis.ResponseError) and str(failed).startswith("WRONGTYPE"), failed
    equal(c.get(key), b"v")


@each_way
def scripts(connect):
    c, other = connect(), connect()
    c.script_flush()
    key = fresh("script")
    script = c.register_script("return redis.call('incrby', KEYS[1], ARGV[1])")
    equal(script(keys=[key], args=[2]), 2)  # EVALSHA, NOSCRIPT, SCRIPT LOAD, EVALSHA
    equal(other.evalsha(script.sha, 1, key, 3), 5)
    equal(c.script_exists(script.sha, "f" * 40), [True, False])
    fails(redis.exceptions.NoScriptError, "", lambda: c.evalsha("f" * 40, 0))
    equal(c.eval("return {1, 'two', {3}}", 0), [1, b"two", [3]])
    fails(redis.ResponseError, "mine", lambda: c.eval("return redis.error_reply('mine')", 0))


@each_way
def functions(connect):
    c = connect()
    c.function_load(
        "#!lua name=ours\nredis.register_function('twice', function(keys, args) return args[1] * 2 end)",
        replace=True,
    )
    equal(c.fcall("twice", 0, 21), 42)


@each_way
def scan(connect):
    c, prefix = connect(), fresh("scanned")
    names = {f"{prefix}:{n}".encode() for n in range(1000)}
    c.mset({name: "v" for name in names})
    equal(set(c.scan_iter(match=f"{prefix}:*", count=100)), names)
    c.hset(prefix, mapping={f"field{n}": n for n in range(1000)})
    equal(len(dict(c.hscan_iter(prefix))), 1000)


@each_way
def large_values(connect):
    c, other = connect(), connect()
    for size in (65_536, 1_000_000, 20_000_000):
        key, value = fresh("large"), os.urandom(size)
        equal(c.set(key, value), True)
        equal(other.get(key) == value, True, f"{size} bytes as they were")
        equal(other.getrange(key, size - 3, -1), value[-3:])
        c.delete(key)


@each_way
def binary_keys(connect):
    c = connect()
    for key in (b"", b"\0", b"\r\n", b"$3\r\nfoo\r\n", bytes(range(256)), "żółć".encode(), b" " * 1000):
        equal(c.set(key, key[::-1]), True)
        equal(c.get(key), key[::-1])
        equal(c.delete(key), 1)


@each_way
def many_arguments(connect):
    c, prefix = connect(), fresh("many")
    names = [f"{prefix}:{n}" for n in range(10_000)]
    equal(c.mset({name: name for name in names}), True)
    equal(c.mget(names), [name.encode() for name in names])
    equal(c.delete(*names), 10_000)
