package main

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/soukhq/souk/ledger"
)

// book is the one that everything is posted in.
const book = "bench"

// house lists the accounts of a posting that are not the seller's, with what
// each takes. The seller has what is left.
var house = [...]struct {
	owner, purpose string
	minor          int64
}{
	{ledger.House, "acquirer/bench", -9800},
	{ledger.House, "processing_cost", -200},
	{ledger.House, "processing_fees", 350},
	{ledger.House, "tax/bench", 150},
	{"platform", "pending/2026-03-02", 730},
}

const shareMinor = 8770 // of the seller

// books makes the changes of a run, and counts what they must add up to.
type books struct {
	house   [len(house)][]ledger.Ref
	sellers []ledger.Ref
	all     []ledger.Account // to be opened

	entries, events atomic.Int64 // that must be there
}

// newBooks names the accounts: of the house one of each, shared and in every
// posting, or so many of each that none is hot.
func newBooks(sellers, spread int) *books {
	k := &books{}
	for i, h := range house {
		for n := range spread {
			r := ledger.Ref{Book: book, Owner: h.owner, Purpose: h.purpose, Currency: ledger.EUR}
			if spread > 1 {
				r.Owner = fmt.Sprintf("%s-%04d", h.owner, n)
			}
			k.house[i] = append(k.house[i], r)
			k.all = append(k.all, ledger.Account{Ref: r, Shared: spread == 1})
		}
	}
	for n := range sellers {
		r := ledger.Ref{Book: book, Owner: fmt.Sprintf("acct_%06d", n), Purpose: "available", Currency: ledger.EUR}
		k.sellers = append(k.sellers, r)
		k.all = append(k.all, ledger.Account{Ref: r, Floor: ledger.Floor{Kind: ledger.Guarded}})
	}
	return k
}

// fees is the account that every posting of hot books has an entry on.
func (k *books) fees() ledger.Ref { return k.house[2][0] }

// open opens all accounts.
func (k *books) open(ctx context.Context, s *subject) error {
	for list := range slices.Chunk(k.all, 500) {
		c := newChange()
		c.Open = list
		if err := commit(ctx, s, &hand{}, c); err != nil {
			return err
		}
	}
	return nil
}

// fund pays every seller from the bank, so that none runs out.
func (k *books) fund(ctx context.Context, s *subject) error {
	bank := ledger.Ref{Book: book, Owner: ledger.House, Purpose: "bank/main", Currency: ledger.EUR}
	for list := range slices.Chunk(k.sellers, 1000) {
		const each = 1_000_000_000_00
		c := newChange()
		c.Open = []ledger.Account{{Ref: bank, Shared: true}}
		entries := []ledger.Entry{move(bank, -each*int64(len(list)))}
		for _, r := range list {
			entries = append(entries, move(r, each))
		}
		k.post(c, "top-up", entries...)
		if err := commit(ctx, s, &hand{}, c); err != nil {
			return err
		}
	}
	return nil
}

func newChange() *ledger.Change { return &ledger.Change{ID: clock.ID("chg_"), At: clock.Time()} }

func move(r ledger.Ref, amountMinor int64) ledger.Entry {
	return ledger.Entry{Account: r, Amount: ledger.Minor(amountMinor, r.Currency)}
}

// post adds a transaction to a change that will be committed.
func (k *books) post(c *ledger.Change, reason string, entries ...ledger.Entry) {
	c.Post = []ledger.Transaction{{ID: c.ID + ".1", Book: book, Reason: reason, Entries: entries}}
	k.entries.Add(int64(len(entries)))
}

// request is what an idempotency key of a posting stands for.
type request struct {
	Amount ledger.Money
	Seller string
}

// Data of about 300 and 200 bytes, as a charge and the news of it have.
const (
	objectData = `{"id":%q,"seller":%q,"amount":"100.00","currency":"EUR","status":"succeeded","source":"tok_visa","acquirer":"bench",` +
		`"reference":"3f1b2a9c77d04e5f","statement":"SOUK*ATELIER","country":"DE","fee":"3.50","tax":"1.50","commission":"7.30",` +
		`"description":"order of two chairs and a table"}`
	eventData = `{"id":%q,"seller":%q,"amount":"100.00","currency":"EUR","status":"succeeded","commission":"7.30","fee":"3.50",` +
		`"tax":"1.50","description":"order of two chairs"}`
)

