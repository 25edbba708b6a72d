package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// round opens the shop, sends a few customers in and closes it: one pays, one
// has a bad card, and one brings the lamp back.
func (s *shop) round(ctx context.Context, l net.Listener, w io.Writer) error {
	ctx, stop := context.WithCancel(ctx)
	closed := make(chan error, 1)
	go func() { closed <- s.serve(ctx, l, s.handler()) }()
	at := "http://" + l.Addr().String()
	var err error
	for _, c := range []struct{ good, card, then string }{
		{"mug", connect.TestCard, ""}, {"bowl", connect.TestDeclined, ""}, {"lamp", connect.TestCard, "/refund"},
	} {
		id := ledger.Env{}.ID("order_")
		err = errors.Join(err, post(ctx, at+"/orders", url.Values{"order": {id}, "good": {c.good}, "card": {c.card}}))
		if c.then != "" {
			err = errors.Join(err, post(ctx, at+"/orders/"+id+c.then, nil))
		}
	}
	stop()
	if err := errors.Join(err, <-closed); err != nil {
		return err
	}
	return s.tell(context.WithoutCancel(ctx), w)
}

func post(ctx context.Context, to string, form url.Values) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", to, answer.Status)
	}
	return nil
}

// tell prints the latest orders and what the books add up to.
func (s *shop) tell(ctx context.Context, w io.Writer) error {
	list, err := latest(ctx, s)
	if err != nil {
		return err
	}
	lines, err := s.lines(ctx, list)
	if err != nil {
		return err
	}
	for _, x := range lines {
		fmt.Fprintf(w, "%-6s of %-4s %12v  %s\n", x.Name, x.Seller, x.Price, x.Status)
	}
	books, err := s.platform.TrialBalance(ctx)
	if err != nil {
		return err
	}
	for _, x := range books.Lines {
		fmt.Fprintf(w, "%-24s %12v\n", x.Purpose, x.Balance)
	}
	fmt.Fprintln(w, "adds up to", books.Totals)
	report, err := s.engine.Verify(ctx)
	if err != nil {
		return err
	}
	return report.Err()
}
