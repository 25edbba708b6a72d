package scenario

import (
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
)

// closeAccount is "x1: A by ann/finance".
func (r *runner) closeAccount(args string) error {
	name, rest := named(args)
	seller, by := r.by(rest)
	c, err := r.platform.CloseAccount(r.ctx, connect.CloseAccountRequest{Key: r.key(), By: by, AccountID: r.sellers[seller], Description: "they asked for it"})
	if err == nil {
		r.ids[name] = c.ID
	}
	return err
}

// stop is "x1 by ann/finance": of a closing.
func (r *runner) stop(args string) error {
	name, by := r.by(args)
	_, err := r.platform.StopClosing(r.ctx, connect.StopClosingRequest{Key: r.key(), By: by, ClosingID: r.ids[name]})
	return err
}

// pause is "A by ann/risk": neither charges nor payouts.
func (r *runner) pause(args string) error {
	seller, by := r.by(args)
	_, err := r.platform.PauseAccount(r.ctx, connect.PauseAccountRequest{
		Key: r.key(), By: by, AccountID: r.sellers[seller], Charges: true, Payouts: true, Reason: "they asked for it",
	})
	return err
}

// waits is "x1 exposure 1000 USD, owes -123 USD": what a closing waits for.
func (r *runner) waits(args string) error {
	name, rest, _ := strings.Cut(args, " ")
	c, err := r.platform.GetAccountClosing(r.ctx, r.ids[name])
	require.NoError(r.t, err, r.at)
	var list []connect.ClosingWait
	for _, one := range strings.Split(rest, ", ") {
		w := strings.Fields(one)
		list = append(list, connect.ClosingWait{What: w[0], Amount: r.amount(w[1], w[2])})
	}
	require.Equal(r.t, list, c.Waits, r.at)
	return nil
}
