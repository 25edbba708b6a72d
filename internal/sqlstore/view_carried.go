package sqlstore

import (
	"time"

	"github.com/soukhq/souk/ledger"
)

// carried is what the rows of an account carry forward: together, and for each
// stripe that has a row how many entries were moved.
type carried struct {
	ledger.Carried
	stripes map[int64]int64
}

// Carried implements ledger.View.
func (v *View) Carried(r ledger.Ref) (ledger.Carried, error) {
	c, err := v.carried(r)
	return c.Carried, err
}

func (v *View) carried(r ledger.Ref) (c carried, err error) {
	c.Balance = ledger.Zero(r.Currency)
	if err := v.usable(); err != nil || !possibleRef(r) {
		return c, err
	}
	err = v.query(func(row Answer) error {
		var stripe, entries, balance, posted, effective int64
		var last, latest string
		if err := row.Scan(&stripe, &entries, &balance, &posted, &effective, &last, &latest); err != nil {
			return err
		}
		if c.stripes == nil {
			c.stripes = make(map[int64]int64)
		}
		if c.stripes[stripe] = entries; entries == 0 {
			return nil
		}
		return c.add(entries, ledger.Minor(balance, r.Currency), moment(posted), moment(effective), last, latest)
	}, `select a.stripe, coalesce(c.entries, 0), coalesce(c.balance, 0), coalesce(c.posted_at, 0), coalesce(c.effective_at, 0),
			coalesce(l.id, ''), coalesce(m.id, '')
		from souk_accounts a left join souk_carried c on c.account = a.id
		left join souk_transactions l on l.seq = c.tx left join souk_transactions m on m.seq = c.effective_tx
		where a.book = ? and a.owner = ? and a.purpose = ? and a.currency = ? order by a.stripe`,
		r.Book, r.Owner, r.Purpose, r.Currency.String())
	return c, err
}

// add adds what one row carries.
func (c *carried) add(entries int64, balance ledger.Money, posted, effective time.Time, last, latest string) (err error) {
	if c.Balance, err = c.Balance.Add(balance); err != nil {
		return err
	}
	if c.Entries == 0 || posted.After(c.Posted) {
		c.Posted, c.Last = posted, last
	}
	if c.Entries == 0 || effective.After(c.Effective) {
		c.Effective, c.Latest = effective, latest
	}
	c.Entries += entries
	return nil
}

// stripeShift is where the stripe stands in the number of an entry of a shared
// account; below it the stripe's entries count 1, 2, 3 …
const stripeShift = 40

// shows refuses a page of which a part was moved.
func (v *View) shows(r ledger.Ref, p ledger.Page) error {
	if p.From.IsZero() && p.To.IsZero() && p.After.Number == 0 {
		return nil // it asks for what there is
	}
	c, err := v.carried(r)
	if err != nil || c.Entries == 0 {
		return err
	}
	end := c.Posted
	if p.By == ledger.ByEffective {
		end = c.Effective
	}
	field := ""
	switch {
	case !p.From.IsZero() && !p.From.After(end):
		field = "from"
	case !p.To.IsZero() && !p.To.After(end):
		field = "to"
	case p.After.Number > 0 && c.was(p.After, end):
		field = "after"
	default:
		return nil
	}
	return v.fault(c.Archived(r, field))
}

// was reports whether a place is that of an entry which was moved: by its number,
// or since its stripe has no row any more. Not known again is the place of a stripe
// whose row was merged and which has made another since.
func (c *carried) was(p ledger.Place, end time.Time) bool {
	stripe, number := p.Number>>stripeShift, p.Number&(1<<stripeShift-1)
	if moved, ok := c.stripes[stripe]; ok {
		return number <= moved
	}
	return !p.At.After(end)
}
