package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

func statementsShared(ctx context.Context) {
	clients(ctx, clientCount, func(ours []*pgx.Conn) {
		for range 5 {
			for number, c := range ours {
				must(pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
					var got int
					must(tx.QueryRow(ctx, "select $1::int * 2", number).Scan(&got))
					equal(got, number*2, "twice the number")
					return nil
				}))
			}
		}
	})
}

func statementsDiffer(ctx context.Context) {
	clients(ctx, clientCount, func(ours []*pgx.Conn) {
		for number, c := range ours {
			get(c.Prepare(ctx, "ours", fmt.Sprintf("select %d, $1::text as column_%d", number, number)))
		}
		for range 4 {
			for number, c := range ours {
				rows := get(c.Query(ctx, "ours", "x"))
				equal(rows.FieldDescriptions()[1].Name, fmt.Sprintf("column_%d", number), "column")
				rows.Next()
				equal(get(rows.Values()), []any{int32(number), "x"}, "row")
				rows.Close()
				must(rows.Err())
			}
		}
	})
}

// The driver's cache is smaller than what is asked of it: it closes old statements inside of batches.
func statementsMoreThanKept(ctx context.Context) {
	small := func(c *pgx.ConnConfig) { c.StatementCacheCapacity = 20 }
	clients(ctx, 2, func(ours []*pgx.Conn) {
		for range 2 {
			for number := range 150 {
				for _, c := range ours {
					equal(one[int](ctx, c, fmt.Sprintf("select %d + $1::int", number), 1), number+1, "sum")
				}
			}
		}
	}, small)
}

func statementFailsToParse(ctx context.Context) {
	clients(ctx, 2, func(ours []*pgx.Conn) {
		for range 3 {
			_, err := ours[0].Exec(ctx, "select * from missing_table where a = $1", 1)
			fails("42P01", err)
			equal(one[int](ctx, ours[1], "select $1::int", 7), 7, "the other's")
			equal(one[int](ctx, ours[0], "select $1::int", 8), 8, "its own")
		}
	})
}

func statementClosed(ctx context.Context) {
	clients(ctx, 2, func(ours []*pgx.Conn) {
		for _, c := range ours {
			get(c.Prepare(ctx, "mine", "select $1::int + 5"))
		}
		must(ours[0].Deallocate(ctx, "mine"))
		equal(one[int](ctx, ours[1], "mine", 1), 6, "what the other still has")
		result := ours[0].PgConn().ExecPrepared(ctx, "mine", [][]byte{[]byte("1")}, nil, nil).Read()
		fails("26000", result.Err)
		get(ours[0].Prepare(ctx, "mine", "select $1::int + 6"))
		equal(one[int](ctx, ours[0], "mine", 1), 7, "the new one")
		equal(one[int](ctx, ours[1], "mine", 1), 6, "the other's")
	})
}

func everyMode(ctx context.Context) {
	for _, mode := range []pgx.QueryExecMode{
		pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec,
		pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol,
	} {
		clients(ctx, 4, func(ours []*pgx.Conn) {
			for n := range 20 {
				for _, c := range ours {
					equal(one[int](ctx, c, "select $1::int + 1", n), n+1, mode.String())
				}
			}
		}, execMode(mode))
	}
}

// Parse, Describe and Sync; then Bind, Execute and Sync: others use the same server connections in between.
func unnamedStatement(ctx context.Context) {
	clients(ctx, clientCount, func(ours []*pgx.Conn) {
		var all sync.WaitGroup
		wrong := make(chan any, clientCount)
		for number, c := range ours {
			all.Go(func() {
				defer func() {
					if why := recover(); why != nil {
						wrong <- why
					}
				}()
				sql := fmt.Sprintf("select %d * $1::int", number)
				for n := range 50 {
					get(c.PgConn().Prepare(ctx, "", sql, nil))
					result := c.PgConn().ExecPrepared(ctx, "", [][]byte{fmt.Append(nil, n)}, nil, nil).Read()
					must(result.Err)
					equal(string(result.Rows[0][0]), fmt.Sprint(number*n), "product")
				}
			})
		}
		all.Wait()
		select {
		case why := <-wrong:
			panic(why)
		default:
		}
	})
}

func batch(ctx context.Context) {
	clients(ctx, 2, func(ours []*pgx.Conn) {
		for range 3 {
			for _, c := range ours {
				var queries pgx.Batch
				sum := 0
				for n := range 300 {
					queries.Queue(fmt.Sprintf("select $1::int + %d", n%7), n).QueryRow(func(row pgx.Row) error {
						var got int
						sum++
						must(row.Scan(&got))
						equal(got, n+n%7, "sum")
						return nil
					})
				}
				must(c.SendBatch(ctx, &queries).Close())
				equal(sum, 300, "replies")
			}
			var broken pgx.Batch
			broken.Queue("select 1")
			broken.Queue("select 1 / $1::int", 0)
			broken.Queue("select 2")
			fails("22012", ours[0].SendBatch(ctx, &broken).Close())
			equal(one[int](ctx, ours[1], "select 3"), 3, "the other's")
			equal(one[int](ctx, ours[0], "select 4"), 4, "its own")
		}
	})
}

// Several Syncs on the way at once: an error ends its own part and none of the others.
func pipeline(ctx context.Context) {
	clients(ctx, 2, func(ours []*pgx.Conn) {
		for _, c := range ours {
			batch := c.PgConn().StartPipeline(ctx)
			for n := range 100 {
				divisor := "1"
				if n == 50 {
					divisor = "0"
				}
				parameters := [][]byte{fmt.Append(nil, n), []byte(divisor)}
				batch.SendQueryParams("select $1::int / $2::int", parameters, nil, nil, nil)
				must(batch.Sync())
			}
			for n := range 100 {
				results, err := batch.GetResults()
				if n == 50 {
					fails("22012", err)
				} else {
					must(err)
					result := results.(*pgconn.ResultReader).Read()
					equal(string(result.Rows[0][0]), fmt.Sprint(n), "quotient")
				}
				get(batch.GetResults()) // the Sync's own
			}
			must(batch.Close())
		}
	})
}
