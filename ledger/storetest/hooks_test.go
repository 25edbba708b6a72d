package storetest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
)

// faulty is the one fault that a plain store has, "" for none. The hooks below
// are all the places where it goes wrong.
type faulty string

func (f faulty) is(name string) bool { return string(f) == name }

func (p *plain) run(v *plainView, fn func(ledger.View) error) (err error) {
	if p.is("panics are swallowed") {
		defer func() { _ = recover() }()
	}
	return fn(v)
}

// instead answers a change without planning it.
func (p *plain) instead(c *ledger.Change) (*ledger.Receipt, error, bool) {
	empty := len(c.Open)+len(c.Post)+len(c.Holds)+len(c.Close)+len(c.Put)+len(c.Emit) == 0
	switch {
	case p.is("empty changes are remembered") && empty && c.Idem.IsZero():
		_, was := p.changes[c.ID]
		p.changes[c.ID] = c.At
		return &ledger.Receipt{Replayed: was}, nil, true
	case p.is("asking claims the key") && empty && !c.Idem.IsZero():
		p.claim(c)
	case p.is("step by step") && len(c.Post) > 1:
		for i := range c.Post {
			part := &ledger.Change{ID: c.ID + data(int64(i)), At: c.At, Post: c.Post[i : i+1]}
			if r, err := p.Commit(context.Background(), part); err != nil || i == len(c.Post)-1 {
				return r, err, true
			}
		}
	case p.is("below the floor is below the floor"):
		for _, t := range c.Post {
			for _, e := range t.Entries {
				if a := p.account(e.Account); a.Floor.Kind == ledger.Guarded && t.Reason != "dispute" && a.Posted.Minor()+e.Amount.Minor() < 0 {
					return nil, &ledger.Error{Class: ledger.InsufficientFunds, Code: "insufficient_funds"}, true
				}
			}
		}
	}
	return nil, nil, false
}

// claim remembers a key as Plan does.
func (p *plain) claim(c *ledger.Change) {
	id := ledger.ID{Kind: ledger.IdemKind, ID: c.Idem.Scope + "|" + c.Idem.Key}
	row, _ := json.Marshal(map[string]any{"hash": c.Idem.Hash[:]})
	if _, ok := p.objects[id]; !ok {
		p.objects[id] = ledger.Object{ID: id, Version: 1, Data: row}
	}
}

// before changes a change before it is planned.
func (p *plain) before(c *ledger.Change) *ledger.Change {
	d := *c
	switch {
	case p.is("expectations are ignored"):
		d.Expect = nil
	case p.is("accounts are not expected"):
		d.Expect = slices.DeleteFunc(slices.Clone(c.Expect), func(e ledger.Expectation) bool { return e.Account != ledger.Ref{} })
	case p.is("keys have no scope") && !c.Idem.IsZero():
		d.Idem.Scope = "all"
	case p.is("keys ignore case"):
		d.Idem.Key = strings.ToLower(c.Idem.Key)
	case p.is("the last put wins"):
		d.Put = slices.Clone(c.Put)
		for i := range d.Put {
			d.Put[i].Version = p.objects[d.Put[i].ID].Version
		}
	case p.is("captures need no entry"):
		for _, h := range c.Holds {
			if h.Op == ledger.CaptureHold && len(c.Post) == 0 {
				d.Holds = []ledger.HoldStep{{Op: ledger.ReleaseHold, ID: h.ID, Account: h.Account, Amount: h.Amount}}
			}
		}
	}
	return &d
}

