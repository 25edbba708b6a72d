package connect_test

import (
	"cmp"
	"maps"
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// model is what each object should have given and taken, of whom, by what was asked for
// it and by where it stands: whatever a verb did in how many attempts, and whoever else
// was at it, that and nothing else was posted. It knows nothing of how. Of what it does not
// know (lines, credit, conversions, prices by list) it says nothing; Verify does.
type model struct {
	s         *simulation
	sums      map[string]map[holder]int64 // by object: what was posted for it
	want      map[string]func() sums      // nil: it cannot tell any more
	keys      map[string]bool
	transfers map[string]*modelTransfer
	fees      map[string]*modelFee
	charges   map[string]*modelPayment
}

// holder is whoever has money in a currency, wherever it is: pending, available, held, in
// transit.
type holder struct {
	owner string
	cur   ledger.Currency
}

type sums map[holder]int64

type modelTransfer struct {
	from, to string
	left     ledger.Money
}

// modelPayment is what a charge gives: the buyer's amount to whom it is for, less taxes
// and commission.
type modelPayment struct {
	platform, account string
	amount, tax       int64
	fee, given        int64
	direct            bool
	cur               ledger.Currency
}

func newModel(s *simulation) *model {
	return &model{
		s: s, sums: make(map[string]map[holder]int64), want: make(map[string]func() sums), keys: make(map[string]bool),
		transfers: make(map[string]*modelTransfer), fees: make(map[string]*modelFee), charges: make(map[string]*modelPayment),
	}
}

// post adds up what is posted for an object.
func (m *model) post(object ledger.ID, e ledger.Entry) {
	if e.Account.Book == "limits" {
		return // no money: Verify follows what limits count
	}
	list := m.sums[object.ID]
	if list == nil {
		list = make(map[holder]int64, 3)
		m.sums[object.ID] = list
	}
	h := holder{e.Account.Owner, e.Account.Currency}
	if list[h] += e.Amount.Minor(); list[h] == 0 {
		delete(list, h)
	}
}

func (m *model) status(id string) string { return m.s.watch.states[id].state }

// fixed is what an object does from the first, and on while its state is one of those.
func (m *model) fixed(id string, list sums, states ...string) {
	m.want[id] = func() sums {
		if len(states) == 0 || slices.Contains(states, m.status(id)) {
			return list
		}
		return sums{}
	}
}

// give is an amount from one to another.
func give(from, to string, a ledger.Money) sums {
	return sums{{from, a.Currency()}: -a.Minor(), {to, a.Currency()}: a.Minor()}
}

func taxesOf(list []connect.Tax) (sum int64) {
	for _, x := range list {
		sum += x.Amount.Minor()
	}
	return sum
}

// note learns what a verb was asked that succeeded.
func (m *model) note(p *Platform, request, made any) {
	switch r := request.(type) {
	case connect.TransferRequest:
		m.transfer(p, r, made.(*connect.Transfer))
	case connect.ReverseTransferRequest:
		x := made.(*connect.TransferReversal)
		if t := m.transfers[r.TransferID]; t != nil && m.fresh(x.ID) {
			a := r.Amount
			if a.IsZero() {
				a = t.left
			}
			t.left, _ = t.left.Sub(a)
			require.False(m.s.t, t.left.Sign() < 0, "transfer %s gave back more than it was", r.TransferID)
			m.fixed(x.ID, give(t.to, t.from, a))
		}
	case connect.TopUpRequest:
		m.fixed(made.(*connect.TopUp).ID, give(ledger.House, p.ID(), r.Amount), "succeeded")
	case connect.CashSaleRequest:
		a := ledger.Minor(r.Commission.Minor()+taxesOf(r.Tax), r.Commission.Currency())
		m.fixed(made.(*connect.CashSale).ID, give(r.AccountID, p.ID(), a))
	case connect.FeeRequest:
		f := made.(*connect.PlatformFee)
		m.fees[f.ID] = &modelFee{id: r.AccountID, amount: r.Amount.Minor(), tax: taxesOf(r.Tax)}
		m.fixed(f.ID, give(r.AccountID, p.ID(), ledger.Minor(r.Amount.Minor()+taxesOf(r.Tax), r.Amount.Currency())))
	case connect.ReturnFeeRequest:
		m.returnFee(p, r, made.(*connect.PlatformFeeReturn))
	case connect.AdjustRequest:
		bearer := p.ID()
		if r.Bearer == connect.PartyHouse {
			bearer = ledger.House
		}
		m.fixed(made.(*connect.Adjustment).ID, give(bearer, r.AccountID, r.Amount), "made")
	case connect.WriteOffRequest:
		x := made.(*connect.WriteOff)
		m.fixed(x.ID, give(ledger.House, r.AccountID, x.Amount), "made")
	case connect.RecoverWriteOffRequest:
		x := made.(*connect.Recovery)
		m.fixed(x.ID, give(x.Account, ledger.House, x.Amount))
	case connect.FreezeRequest:
		m.fixed(made.(*connect.Freeze).ID, sums{})
	case connect.PayoutRequest:
		m.payout(p, r, made.(*payout.Payout))
	case connect.ChargeRequest:
		m.charge(p, r, made.(*connect.Charge))
	case connect.CaptureRequest:
		m.forget(r.ChargeID) // what is captured may be of another amount, and in parts
	case connect.IncreaseRequest:
		m.forget(r.ChargeID)
	case connect.RefundRequest:
		m.refund(r, made.(*connect.Refund))
	}
}

func (m *model) fresh(id string) bool { _, known := m.want[id]; return !known }

func (m *model) forget(charge string) {
	if m.charges[charge] != nil {
		m.want[charge] = nil
	}
	delete(m.charges, charge)
}

func (m *model) transfer(p *Platform, r connect.TransferRequest, t *connect.Transfer) {
	if r.Currency.IsZero() && m.fresh(t.ID) {
		from := cmp.Or(r.From, p.ID())
		m.transfers[t.ID] = &modelTransfer{from: from, to: r.To, left: r.Amount}
		m.want[t.ID] = func() sums {
			if t.Review != "" && m.status(t.Review) != "approved" {
				return sums{}
			}
			return give(from, r.To, r.Amount)
		}
	}
}

// returnFee gives back a part of a fee, and of its tax by cumulative targets.
func (m *model) returnFee(p *Platform, r connect.ReturnFeeRequest, x *connect.PlatformFeeReturn) {
	f := m.fees[r.FeeID]
	if f == nil || !m.fresh(x.ID) {
		return
	}
	back := r.Amount.Minor()
	if r.Amount.IsZero() {
		back = f.amount - f.back
	}
	f.back += back
	tax := (2*f.tax*f.back+f.amount)/(2*f.amount) - f.taxB // rounded half up
	f.taxB += tax
	require.LessOrEqual(m.s.t, f.back, f.amount, "more of %s was given back than it was", r.FeeID)
	m.fixed(x.ID, give(p.ID(), f.id, ledger.Minor(back+tax, x.Amount.Currency())))
}

// payout leaves its owner when it is paid, and until then and if it comes back nobody.
func (m *model) payout(p *Platform, r connect.PayoutRequest, o *payout.Payout) {
	if !o.From.IsZero() || !o.Bought.IsZero() {
		return
	}
	m.fixed(o.ID, give(cmp.Or(r.AccountID, p.ID()), ledger.House, o.Amount), string(payout.Paid))
	if !r.Amount.IsZero() {
		require.Equal(m.s.t, r.Amount, o.Amount, "payout %s", o.ID)
	}
}

// charge is what a charge without lines, credit, conversions and prices by list gives.
func (m *model) charge(p *Platform, r connect.ChargeRequest, c *connect.Charge) {
	plain := len(r.Lines) == 0 && len(r.Tenders) == 0 && r.SettleIn.IsZero() && r.FeeIn.IsZero() && r.SellsCredit == ""
	plain = plain && !c.AutoCapture && c.Capture == "" // what a review lets go on is captured by the engine, and booked with that
	if !plain || p != m.s.w.platforms[0] && p.ID() != m.s.w.platforms[0].ID() || !m.fresh(c.ID) {
		return
	}
	x := &modelPayment{
		platform: p.ID(), account: r.AccountID, amount: r.Amount.Minor(), tax: taxesOf(r.Tax), direct: r.Direct, cur: r.Amount.Currency(),
		fee: r.ApplicationFee.Minor() + taxesOf(r.FeeTax), given: r.TransferAmount.Minor(),
	}
	if r.TransferAmount.IsZero() {
		x.given = x.amount - x.tax
	}
	m.charges[c.ID] = x
	m.want[c.ID] = func() sums { return x.sums(m, c.ID) }
}

// sums are what a charge gave. What processing costs is what the house took for it, of
// one of the two.
func (x *modelPayment) sums(m *model, id string) sums {
	is := m.sums[id]
	switch status := m.status(id); status {
	case "succeeded":
	case "failed", "canceled":
		if len(is) > 0 {
			return is // it failed late: who bears that is policy, which Verify follows
		}
		return sums{}
	default:
		return sums{}
	}
	seller, platform, house := holder{x.account, x.cur}, holder{x.platform, x.cur}, holder{ledger.House, x.cur}
	processing := x.amount + is[house] // the house owes what the buyer paid, but for that
	want := sums{house: -x.amount + processing, platform: x.amount - processing}
	if x.account == "" {
		return want
	}
	want[seller] = x.given - x.fee
	want[platform] = x.amount - x.given + x.fee - processing
	if is[seller] != want[seller] { // the seller bears the processing
		want[seller] -= processing
		want[platform] += processing
	}
	return want
}

// refund gives the buyer what was asked for when it succeeds, and nothing else before.
func (m *model) refund(r connect.RefundRequest, x *connect.Refund) {
	c := m.charges[r.ChargeID]
	if c == nil || r.IntoCredit || r.Repays != "" || !m.fresh(x.ID) { // what repays another is made as that was
		return
	}
	whole := r.Amount.IsZero() && x.Amount.Minor() == c.amount
	m.want[x.ID] = func() sums {
		is, now := m.sums[x.ID], m.refundNow(c.platform, x.ID)
		stands := now.Refused != nil && now.Refused.Stands
		switch status := m.status(x.ID); {
		case now.Advanced.Sign() > 0:
			return is // what the platform advanced is booked with it, and its way back with the advance
		case status == "failed" && stands && is[holder{ledger.House, c.cur}] == 0:
			return is // the buyer got nothing, and is owed it: the parties' parts stay
		case status != "succeeded":
			return sums{}
		}
		seller, house := holder{c.account, c.cur}, holder{ledger.House, c.cur}
		want := sums{house: x.Amount.Minor()}
		switch {
		case c.direct:
			return is
		case !r.ReverseTransfer:
			want[holder{c.platform, c.cur}] = -x.Amount.Minor()
		case whole && r.RefundFee:
			want[seller] = -(c.given - c.fee)
			want[holder{c.platform, c.cur}] = -x.Amount.Minor() - want[seller]
		default: // a part, by cumulative targets
			want[seller] = is[seller]
			want[holder{c.platform, c.cur}] = -x.Amount.Minor() - want[seller]
		}
		return want
	}
}

// refundNow reads a refund.
func (m *model) refundNow(platform, id string) *connect.Refund {
	at := slices.IndexFunc(m.s.w.platforms, func(p *Platform) bool { return p.ID() == platform })
	r, err := m.s.w.platforms[at].GetRefund(m.s.w.ctx, id)
	require.NoError(m.s.t, err)
	return r
}

// check compares what was posted with what should have been, object by object.
func (m *model) check() {
	for _, id := range slices.Sorted(maps.Keys(m.want)) {
		if m.want[id] == nil {
			continue
		}
		want, is := m.want[id](), m.sums[id]
		m.s.cover.modelled++
		same := len(is) <= len(want)
		for h, minor := range want {
			same = same && is[h] == minor
		}
		if !same {
			require.Fail(m.s.t, "not what the model says", "%s is %q, and has given %v, not %v (%+v)", id, m.status(id), is, want, m.charges[id])
		}
	}
}
