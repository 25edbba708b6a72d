package connect_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// Random marketplaces whose buyers come back: sources are saved, charged, given up
// and expire, and authorizations are raised, among all else that happens. Verify
// finds nothing, a customer lists what is saved for them and nothing else, no payment
// was made without an agreement, and in the end nothing waits (promises 1, 11, 64).
func TestRandomSavedSources(t *testing.T) {
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := newWild(t, 1000+seed)
			for range 120 {
				w.turn()
				w.verify()
			}
			for range 40 {
				w.wait(24 * time.Hour)
			}
			w.verify()
			w.requireNothingStuck()
			w.requireOrder()
		})
	}
}

// turn lets buyers come back, or anything else happen.
func (w *wild) turn() {
	who := own{Platform: pick(w, w.platforms...)}
	if len(w.sellers) > 0 && !w.one(3) {
		who = pick(w, w.sellers...)
	}
	switch w.IntN(8) {
	case 0:
		w.meet(who)
	case 1:
		w.keep()
	case 2:
		w.give()
	case 3, 4:
		w.again(who)
	case 5:
		w.raise()
	default:
		w.step()
	}
}

// meet creates a customer, of the platform or of a seller, or changes or deletes
// one.
func (w *wild) meet(who own) {
	if len(w.customers) == 0 || !w.enough(len(w.customers)) && !w.one(3) {
		k, err := who.CreateCustomer(w.ctx, connect.CustomerRequest{Key: w.key(), AccountID: pick(w, who.id, ""), Name: "Bo"})
		require.NoError(w.t, err)
		w.customers = append(w.customers, own{who.Platform, k.ID})
		return
	}
	k := pick(w, w.customers...)
	var err error
	if w.one(3) {
		_, err = k.DeleteCustomer(w.ctx, connect.DeleteCustomerRequest{Key: w.key(), CustomerID: k.id})
	} else {
		r := connect.CustomerUpdate{Key: w.key(), CustomerID: k.id, Name: "Bo Again"}
		if len(w.sources) > 0 {
			r.DefaultSourceID = pick(w, w.sources...).id
		}
		_, err = k.UpdateCustomer(w.ctx, r)
	}
	w.note(err)
}

// initiators are some payments that a buyer may agree to.
func (w *wild) initiators() (list []connect.Initiator) {
	for _, by := range []connect.Initiator{connect.Recurring, connect.Unscheduled, connect.NoShow} {
		if w.one(2) {
			list = append(list, by)
		}
	}
	return list
}

func (w *wild) token() string {
	return pick(w, w.card(), connect.TestAlwaysAsk, connect.TestRevoked, connect.TestExpiresSoon, connect.TestNotSaved)
}

// keep saves a source, in the host's transaction at times.
func (w *wild) keep() {
	if len(w.customers) == 0 {
		return
	}
	k := pick(w, w.customers...)
	p := k.Platform
	if w.one(4) {
		p = p.In(w.Store())
	}
	r := connect.SaveSourceRequest{Key: w.key(), CustomerID: k.id, Source: w.token(), Agreement: agreed, For: w.initiators(), Default: w.one(3)}
	s, err := p.SaveSource(w.ctx, r)
	if !w.note(err) {
		return
	}
	w.sources = append(w.sources, own{k.Platform, s.ID})
	if w.one(3) {
		again, err := p.SaveSource(w.ctx, r)
		require.NoError(w.t, err)
		require.True(w.t, again.Replayed)
		require.Equal(w.t, s.ID, again.ID)
	}
}

