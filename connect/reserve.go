package connect

import (
	"context"
	"iter"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// ReserveType says why a part of what a seller has is kept back.
type ReserveType string

// The types of reserves.
const (
	ReserveRolling  ReserveType = "rolling"  // a percentage of what became available, for some days
	ReserveFixed    ReserveType = "fixed"    // an amount that stands until somebody frees it
	ReserveExposure ReserveType = "exposure" // what may still be disputed, until it cannot be
	ReserveRisk     ReserveType = "risk"     // as rolling, by the platform's RiskPolicy while a seller is disputed too often
	// ReserveLate is what came for an account after it had closed, of a dispute that was
	// won: it lies in held until somebody releases it.
	ReserveLate ReserveType = "late"
)

// ReserveStatus is where a reserve stands.
type ReserveStatus string

// The states of a reserve.
const (
	ReserveOpen     ReserveStatus = "open"
	ReserveReleased ReserveStatus = "released" // nothing of it is kept back any more
)

// reserveLife: what was released stays so; more is kept back by another one.
var reserveLife = life[ReserveStatus]{
	ReserveOpen:     {ReserveReleased},
	ReserveReleased: {},
}

// Reserve is money of an account that is kept back against what may come: flow V1 of the
// chart. Of types rolling and risk there is one for each time that money became available, of the
// others one in a currency, which grows; a late one is by itself.
type Reserve struct {
	ID        string        `json:"id"`
	Platform  string        `json:"platform"`
	Account   string        `json:"account"`
	Type      ReserveType   `json:"type"`
	Plan      string        `json:"plan,omitzero"`     // by which it was taken; empty: since the account closes, or for its risk
	Dispute   string        `json:"dispute,omitzero"`  // of a late one: what was won
	Net       ledger.Money  `json:"net,omitzero"`      // of a rolling or risk one: what became available, of which it is the part
	Amount    ledger.Money  `json:"amount"`            // that was taken in all
	Released  ledger.Money  `json:"released,omitzero"` // of it, by its terms or by hand
	Drawn     ledger.Money  `json:"drawn,omitzero"`    // of it, for what the account owed
	ReleaseOn payout.Day    `json:"releaseOn,omitzero"`
	Status    ReserveStatus `json:"status"`
	Created   time.Time     `json:"created"`
	Ended     time.Time     `json:"ended,omitzero"`

	Asked *EarlyRelease  `json:"asked,omitzero"` // what a second person has to approve
	Early []EarlyRelease `json:"early,omitzero"` // what people freed before its time
	Work  ledger.Work    `json:"work,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

// EarlyRelease is what somebody frees of a reserve before its time.
type EarlyRelease struct {
	Amount      ledger.Money `json:"amount"`
	Description string       `json:"description"`
	Document    string       `json:"document,omitzero"`
	Signed      Signed       `json:"signed"`
	Made        time.Time    `json:"made,omitzero"`
}

func (r *Reserve) replay() *bool { return &r.Replayed }

func (r *Reserve) loaded() {
	asZero(ledger.Zero(r.Amount.Currency()), &r.Net, &r.Released, &r.Drawn)
}

// Left is what is kept back now.
func (r *Reserve) Left() ledger.Money { return minus(r.Amount, sum(r.Released, r.Drawn)) }

var reserveKind = ledger.Kind[Reserve]{
	Name:   "connect.reserve",
	Prefix: "rsv_",
	Loaded: (*Reserve).loaded,
	Keys: func(r *Reserve) []ledger.Key {
		keys := append(make([]ledger.Key, 0, 4),
			ledger.Key{Name: "platform", Value: r.Platform, At: r.Created}, ledger.Key{Name: "account", Value: r.Account, At: r.Created})
		if r.Status == ReserveOpen {
			keys = append(keys, ledger.Key{Name: "open", Value: r.Account, At: r.Created})
		}
		return r.Work.Keys(keys...)
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "account", Path: "account"}, {Name: "type", Path: "type"}, {Name: "status", Path: "status"},
		{Name: "amount", Path: "amount", Type: ledger.MoneyColumn},
		{Name: "amount_minor", Path: "amount.amountMinor", Type: ledger.IntegerColumn}, {Name: "currency", Path: "amount.currency"},
		{Name: "released", Path: "released", Type: ledger.MoneyColumn}, {Name: "drawn", Path: "drawn", Type: ledger.MoneyColumn},
		{Name: "release_on", Path: "releaseOn"}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// become changes the state of a reserve, which waits for nothing afterwards.
func (r *Reserve) become(to ReserveStatus) error {
	err := reserveLife.check("reserve", r.Status, to)
	if err == nil {
		r.Status = to
		r.Work.Done()
	}
	return inField("reserve", err)
}

// putReserve puts a reserve, which ends with the last of it.
func (p *Platform) putReserve(u *ledger.Unit, r *Reserve, event string) error {
	if r.Status == ReserveOpen && r.Left().IsZero() {
		if err := r.become(ReserveReleased); err != nil {
			return err
		}
		r.Ended = u.At()
	}
	u.Emit(ledger.Event{Type: event, Platform: p.id, Object: reserveKind.ID(r.ID)})
	return reserveKind.Put(u, r.ID, r)
}

// reserve returns a reserve of the platform, expected unchanged.
func (p *Platform) reserveOf(u *ledger.Unit, id string) (*Reserve, error) {
	r, err := reserveKind.Get(u, id)
	if err != nil {
		return nil, notFoundOr(err, "reserve")
	}
	if r.Platform != p.id {
		return nil, notFound("reserve")
	}
	return r, nil
}

// openReserves are those of an account that keep something back in a currency, the
// oldest first; the zero Currency is all. They are expected unchanged. A caller who adds
// to them has read the balance that they are taken from before, so that of two at once
// one begins again.
func (p *Platform) openReserves(u *ledger.Unit, account string, c ledger.Currency) (list []*Reserve, err error) {
	var ids []string
	err = u.View(func(v ledger.View) error {
		ids = nil
		q := ledger.Query{Kind: reserveKind.Name, Name: "open", Value: account}
		return eachObject(v, q, func(o ledger.Object) error {
			ids = append(ids, o.ID.ID)
			return nil
		})
	})
	for _, id := range ids {
		if err != nil {
			break
		}
		var r *Reserve
		if r, err = reserveKind.Get(u, id); err == nil && r.Status == ReserveOpen && (c.IsZero() || r.Amount.Currency() == c) {
			list = append(list, r)
		}
	}
	return list, err
}

// GetReserve returns a reserve of the platform's accounts.
func (p *Platform) GetReserve(ctx context.Context, id string) (*Reserve, error) {
	return get(ctx, p, &reserveKind, id, "reserve", func(r *Reserve) string { return r.Platform })
}

var reserveLister = &lister[Reserve]{
	what: "reserves", kind: &reserveKind, account: "account", platform: func(r *Reserve) string { return r.Platform },
}

// ListReserves returns a page of the reserves of the platform's accounts.
func (p *Platform) ListReserves(ctx context.Context, r ListRequest) (*List[Reserve], error) {
	return reserveLister.page(ctx, p, r)
}

// Reserves walks the reserves of the platform's accounts, newest first.
func (p *Platform) Reserves(ctx context.Context, r ListRequest) iter.Seq2[*Reserve, error] {
	return reserveLister.each(ctx, p, r, func(x *Reserve) string { return x.ID })
}
