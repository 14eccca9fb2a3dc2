package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// The next query on `c` takes 30 s unless it is cancelled, which a CancelRequest does after 300 ms.
func cancelled(ctx context.Context, c *pgx.Conn) {
	sent := make(chan error)
	go func() {
		time.Sleep(300 * time.Millisecond)
		sent <- c.PgConn().CancelRequest(ctx)
	}()
	_, err := c.Exec(ctx, "select pg_sleep($1)", 30)
	fails("57014", err)
	must(<-sent)
}

func cancelRunning(ctx context.Context) {
	clients(ctx, 2, func(ours []*pgx.Conn) {
		for range 3 {
			cancelled(ctx, ours[0])
			equal(one[int](ctx, ours[1], "select 1"), 1, "the other's")
			equal(one[int](ctx, ours[0], "select 2"), 2, "its own")
		}
	})
}

func cancelWaiting(ctx context.Context) {
	clients(ctx, 3, func(ours []*pgx.Conn) {
		holders := ours[:2]
		for _, c := range holders {
			run(ctx, c, "begin")
		}
		cancelled(ctx, ours[2])
		for n, c := range holders {
			equal(one[int](ctx, c, "select $1::int", n), n, "what the others were doing")
			run(ctx, c, "commit")
		}
		equal(one[int](ctx, ours[2], "select 5"), 5, "its own")
	})
}

func savepoints(ctx context.Context) {
	clients(ctx, 2, func(ours []*pgx.Conn) {
		c, other := ours[0], ours[1]
		run(ctx, c, "drop table if exists saved")
		run(ctx, c, "create table saved (id int primary key)")
		must(pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
			get(tx.Exec(ctx, "insert into saved values ($1)", 1))
			for range 3 {
				err := pgx.BeginFunc(ctx, tx, func(inner pgx.Tx) error {
					get(inner.Exec(ctx, "insert into saved values ($1)", 2))
					_, err := inner.Exec(ctx, "insert into saved values ($1)", 1)
					return err
				})
				equal(fails("23505", err).ConstraintName, "saved_pkey", "constraint")
			}
			equal(one[int](ctx, other, "select count(*) from saved"), 0, "rows that others see")
			get(tx.Exec(ctx, "insert into saved values ($1)", 3))
			return nil
		}))
		equal(one[[]int](ctx, other, "select array_agg(id order by id) from saved"), []int{1, 3}, "rows")
	})
}

func failedTransaction(ctx context.Context) {
	var said []string
	hear := func(c *pgx.ConnConfig) {
		c.OnNotice = func(_ *pgconn.PgConn, notice *pgconn.Notice) { said = append(said, notice.Message) }
	}
	clients(ctx, 2, func(ours []*pgx.Conn) {
		c, other := ours[0], ours[1]
		tx := get(c.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.Serializable}))
		_, err := tx.Exec(ctx, "select 1 / $1::int", 0)
		fails("22012", err)
		_, err = tx.Exec(ctx, "select 1")
		fails("25P02", err)
		equal(c.PgConn().TxStatus(), byte('E'), "transaction status")
		equal(one[int](ctx, other, "select 1"), 1, "the other's")
		equal(tx.Commit(ctx), pgx.ErrTxCommitRollback, "commit")
		run(ctx, c, "do $$ begin raise notice 'hear me'; end $$")
		equal(said, []string{"hear me"}, "notices")
		_, err = c.Exec(ctx, "do $$ begin raise exception 'oh' using hint = 'h', detail = 'd'; end $$")
		raised := fails("P0001", err)
		equal([]string{raised.Message, raised.Hint, raised.Detail}, []string{"oh", "h", "d"}, "error")
		_, err = c.PgConn().Exec(ctx, "select 1; select 1 / 0; select 2").ReadAll()
		fails("22012", err)
		equal(len(get(c.PgConn().Exec(ctx, "select 1; select 2").ReadAll())), 2, "results")
		equal(one[int](ctx, c, "select 3"), 3, "its own")
	}, hear)
}

func notifications(ctx context.Context) {
	clients(ctx, 2, func(ours []*pgx.Conn) {
		listener, sender := ours[0], ours[1]
		run(ctx, listener, "listen news")
		for n := range 3 {
			run(ctx, sender, "select pg_notify('news', $1)", fmt.Sprint("number ", n))
		}
		for n := range 3 {
			heard := get(listener.WaitForNotification(ctx))
			equal([]string{heard.Channel, heard.Payload}, []string{"news", fmt.Sprint("number ", n)}, "notification")
		}
		run(ctx, listener, "unlisten *")
		run(ctx, sender, "notify news, 'to nobody'")
		equal(one[int](ctx, listener, "select 1"), 1, "its own")
	})
}

func parametersFollow(ctx context.Context) {
	zones := []string{"Asia/Tokyo", "America/Lima", "Africa/Cairo", "UTC"}
	styles := []string{"ISO", "German", "SQL", "Postgres"}
	dates := []string{"2026-03-01", "01.03.2026", "03/01/2026", "03-01-2026"}
	clients(ctx, 4, func(ours []*pgx.Conn) {
		for number, c := range ours {
			run(ctx, c, fmt.Sprintf("set application_name = 'client %d'", number))
			run(ctx, c, "select set_config('TimeZone', $1, false)", zones[number])
			run(ctx, c, "set datestyle = "+styles[number])
		}
		for range 3 {
			for number, c := range ours {
				must(pgx.BeginFunc(ctx, c, func(pgx.Tx) error {
					equal(one[string](ctx, c, "show application_name"), fmt.Sprint("client ", number), "application_name")
					equal(one[string](ctx, c, "show timezone"), zones[number], "TimeZone")
					equal(one[string](ctx, c, "select date '2026-03-01' || ''"), dates[number], "a date")
					return nil
				}))
				equal(c.PgConn().ParameterStatus("TimeZone"), zones[number], "the reported TimeZone")
			}
		}
	})
}

