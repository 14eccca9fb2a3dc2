package main

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
)

// The error of PostgreSQL that was due.
func fails(state string, err error) *pgconn.PgError {
	var said *pgconn.PgError
	if !errors.As(err, &said) {
		panic(fmt.Sprintf("%v: PostgreSQL's error %s was due", err, state))
	}
	equal(said.Code, state, "SQLSTATE of "+said.Message)
	return said
}
