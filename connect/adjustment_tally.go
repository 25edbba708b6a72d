package connect

import (
	"maps"
	"slices"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// signatures is what Verify knows of proposals and of what people have counted.
type signatures struct {
	proposals map[string]*Proposal
	used      map[string]map[bool]map[ledger.Currency]int64 // by count, alone or not
}

// tallySigned adds up what people have moved by hand, and compares it with what was
// proposed and with what counts against their limits.
func tallySigned(v ledger.View, t *tally) error {
	s := &signatures{proposals: make(map[string]*Proposal), used: make(map[string]map[bool]map[ledger.Currency]int64)}
	for _, add := range []func() error{
		func() error { return tallyKind(v, t, &proposalKind, s.proposal) },
		func() error { return tallyKind(v, t, &adjustmentKind, s.adjustment) },
		func() error { return tallyKind(v, t, &freezeKind, s.freeze(v)) },
		func() error { return s.tallyWriteOffs(v, t) },
		func() error { return tallyKind(v, t, &dormancyKind, s.dormancy) },
		func() error { return tallyKind(v, t, &reserveKind, s.reserve) },
		func() error { return tallyKind(v, t, &accountClosingKind, s.accountClosing(v)) },
		func() error { return tallyBulks(v, t, s) },
		func() error { return tallyKind(v, t, &bankChangeKind, s.bankChange) },
		func() error { return tallyKind(v, t, &rightUseKind, s.use) },
	} {
		if err := add(); err != nil {
			return err
		}
	}
	t.rest()
	for _, id := range slices.Sorted(maps.Keys(s.proposals)) {
		if o := s.proposals[id]; t.mine(id) && o.Object != "" && o.Status == ProposalCarriedOut {
			t.report.Add("proposal "+id, "it was carried out, and nothing names it")
		}
	}
	for _, id := range slices.Sorted(maps.Keys(s.used)) {
		t.report.Add("count "+id, "something was moved by this right that it does not count")
	}
	return nil
}

func (s *signatures) proposal(t *tally, o *Proposal) {
	if t.mine(o.ID) {
		s.proposals[o.ID] = o
	}
	t.also = len(s.proposals) + len(s.used)
	if o.Status != ProposalCarriedOut {
		return
	}
	if o.Decider == "" || o.Decider == o.Author {
		t.report.Add("proposal "+o.ID, "it was carried out, and nobody but its author has approved it")
	}
	if !o.Amount.IsZero() {
		s.counts(t, o.Decider, o.DeciderRight, o.Decided, false, o.Amount)
	}
}

// counts adds an amount to what a count should have.
func (s *signatures) counts(t *tally, actor string, r Right, at time.Time, alone bool, m ledger.Money) {
	id := rightUseID(t.platform, actor, r, payout.DayOf(at, time.UTC))
	if !t.mine(id) {
		return
	}
	if s.used[id] == nil {
		s.used[id] = map[bool]map[ledger.Currency]int64{true: {}, false: {}}
	}
	s.used[id][alone][m.Currency()] += m.Minor()
}

// signed compares who signed something that was done with its proposal.
func (s *signatures) signed(t *tally, what string, two bool, x Signed, at time.Time, m ledger.Money) {
	if x.Proposal == "" {
		if two {
			t.report.Add(what, "it takes two people, and nobody has approved it")
		}
		s.counts(t, x.Author, x.AuthorRight, at, true, m)
		return
	}
	if !t.mine(x.Proposal) { // which another pass has
		return
	}
	o := s.proposals[x.Proposal]
	delete(s.proposals, x.Proposal)
	if o == nil || o.Status != ProposalCarriedOut || o.signed() != x || o.Amount != m {
		t.pass.report.Add(what, "its proposal does not say that it was approved so")
	}
}

func (s *signatures) adjustment(t *tally, a *Adjustment) {
	what := "adjustment " + a.ID
	makes, undoes := a.actions()
	moved := int64(0)
	if !a.Made.IsZero() {
		moved++
		s.signed(t, what, makes.rule().two, a.Signed, a.Made, a.size())
	}
	if x := a.Undo; x != nil && !x.Made.IsZero() {
		moved--
		s.signed(t, what, undoes.rule().two, x.Signed, x.Made, a.size())
	}
	switch stands := a.Status == AdjustmentMade; {
	case stands != (moved == 1), a.Status == AdjustmentUndone && (a.Made.IsZero() || moved != 0), moved < 0:
		t.report.Add(what, "it is %s, which is not what was done", a.Status)
	case stands:
		t.add(a.Owner, "balance", a.Amount, 1)
		if a.Bearer == PartyHouse {
			t.add(ledger.House, "losses", a.Amount, -1)
		} else {
			t.add(t.platform, "balance", a.Amount, -1)
		}
	}
}

// use compares a count with what was moved by it.
func (s *signatures) use(t *tally, x *rightUse) {
	want := s.used[x.ID]
	delete(s.used, x.ID)
	for alone, list := range map[bool][]ledger.Money{true: x.Alone, false: x.Approved} {
		for _, m := range list {
			if want[alone][m.Currency()] != m.Minor() {
				t.report.Add("count "+x.ID, "it has %v, and %d minor units were moved by this right", m, want[alone][m.Currency()])
			}
			if want != nil {
				delete(want[alone], m.Currency())
			}
		}
		if len(want[alone]) > 0 {
			t.report.Add("count "+x.ID, "something was moved by this right that it does not count")
		}
	}
}
