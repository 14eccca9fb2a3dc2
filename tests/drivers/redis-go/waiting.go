package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

func blockingPop(ctx context.Context, r *rig) {
	name, key := fresh("waiter"), fresh("queue")
	waiter, other := r.client(named(name)), r.client()
	popped := meanwhile(func() ([]string, error) {
		return waiter.BLPop(ctx, 20*time.Second, fresh("empty"), key).Result()
	})
	eventually(func() bool { return isBlocked(ctx, other, name) })
	must(other.RPush(ctx, key, "work").Err())
	equal(popped(), []string{key, "work"}, "BLPOP")
	began := time.Now()
	equal(waiter.BLPop(ctx, time.Second, key).Err(), redis.Nil, "BLPOP of nothing")
	equal(time.Since(began) >= time.Second, true, "waited as long as it said")
}

func blockingPops(ctx context.Context, r *rig) {
	other, key := r.client(), fresh("queue")
	var waits []func() []string
	for range clientCount {
		c := r.client()
		waits = append(waits, meanwhile(func() ([]string, error) { return c.BRPop(ctx, 20*time.Second, key).Result() }))
	}
	for n := range clientCount {
		must(other.LPush(ctx, key, n).Err())
		equal(other.Get(ctx, key+":none").Err(), redis.Nil, "others are served while clients wait")
	}
	var popped []int
	for _, wait := range waits {
		popped = append(popped, get(strconv.Atoi(wait()[1])))
	}
	slices.Sort(popped)
	for n := range clientCount {
		equal(popped[n], n, "popped")
	}
}

// Its context ends while it waits: what comes later belongs to others.
func blockingPopGivenUp(ctx context.Context, r *rig) {
	name, key := fresh("waiter"), fresh("queue")
	waiter, other := r.client(named(name), func(o *redis.Options) { o.ContextTimeoutEnabled = true }), r.client()
	soon, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	equal(waiter.BLPop(soon, 20*time.Second, key).Err() != nil, true, "given up")
	eventually(func() bool { return !isBlocked(ctx, other, name) })
	must(other.RPush(ctx, key, "later").Err())
	equal(get(waiter.LPop(ctx, key).Result()), "later", "LPOP")
}

func blockingRead(ctx context.Context, r *rig) {
	name, key := fresh("reader"), fresh("stream")
	reader, writer := r.client(named(name)), r.client()
	read := meanwhile(func() ([]redis.XStream, error) {
		return reader.XRead(ctx, &redis.XReadArgs{Streams: []string{key, "$"}, Block: 20 * time.Second}).Result()
	})
	eventually(func() bool { return isBlocked(ctx, writer, name) })
	id := get(writer.XAdd(ctx, &redis.XAddArgs{Stream: key, Values: []any{"field", "value"}}).Result())
	equal(read()[0].Messages[0].ID, id, "entry")
}

func subscribed(ctx context.Context, subscriber *redis.PubSub) *redis.PubSub {
	_ = get(subscriber.Receive(ctx)).(*redis.Subscription)
	return subscriber
}

// Behind a gateway Redis counts the gateway's connections, of which one may serve many subscribers.
func heardBy(count, most int64) {
	equal(count >= 1 && count <= most, true, fmt.Sprintf("%d for %d subscribers", count, most))
}

func publishSubscribe(ctx context.Context, r *rig) {
	c, channel := r.client(), fresh("news")
	var all []*redis.PubSub
	for range clientCount {
		all = append(all, subscribed(ctx, r.client().Subscribe(ctx, channel)))
		defer all[len(all)-1].Close()
	}
	heardBy(get(c.Publish(ctx, channel, "hello").Result()), clientCount)
	for _, each := range all {
		said := get(each.ReceiveMessage(ctx))
		equal([]string{said.Channel, said.Payload}, []string{channel, "hello"}, "message")
	}
	heardBy(get(c.PubSubNumSub(ctx, channel).Result())[channel], clientCount)
	for _, each := range all[1:] {
		must(each.Unsubscribe(ctx, channel))
		_ = get(each.Receive(ctx)).(*redis.Subscription)
	}
	heardBy(get(c.Publish(ctx, channel, "last").Result()), clientCount)
	equal(get(all[0].ReceiveMessage(ctx)).Payload, "last", "message")
}

func publishSubscribePatterns(ctx context.Context, r *rig) {
	c, prefix := r.client(), fresh("topic")
	subscriber := subscribed(ctx, r.client().PSubscribe(ctx, prefix+":*"))
	defer subscriber.Close()
	must(subscriber.Subscribe(ctx, prefix+":a"))
	subscribed(ctx, subscriber)
	equal(get(c.Publish(ctx, prefix+":a", "both").Result()), int64(2), "PUBLISH")
	heard := []string{get(subscriber.ReceiveMessage(ctx)).Pattern, get(subscriber.ReceiveMessage(ctx)).Pattern}
	slices.Sort(heard)
	equal(heard, []string{"", prefix + ":*"}, "patterns")
	must(subscriber.Ping(ctx, "here"))
	equal(get(subscriber.Receive(ctx)).(*redis.Pong).Payload, "here", "PING")
}

func publishSubscribeSharded(ctx context.Context, r *rig) {
	c, channel := r.client(), fresh("shard")
	subscriber := subscribed(ctx, r.client().SSubscribe(ctx, channel))
	defer subscriber.Close()
	equal(get(c.SPublish(ctx, channel, "hello").Result()), int64(1), "SPUBLISH")
	equal(get(subscriber.ReceiveMessage(ctx)).Payload, "hello", "message")
}

func publishSubscribeInOrder(ctx context.Context, r *rig) {
	c, channel := r.client(), fresh("news")
	subscriber := subscribed(ctx, r.client().Subscribe(ctx, channel))
	defer subscriber.Close()
	get(c.Pipelined(ctx, func(p redis.Pipeliner) error {
		for n := range 2000 {
			p.Publish(ctx, channel, n)
		}
		return nil
	}))
	for n := range 2000 {
		equal(get(subscriber.ReceiveMessage(ctx)).Payload, strconv.Itoa(n), "message")
	}
}
