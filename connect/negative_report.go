package connect

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
)

// NegativeReportRequest asks what sellers owe, and for how long.
type NegativeReportRequest struct {
	AccountID string // only what this one owes; empty: all of the platform
	Limit     int    // how many debts are listed: 0–1,000; 0 lists none
}

// NegativeReport is what the sellers of a platform owe at a moment, by currency and age.
type NegativeReport struct {
	Platform   string             `json:"platform"`
	At         time.Time          `json:"at"`
	Currencies []NegativeCurrency `json:"currencies"` // in the order of their codes
	Debts      []NegativeDebt     `json:"debts"`      // the oldest, as many as were asked for
}

// NegativeCurrency is what is owed in one currency.
type NegativeCurrency struct {
	Currency ledger.Currency `json:"currency"`
	Accounts int             `json:"accounts"`
	Owed     ledger.Money    `json:"owed"`
	Covered  ledger.Money    `json:"covered"` // by the platform's money that stands behind it
	Ages     [5]NegativeAge  `json:"ages"`    // 0–30, 31–60, 61–90, 91–180 days, and more
}

// NegativeAge is what has been owed for some days: whole ones since the balance was
// last not below zero.
type NegativeAge struct {
	From     int          `json:"from"`
	To       int          `json:"to,omitzero"` // 0: without end
	Accounts int          `json:"accounts"`
	Owed     ledger.Money `json:"owed"`
}

// NegativeDebt is what one account owes in one currency.
type NegativeDebt struct {
	Account string       `json:"account"`
	Owed    ledger.Money `json:"owed"`
	Covered ledger.Money `json:"covered"`
	Bearer  Party        `json:"bearer"`
	Since   time.Time    `json:"since"`
	Days    int          `json:"days"` // whole ones since then
}

// negativeAges are the last days of the ages that have one.
var negativeAges = [...]int{30, 60, 90, 180}

// NegativeReport adds up what sellers owe, at one moment and by how long their balances
// have been below zero without a break. It reads no more than the balances that are.
func (p *Platform) NegativeReport(ctx context.Context, r NegativeReportRequest) (*NegativeReport, error) {
	if err := p.may(ctx, "NegativeReport"); err != nil {
		return nil, err
	}
	wrap := func(err error) error { return fmt.Errorf("connect: negative report: %w", err) }
	if r.Limit < 0 || r.Limit > ledger.MaxPage {
		return nil, wrap(badField("invalid_limit", "limit", "at most 1,000 debts are listed"))
	}
	q := ledger.Query{Kind: negativeKind.Name, Name: keyNegative, Value: p.id, Limit: ledger.MaxPage}
	if r.AccountID != "" {
		if _, err := p.owned(ctx, r.AccountID); err != nil {
			return nil, wrap(err)
		}
		q.Name, q.Value = "account", r.AccountID
	}
	var x *NegativeReport
	err := p.store.Read(ctx, func(v ledger.View) error {
		x = &NegativeReport{Platform: p.id, At: p.e.env.Time().UTC()}
		for q := q; ; {
			list, err := v.Find(q)
			if err == nil && len(list) > 0 {
				err = x.page(v, p, list, r.Limit)
			}
			if err != nil || len(list) < q.Limit {
				return err
			}
			q.After = list[len(list)-1].PlaceIn(q)
		}
	})
	if err != nil {
		return nil, wrap(err)
	}
	return x, nil
}

// page adds a page of balances, as they stand in the ledger.
func (x *NegativeReport) page(v ledger.View, p *Platform, list []ledger.Object, limit int) error {
	var all []*NegativeBalance
	var refs []ledger.Ref
	for _, o := range list {
		n, err := negativeKind.Decode(o)
		if err != nil {
			return err
		}
		if n.below() {
			all, refs = append(all, n), append(refs, p.of(n.Account, "available", n.Currency))
		}
	}
	if len(refs) == 0 {
		return nil
	}
	accounts, err := v.Accounts(refs...)
	if err != nil {
		return err
	}
	for i, n := range all {
		if owed, err := accounts[i].Posted.Neg(); err != nil {
			return err
		} else if owed.Sign() > 0 {
			if err := x.add(n, owed, limit); err != nil {
				return err
			}
		}
	}
	return nil
}

// add counts one debt.
func (x *NegativeReport) add(n *NegativeBalance, owed ledger.Money, limit int) (err error) {
	days := max(0, int(x.At.Sub(n.Since)/day))
	if len(x.Debts) < limit {
		x.Debts = append(x.Debts, NegativeDebt{Account: n.Account, Owed: owed, Covered: n.Cover, Bearer: n.Bearer, Since: n.Since, Days: days})
	}
	i, found := slices.BinarySearchFunc(x.Currencies, n.Currency, func(c NegativeCurrency, of ledger.Currency) int {
		return strings.Compare(c.Currency.String(), of.String())
	})
	if !found {
		x.Currencies = slices.Insert(x.Currencies, i, newNegativeCurrency(n.Currency))
	}
	c := &x.Currencies[i]
	age := &c.Ages[ageOf(days)]
	c.Accounts++
	age.Accounts++
	for _, s := range []struct {
		sum *ledger.Money
		m   ledger.Money
	}{{&c.Owed, owed}, {&age.Owed, owed}, {&c.Covered, n.Cover}} {
		if *s.sum, err = s.sum.Add(s.m); err != nil {
			return err
		}
	}
	return nil
}

// ageOf is which age a number of days is of.
func ageOf(days int) int {
	for i, last := range negativeAges {
		if days <= last {
			return i
		}
	}
	return len(negativeAges)
}

func newNegativeCurrency(c ledger.Currency) NegativeCurrency {
	z := ledger.Zero(c)
	x := NegativeCurrency{Currency: c, Owed: z, Covered: z}
	from := 0
	for i := range x.Ages {
		x.Ages[i] = NegativeAge{From: from, Owed: z}
		if i < len(negativeAges) {
			x.Ages[i].To = negativeAges[i]
			from = negativeAges[i] + 1
		}
	}
	return x
}
