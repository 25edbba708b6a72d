package scenario

import (
	"strings"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// firstPayout is "500 USD", before the platform: the most of the first payout to a bank
// account that was changed.
func (r *runner) firstPayout(args string) error {
	w := strings.Fields(args)
	r.config.Banks = &connect.BankConfig{FirstPayout: []ledger.Money{r.amount(w[0], w[1])}}
	return nil
}

// bank is "A btok_ok", or "A btok_ok by ann/support": the default bank account in dollars
// from now on. What an operator asks for is
// approved as "bank".
func (r *runner) bank(args string) error {
	rest, by := args, connect.Actor{}
	if strings.Contains(args, " by ") {
		rest, by = r.by(args)
	}
	w := strings.Fields(rest)
	x, err := r.platform.AddBank(r.ctx, connect.AddBankRequest{
		Key: r.key(), By: by, AccountID: r.sellers[w[0]], Bank: connect.BankDetails{Token: w[1], Country: "US", Currency: ledger.USD}, Default: true,
	})
	if err == nil {
		r.ids["bank"] = x.ID
	}
	return err
}

// reject is "A fraud by cid/compliance".
func (r *runner) reject(args string) error {
	rest, by := r.by(args)
	w := strings.Fields(rest)
	_, err := r.platform.RejectAccount(r.ctx, connect.RejectAccountRequest{Key: r.key(), By: by, AccountID: r.sellers[w[0]], Reason: connect.RejectReason(w[1])})
	return err
}

// unreject is "A by cid/compliance".
func (r *runner) unreject(args string) error {
	seller, by := r.by(args)
	_, err := r.platform.UnrejectAccount(r.ctx, connect.UnrejectAccountRequest{Key: r.key(), By: by, AccountID: r.sellers[seller]})
	return err
}
