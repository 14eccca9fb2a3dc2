// pgx: what an application may do with it, done through a pool of two server connections. pgx reads libpq's
// environment variables itself.
package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"runtime/debug"

	"github.com/jackc/pgx/v5"
)

const clientCount = 8 // more than there are server connections, so that clients must share

func config(options ...func(*pgx.ConnConfig)) *pgx.ConnConfig {
	parsed := get(pgx.ParseConfig(""))
	for _, option := range options {
		option(parsed)
	}
	return parsed
}

func dial(ctx context.Context, options ...func(*pgx.ConnConfig)) (*pgx.Conn, error) {
	return pgx.ConnectConfig(ctx, config(options...))
}

// Connects `count` clients, hands them to `use` and closes them whatever happens.
func clients(ctx context.Context, count int, use func(ours []*pgx.Conn), options ...func(*pgx.ConnConfig)) {
	var ours []*pgx.Conn
	defer func() {
		for _, c := range ours {
			c.Close(ctx)
		}
	}()
	for range count {
		ours = append(ours, get(dial(ctx, options...)))
	}
	use(ours)
}

func run(ctx context.Context, c *pgx.Conn, sql string, args ...any) string {
	return get(c.Exec(ctx, sql, args...)).String()
}

func one[T any](ctx context.Context, c *pgx.Conn, sql string, args ...any) T {
	var value T
	must(c.QueryRow(ctx, sql, args...).Scan(&value))
	return value
}

func execMode(mode pgx.QueryExecMode) func(*pgx.ConnConfig) {
	return func(c *pgx.ConnConfig) { c.DefaultQueryExecMode = mode }
}

func setting(name, value string) func(*pgx.ConnConfig) {
	return func(c *pgx.ConnConfig) { c.RuntimeParams[name] = value }
}

func login(ctx context.Context) {
	clients(ctx, 1, func(ours []*pgx.Conn) {
		_, encrypted := ours[0].PgConn().Conn().(*tls.Conn)
		equal(encrypted, true, "TLS")
		equal(one[string](ctx, ours[0], "select current_user::text"), "app", "user")
	})
}

func loginRefused(ctx context.Context) {
	refused := func(state string, option func(*pgx.ConnConfig)) {
		_, err := dial(ctx, option)
		fails(state, err)
	}
	refused("28P01", func(c *pgx.ConnConfig) { c.Password = "wrong" })
	refused("28P01", func(c *pgx.ConnConfig) { c.User = "nobody" })
	refused("3D000", func(c *pgx.ConnConfig) { c.Database = "nowhere" })
	_, err := dial(ctx, func(c *pgx.ConnConfig) { c.TLSConfig = nil })
	equal(err != nil, true, "refused without TLS")
}

func main() {
	version := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dependency := range info.Deps {
			if dependency.Path == "github.com/jackc/pgx/v5" {
				version = dependency.Version
			}
		}
	}
	fmt.Println("# pgx", version)
	runAll([]check{
		{"login", login},
		{"login_refused", loginRefused},
		{"statements_shared_by_clients", statementsShared},
		{"statements_of_one_name_differ", statementsDiffer},
		{"statements_more_than_kept", statementsMoreThanKept},
		{"statement_fails_to_parse", statementFailsToParse},
		{"statement_closed_by_its_owner", statementClosed},
		{"every_way_to_execute", everyMode},
		{"unnamed_statement_in_two_round_trips", unnamedStatement},
		{"batch", batch},
		{"pipeline", pipeline},
		{"copy_in_and_out", copyInAndOut},
		{"copy_that_fails", copyThatFails},
		{"cancel_a_running_query", cancelRunning},
		{"cancel_a_waiting_client", cancelWaiting},
		{"savepoints", savepoints},
		{"failed_transaction", failedTransaction},
		{"notifications", notifications},
		{"parameters_follow_the_client", parametersFollow},
		{"parameters_from_the_start", parametersFromTheStart},
		{"rows_in_portions", rowsInPortions},
		{"large_values", largeValues},
		{"types", types},
		{"pins", pins},
		{"leaving_in_mid_transaction", leaving},
		{"pool_under_load", poolUnderLoad},
	})
}
