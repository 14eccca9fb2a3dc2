package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

func login(ctx context.Context, r *rig) {
	equal(get(r.client().Do(ctx, "ACL", "WHOAMI").Text()), "app", "user")
}

func loginRefused(ctx context.Context, r *rig) {
	for _, wrong := range []func(*redis.Options){
		func(o *redis.Options) { o.Password = "wrong" },
		func(o *redis.Options) { o.Username = "nobody" },
	} {
		fails("WRONGPASS", r.client(wrong).Ping(ctx).Err())
	}
}

func commands(ctx context.Context, r *rig) {
	c := r.client()
	key := fresh("string")
	equal(get(c.Set(ctx, key, "v", 100*time.Second).Result()), "OK", "SET")
	equal(get(c.Get(ctx, key).Result()), "v", "GET")
	equal(c.Get(ctx, fresh("none")).Err(), redis.Nil, "GET of nothing")
	equal(get(c.IncrBy(ctx, fresh("number"), 41).Result()), int64(41), "INCRBY")
	key = fresh("hash")
	equal(get(c.HSet(ctx, key, "a", 1, "b", 2).Result()), int64(2), "HSET")
	equal(get(c.HGetAll(ctx, key).Result()), map[string]string{"a": "1", "b": "2"}, "HGETALL")
	key = fresh("list")
	equal(get(c.RPush(ctx, key, "a", "b", "c").Result()), int64(3), "RPUSH")
	equal(get(c.LRange(ctx, key, 0, -1).Result()), []string{"a", "b", "c"}, "LRANGE")
	key = fresh("set")
	equal(get(c.SAdd(ctx, key, "a", "b").Result()), int64(2), "SADD")
	equal(len(get(c.SMembersMap(ctx, key).Result())), 2, "SMEMBERS")
	key = fresh("sorted")
	must(c.ZAdd(ctx, key, redis.Z{Score: 1.5, Member: "a"}).Err())
	equal(get(c.ZRangeWithScores(ctx, key, 0, -1).Result()), []redis.Z{{Score: 1.5, Member: "a"}}, "ZRANGE")
	fails("WRONGTYPE", c.Get(ctx, key).Err())
}

func streams(ctx context.Context, r *rig) {
	c, key := r.client(), fresh("stream")
	var ids []string
	for n := range 3 {
		ids = append(ids, get(c.XAdd(ctx, &redis.XAddArgs{Stream: key, Values: []any{"n", n}}).Result()))
	}
	must(c.XGroupCreate(ctx, key, "workers", "0").Err())
	read := get(c.XReadGroup(ctx, &redis.XReadGroupArgs{
		Group: "workers", Consumer: "one", Streams: []string{key, ">"}, Count: 2,
	}).Result())
	equal([]string{read[0].Messages[0].ID, read[0].Messages[1].ID}, ids[:2], "entries")
	equal(get(c.XAck(ctx, key, "workers", ids[:2]...).Result()), int64(2), "XACK")
	equal(get(c.XPending(ctx, key, "workers").Result()).Count, int64(0), "pending")
}

func pipeline(ctx context.Context, r *rig) {
	c, other := r.client(), r.client()
	for range 3 {
		key := fresh("pipeline")
		replies := get(c.Pipelined(ctx, func(p redis.Pipeliner) error {
			for n := range 500 {
				p.Set(ctx, fmt.Sprintf("%s:%d", key, n), n, 0)
				p.Get(ctx, fmt.Sprintf("%s:%d", key, n))
			}
			return nil
		}))
		for n := range 500 {
			equal(get(replies[2*n+1].(*redis.StringCmd).Int()), n, "GET")
			equal(get(other.Get(ctx, fmt.Sprintf("%s:%d", key, n)).Int()), n, "GET of another client")
		}
	}
}

func pipelineWithError(ctx context.Context, r *rig) {
	c, key := r.client(), fresh("error")
	replies, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.Set(ctx, key, "v", 0)
		p.LPush(ctx, key, "x")
		p.Get(ctx, key)
		return nil
	})
	fails("WRONGTYPE", err)
	equal(replies[0].Err(), nil, "SET")
	equal(get(replies[2].(*redis.StringCmd).Result()), "v", "GET")
}

func scripts(ctx context.Context, r *rig) {
	c, other, key := r.client(), r.client(), fresh("script")
	must(c.ScriptFlush(ctx).Err())
	add := redis.NewScript("return redis.call('incrby', KEYS[1], ARGV[1])")
	equal(get(add.Run(ctx, c, []string{key}, 2).Int()), 2, "EVALSHA, NOSCRIPT, EVAL")
	equal(get(other.EvalSha(ctx, add.Hash(), []string{key}, 3).Int()), 5, "EVALSHA")
	equal(get(add.Exists(ctx, other).Result()), []bool{true}, "SCRIPT EXISTS")
	fails("NOSCRIPT", c.EvalSha(ctx, strings.Repeat("f", 40), nil).Err())
	equal(get(c.Eval(ctx, "return {1, 'two'}", nil).Slice()), []any{int64(1), "two"}, "EVAL")
	fails("ERR mine", c.Eval(ctx, "return redis.error_reply('mine')", nil).Err())
}

func scan(ctx context.Context, r *rig) {
	c, prefix, found := r.client(), fresh("scanned"), map[string]bool{}
	for n := range 1000 {
		must(c.Set(ctx, fmt.Sprintf("%s:%d", prefix, n), n, 0).Err())
	}
	keys := c.Scan(ctx, 0, prefix+":*", 100).Iterator()
	for keys.Next(ctx) {
		found[keys.Val()] = true
	}
	must(keys.Err())
	equal(len(found), 1000, "keys")
}

func largeValues(ctx context.Context, r *rig) {
	c, other := r.client(), r.client()
	for _, size := range []int{65_536, 1_000_000, 20_000_000} {
		key, value := fresh("large"), make([]byte, size)
		rand.Read(value)
		must(c.Set(ctx, key, value, 0).Err())
		equal(bytes.Equal(get(other.Get(ctx, key).Bytes()), value), true, "as it was")
		must(c.Del(ctx, key).Err())
	}
}

func binaryKeys(ctx context.Context, r *rig) {
	c := r.client()
	for _, key := range []string{"", "\x00", "\r\n", "$3\r\nfoo\r\n", "\xff\xfe", strings.Repeat(" ", 1000)} {
		must(c.Set(ctx, key, "of "+key, 0).Err())
		equal(get(c.Get(ctx, key).Result()), "of "+key, "GET")
		equal(get(c.Del(ctx, key).Result()), int64(1), "DEL")
	}
}

func manyArguments(ctx context.Context, r *rig) {
	c, prefix := r.client(), fresh("many")
	var keys []string
	pairs := map[string]string{}
	for n := range 10_000 {
		keys = append(keys, fmt.Sprintf("%s:%d", prefix, n))
		pairs[keys[n]] = keys[n]
	}
	must(c.MSet(ctx, pairs).Err())
	for n, value := range get(c.MGet(ctx, keys...).Result()) {
		equal(value, keys[n], "MGET")
	}
	equal(get(c.Del(ctx, keys...).Result()), int64(10_000), "DEL")
}
