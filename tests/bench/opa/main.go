// Command opa is the command of Open Policy Agent, with one more way to run it: `opa turns RULES DATA QUERY` loads rules and data
// once, then evaluates the prepared query each time that a line comes in, and tells what that took. A benchmark can so let it take
// turns with something else.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/open-policy-agent/opa/cmd"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/util"
)

func main() {
	if len(os.Args) == 5 && os.Args[1] == "turns" {
		if err := turns(os.Args[2], os.Args[3], os.Args[4]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if err := cmd.RootCommand.Execute(); err != nil {
		var exit *cmd.ExitError
		if errors.As(err, &exit) {
			os.Exit(exit.Exit)
		}
		os.Exit(1)
	}
}

// turn is what is told of one evaluation: seconds by the clock and of processor time; the value where it was asked for.
type turn struct {
	Wall  float64 `json:"wall"`
	CPU   float64 `json:"cpu"`
	Value any     `json:"value,omitempty"`
}

func turns(rules, data, query string) error {
	ctx := context.Background()
	prepared, err := prepare(ctx, rules, data, query)
	if err != nil {
		return err
	}
	answers := json.NewEncoder(os.Stdout)
	if err := answers.Encode(turn{}); err != nil {
		return err
	}
	asked := bufio.NewScanner(os.Stdin)
	for asked.Scan() {
		wall, cpu := time.Now(), processorTime()
		found, err := prepared.Eval(ctx)
		taken := turn{Wall: time.Since(wall).Seconds(), CPU: processorTime() - cpu}
		if err != nil {
			return err
		}
		if len(found) != 1 || len(found[0].Expressions) != 1 {
			return fmt.Errorf("%s has no value", query)
		}
		if asked.Text() == "show" {
			taken.Value = found[0].Expressions[0].Value
		}
		if err := answers.Encode(taken); err != nil {
			return err
		}
	}
	return asked.Err()
}

// prepare compiles the rules and keeps the data as values of Rego, so that no turn has to convert them.
func prepare(ctx context.Context, rules, data, query string) (rego.PreparedEvalQuery, error) {
	var nothing rego.PreparedEvalQuery
	file, err := os.Open(data)
	if err != nil {
		return nothing, err
	}
	defer file.Close()
	var values map[string]any
	if err := util.NewJSONDecoder(file).Decode(&values); err != nil {
		return nothing, err
	}
	module, err := os.ReadFile(rules)
	if err != nil {
		return nothing, err
	}
	return rego.New(
		rego.Query(query),
		rego.Module(rules, string(module)),
		rego.Store(inmem.NewFromObjectWithOpts(values, inmem.OptReturnASTValuesOnRead(true), inmem.OptRoundTripOnWrite(false))),
	).PrepareForEval(ctx)
}

func processorTime() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
}