// give lets a buyer act, or gives a source up.
func (w *wild) give() {
	if len(w.sources) == 0 {
		return
	}
	of := pick(w, w.sources...)
	s, err := of.GetSavedSource(w.ctx, of.id)
	require.NoError(w.t, err)
	switch w.IntN(5) {
	case 0:
		_, err = of.DetachSource(w.ctx, connect.DetachSourceRequest{Key: w.key(), SavedSourceID: of.id})
	case 1:
		err = w.News(w.ctx, connect.News{Key: of.id, Answer: connect.Answer{Status: connect.Canceled, Code: "told"}})
	case 2:
		_, err = of.ConfirmSource(w.ctx, connect.ConfirmSourceRequest{Key: w.key(), SavedSourceID: of.id})
	default:
		w.Acquirer.Act(of.id+[]string{"", "-3ds"}[s.Retry], !w.one(4))
	}
	w.note(err)
}

// again charges a customer, with the buyer or without.
func (w *wild) again(who own) {
	if len(w.customers) == 0 {
		return
	}
	k := pick(w, w.customers...)
	r := connect.ChargeRequest{Key: w.key(), Amount: usd(1000 + w.Int64N(5000)), CustomerID: k.id, CaptureLater: w.one(2)}
	for _, s := range w.sellers {
		if s.Platform == k.Platform && w.one(2) {
			r.AccountID, r.Direct = s.id, w.one(3)
		}
	}
	switch w.IntN(3) {
	case 0:
		r.Source = w.token()
		if w.one(2) {
			r.Save = &connect.SaveTerms{Agreement: agreed, For: w.initiators(), Default: w.one(3)}
		}
	case 1:
		if len(w.sources) > 0 {
			r.SavedSourceID = pick(w, w.sources...).id
		}
	}
	if r.Source == "" && w.one(2) {
		r.Initiation.By = pick(w, connect.Recurring, connect.Unscheduled, connect.NoShow)
	}
	c, err := k.Charge(w.ctx, r)
	if w.note(err) {
		w.charges = append(w.charges, own{k.Platform, c.ID})
	}
}

// raise raises an authorization, in the host's transaction at times.
func (w *wild) raise() {
	if len(w.charges) == 0 {
		return
	}
	of := w.charges[len(w.charges)-1-w.IntN(min(len(w.charges), 12))]
	c, err := of.GetCharge(w.ctx, of.id)
	require.NoError(w.t, err)
	p := of.Platform
	if w.one(4) {
		p = p.In(w.Store())
	}
	_, err = p.IncreaseAuthorization(w.ctx, connect.IncreaseRequest{
		Key: w.key(), ChargeID: c.ID, Amount: ledger.Minor(1+w.Int64N(c.Amount.Minor()), c.Amount.Currency()),
	})
	w.note(err)
}

// requireOrder compares what customers list with their sources, and charges without
// the buyer with what was agreed.
func (w *wild) requireOrder() {
	for _, p := range w.platforms {
		listed := map[string]bool{}
		for k, err := range p.Customers(w.ctx, connect.ListRequest{}) {
			require.NoError(w.t, err)
			require.True(w.t, k.DefaultSource == "" || slices.Contains(k.Sources, k.DefaultSource))
			for _, id := range k.Sources {
				listed[id] = true
			}
		}
		sources := map[string]*connect.SavedSource{}
		for s, err := range p.SavedSources(w.ctx, connect.ListRequest{}) {
			require.NoError(w.t, err)
			sources[s.ID] = s
			final := s.Status == connect.SourceDetached || s.Status == connect.SourceFailed
			require.Equal(w.t, !final, listed[s.ID], "%s %s", s.ID, s.Status)
			waits := s.Status == connect.SourcePending || s.Status == connect.SourceRequiresAction
			require.False(w.t, waits && w.delivery != ledger.Blind, "%s is still %s", s.ID, s.Status)
		}
		for c, err := range p.Charges(w.ctx, connect.ListRequest{}) {
			require.NoError(w.t, err)
			if c.SavedSource == "" {
				continue
			}
			s := sources[c.SavedSource]
			require.Equal(w.t, s.Customer, c.Customer)
			if c.Initiation != nil {
				require.Contains(w.t, s.For, c.Initiation.By)
				require.Equal(w.t, s.Agreement, c.Initiation.Agreement)
			}
		}
	}
}
