package scenario

import (
	"strings"

	"github.com/soukhq/souk/connect"
)

// bulk is "b1: refund 1500 USD by ann/finance": all that is charged, up to so much.
func (r *runner) bulk(args string) error {
	name, rest := named(args)
	rest, by := r.by(rest)
	w := strings.Fields(rest)
	q := connect.BulkRequest{Key: r.key(), By: by, Action: connect.BulkAction(w[0]), Most: r.amount(w[1], w[2])}
	q.ReverseTransfer, q.RefundFee = q.Action == connect.BulkRefund, q.Action == connect.BulkRefund
	b, err := r.platform.StartBulk(r.ctx, q)
	if err == nil {
		r.ids[name] = b.ID
	}
	return err
}
