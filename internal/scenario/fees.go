package scenario

import (
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// mayOwe reads what a seller's terms let them owe: "500", in dollars.
func (r *runner) mayOwe(text string) []ledger.Money {
	if text == "" {
		return nil
	}
	return []ledger.Money{ledger.Minor(r.number(text), ledger.USD)}
}

// fee is "f1: 900 USD of A listing", "f1: 900 USD of A plan tax nyc 80 force".
func (r *runner) fee(args string) error {
	name, rest := named(args)
	w := strings.Fields(rest)
	request := connect.FeeRequest{Key: r.key(), Amount: r.amount(w[0], w[1]), AccountID: r.sellers[w[3]], Kind: connect.FeeKind(w[4])}
	if request.Kind == connect.FeeOther {
		request.Description = "what was asked for"
	}
	for i := 5; i < len(w); i++ {
		switch w[i] {
		case "force":
			request.Force = true
		case "tax":
			request.Tax = append(request.Tax, connect.Tax{Authority: w[i+1], Amount: r.amount(w[i+2], w[1])})
			i += 2
		default:
			require.Fail(r.t, "no such word", "%s: %s", r.at, w[i])
		}
	}
	f, err := r.platform.ChargeFee(r.ctx, request)
	if err == nil {
		r.ids[name] = f.ID
	}
	return err
}

// feeBack is "f1 40 USD", or "f1" for all that is left of it.
func (r *runner) feeBack(args string) error {
	w := strings.Fields(args)
	request := connect.ReturnFeeRequest{Key: r.key(), FeeID: r.ids[w[0]]}
	if len(w) > 1 {
		request.Amount = r.amount(w[1], w[2])
	}
	_, err := r.platform.ReturnFee(r.ctx, request)
	return err
}
