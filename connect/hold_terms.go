package connect

import (
	"fmt"
	"slices"
	"time"

	"github.com/soukhq/souk/connect/market"
	"github.com/soukhq/souk/ledger"
)

// HoldUntil says what a seller's share waits for. The host may release it earlier
// (Release), and give it back to the buyer with a refund.
type HoldUntil string

// What a share waits for.
const (
	HoldRelease  HoldUntil = ""         // that the host releases it: after delivery, at a goal, by milestones
	HoldDate     HoldUntil = "date"     // a moment, HoldTerms.Date
	HoldEvent    HoldUntil = "event"    // some days after an event that the host reports
	HoldVerified HoldUntil = "verified" // that the seller has provided all that their country asks for
)

// HoldEnd is what becomes of a share that has waited.
type HoldEnd string

// The ends of a wait.
const (
	HoldReleases HoldEnd = "release" // to the seller
	HoldRefunds  HoldEnd = "refund"  // to the buyer, with the commission
)

// HoldDelivered is the event that terms without a name of one wait for.
const HoldDelivered = "delivered"

// HoldTerms let a seller's share, and the commission with it, wait in held.
type HoldTerms struct {
	Until HoldUntil `json:"until,omitzero"`
	Date  time.Time `json:"date,omitzero"`  // of HoldDate: before the longest wait is over
	Event string    `json:"event,omitzero"` // of HoldEvent: 1–40 lower-case letters, digits, dots, dashes and underscores; empty: HoldDelivered
	Days  int       `json:"days,omitzero"`  // of HoldEvent: of 24 hours, after it, 0–3660

	// Milestones are parts that are released one by one, by name; at most 50. They
	// need HoldRelease.
	Milestones []Milestone `json:"milestones,omitzero"`

	// LongestDays is for how many days the share waits at most, counted from when the
	// money came in: at most what the seller's country allows (market.Rules.Holding),
	// which is what 0 stands for. AtEnd says what becomes of it then; empty is
	// HoldRefunds for HoldVerified, and else HoldReleases.
	LongestDays int     `json:"longestDays,omitzero"`
	AtEnd       HoldEnd `json:"atEnd,omitzero"`
}

// Milestone is a part of a share. The parts of one charge are all amounts, which
// add up to the share before commission, or all proportions. What is left of the
// share after refunds is divided in the same way, by the largest remainder.
type Milestone struct {
	Name   string       `json:"name"` // as an event's
	Amount ledger.Money `json:"amount,omitzero"`
	Parts  int64        `json:"parts,omitzero"` // of the sum of all, 1–1,000,000
	Done   time.Time    `json:"done,omitzero"`  // when it was released; not to be stated
}

// weight is a milestone's proportion.
func (m *Milestone) weight() int64 {
	if m.Parts > 0 {
		return m.Parts
	}
	return m.Amount.Minor()
}

// day is how hold terms count days.
const day = 24 * time.Hour

func (h *HoldTerms) clone() *HoldTerms {
	if h == nil {
		return nil
	}
	c := *h
	c.Milestones = slices.Clone(h.Milestones)
	return &c
}

// holdOf checks the terms of what is to wait for an account, and returns them with
// their defaults. Share is what waits, before commission; later tells that its
// amount is not known yet.
func (p *Platform) holdOf(u *ledger.Unit, prof *Profile, asked *HoldTerms, account string, share ledger.Money, later bool) (*HoldTerms, error) {
	h := asked.clone()
	seller, err := p.lasting(u, account)
	if err != nil {
		return nil, err
	}
	if err := h.check(share, later); err != nil {
		return nil, err
	}
	longest := p.e.longestWait(seller.country, u.At(), prof)
	switch {
	case h.LongestDays > longest:
		return nil, badField("wait_too_long", "hold.longestDays",
			fmt.Sprintf("money for a seller of %s waits for %d days at most", seller.country, longest))
	case h.LongestDays == 0:
		h.LongestDays = longest
	}
	end := u.At().Add(time.Duration(h.LongestDays) * day)
	switch {
	case h.Until == HoldDate && !h.Date.After(u.At()):
		return nil, badField("invalid_date", "hold.date", "the share waits for a moment to come")
	case h.Until == HoldDate && h.Date.After(end):
		return nil, badField("wait_too_long", "hold.date", fmt.Sprintf("the share waits for %d days at most", h.LongestDays))
	case h.Until == HoldEvent && h.Days > h.LongestDays:
		return nil, badField("wait_too_long", "hold.days", fmt.Sprintf("the share waits for %d days at most", h.LongestDays))
	}
	if h.Until == HoldEvent && h.Event == "" {
		h.Event = HoldDelivered
	}
	if h.AtEnd == "" {
		if h.AtEnd = HoldReleases; h.Until == HoldVerified {
			h.AtEnd = HoldRefunds
		}
	}
	h.Date = h.Date.UTC()
	return h, nil
}

