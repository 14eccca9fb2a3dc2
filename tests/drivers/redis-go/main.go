// go-redis: what an application may do with it, in RESP3 and in RESP2.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

const clientCount = 8

var numbers atomic.Int64

// A key that no other check uses.
func fresh(name string) string { return fmt.Sprintf("%s:%d", name, numbers.Add(1)) }

// What makes the clients of one check, all of one protocol, and closes them.
type rig struct {
	protocol int
	made     []*redis.Client
}

func (r *rig) client(changes ...func(*redis.Options)) *redis.Client {
	options := get(redis.ParseURL(os.Getenv("REDIS_URL")))
	options.Protocol = r.protocol
	for _, change := range changes {
		change(options)
	}
	client := redis.NewClient(options)
	r.made = append(r.made, client)
	return client
}

// One connection and no pool.
func (r *rig) conn(changes ...func(*redis.Options)) *redis.Conn { return r.client(changes...).Conn() }

func named(name string) func(*redis.Options) { return func(o *redis.Options) { o.ClientName = name } }
func inDatabase(n int) func(*redis.Options)  { return func(o *redis.Options) { o.DB = n } }

// The error that begins with these words, which was due.
func fails(words string, err error) {
	if err == nil {
		panic("no error, " + words + " was due")
	}
	if !strings.HasPrefix(err.Error(), words) {
		panic(err.Error() + ": " + words + " was due")
	}
}

func eventually(condition func() bool) {
	for giveUp := time.Now().Add(20 * time.Second); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(giveUp) {
			panic("it did not come true")
		}
	}
}

// Whether a client of that name waits in a blocking command.
func isBlocked(ctx context.Context, c *redis.Client, name string) bool {
	for line := range strings.Lines(get(c.ClientList(ctx).Result())) {
		if _, rest, found := strings.Cut(line, " name="+name+" "); found {
			_, flags, _ := strings.Cut(rest, "flags=")
			flags, _, _ = strings.Cut(flags, " ")
			return strings.Contains(flags, "b")
		}
	}
	return false
}

// Runs the work on a goroutine; the function that it returns waits for the outcome.
func meanwhile[T any](work func() (T, error)) func() T {
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		value, err := work()
		done <- outcome{value, err}
	}()
	return func() T {
		result := <-done
		return get(result.value, result.err)
	}
}

// Each check is made in RESP3, which is this driver's default, and as NAME_resp2 in RESP2.
func eachWay(name string, run func(context.Context, *rig)) []check {
	with := func(protocol int) func(context.Context) {
		return func(ctx context.Context) {
			r := &rig{protocol: protocol}
			defer func() {
				for _, client := range r.made {
					client.Close()
				}
			}()
			run(ctx, r)
		}
	}
	return []check{{name, with(3)}, {name + "_resp2", with(2)}}
}

func main() {
	fmt.Println("# go-redis", redis.Version())
	var all []check
	for _, group := range [][]check{
		eachWay("login", login),
		eachWay("login_refused", loginRefused),
		eachWay("commands", commands),
		eachWay("streams", streams),
		eachWay("pipeline", pipeline),
		eachWay("pipeline_with_an_error_in_the_middle", pipelineWithError),
		eachWay("scripts", scripts),
		eachWay("scan", scan),
		eachWay("large_values", largeValues),
		eachWay("binary_keys", binaryKeys),
		eachWay("many_arguments", manyArguments),
		eachWay("transaction", transaction),
		eachWay("transaction_with_an_error", transactionWithError),
		eachWay("transaction_discarded", transactionDiscarded),
		eachWay("watch", watch),
		eachWay("watch_by_many", watchByMany),
		eachWay("blocking_pop", blockingPop),
		eachWay("blocking_pops_of_many_clients", blockingPops),
		eachWay("blocking_pop_given_up", blockingPopGivenUp),
		eachWay("blocking_read_of_a_stream", blockingRead),
		eachWay("publish_subscribe", publishSubscribe),
		eachWay("publish_subscribe_patterns", publishSubscribePatterns),
		eachWay("publish_subscribe_sharded", publishSubscribeSharded),
		eachWay("publish_subscribe_in_order", publishSubscribeInOrder),
		eachWay("databases", databases),
		eachWay("names_and_numbers", namesAndNumbers),
		eachWay("reconnect", reconnect),
		eachWay("reconnect_of_a_subscriber", reconnectOfSubscriber),
		eachWay("many_clients", manyClients),
		eachWay("one_pool_of_connections", onePool),
	} {
		all = append(all, group...)
	}
	runAll(all)
}
