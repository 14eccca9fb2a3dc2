package main

import (
	"context"
	"fmt"
	"net"
	"sync"

	"github.com/redis/go-redis/v9"
)

func databases(ctx context.Context, r *rig) {
	key := fresh("database")
	var all []*redis.Client
	for n := range 3 {
		all = append(all, r.client(inDatabase(n)))
		must(all[n].Set(ctx, key, n, 0).Err())
	}
	for n, c := range all {
		equal(get(c.Get(ctx, key).Int()), n, "GET")
	}
	walker := r.conn()
	defer walker.Close()
	for _, n := range []int{1, 2, 0} {
		must(walker.Select(ctx, n).Err())
		equal(get(walker.Get(ctx, key).Int()), n, "GET after SELECT")
	}
}

func namesAndNumbers(ctx context.Context, r *rig) {
	ids := map[int64]bool{}
	var all []*redis.Conn
	for n := range clientCount {
		all = append(all, r.conn(named(fmt.Sprintf("name%d", n))))
		defer all[n].Close()
	}
	for n, c := range all {
		equal(get(c.ClientGetName(ctx).Result()), fmt.Sprintf("name%d", n), "CLIENT GETNAME")
		ids[get(c.ClientID(ctx).Result())] = true
	}
	equal(len(ids), clientCount, "different numbers")
}

func reconnect(ctx context.Context, r *rig) {
	c, key := r.client(inDatabase(1), func(o *redis.Options) { o.PoolSize = 1 }), fresh("kept")
	must(c.Set(ctx, key, "v", 0).Err())
	for range 3 {
		before := get(c.ClientID(ctx).Result())
		equal(get(c.ClientKillByFilter(ctx, "ID", fmt.Sprint(before), "SKIPME", "no").Result()), int64(1), "CLIENT KILL")
		equal(get(c.Get(ctx, key).Result()), "v", "GET in the same database")
		equal(get(c.ClientID(ctx).Result()) != before, true, "another connection")
	}
}

// The subscriber's line is cut; the driver comes back and subscribes again.
func reconnectOfSubscriber(ctx context.Context, r *rig) {
	c, channel := r.client(), fresh("news")
	var line net.Conn
	subscriber := subscribed(ctx, r.client(func(o *redis.Options) {
		o.Dialer = func(ctx context.Context, network, address string) (net.Conn, error) {
			var err error
			line, err = new(net.Dialer).DialContext(ctx, network, address)
			return line, err
		}
	}).Subscribe(ctx, channel))
	defer subscriber.Close()
	heard := subscriber.Channel()
	must(c.Publish(ctx, channel, "first").Err())
	equal((<-heard).Payload, "first", "message")
	line.Close()
	eventually(func() bool {
		must(c.Publish(ctx, channel, "again").Err())
		select {
		case said := <-heard:
			return said.Payload == "again"
		default:
			return false
		}
	})
}

func manyClients(ctx context.Context, r *rig) {
	prefix := fresh("load")
	work := func(c *redis.Conn, number int) error {
		defer c.Close()
		key := fmt.Sprintf("%s:%d", prefix, number)
		for turn := range 40 {
			value, batch := fmt.Sprintf("%d:%d", number, turn), c.Pipeline()
			if turn%8 == 0 {
				batch = c.TxPipeline()
			}
			batch.Set(ctx, key, value, 0)
			said, kept := batch.Echo(ctx, value), batch.Get(ctx, key)
			if _, err := batch.Exec(ctx); err != nil {
				return err
			}
			if said.Val() != value || kept.Val() != value {
				return fmt.Errorf("%s got %s and %s", value, said.Val(), kept.Val())
			}
		}
		return nil
	}
	var group sync.WaitGroup
	problems := make(chan error, 100)
	for number := range 100 {
		c := r.conn()
		group.Go(func() { problems <- work(c, number) })
	}
	group.Wait()
	close(problems)
	for err := range problems {
		must(err)
	}
}

func onePool(ctx context.Context, r *rig) {
	c, key := r.client(), fresh("shared")
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			for range 20 {
				c.Incr(ctx, key)
			}
		})
	}
	group.Wait()
	equal(get(c.Get(ctx, key).Result()), "1000", "GET")
}