// longestWait is for how many days money for a seller of a country may wait.
func (e *Engine) longestWait(country string, at time.Time, prof *Profile) int {
	v := e.c.Markets.View(country, at, prof.Markets)
	if f := v.Holding(); f != nil {
		return f.Value
	}
	return market.MaxHolding // rules that somebody made without any
}

// check refuses terms that do not go together.
func (h *HoldTerms) check(share ledger.Money, later bool) error {
	bad := func(field, msg string) error { return badField("invalid_hold", "hold."+field, msg) }
	switch h.Until {
	case HoldRelease, HoldVerified, HoldDate, HoldEvent:
	default:
		return bad("until", "a share waits for the host, a date, an event, or until its seller is verified")
	}
	switch {
	case (h.Until == HoldDate) != !h.Date.IsZero():
		return bad("date", "a date goes with waiting for one")
	case h.Until != HoldEvent && (h.Event != "" || h.Days != 0):
		return bad("event", "an event and days after it go with waiting for one")
	case h.Event != "" && !validName(h.Event):
		return bad("event", "an event is 1 to 40 lower-case letters, digits, dots, dashes and underscores")
	case h.Days < 0 || h.Days > market.MaxHolding:
		return bad("days", "days after an event are 0 to 3,660")
	case h.LongestDays < 0 || h.LongestDays > market.MaxHolding:
		return bad("longestDays", "the longest wait is 1 to 3,660 days, or 0 for that of the country")
	case h.AtEnd != "" && h.AtEnd != HoldReleases && h.AtEnd != HoldRefunds:
		return bad("atEnd", "at the end of the wait the share is released or refunded")
	case len(h.Milestones) > 0 && h.Until != HoldRelease:
		return bad("milestones", "milestones are released by the host")
	}
	return h.checkMilestones(share, later)
}

func (h *HoldTerms) checkMilestones(share ledger.Money, later bool) error {
	bad := func(msg string) error { return badField("invalid_milestones", "hold.milestones", msg) }
	if len(h.Milestones) > 50 {
		return bad("there are at most fifty")
	}
	seen, total := make(map[string]bool, len(h.Milestones)), int64(0)
	for i := range h.Milestones {
		m := &h.Milestones[i]
		stated := m.Amount != ledger.Money{}
		switch {
		case !validName(m.Name) || seen[m.Name]:
			return bad("a milestone has a name of its own, of 1 to 40 lower-case letters, digits, dots, dashes and underscores")
		case !m.Done.IsZero():
			return bad("that one was reached is told by Release")
		case stated == (m.Parts != 0) || stated != (h.Milestones[0].Amount != ledger.Money{}):
			return bad("milestones are all amounts or all proportions")
		case stated && later:
			return bad("the parts of what is captured later are proportions")
		case stated && m.Amount.Currency() != share.Currency():
			return badField("currency_mismatch", "hold.milestones", "a milestone is in the currency of the payment")
		case stated && m.Amount.Sign() <= 0, !stated && (m.Parts < 1 || m.Parts > 1_000_000):
			return bad("a milestone is more than zero, and a proportion at most 1,000,000")
		case stated && m.Amount.Minor() > share.Minor()-total:
			return bad("they add up to more than the share, " + share.String())
		}
		seen[m.Name] = true
		if stated {
			total += m.Amount.Minor()
		}
	}
	if len(h.Milestones) > 0 && h.Milestones[0].Parts == 0 && total != share.Minor() {
		return bad("they add up to the share, " + share.String())
	}
	return nil
}

// checkHold refuses a charge that cannot wait, or has to.
func (p *Platform) checkHold(u *ledger.Unit, prof *Profile, r *ChargeRequest, share ledger.Money) error {
	if r.Hold == nil {
		return p.mustWait(u, prof, r.AccountID, "account")
	}
	if r.AccountID == "" {
		return badField("invalid_hold", "hold", "nobody's share waits of a charge for the platform itself; its transfers may")
	}
	if r.TransferAmount.Sign() > 0 {
		share = r.TransferAmount
	}
	h, err := p.holdOf(u, prof, r.Hold, r.AccountID, share, r.CaptureLater || !r.SettleIn.IsZero())
	r.Hold = h
	return err
}
