package connect

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
)

// OpenItem is what one object left in an account of what others hold for us, or of what
// bridges the news and the money: it is open until the same object is settled there.
type OpenItem struct {
	Purpose string       `json:"purpose"` // "acquirer/adyen"
	Object  ledger.ID    `json:"object"`
	Amount  ledger.Money `json:"amount"` // as the chart signs it: below zero is owed to us
	Since   time.Time    `json:"since"`  // of its first entry
	Days    int          `json:"days"`   // whole days since then
}

// OpenItems are those of a platform by age. Their sum per purpose and currency is what
// stands there.
type OpenItems struct {
	At    time.Time     `json:"at"`
	Items []OpenItem    `json:"items,omitzero"` // the oldest first
	Ages  []OpenItemAge `json:"ages,omitzero"`  // by purpose, currency and age
}

// OpenItemAge is what the items of one age come to.
type OpenItemAge struct {
	Purpose string       `json:"purpose"`
	From    int          `json:"from"`        // days
	To      int          `json:"to,omitzero"` // days, included; 0: and more
	Items   int          `json:"items"`       // how many
	Amount  ledger.Money `json:"amount"`
}

// itemAges are the last days of the ages that are told apart.
var itemAges = [...]int{1, 7, 30, 90}

// OpenItems lists what is open at a moment, zero is now, with acquirers, banks that
// have not shown it on a statement yet, disputes, advances, and what nobody knows yet.
// It reads all entries of these accounts; what was moved to an archive is one item,
// without an object, as old as its last entry.
func (p *Platform) OpenItems(ctx context.Context, at time.Time) (*OpenItems, error) {
	if err := p.may(ctx, "OpenItems"); err != nil {
		return nil, err
	}
	if at.IsZero() {
		at = p.e.env.Time()
	}
	out := &OpenItems{At: ledger.AskedTime(at)}
	err := p.store.Read(ctx, func(v ledger.View) error {
		out.Items, out.Ages = nil, nil
		for _, purpose := range []string{"acquirer/", "advances", "bank_clearing/", "disputed/", "suspense"} {
			err := ledger.EachAccount(v, ledger.AccountQuery{Book: p.id, Owner: ledger.House, Purpose: purpose}, func(a ledger.Account) error {
				return out.read(v, a)
			})
			if err != nil {
				return err
			}
		}
		return out.end()
	})
	if err != nil {
		return nil, fmt.Errorf("connect: open items: %w", err)
	}
	return out, nil
}

// read adds the items of one account.
func (o *OpenItems) read(v ledger.View, a ledger.Account) error {
	items := make(map[ledger.ID]*OpenItem)
	add := func(id ledger.ID, at time.Time, m ledger.Money) (err error) {
		x := items[id]
		if x == nil {
			x = &OpenItem{Purpose: a.Purpose, Object: id, Amount: ledger.Zero(a.Currency), Since: at}
			items[id] = x
		}
		x.Amount, err = x.Amount.Add(m)
		return err
	}
	c, err := v.Carried(a.Ref)
	if err != nil {
		return err
	}
	if c.Entries > 0 {
		if err := add(ledger.ID{}, c.Posted, c.Balance); err != nil {
			return err
		}
	}
	page := ledger.Page{To: o.At.Add(time.Microsecond), Limit: ledger.MaxPage}
	for {
		list, err := v.Entries(a.Ref, page)
		if err != nil {
			return err
		}
		for i := range list {
			if err := add(list[i].Object, list[i].At, list[i].Amount); err != nil {
				return err
			}
		}
		if len(list) < page.Limit {
			break
		}
		page.After = list[len(list)-1].Place(ledger.ByPosting)
	}
	for _, x := range items {
		if !x.Amount.IsZero() {
			x.Days = int(o.At.Sub(x.Since) / (24 * time.Hour))
			o.Items = append(o.Items, *x)
		}
	}
	return nil
}

// end orders the items and adds them up by age.
func (o *OpenItems) end() error {
	slices.SortFunc(o.Items, func(a, b OpenItem) int {
		return cmp.Or(a.Since.Compare(b.Since), strings.Compare(a.Purpose, b.Purpose), strings.Compare(a.Object.String(), b.Object.String()),
			strings.Compare(a.Amount.Currency().String(), b.Amount.Currency().String()))
	})
	for _, x := range o.Items {
		age := OpenItemAge{Purpose: x.Purpose, Amount: ledger.Zero(x.Amount.Currency())}
		for _, last := range itemAges {
			if age.To = last; x.Days <= last {
				break
			}
			age.From, age.To = last+1, 0
		}
		order := func(a, b OpenItemAge) int {
			return cmp.Or(strings.Compare(a.Purpose, b.Purpose), strings.Compare(a.Amount.Currency().String(), b.Amount.Currency().String()), a.From-b.From)
		}
		n, found := slices.BinarySearchFunc(o.Ages, age, order)
		if !found {
			o.Ages = slices.Insert(o.Ages, n, age)
		}
		o.Ages[n].Items++
		var err error
		if o.Ages[n].Amount, err = o.Ages[n].Amount.Add(x.Amount); err != nil {
			return err
		}
	}
	return nil
}