func parametersFromTheStart(ctx context.Context) {
	clients(ctx, 1, func(others []*pgx.Conn) {
		clients(ctx, 1, func(ours []*pgx.Conn) {
			for range 3 {
				equal(one[string](ctx, ours[0], "show application_name"), "from the start", "application_name")
				equal(one[string](ctx, ours[0], "show timezone"), "Asia/Tokyo", "TimeZone")
				equal(one[string](ctx, others[0], "show application_name"), "", "the other's application_name")
			}
		}, setting("application_name", "from the start"), setting("timezone", "Asia/Tokyo"))
	})
}

func pins(ctx context.Context) {
	clients(ctx, 2, func(ours []*pgx.Conn) {
		c, other := ours[0], ours[1]
		run(ctx, c, "create temporary table mine (a int)")
		run(ctx, c, "insert into mine values ($1)", 1)
		for range 5 {
			equal(one[bool](ctx, other, "select to_regclass('mine') is null"), true, "invisible to others")
			equal(one[int](ctx, c, "select count(*) from mine"), 1, "rows")
		}
		run(ctx, c, "select pg_advisory_lock($1)", 42)
		equal(one[bool](ctx, other, "select pg_try_advisory_lock(42)"), false, "somebody else could lock")
	})
	for range 2 {
		clients(ctx, 1, func(ours []*pgx.Conn) {
			run(ctx, ours[0], "select pg_advisory_xact_lock(42)") // waits until PostgreSQL has let go of it
			run(ctx, ours[0], "create temporary table mine (a int)")
		})
	}
}

func leaving(ctx context.Context) {
	ways := map[string]func(c *pgx.Conn){
		"in a transaction": func(*pgx.Conn) {},
		"in a query": func(c *pgx.Conn) {
			soon, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
			defer cancel()
			c.Exec(soon, "select pg_sleep(60)") // the driver cuts the line when its context ends
		},
		"in a failed transaction": func(c *pgx.Conn) { c.Exec(ctx, "select 1 / 0") },
	}
	clients(ctx, 1, func(ours []*pgx.Conn) {
		watcher := ours[0]
		run(ctx, watcher, "drop table if exists left_behind")
		run(ctx, watcher, "create table left_behind (id int primary key, n int)")
		run(ctx, watcher, "insert into left_behind values (1, 0)")
		for name, leave := range ways {
			c := get(dial(ctx))
			run(ctx, c, "begin")
			run(ctx, c, "update left_behind set n = n + $1", 1)
			leave(c)
			c.PgConn().Conn().Close()
			clients(ctx, 1, func(more []*pgx.Conn) {
				for _, each := range []*pgx.Conn{watcher, more[0]} {
					run(ctx, each, "begin")
					run(ctx, each, "set local lock_timeout = '20s'")
					equal(one[int](ctx, each, "select n from left_behind where id = 1 for update"), 0, "left behind "+name)
					run(ctx, each, "commit")
				}
			})
		}
	})
}

// 20 pooled connections, 4000 short transactions; every reply must be the one to its own request.
func poolUnderLoad(ctx context.Context) {
	options := get(pgxpool.ParseConfig(""))
	options.MaxConns, options.MinConns = 20, 20
	pool := get(pgxpool.NewWithConfig(ctx, options))
	defer pool.Close()
	get(pool.Exec(ctx, "drop table if exists counters"))
	get(pool.Exec(ctx, "create table counters (id int primary key, n int)"))
	get(pool.Exec(ctx, "insert into counters select i, 0 from generate_series(0, 99) i"))
	numbers, outcomes := make(chan int), make(chan any)
	for range 40 {
		go func() {
			defer func() { outcomes <- recover() }()
			for number := range numbers {
				transact(ctx, pool, number)
			}
		}()
	}
	go func() {
		defer close(numbers)
		for number := range 4000 {
			select {
			case numbers <- number:
			case <-ctx.Done():
				return
			}
		}
	}()
	for range 40 {
		if why := <-outcomes; why != nil {
			panic(why)
		}
	}
	var least, most, sum int
	must(pool.QueryRow(ctx, "select min(n), max(n), sum(n) from counters").Scan(&least, &most, &sum))
	equal([]int{least, most, sum}, []int{40, 40, 4000}, "counters")
}

func transact(ctx context.Context, pool *pgxpool.Pool, number int) {
	var text string
	var negative, id int
	reply := pool.QueryRow(ctx, "select $1 || ' for ' || $2, $3::int", "reply", fmt.Sprint(number), -number)
	must(reply.Scan(&text, &negative))
	equal([]any{text, negative}, []any{fmt.Sprint("reply for ", number), -number}, "reply")
	must(pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, "update counters set n = n + 1 where id = $1 returning id", number%100).Scan(&id)
	}))
	equal(id, number%100, "id")
	if number%50 == 49 {
		_, err := pool.Exec(ctx, "select 1 / $1::int", 0)
		fails("22012", err)
	}
}
