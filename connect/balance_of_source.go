package connect

import (
	"slices"

	"github.com/soukhq/souk/ledger"
)

// ofSource reads the lines of one object's steps. These are found as Explain finds
// them, so that a charge of last year is not looked for through all that came since.
func (l *lineReader) ofSource(v ledger.View, after afterPlace) error {
	x := newExplain(l.p, v)
	o, err := x.find(l.r.SourceID)
	if err == nil {
		err = x.add(o)
	}
	if err != nil {
		return inField("source", notFoundOr(err, "source"))
	}
	if err := x.seek(); err != nil {
		return err
	}
	var found []placed
	for id := range x.found {
		t := x.steps.read[id]
		if t.Object != o.ID {
			continue
		}
		for _, cur := range currenciesOf(t) {
			if !l.r.Currency.IsZero() && l.r.Currency != cur {
				continue
			}
			if line := x.steps.line(id, l.owner, cur); line != nil {
				found = append(found, placed{linePlace{t.Posted, id, cur.String()}, line})
			}
		}
	}
	slices.SortFunc(found, func(a, b placed) int { return b.at.compare(a.at) })
	lines := make([]*BalanceTransaction, len(found))
	for i := range found {
		lines[i] = found[i].line
	}
	if err := l.p.tellSources(v, lines); err != nil {
		return err
	}
	for _, f := range found {
		switch day := f.at.at; {
		case !after.at.IsZero() && f.at.compare(after.linePlace) >= 0, !l.wants(f.line),
			l.r.From != 0 && day.Before(l.r.From.Time()), l.r.To != 0 && !day.Before(l.r.To.Time()):
		case len(l.page.Items) == l.r.Limit:
			l.page.More, l.page.Next = true, afterPlace{linePlace: l.last}.String()
			return nil
		default:
			l.last = f.at
			l.page.Items = append(l.page.Items, f.line)
		}
	}
	return nil
}

// currenciesOf are the currencies of a transaction, each once.
func currenciesOf(t *ledger.Transaction) (list []ledger.Currency) {
	for i := range t.Entries {
		if c := t.Entries[i].Account.Currency; !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	return list
}
