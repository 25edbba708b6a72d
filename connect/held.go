package connect

import (
	"context"
	"fmt"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// ShareStatus is where a share that waits stands.
type ShareStatus string

// The states of a share that waits.
const (
	ShareWaiting   ShareStatus = "waiting"
	ShareDisputed  ShareStatus = "complained" // waiting, and nothing is released by itself while a complaint is open
	ShareReleased  ShareStatus = "released"   // nothing waits any more, and something was released
	ShareGivenBack ShareStatus = "given_back" // nothing waits any more: all of it went back
)

// shareLife: a share whose charge is captured once more waits again.
var shareLife = life[ShareStatus]{
	ShareWaiting:   {ShareWaiting, ShareDisputed, ShareReleased, ShareGivenBack},
	ShareDisputed:  {ShareDisputed, ShareWaiting, ShareReleased, ShareGivenBack},
	ShareReleased:  {ShareReleased, ShareWaiting},
	ShareGivenBack: {ShareGivenBack, ShareWaiting},
}

// HeldPart is a part of a share: of the seller's share before commission, and what
// it is in the held accounts of the seller and the platform.
type HeldPart struct {
	Amount   ledger.Money `json:"amount,omitzero"`
	Account  ledger.Money `json:"account,omitzero"`
	Platform ledger.Money `json:"platform,omitzero"` // the commission
}

// loaded gives amounts of nothing their currency.
func (h *HeldPart) loaded(zero ledger.Money) {
	asZero(zero, &h.Amount, &h.Account, &h.Platform)
}

func (h HeldPart) plus(o HeldPart) HeldPart {
	return HeldPart{sum(h.Amount, o.Amount), sum(h.Account, o.Account), sum(h.Platform, o.Platform)}
}

func (h HeldPart) less(o HeldPart) HeldPart {
	return HeldPart{minus(h.Amount, o.Amount), minus(h.Account, o.Account), minus(h.Platform, o.Platform)}
}

func (h HeldPart) none() bool { return h.Amount.IsZero() && h.Account.IsZero() && h.Platform.IsZero() }

// HeldShare is a seller's share of a charge, or a transfer, that waits in held until
// it is released. What waits is In less Out and Back; of that, Going is about to go
// back with refunds under way.
type HeldShare struct {
	ID       string `json:"id"`
	Platform string `json:"platform"`
	Account  string `json:"account"`
	Charge   string `json:"charge"`
	Transfer string `json:"transfer,omitzero"` // the transfer of the charge, if it is one that waits
	Group    string `json:"group,omitzero"`    // the TransferGroup of it

	Terms HoldTerms `json:"terms"`
	In    HeldPart  `json:"in"`
	Out   HeldPart  `json:"out,omitzero"`  // released
	Back  HeldPart  `json:"back,omitzero"` // gone back with refunds, reversals and failed payments
	Going HeldPart  `json:"going,omitzero"`

	Status    ShareStatus `json:"status"`
	Code      string      `json:"code,omitzero"`      // why what was due could not be done yet
	Available payout.Day  `json:"available"`          // when what is released is available at the earliest
	Created   time.Time   `json:"created"`            // when the money came in
	ReleaseAt time.Time   `json:"releaseAt,omitzero"` // when it is released by itself; zero: not, or not known yet
	End       time.Time   `json:"end"`                // when the longest wait is over
	Happened  time.Time   `json:"happened,omitzero"`  // when the event that it waits for did
	Then      HoldEnd     `json:"then,omitzero"`      // what was decided, and Drain is to do
	Complaint *Complaint  `json:"complaint,omitzero"` // the last one
	Retry     time.Time   `json:"retry,omitzero"`     // before which what is due is not tried again

	Work ledger.Work `json:"work,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

func (s *HeldShare) replay() *bool { return &s.Replayed }

func (s *HeldShare) loaded() {
	zero := ledger.Zero(s.In.Amount.Currency())
	for _, h := range []*HeldPart{&s.In, &s.Out, &s.Back, &s.Going} {
		h.loaded(zero)
	}
}

// Left is what waits.
func (s *HeldShare) Left() HeldPart { return s.In.less(s.Out).less(s.Back) }

// Free is what waits and is not about to go back: what can be released.
func (s *HeldShare) Free() HeldPart { return s.Left().less(s.Going) }

// waits tells that something does.
func (s *HeldShare) waits() bool { return s.Status == ShareWaiting || s.Status == ShareDisputed }

func (s *HeldShare) complained() bool { return s.Complaint != nil && s.Complaint.Closed.IsZero() }

// The ids of shares are made of those of their charges and transfers, so that
// nobody has to look for them.
const sharePrefix = "held_"

func shareID(of string) string { return sharePrefix + of }

var heldKind = ledger.Kind[HeldShare]{
	Name:   "connect.held_share",
	Prefix: sharePrefix,
	Loaded: (*HeldShare).loaded,
	Keys: func(s *HeldShare) []ledger.Key {
		keys := append(make([]ledger.Key, 0, 4), ledger.Key{Name: "platform", Value: s.Platform, At: s.Created})
		if s.Group != "" {
			keys = append(keys, ledger.Key{Name: "group", Value: groupID(s.Platform, s.Group), At: s.Created})
		}
		if s.waits() {
			keys = append(keys, ledger.Key{Name: "waiting", Value: s.Account, At: s.due()})
		}
		return s.Work.Keys(keys...)
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "account", Path: "account"}, {Name: "charge", Path: "charge"}, {Name: "transfer", Path: "transfer"},
		{Name: "amount", Path: "in.amount", Type: ledger.MoneyColumn},
		{Name: "amount_minor", Path: "in.amount.amountMinor", Type: ledger.IntegerColumn},
		{Name: "currency", Path: "in.amount.currency"}, {Name: "status", Path: "status"}, {Name: "code", Path: "code"},
		{Name: "released_minor", Path: "out.amount.amountMinor", Type: ledger.IntegerColumn},
		{Name: "back_minor", Path: "back.amount.amountMinor", Type: ledger.IntegerColumn},
		{Name: "release_at", Path: "releaseAt", Type: ledger.TimeColumn}, {Name: "end_at", Path: "end", Type: ledger.TimeColumn},
		{Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// GetHeldShare returns a share by its own id, or that of the charge or transfer
// whose share it is.
func (p *Platform) GetHeldShare(ctx context.Context, id string) (*HeldShare, error) {
	if !heldKind.Fits(id) {
		id = shareID(id)
	}
	return get(ctx, p, &heldKind, id, "held share", func(s *HeldShare) string { return s.Platform })
}

// share returns a share of the platform, expected unchanged; field says where the
// request names what it is of.
func (p *Platform) share(u *ledger.Unit, charge, transfer string) (*HeldShare, error) {
	field, id := "charge", charge
	if transfer != "" {
		field, id = "transfer", transfer
	}
	switch {
	case charge == "" && transfer == "":
		return nil, badField("invalid_request", "charge", "the charge or the transfer is named whose share it is")
	case charge != "" && transfer != "":
		return nil, badField("invalid_request", "transfer", "the charge or the transfer is named, not both")
	case charge != "" && !chargeKind.Fits(charge), transfer != "" && !transferKind.Fits(transfer):
		return nil, inField(field, notFound("held share"))
	}
	s, err := heldKind.Get(u, shareID(id))
	if err != nil {
		return nil, inField(field, notFoundOr(err, "held share"))
	}
	if s.Platform != p.id {
		return nil, inField(field, notFound("held share"))
	}
	return s, nil
}

// decided tells that what was decided is to be done: a release waits for a complaint.
func (s *HeldShare) decided() bool {
	return s.Then == HoldRefunds || s.Then == HoldReleases && !s.complained()
}

// due is when something happens to a share by itself.
func (s *HeldShare) due() time.Time {
	at := s.End
	if !s.complained() && !s.ReleaseAt.IsZero() && s.ReleaseAt.Before(at) {
		at = s.ReleaseAt
	}
	if s.decided() {
		at = s.Created
	}
	if at.Before(s.Retry) {
		at = s.Retry
	}
	return at
}

// putShare puts a share in the state that its amounts say, and due when something is
// to happen next.
func (p *Platform) putShare(u *ledger.Unit, s *HeldShare, event string) error {
	to := ShareWaiting
	switch left := s.Left(); {
	case !left.none() && s.complained():
		to = ShareDisputed
	case !left.none():
	case s.Out.Amount.Sign() > 0:
		to = ShareReleased
	default:
		to = ShareGivenBack
	}
	if s.Status != "" {
		if err := shareLife.check("held share", s.Status, to); err != nil {
			return err
		}
	}
	if s.Status = to; s.waits() {
		s.Work.Later(s.due())
	} else {
		s.Work.Done()
		s.Code, s.Retry, s.Then = "", time.Time{}, ""
	}
	u.Emit(ledger.Event{Type: event, Platform: p.id, Object: heldKind.ID(s.ID)})
	return heldKind.Put(u, s.ID, s)
}

// open refuses what is asked of a share of which nothing waits any more.
func (s *HeldShare) open() error {
	if s.waits() {
		return nil
	}
	return badState("nothing_held", "charge", fmt.Sprintf("nothing of the share waits any more; it is %s", s.Status))
}
