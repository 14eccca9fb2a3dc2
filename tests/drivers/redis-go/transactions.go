package main

import (
	"context"
	"errors"
	"sync"

	"github.com/redis/go-redis/v9"
)

func transaction(ctx context.Context, r *rig) {
	c, other := r.client(), r.client()
	for range 3 {
		key := fresh("transaction")
		replies := get(c.TxPipelined(ctx, func(p redis.Pipeliner) error {
			p.Set(ctx, key, 1, 0)
			p.Incr(ctx, key)
			return nil
		}))
		equal(get(replies[1].(*redis.IntCmd).Result()), int64(2), "INCR")
		equal(get(other.Get(ctx, key).Result()), "2", "GET of another client")
	}
}

func transactionWithError(ctx context.Context, r *rig) {
	c, key := r.client(), fresh("transaction")
	replies, err := c.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.Set(ctx, key, "v", 0)
		p.Incr(ctx, key)
		return nil
	})
	fails("ERR value is not an integer", err)
	equal(replies[0].Err(), nil, "SET")
	_, err = c.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.Set(ctx, key, "w", 0)
		p.Do(ctx, "NOSUCHCOMMAND")
		return nil
	})
	equal(err != nil, true, "refused")
	equal(get(c.Get(ctx, key).Result()), "v", "GET")
}

func transactionDiscarded(ctx context.Context, r *rig) {
	c, key := r.conn(), fresh("transaction")
	defer c.Close()
	equal(get(c.Do(ctx, "MULTI").Text()), "OK", "MULTI")
	equal(get(c.Do(ctx, "SET", key, "v").Text()), "QUEUED", "SET")
	equal(get(c.Do(ctx, "DISCARD").Text()), "OK", "DISCARD")
	equal(c.Get(ctx, key).Err(), redis.Nil, "GET")
	fails("ERR EXEC without MULTI", c.Do(ctx, "EXEC").Err())
}

func setTo(ctx context.Context, key string, value any) func(redis.Pipeliner) error {
	return func(p redis.Pipeliner) error { return p.Set(ctx, key, value, 0).Err() }
}

func watch(ctx context.Context, r *rig) {
	c, other := r.client(), r.client()
	for _, meddled := range []bool{true, false, true} {
		key, expected := fresh("watched"), "ours"
		err := c.Watch(ctx, func(tx *redis.Tx) error {
			equal(tx.Get(ctx, key).Err(), redis.Nil, "GET")
			if meddled {
				must(other.Set(ctx, key, "theirs", 0).Err())
			}
			_, err := tx.TxPipelined(ctx, setTo(ctx, key, "ours"))
			return err
		}, key)
		if meddled {
			equal(err, redis.TxFailedErr, "EXEC")
			expected = "theirs"
		} else {
			must(err)
		}
		equal(get(c.Get(ctx, key).Result()), expected, "GET")
	}
}

func watchByMany(ctx context.Context, r *rig) {
	c, key := r.client(), fresh("counted")
	addOne := func(tx *redis.Tx) error {
		now, err := tx.Get(ctx, key).Int()
		if err != nil && !errors.Is(err, redis.Nil) {
			return err
		}
		_, err = tx.TxPipelined(ctx, setTo(ctx, key, now+1))
		return err
	}
	var group sync.WaitGroup
	problems := make(chan error, 4)
	for range 4 {
		group.Go(func() {
			for range 25 {
				var err error = redis.TxFailedErr
				for errors.Is(err, redis.TxFailedErr) {
					err = c.Watch(ctx, addOne, key)
				}
				if err != nil {
					problems <- err
					return
				}
			}
		})
	}
	group.Wait()
	close(problems)
	for err := range problems {
		must(err)
	}
	equal(get(c.Get(ctx, key).Result()), "100", "GET")
}