// after changes the answer, or writes what should not be written.
func (p *plain) after(ctx context.Context, c *ledger.Change, r ledger.Result) (*ledger.Receipt, error) {
	var e *ledger.Error
	if errors.As(r.Err, &e) {
		p.mu.Lock()
		defer p.mu.Unlock()
		switch {
		case p.is("forgive " + e.Code):
			return &ledger.Receipt{}, nil
		case p.is("refused changes are remembered"):
			p.changes[c.ID] = c.At
		case p.is("refused keys are kept") && !c.Idem.IsZero():
			p.claim(c)
		case p.is("refused objects are kept"):
			for _, o := range c.Put {
				o.Version++
				p.objects[o.ID] = o
			}
		}
		return nil, r.Err
	}
	switch {
	case p.is("a cancelled commit is denied") && ctx.Done() != nil: // the law's own contexts can end, those beside it cannot
		return nil, &ledger.Error{Class: ledger.Unavailable, Code: "canceled"}
	case p.is("receipts are empty"):
		return &ledger.Receipt{}, nil
	case p.is("replays are not marked"):
		r.Receipt.Replayed = false
	case p.is("receipts are guesses"):
		for i := range r.Receipt.Balances {
			r.Receipt.Balances[i].Entries++
		}
	}
	return r.Receipt, nil
}

func (p *plain) loadedAccount(a ledger.Account) ledger.Account {
	switch {
	case p.is("floors are ignored"):
		a.Floor = ledger.Floor{}
	case p.is("hard floors are soft") && a.Floor.Kind == ledger.HardFloor:
		a.Floor.Kind = ledger.Guarded
	case p.is("accounts never close"):
		a.Closed = false
	}
	return a
}

func (p *plain) loadedObject(id ledger.ID, o ledger.Object) ledger.Object {
	if p.is("periods are ignored") && id.Kind == ledger.PeriodKind {
		return ledger.Object{}
	}
	return o
}

func (p *plain) entryRows(rows *ledger.Rows) []ledger.EntryRow {
	switch n := len(rows.Entries); {
	case p.is("half is written"):
		return rows.Entries[:n/2]
	case p.is("wide transactions are cut"):
		return rows.Entries[:min(n, 999)]
	}
	return rows.Entries
}

func (p *plain) appliedEntry(e ledger.Posted, changes []*ledger.Change) ledger.Posted {
	switch {
	case p.is("numbers repeat"):
		e.Number = (e.Number + 1) / 2
	case p.is("the clock is believed"):
		e.At = changes[0].At.UTC()
	case p.is("amounts are floating"):
		e.Amount = ledger.Minor(int64(float64(e.Amount.Minor())), e.Amount.Currency())
	}
	return e
}

func (p *plain) appliedAccount(a ledger.Account) ledger.Account {
	switch {
	case p.is("holds are not counted"):
		a.Held = ledger.Zero(a.Currency)
	case p.is("closing is not kept"):
		a.Closed = false
	}
	return a
}

// appliedObject also says whether the object is written at all.
func (p *plain) appliedObject(o *ledger.Object, changes []*ledger.Change) bool {
	switch {
	case p.is("keys are dropped"):
		return o.Kind != ledger.IdemKind
	case p.is("data is cut"):
		o.Data = o.Data[:min(len(o.Data), 1<<16)]
	case p.is("JSON is tidied"):
		var b bytes.Buffer
		if json.Compact(&b, o.Data) == nil {
			o.Data = b.Bytes()
		}
	case p.is("data is not copied"):
		for _, c := range changes {
			for _, put := range c.Put {
				if put.ID == o.ID {
					o.Data = put.Data
				}
			}
		}
	}
	return true
}

func (p *plain) appliedKeys(o ledger.Object, old []ledger.Key) []ledger.Key {
	switch keys := slices.Clone(o.Keys); {
	case p.is("old keys stay"):
		for _, k := range old {
			if !slices.Contains(keys, k) {
				keys = append(keys, k)
			}
		}
		return keys
	case p.is("keys are never dropped") && len(keys) == 0:
		return old
	default:
		return keys
	}
}

func (p *plain) appliedEvents(events []ledger.Event, changes []*ledger.Change) []ledger.Event {
	switch {
	case p.is("one event a change"):
		return events[:min(1, len(events))]
	case p.is("events have no version"):
		for i := range events {
			events[i].Version = 0
		}
	case p.is("refusals are told"):
		for _, c := range changes {
			if len(events) == 0 {
				events = append(events, c.Emit...)
			}
		}
	}
	return events
}

