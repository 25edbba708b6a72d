package connect_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// reminder is an object of a part that a host has written.
type reminder struct {
	Due  time.Time `json:"due,omitzero"`
	Told int       `json:"told,omitzero"`
}

var reminders = ledger.Kind[reminder]{Name: "host.reminder", Prefix: "rem_", Keys: func(r *reminder) []ledger.Key {
	if r.Due.IsZero() {
		return nil
	}
	return []ledger.Key{{Name: ledger.DueKey, At: r.Due}}
}}

// remind is the part: it begins with one reminder for in an hour.
func remind(m *market) connect.Part {
	at := m.Clock.Now().Add(time.Hour)
	return connect.Part{
		Kinds: []ledger.KindInfo{reminders.Info()},
		Start: func(u *ledger.Unit) error {
			if o, err := u.Object(reminders.ID("rem_1")); o.Version > 0 || err != nil {
				return err
			}
			return reminders.Put(u, "rem_1", &reminder{Due: at})
		},
		Workers: []ledger.Worker{{Kind: reminders.Name, Do: func(ctx context.Context, s ledger.Store, o ledger.Object) error {
			_, err := m.Env().Update(ctx, s, func(u *ledger.Unit) error {
				r, err := reminders.Get(u, o.ID.ID)
				if err != nil {
					return err
				}
				r.Due, r.Told = time.Time{}, r.Told+1
				return reminders.Put(u, o.ID.ID, r)
			})
			return err
		}}},
	}
}

func TestAPartIsWorkedFor(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	told := func() int {
		r, err := reminders.Read(m.ctx, m.Store(), "rem_1")
		require.NoError(t, err)
		return r.Told
	}
	part := remind(m)
	require.NoError(t, m.Attach(part)) // the engine is at work already
	m.drain()
	require.Zero(t, told(), "not yet")
	other, _ := m.second()
	require.NoError(t, other.Attach(part))
	m.pass(time.Hour)
	m.drain()
	_, err := other.Drain(m.ctx) // and what is there already stays as it is
	require.NoError(t, err)
	require.Equal(t, 1, told())
	m.verify()
}

func TestAPartIsRefused(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	ok := remind(m)
	for name, change := range map[string]func(p *connect.Part){
		"a kind without a name":         func(p *connect.Part) { p.Kinds = append(p.Kinds, ledger.KindInfo{}) },
		"a kind of the engine's":        func(p *connect.Part) { p.Kinds = connect.Kinds()[:1]; p.Workers = nil },
		"a prefix of the engine's":      func(p *connect.Part) { p.Kinds = append(p.Kinds, ledger.KindInfo{Name: "host.x", Prefix: "acct_"}) },
		"a kind twice":                  func(p *connect.Part) { p.Kinds = append(p.Kinds, p.Kinds[0]) },
		"a worker for another's kind":   func(p *connect.Part) { p.Kinds = nil },
		"a worker that does nothing":    func(p *connect.Part) { p.Workers = []ledger.Worker{{Kind: reminders.Name}} },
		"two workers for the same kind": func(p *connect.Part) { p.Workers = append(p.Workers, p.Workers[0]) },
	} {
		p := connect.Part{Kinds: append([]ledger.KindInfo(nil), ok.Kinds...), Workers: append([]ledger.Worker(nil), ok.Workers...)}
		change(&p)
		require.ErrorIs(t, m.Attach(p), ledger.Invalid, name)
	}
	require.NoError(t, m.Attach(ok), "nothing of what was refused is left")
	require.ErrorIs(t, m.Attach(ok), ledger.Invalid, "and it is attached once")
}
