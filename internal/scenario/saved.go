package scenario

import (
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// agreement is what the buyers of the files agree to.
func (r *runner) buyersAgreement() connect.BuyerAgreement {
	return connect.BuyerAgreement{Text: "You may charge my card as we agreed.", At: connecttest.Start}
}

// customer is "b1", or "b1 of A" for direct charges.
func (r *runner) customer(args string) error {
	w := strings.Fields(args)
	request := connect.CustomerRequest{Key: r.key()}
	if len(w) > 2 {
		request.AccountID = r.sellers[w[2]]
	}
	k, err := r.platform.CreateCustomer(r.ctx, request)
	if err == nil {
		r.ids[w[0]] = k.ID
	}
	return err
}

// save is "s1: tok_visa of b1 for recurring unscheduled".
func (r *runner) save(args string) error {
	name, rest := named(args)
	w := strings.Fields(rest)
	require.GreaterOrEqual(r.t, len(w), 3, r.at)
	request := connect.SaveSourceRequest{Key: r.key(), CustomerID: r.ids[w[2]], Source: w[0], Agreement: r.buyersAgreement()}
	for _, by := range w[min(4, len(w)):] {
		request.For = append(request.For, connect.Initiator(by))
	}
	s, err := r.platform.SaveSource(r.ctx, request)
	if err == nil {
		r.ids[name] = s.ID
	}
	return err
}

// confirmSource is "s1", and detach too.
func (r *runner) confirmSource(args string) error {
	_, err := r.platform.ConfirmSource(r.ctx, connect.ConfirmSourceRequest{Key: r.key(), SavedSourceID: r.ids[args]})
	return err
}

func (r *runner) detach(args string) error {
	_, err := r.platform.DetachSource(r.ctx, connect.DetachSourceRequest{Key: r.key(), SavedSourceID: r.ids[args]})
	return err
}

// increase is "i1: 250 of c1".
func (r *runner) increase(args string) error {
	name, rest := named(args)
	w := strings.Fields(rest)
	require.Len(r.t, w, 3, r.at)
	c, err := r.platform.GetCharge(r.ctx, r.ids[w[2]])
	require.NoError(r.t, err, r.at)
	i, err := r.platform.IncreaseAuthorization(r.ctx, connect.IncreaseRequest{
		Key: r.key(), ChargeID: c.ID, Amount: ledger.Minor(r.number(w[0]), c.Amount.Currency()),
	})
	if err == nil {
		r.ids[name] = i.ID
	}
	return err
}

// elsewhere makes the acquirer one that records what was taken elsewhere, before
// the platform is there.
func (r *runner) elsewhere(args string) error {
	r.config.Acquirer = connect.NewRecorded(args)
	return nil
}

// savedStatus is how a saved source or an increase stands.
func (r *runner) savedStatus(id string) (status, code string) {
	if strings.HasPrefix(id, "inc_") {
		i, err := r.platform.GetIncrease(r.ctx, id)
		require.NoError(r.t, err, r.at)
		return string(i.Status), i.Code
	}
	s, err := r.platform.GetSavedSource(r.ctx, id)
	require.NoError(r.t, err, r.at)
	return string(s.Status), s.Code
}

// told is "r1 approved 250 USD" or "r1 declined expired_or_canceled_card 250 USD":
// what the host's own processor did, as the host says.
func (r *runner) told(args string) error {
	w := strings.Fields(args)
	a := connect.Answer{Status: connect.AnswerStatus(w[1]), Reference: "elsewhere"}
	if a.Status == connect.Declined {
		a.Code = w[2]
		w = w[1:]
	}
	a.Amount = r.amount(w[2], w[3])
	return r.m.News(r.ctx, connect.News{Key: r.ids[strings.Fields(args)[0]], Answer: a})
}
