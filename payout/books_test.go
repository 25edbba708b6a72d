package payout_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// noon is when every test begins: a Monday.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// clock stands until it is moved.
type clock struct{ now time.Time }

func (c *clock) read() time.Time { return c.now }

// form is one of the two ways in which a payout's money waits.
type form struct {
	name, source string
	paid         string // the reason of its payment
}

// The money of a balance goes in transit; that of an authority waits, held.
var forms = []form{{"balance", "available", "payout paid"}, {"tax", "tax/state", "tax remitted"}}

// bank is a memory store with one payee, and the payout that is looked at.
type bank struct {
	require.TestingT
	form  form
	s     *ledger.Memory
	env   ledger.Env
	clock *clock
	id    string
	name  string // of the rail
}

// amount is what every payout here is of, and all that its source has.
var amount = ledger.Minor(877, ledger.USD)

// newBank opens books in which the source has 877 USD.
func newBank(t require.TestingT, f form) *bank {
	c := &clock{noon}
	b := &bank{TestingT: t, form: f, s: ledger.NewMemory(), clock: c, env: ledger.Env{Now: c.read}, name: "simulated"}
	b.update(func(u *ledger.Unit) error {
		from := ledger.Ref{Book: "plat_1", Owner: ledger.House, Purpose: "acquirer/x", Currency: ledger.USD}
		u.Open(ledger.Account{Ref: from, Shared: true})
		u.Open(ledger.Account{Ref: b.ref("acct_1", f.source)})
		u.Post(ledger.Transaction{Book: "plat_1", Reason: "charge", Entries: []ledger.Entry{
			{Account: from, Amount: ledger.Minor(-877, ledger.USD)}, {Account: b.ref("acct_1", f.source), Amount: amount},
		}})
		return nil
	})
	return b
}

func (b *bank) ctx() context.Context { return context.Background() }

func (b *bank) ref(owner, purpose string) ledger.Ref {
	return ledger.Ref{Book: "plat_1", Owner: owner, Purpose: purpose, Currency: ledger.USD}
}

// try changes the books.
func (b *bank) try(fn func(u *ledger.Unit) error) error {
	_, err := b.env.Update(b.ctx(), b.s, fn)
	return err
}

func (b *bank) update(fn func(u *ledger.Unit) error) { require.NoError(b, b.try(fn)) }

// do changes the payout.
func (b *bank) do(fn func(u *ledger.Unit, p *payout.Payout) error) error {
	return b.try(func(u *ledger.Unit) error {
		p, err := payout.Kind.Get(u, b.id)
		if err != nil {
			return err
		}
		return fn(u, p)
	})
}

// hear applies a piece of news.
func (b *bank) hear(kind payout.UpdateKind, id string) error {
	return b.do(func(u *ledger.Unit, p *payout.Payout) error {
		return payout.Apply(u, p, payout.Update{ID: id, Key: p.Key(), Kind: kind, Code: "account_closed", Amount: p.Amount, At: u.At()})
	})
}

// claim claims everything, with work that nobody has begun.
func (b *bank) claim() {
	b.update(func(u *ledger.Unit) error {
		p := &payout.Payout{
			Platform: "plat_1", Owner: "acct_1", Source: b.form.source, Amount: amount, Rail: b.name,
			Destination: payout.Destination{Token: payout.TestAccount, Country: "US", Currency: ledger.USD},
		}
		p.Work.Later(u.At())
		err := payout.Claim(u, p)
		b.id = p.ID
		return err
	})
}

// reach brings a new payout into a state by the shortest way there.
func (b *bank) reach(s payout.Status) {
	b.claim()
	step := func(fn func(u *ledger.Unit, p *payout.Payout) error) { require.NoError(b, b.do(fn)) }
	switch s {
	case payout.InTransit:
		step(func(u *ledger.Unit, p *payout.Payout) error { return payout.Accepted(u, p, "ref-1") })
	case payout.Unknown:
		step(lost)
	case payout.Canceled:
		step(payout.Cancel)
	case payout.Paid:
		require.NoError(b, b.hear(payout.UpdatePaid, "first"))
	case payout.Failed:
		require.NoError(b, b.hear(payout.UpdateFailed, "first"))
	case payout.Returned:
		require.NoError(b, b.hear(payout.UpdatePaid, "first"))
		require.NoError(b, b.hear(payout.UpdateReturned, "second"))
	}
	b.stands(s)
}

func (b *bank) get() *payout.Payout {
	p, err := payout.Kind.Read(b.ctx(), b.s, b.id)
	require.NoError(b, err)
	return p
}

// standing is everything that the books say about the payout.
type standing struct {
	source, held, transit, clearing int64
	version, transactions, events   int64
}

func (b *bank) read() standing {
	var x standing
	require.NoError(b, b.s.Read(b.ctx(), func(v ledger.View) error {
		list, err := v.Accounts(b.ref("acct_1", b.form.source), b.ref("acct_1", "in_transit"), b.ref(ledger.House, "bank_clearing/"+b.name))
		require.NoError(b, err)
		x.source, x.held = list[0].Posted.Minor(), list[0].Held.Minor()
		x.transit, x.clearing = list[1].Posted.Minor(), list[2].Posted.Minor()
		x.transactions = list[0].Entries + list[1].Entries + list[2].Entries
		objects, err := v.Objects(payout.Kind.ID(b.id))
		require.NoError(b, err)
		x.version = objects[0].Version
		events, _, err := v.Events("", "plat_1", ledger.MaxPage)
		x.events = int64(len(events))
		return err
	}))
	return x
}

// stands asserts the state, and that the money is where it says: promise 14 and
// identity 5 of the chart. The books add up: promises 1 to 3, 18.
func (b *bank) stands(s payout.Status) {
	require.Equal(b, s, b.get().Status)
	want := standing{}
	switch s {
	case payout.Pending, payout.InTransit, payout.Unknown:
		if b.form.source == "available" {
			want.transit = 877
		} else {
			want.source, want.held = 877, 877
		}
	case payout.Paid:
		want.clearing = 877
	default:
		want.source = 877
	}
	got := b.read()
	require.Equal(b, []int64{want.source, want.held, want.transit, want.clearing}, []int64{got.source, got.held, got.transit, got.clearing},
		"source, held, in transit, clearing of one that is %s", s)
	report, err := ledger.Verify(b.ctx(), b.s)
	require.NoError(b, err)
	require.NoError(b, report.Err())
}

// stateError asserts an error of class State.
func stateError(t require.TestingT, err error, code string) {
	var e *ledger.Error
	require.ErrorAs(t, err, &e)
	require.True(t, errors.Is(err, ledger.State), "%v", err)
	require.Equal(t, code, e.Code)
}

// each tries a test on both forms.
func each(t *testing.T, fn func(t *testing.T, b *bank)) {
	for _, f := range forms {
		t.Run(f.name, func(t *testing.T) { fn(t, newBank(t, f)) })
	}
}
