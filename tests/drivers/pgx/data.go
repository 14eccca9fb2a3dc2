package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

func copyInAndOut(ctx context.Context) {
	clients(ctx, 2, func(ours []*pgx.Conn) {
		c, other := ours[0], ours[1]
		run(ctx, c, "drop table if exists copied")
		run(ctx, c, "create table copied (id int, t text)")
		var sent bytes.Buffer
		rows := pgx.CopyFromSlice(20000, func(n int) ([]any, error) {
			fmt.Fprintf(&sent, "%d\trow %d ü\n", n, n)
			return []any{n, fmt.Sprintf("row %d ü", n)}, nil
		})
		copied := get(c.CopyFrom(ctx, pgx.Identifier{"copied"}, []string{"id", "t"}, rows))
		equal(copied, int64(20000), "rows copied")
		var came bytes.Buffer
		get(other.PgConn().CopyTo(ctx, &came, "copy (select * from copied order by id) to stdout"))
		equal(came.String() == sent.String(), true, "what came out is what went in")
	})
}

func copyThatFails(ctx context.Context) {
	clients(ctx, 2, func(ours []*pgx.Conn) {
		c := ours[0].PgConn()
		run(ctx, ours[0], "drop table if exists copied_not")
		run(ctx, ours[0], "create table copied_not (id int primary key)")
		copyIn := "copy copied_not from stdin"
		_, err := c.CopyFrom(ctx, strings.NewReader("1\n"+strings.Repeat("not a number\n", 100000)), copyIn)
		fails("22P02", err)
		_, err = c.CopyFrom(ctx, strings.NewReader("1\n1\n"), copyIn)
		fails("23505", err)
		rows := pgx.CopyFromSlice(10, func(n int) ([]any, error) {
			if n == 5 {
				return nil, errors.New("changed my mind")
			}
			return []any{n}, nil
		})
		_, err = ours[0].CopyFrom(ctx, pgx.Identifier{"copied_not"}, []string{"id"}, rows)
		equal(err != nil && strings.Contains(err.Error(), "changed my mind"), true, "given up")
		equal(one[int](ctx, ours[1], "select count(*) from copied_not"), 0, "rows")
		equal(one[int](ctx, ours[0], "select 1"), 1, "its own")
	})
}

// Every mode but the simple one asks for all rows at once, so a cursor of SQL's own reads them in portions.
func rowsInPortions(ctx context.Context) {
	clients(ctx, 2, func(ours []*pgx.Conn) {
		c, other := ours[0], ours[1]
		must(pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
			get(tx.Exec(ctx, "declare portions cursor for select generate_series(1, $1::int)", 5000))
			for seen := 0; seen < 5000; seen += 500 {
				rows := get(tx.Query(ctx, "fetch 500 from portions"))
				values := get(pgx.CollectRows(rows, pgx.RowTo[int]))
				equal(len(values), 500, "rows")
				equal(values[499], seen+500, "the last")
				equal(one[int](ctx, other, "select $1::int", seen), seen, "the other's")
			}
			return nil
		}))
		// Rows that are not read to the end: the driver reads the rest away before it goes on.
		rows := get(c.Query(ctx, "select generate_series(1, 100000)"))
		equal(rows.Next(), true, "a row")
		rows.Close()
		equal(one[int](ctx, c, "select 1"), 1, "its own")
	})
}

func largeValues(ctx context.Context) {
	clients(ctx, 2, func(ours []*pgx.Conn) {
		text, data := strings.Repeat("0123456789abcdef", 1<<19), make([]byte, 4<<20)
		get(rand.Read(data))
		for range 2 {
			for _, c := range ours {
				equal(one[string](ctx, c, "select $1::text || 'x'", text) == text+"x", true, "8 MiB unchanged")
				equal(bytes.Equal(one[[]byte](ctx, c, "select $1::bytea", data), data), true, "4 MiB unchanged")
			}
		}
		rows := get(ours[0].Query(ctx, "select repeat('x', 100) from generate_series(1, 100000)"))
		equal(len(get(pgx.CollectRows(rows, pgx.RowTo[string]))), 100000, "rows")
	})
}

func types(ctx context.Context) {
	text := "naïve ☃ 𝄞"
	clients(ctx, 2, func(ours []*pgx.Conn) {
		for _, c := range []*pgx.Conn{ours[0], ours[1], ours[0]} {
			digits := converted(new(big.Int).SetString("-12345678901234567890123456789", 10))
			same(ctx, c, "numeric", pgtype.Numeric{Int: digits, Exp: -9, Valid: true})
			same(ctx, c, "int8", int64(math.MaxInt64))
			same(ctx, c, "float8", 1.5e300)
			same(ctx, c, "bool", true)
			same(ctx, c, "int4", (*int32)(nil))
			same(ctx, c, "text", text)
			same(ctx, c, "bytea", []byte{0, 255, '\\', 'x'})
			same(ctx, c, "date", time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC))
			same(ctx, c, "timestamp", time.Date(2026, 2, 3, 4, 5, 6, 789012000, time.UTC))
			same(ctx, c, "interval", pgtype.Interval{Days: -3, Microseconds: 5_000_000, Valid: true})
			same(ctx, c, "uuid", [16]byte{1, 2, 3})
			same(ctx, c, "int4[]", [][]int32{{1, 2}, {3, 4}})
			same(ctx, c, "text[]", []*string{&text, nil})
			same(ctx, c, "jsonb", map[string]any{"a": []any{1.0, 2.5, nil, "\n"}})
			moment := time.Date(2026, 2, 3, 4, 5, 6, 789012000, time.UTC)
			equal(one[time.Time](ctx, c, "select $1::timestamptz", moment).Equal(moment), true, "timestamptz")
		}
	})
}

func same[T any](ctx context.Context, c *pgx.Conn, cast string, value T) {
	equal(one[T](ctx, c, "select $1::"+cast, value), value, cast)
}

func converted[T any](value T, ok bool) T {
	equal(ok, true, "conversion")
	return value
}
