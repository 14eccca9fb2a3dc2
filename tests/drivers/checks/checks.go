// Runs a driver's checks one after another and says how each went. Shared by the drivers in Go.
package main

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// For one check; what hangs longer has failed, and no later check could be trusted.
const patience = 60 * time.Second

type check struct {
	name string
	run  func(ctx context.Context)
}

// A check fails by panicking: must() and equal() do.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

func get[T any](value T, err error) T {
	must(err)
	return value
}

func equal(got, expected any, what string) {
	if !reflect.DeepEqual(got, expected) {
		panic(fmt.Sprintf("%s is %#v, not %#v", what, got, expected))
	}
}

func (c check) holds() (held bool) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	hung := time.AfterFunc(patience+time.Second, func() {
		fmt.Printf("not ok %s: nothing came back for %s\n", c.name, patience)
		os.Exit(1)
	})
	defer hung.Stop()
	defer func() {
		if why := recover(); why != nil {
			fmt.Printf("not ok %s: %s\n", c.name, strings.Join(strings.Fields(fmt.Sprint(why)), " "))
			os.Stderr.Write(debug.Stack())
			held = false
		}
	}()
	c.run(ctx)
	fmt.Println("ok", c.name)
	return true
}

// Runs what CHECKS asks for (everything by default) and ends the program.
func runAll(checks []check) {
	only := os.Getenv("CHECKS")
	ran, held := 0, true
	for _, each := range checks {
		if only == "" || slices.Contains(strings.Split(only, ","), each.name) {
			held = each.holds() && held
			ran++
		}
	}
	if ran == 0 || !held {
		os.Exit(1)
	}
}