// posting is a charge as a host without connect would book it: six entries, an
// object with two keys, an event, an idempotency key.
func (k *books) posting(h *hand, seller ledger.Ref) (*ledger.Change, error) {
	c := newChange()
	entries := make([]ledger.Entry, 0, len(house)+1)
	for i := range house {
		entries = append(entries, move(k.house[i][h.below(len(k.house[i]))], house[i].minor))
	}
	k.post(c, "charge", append(entries, move(seller, shareMinor))...)
	hash, err := ledger.HashRequest("charge", &request{ledger.Minor(10_000, ledger.EUR), seller.Owner})
	if err != nil {
		return nil, err
	}
	id := ledger.ID{Kind: "bench.charge", ID: clock.ID("ch_")}
	c.Post[0].Object = id
	c.Idem = ledger.Idem{Scope: book, Key: "order-" + id.ID, Hash: hash}
	c.Put = []ledger.Object{{ID: id, Data: fmt.Appendf(nil, objectData, id.ID, seller.Owner), Keys: []ledger.Key{
		{Name: "platform", Value: book, At: c.At}, {Name: "seller", Value: seller.Owner, At: c.At},
	}}}
	c.Emit = []ledger.Event{{Type: "charge.succeeded", Platform: book, Object: id, Data: fmt.Appendf(nil, eventData, id.ID, seller.Owner)}}
	k.events.Add(1)
	return c, nil
}

// charge hands in one posting to a seller drawn at random.
func (k *books) charge(s ledger.Store) deed {
	return func(ctx context.Context, h *hand) error {
		c, err := k.posting(h, k.sellers[h.below(len(k.sellers))])
		if err != nil {
			return err
		}
		return commit(ctx, s, h, c)
	}
}

// transfer moves a little from one seller to another.
func (k *books) transfer(h *hand, draw pick) *ledger.Change {
	from, to := draw(&h.random), draw(&h.random)
	for to == from {
		to = draw(&h.random)
	}
	c, minor := newChange(), int64(1+h.below(100))
	k.post(c, "transfer", move(k.sellers[from], -minor), move(k.sellers[to], minor))
	return c
}

// check compares what is there with what was acknowledged: each change once,
// and all accounts zero in sum. The full check is ledger.Verify.
func (k *books) check(ctx context.Context, s *subject, verify bool) error {
	var entries, events int64
	sum := ledger.Zero(ledger.EUR)
	err := s.Read(ctx, func(v ledger.View) error {
		return ledger.EachAccount(v, ledger.AccountQuery{}, func(a ledger.Account) (err error) {
			entries += a.Entries
			sum, err = sum.Add(a.Posted)
			return err
		})
	})
	if err != nil {
		return err
	}
	if events, err = countEvents(ctx, s); err != nil {
		return err
	}
	switch {
	case !sum.IsZero():
		return fmt.Errorf("the books add up to %v", sum)
	case entries != k.entries.Load() || events != k.events.Load():
		return fmt.Errorf("there are %d entries and %d events; acknowledged were %d and %d", entries, events, k.entries.Load(), k.events.Load())
	case verify:
		return verified(ledger.Verify(ctx, s))
	}
	return nil
}

func verified(r *ledger.Report, err error) error {
	if err != nil {
		return err
	}
	return r.Err()
}

// countEvents reads the feed to its end, a page in each read.
func countEvents(ctx context.Context, s *subject) (n int64, err error) {
	at, more := ledger.Cursor(""), true
	for more {
		err := s.Read(ctx, func(v ledger.View) (err error) {
			var list []ledger.Event
			list, at, err = v.Events(at, "", ledger.MaxPage)
			n += int64(len(list))
			more = len(list) > 0
			return err
		})
		if err != nil {
			return n, err
		}
	}
	return n, nil
}