// readEvent adds an event to a page, or not.
func (p *plain) readEvent(list []ledger.Event, e laneEvent) []ledger.Event {
	switch {
	case p.is("ids of events are of the moment"):
		e.ID += data(int64(len(list)))
	case p.is("events come late") && e.commit == p.commits:
		return list // its number is taken, and whoever reads now passes it
	case p.is("events come twice") && len(list) == 2:
		list = append(list, e.Event)
	}
	return append(list, e.Event)
}

func (p *plain) readAccounts(list []ledger.Account) []ledger.Account {
	for i := range list {
		if p.is("local times") {
			list[i].Last = list[i].Last.In(time.FixedZone("here", 3600))
		}
	}
	return list
}

func (p *plain) readTransaction(t ledger.Transaction) ledger.Transaction {
	switch {
	case p.is("text is read loosely"):
		for k, v := range t.Meta {
			t.Meta[k] = strings.ToValidUTF8(strings.TrimSpace(v), "")
		}
	case p.is("history is tampered with") && t.Reason == "top-up":
		t.Reason = "tip-up"
	case p.is("entries are sorted"):
		slices.SortFunc(t.Entries, func(a, b ledger.Entry) int { return a.Account.Compare(b.Account) })
	}
	return t
}

func (p *plain) readObject(o ledger.Object) ledger.Object {
	if p.is("objects are not copied") {
		return o
	}
	o.Data, o.Keys = slices.Clone(o.Data), slices.Clone(o.Keys)
	return o
}

// chokes fails on text that a database cannot be asked for.
func (p *plain) chokes(refs []ledger.Ref) error {
	for _, r := range refs {
		if p.is("NUL is an error") && strings.ContainsRune(r.Owner, 0) {
			return &ledger.Error{Class: ledger.Unavailable, Code: "22021"}
		}
	}
	return nil
}

// asked is a moment of a question, to the microsecond.
func (p *plain) asked(t time.Time) time.Time {
	if p.is("far times wrap") {
		return time.UnixMicro(t.UnixMicro()).UTC()
	}
	return t.UTC().Truncate(time.Microsecond)
}

// counts says whether a balance at a moment includes an entry.
func (p *plain) counts(e ledger.Posted, at time.Time) bool {
	switch {
	case p.is("the moment itself does not count"):
		return e.At.Before(at)
	case p.is("balances by effective time"):
		return !e.Effective.After(at)
	}
	return !e.At.After(at)
}

func (p *plain) limit(n int) (int, error) {
	switch {
	case p.is("lists have no bound") && n != 0:
		return max(n, 0), nil
	case n < 0 || n > ledger.MaxPage:
		return 0, &ledger.Error{Class: ledger.Invalid, Code: "invalid_limit"}
	case n == 0 && p.is("no limit is no limit"):
		return ledger.MaxPage, nil
	case n == 0:
		return ledger.DefaultPage, nil
	}
	return n, nil
}

// ends says whether a moment lies before the end of a range.
func (p *plain) ends(at, to time.Time) bool {
	return to.IsZero() || at.Before(to) || p.is("the end belongs to the range") && at.Equal(to)
}

func (p *plain) compareText(a, b string) int {
	if p.is("text has no case") {
		return strings.Compare(strings.ToLower(a), strings.ToLower(b))
	}
	return strings.Compare(a, b)
}

func (p *plain) compareRefs(a, b ledger.Ref) int {
	if p.is("text has no case") {
		a.Owner, b.Owner = strings.ToLower(a.Owner), strings.ToLower(b.Owner)
	}
	return a.Compare(b)
}

// entryOrder places one entry before another.
func (p *plain) entryOrder(a, b ledger.Posted, page ledger.Page, c int) int {
	switch {
	case p.is("always oldest first"):
		return compareEntries(a, b, page.By)
	case p.is("always by posting"):
		return compareEntries(a, b, ledger.ByPosting)
	}
	return c
}
