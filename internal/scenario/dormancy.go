package scenario

import (
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/market"
)

// dormant is "d1: A USD heard 3000 by ann/compliance": how many days ago they were heard
// of. With "after 1000 notice 60" the platform says first what holds in their country.
func (r *runner) dormant(args string) error {
	name, rest := named(args)
	rest, by := r.by(rest)
	w := strings.Fields(rest)
	if len(w) > 4 {
		rule := market.Dormancy{Days: int(r.number(w[5])), Notice: int(r.number(w[7]))}
		a, err := r.platform.GetAccount(r.ctx, r.sellers[w[0]])
		require.NoError(r.t, err, r.at)
		_, err = r.platform.UpdatePlatform(r.ctx, connect.PlatformUpdate{Key: r.key(), Markets: &market.List{Rules: []market.Rules{
			{Country: a.Country, Dormancy: []market.Fact[market.Dormancy]{{Value: rule}}},
		}}})
		require.NoError(r.t, err, r.at)
	}
	d, err := r.platform.MarkDormant(r.ctx, connect.DormantRequest{
		Key: r.key(), By: by, AccountID: r.sellers[w[0]], Currency: r.amount("0", w[1]).Currency(),
		Since: r.m.Clock.Now().Add(-time.Duration(r.number(w[3])) * 24 * time.Hour), Notice: connect.OwnerNotice{How: "letter", Document: "1"},
	})
	if err == nil {
		r.ids[name] = d.ID
	}
	return err
}

// notice is "d1 by ann/compliance": they were written to again.
func (r *runner) notice(args string) error {
	name, by := r.by(args)
	_, err := r.platform.RecordOwnerNotice(r.ctx, connect.OwnerNoticeRequest{Key: r.key(), By: by, DormancyID: r.ids[name], Notice: connect.OwnerNotice{How: "email"}})
	return err
}

// reclaim is "d1 by ann/compliance": they were heard of.
func (r *runner) reclaim(args string) error {
	name, by := r.by(args)
	_, err := r.platform.ReclaimDormant(r.ctx, connect.ReclaimRequest{Key: r.key(), By: by, DormancyID: r.ids[name]})
	return err
}

// surrender is "d1 USD by ann/compliance", or "d1 USD token=btok_returned by …".
func (r *runner) surrender(args string) error {
	rest, by := r.by(args)
	w, opts := options(rest)
	bank := &connect.BankDetails{Token: "btok_ok", Country: "US", Currency: r.amount("0", w[1]).Currency()}
	if token := opts["token"]; token != "" {
		bank.Token = token
	}
	if id := r.ids[w[0]]; strings.HasPrefix(id, "frz_") {
		_, err := r.platform.SurrenderFrozen(r.ctx, connect.SurrenderFrozenRequest{Key: r.key(), By: by, FreezeID: id, Bank: bank, Document: "order 1"})
		return err
	}
	_, err := r.platform.SurrenderUnclaimed(r.ctx, connect.SurrenderRequest{Key: r.key(), By: by, DormancyID: r.ids[w[0]], Bank: bank, Document: "report 1"})
	return err
}
