package scenario

import (
	"strings"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
)

// reserve is "A 10% 7 days by ann/risk", "all 10% 7 days draw by ann/risk", "A fixed 500
// USD minimum 100 USD by ann/risk", "A exposure by ann/risk"; "A none by …" keeps nothing
// back, and "A default by …" what the platform says.
func (r *runner) reserve(args string) error {
	rest, by := r.by(args)
	w := strings.Fields(rest)
	request := connect.ReserveRequest{Key: r.key(), By: by, Description: "it is risky"}
	if w[0] != "all" {
		request.AccountID = r.sellers[w[0]]
	}
	t := &request.Terms
	for i := 1; i < len(w); i++ {
		switch word := w[i]; {
		case strings.HasSuffix(word, "%"):
			t.Percent, t.Days = decimal.RequireFromString(strings.TrimSuffix(word, "%")), int(r.number(w[i+1]))
			i += 2
		case word == "fixed":
			t.Fixed = append(t.Fixed, r.amount(w[i+1], w[i+2]))
			i += 2
		case word == "minimum":
			t.Minimum = append(t.Minimum, r.amount(w[i+1], w[i+2]))
			i += 2
		case word == "exposure":
			t.Exposure = true
		case word == "draw":
			t.Draw = true
		case word == "default":
			request.Inherit = true
		default:
			require.Equal(r.t, "none", word, r.at)
		}
	}
	_, err := r.platform.SetReserve(r.ctx, request)
	return err
}

// free is "x1: A 30 USD by ann/risk", or "x1: A all USD by ann/risk": of the seller's oldest
// open reserve in that currency, which is x1 from then on.
func (r *runner) free(args string) error {
	name, rest := named(args)
	rest, by := r.by(rest)
	w := strings.Fields(rest)
	request := connect.ReleaseReserveRequest{Key: r.key(), By: by, Description: "it is not risky any more"}
	cur := r.amount("0", w[2]).Currency()
	for o, err := range r.platform.Reserves(r.ctx, connect.ListRequest{AccountID: r.sellers[w[0]]}) {
		require.NoError(r.t, err, r.at)
		if o.Status == connect.ReserveOpen && o.Amount.Currency() == cur {
			request.ReserveID = o.ID
		}
	}
	if w[1] != "all" {
		request.Amount = r.amount(w[1], w[2])
	}
	o, err := r.platform.ReleaseReserve(r.ctx, request)
	if err == nil {
		r.ids[name] = o.ID
	}
	return err
}
