package connect

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
)

// DisputeNews is what an acquirer says about a dispute. It may leave out what it does
// not know of; what was said before stays.
type DisputeNews struct {
	ID     string        // the acquirer's name for the dispute, at most 200 bytes
	Key    string        // of the payment that is disputed, as News has it: the id of the charge or of a capture of it
	Status DisputeStatus // empty: as it was; of a dispute not heard of before, DisputeNeedsResponse
	Amount ledger.Money  // what is disputed, in the currency in which the buyer paid
	// Reason is fraudulent, product_not_received, duplicate or another of the field's
	// words (facts of the network's are in Network).
	Reason  string
	Network string
	DueBy   time.Time // until when evidence is taken
	// Withdrawn and Reinstated are what the acquirer has taken and given back for the
	// dispute so far, all in all.
	Withdrawn, Reinstated ledger.Money
	// At is of which time the status and the amount are, as the acquirer says. It is needed
	// only where one that was won is lost after all, or the other way round, and where
	// another amount is disputed than the one that was taken.
	At time.Time
}

// mostDisputed is more than any charge, in minor units: what is beyond it is a slip.
const mostDisputed = 9_999_999_999_999

// disputeReasons are the field's words for why a buyer disputes.
var disputeReasons = []string{
	"bank_cannot_process", "check_returned", "credit_not_processed", "customer_initiated", "debit_not_authorized", "duplicate", "fraudulent", "general",
	"incorrect_account_details", "insufficient_funds", "noncompliant", "product_not_received", "product_unacceptable", "subscription_canceled", "unrecognized",
}

// DisputeNews books what the engine's acquirer says about a dispute: of an inquiry
// nothing, of a dispute its amount and fee, and its end (flows D1 to D5 of the chart).
// All of it is forced, for the money is gone. News may come twice, late and in any
// order; what is older than what is known changes no state. News of a payment that is
// not this acquirer's is NotFound; news that contradicts what is booked is of class
// State, code contradicting_news, and changes nothing.
func (e *Engine) DisputeNews(ctx context.Context, n DisputeNews) error {
	err := e.start(ctx)
	if err == nil {
		err = e.disputeNews(ctx, n)
	}
	if err != nil {
		return fmt.Errorf("connect: dispute news: %w", err)
	}
	return nil
}

func (e *Engine) disputeNews(ctx context.Context, n DisputeNews) error {
	if err := n.check(); err != nil {
		return err
	}
	c, err := e.paymentOf(ctx, n.Key)
	if err != nil {
		return err
	}
	p, err := e.Platform(ctx, c.Platform)
	if err != nil {
		return err
	}
	return p.withDay(ctx, c.ID, func(day *rates) error {
		_, err := p.unit(ctx, func(u *ledger.Unit) error { return p.hearDispute(u, c.ID, n, day) })
		return err
	})
}

// paymentOf is the charge that news of a payment is of, by the id of the charge or of a
// capture of it.
func (e *Engine) paymentOf(ctx context.Context, key string) (*Charge, error) {
	id := strings.TrimSuffix(key, retryMark)
	if captureKind.Fits(id) {
		k, err := captureKind.Read(ctx, e.c.Store, id)
		if err != nil {
			return nil, inField("key", notFoundOr(err, "charge or capture"))
		}
		id = k.Charge
	}
	c, err := chargeKind.Read(ctx, e.c.Store, id)
	if err == nil && c.Acquirer != acquirerName(e) {
		err = notFound("charge or capture")
	}
	if err != nil {
		return nil, inField("key", notFoundOr(err, "charge or capture"))
	}
	return c, nil
}

// withDay does what may need the rates of the moment to give a charge back, and does it
// again with them if it does.
func (p *Platform) withDay(ctx context.Context, charge string, do func(day *rates) error) error {
	err := do(nil)
	if !errors.Is(err, errRateOfDay) {
		return err
	}
	day, err := p.ratesOfDay(ctx, charge)
	if err != nil { // the money is gone all the same: it is to be said again
		return &ledger.Error{Class: ledger.Unavailable, Code: "no_rates", Msg: "the charge is given back at the rate of the day, and there is none", Err: err}
	}
	return do(day)
}

func (n *DisputeNews) check() error {
	switch {
	case n.ID == "" || len(n.ID) > 200:
		return badField("invalid_request", "id", "a dispute has the acquirer's name, of at most 200 bytes")
	case n.Status != "" && disputeLife[n.Status] == nil:
		return badField("invalid_request", "status", "a dispute is in no such state")
	case n.Reason != "" && !slices.Contains(disputeReasons, n.Reason):
		return badField("invalid_reason", "reason", "it is none of the reasons for disputes: general, where no other fits")
	case len(n.Network) > 40:
		return badField("invalid_request", "network", "a network's code has at most 40 bytes")
	case n.Amount != (ledger.Money{}) && (n.Amount.Sign() <= 0 || n.Amount.Minor() > mostDisputed):
		return badField("invalid_amount", "amount", "what is disputed is more than zero, of at most thirteen digits")
	}
	for _, x := range []struct {
		field string
		m     ledger.Money
	}{{"withdrawn", n.Withdrawn}, {"reinstated", n.Reinstated}} {
		switch {
		case x.m.Sign() < 0 || x.m.Minor() > mostDisputed:
			return badField("invalid_amount", x.field, "it is zero or more, of at most thirteen digits")
		case x.m != (ledger.Money{}) && n.Amount != (ledger.Money{}) && x.m.Currency() != n.Amount.Currency():
			return badField("currency_mismatch", x.field, "it is in the currency of the dispute")
		}
	}
	return nil
}

// disputeID names a dispute: one object for each that an acquirer names.
func disputeID(acquirer, reference string) string {
	sum := sha256.Sum256([]byte(acquirer + " " + reference))
	return disputeKind.Prefix + hex.EncodeToString(sum[:16])
}

// hearDispute books one piece of news.
func (p *Platform) hearDispute(u *ledger.Unit, charge string, n DisputeNews, day *rates) error {
	prof, err := p.expectProfile(u)
	if err != nil {
		return err
	}
	c, err := p.charge(u, charge)
	if err != nil {
		return err
	}
	d, err := p.disputeOf(u, c, &n)
	if err != nil {
		return err
	}
	before := d.clone()
	if err := d.hear(&n); err != nil {
		return err
	}
	if before.Status.inquiry() && !d.Status.inquiry() && d.Answer != "" {
		if err := p.askedAgain(u, d); err != nil {
			return err
		}
	}
	b := &books{u: u, p: p, object: disputeKind.ID(d.ID)}
	if d.Amount != before.Amount && d.takes() && d.Status != DisputeWon {
		if err := p.takeAgain(b, prof, c, d, day); err != nil {
			return err
		}
	}
	if err := p.decideDispute(b, prof, c, d, day); err != nil {
		return err
	}
	if err := p.countDispute(u, c, d); err != nil {
		return err
	}
	return p.putMoved(b, c, d, before)
}

// askedAgain lets a dispute be answered that was an inquiry, and was answered as such.
func (p *Platform) askedAgain(u *ledger.Unit, d *Dispute) error {
	x, err := disputeAnswerKind.Get(u, d.Answer)
	if err == nil && x.Status == StepSucceeded {
		d.Answer = ""
	}
	return err
}

// putMoved books what the acquirer has moved for a dispute, and puts it and its charge.
// What says nothing new writes nothing.
func (p *Platform) putMoved(b *books, c *Charge, d, was *Dispute) error {
	moved := p.moveDisputed(b, c, d)
	if err := p.keepLate(b, c.Account, d.ID); err != nil {
		return err
	}
	if d.Status != was.Status && d.Status.rank() == DisputeLost.rank() {
		d.Decided = b.u.At()
	}
	if b.first != "" {
		d.Booked = append(slices.Clip(d.Booked), b.first)
	}
	if d.wait(); was.Status != "" && reflect.DeepEqual(d, was) {
		return nil
	}
	if b.first != "" || !reflect.DeepEqual(d.Taken, was.Taken) {
		if err := p.putCharge(b.u, c, EventChargeUpdated); err != nil {
			return err
		}
	}
	event := EventDisputeUpdated
	if was.Status == "" {
		event = EventDisputeCreated
	}
	if err := p.putDispute(b.u, d, event); err != nil {
		return err
	}
	for _, more := range []string{moved, closedBy(d, was)} {
		if more != "" {
			b.u.Emit(ledger.Event{Type: more, Platform: p.id, Object: disputeKind.ID(d.ID)})
		}
	}
	return nil
}

// closedBy is the event of a dispute that is over by now.
func closedBy(d, was *Dispute) string {
	if d.Status != was.Status && d.Status.over() {
		return EventDisputeClosed
	}
	return ""
}

// disputeOf returns the dispute that news is about, a new one if it is the first.
func (p *Platform) disputeOf(u *ledger.Unit, c *Charge, n *DisputeNews) (*Dispute, error) {
	id := disputeID(c.Acquirer, n.ID)
	o, err := u.Object(disputeKind.ID(id))
	if err != nil {
		return nil, err
	}
	if o.Version > 0 {
		d, err := p.dispute(u, id)
		if err == nil && d.Charge != c.ID {
			err = contradicting("key", "the dispute is of another payment")
		}
		return d, err
	}
	cur := c.presented().Currency()
	switch {
	case c.Status != ChargeSucceeded && !c.Failure.booked():
		return nil, badState("invalid_state", "key", "only a charge that has succeeded can be disputed; it is "+string(c.Status))
	case n.Amount == ledger.Money{}:
		return nil, badField("invalid_amount", "amount", "the first news of a dispute says what is disputed")
	case n.Amount.Currency() != cur:
		return nil, badField("currency_mismatch", "amount", "the buyer paid in "+cur.String())
	}
	zero := ledger.Zero(cur)
	return &Dispute{
		ID: id, Platform: p.id, Charge: c.ID, Account: c.Account, Acquirer: c.Acquirer, Reference: n.ID, Amount: n.Amount, Created: u.At(),
		Withdrawn: zero, Reinstated: zero, Moved: zero, Excess: zero,
	}, nil
}

func contradicting(field, msg string) error { return badState("contradicting_news", field, msg) }

// hear keeps what news says. What is older than what is known changes no state, and
// neither the amount nor the day by which to answer.
func (d *Dispute) hear(n *DisputeNews) error {
	to := n.Status
	if to == "" && d.Status == "" {
		to = DisputeNeedsResponse
	}
	silent := d.Code == codeNoResponse // lost before its acquirer said so
	old := to != "" && to.rank() < d.Status.rank() && !(silent && to == DisputeUnderReview)
	if to.rank() == d.Status.rank() && to != d.Status && !silent { // won, and lost
		switch {
		case n.At.IsZero() || d.StatusAt.IsZero() || n.At.Equal(d.StatusAt):
			return contradicting("status", "the dispute was "+string(d.Status)+" already; which is the later is not said")
		case n.At.Before(d.StatusAt):
			old = true
		}
	}
	if to == d.Status && n.At.Before(d.StatusAt) { // which is the zero time where nobody has said it
		old = !n.At.IsZero()
	}
	if err := d.hearAmount(n, old); err != nil {
		return err
	}
	for _, x := range []struct {
		field string
		said  ledger.Money
		has   *ledger.Money
	}{{"withdrawn", n.Withdrawn, &d.Withdrawn}, {"reinstated", n.Reinstated, &d.Reinstated}} {
		switch {
		case x.said == ledger.Money{}:
		case x.said.Currency() != d.Amount.Currency():
			return badField("currency_mismatch", x.field, "the dispute is in "+d.Amount.Currency().String())
		default:
			*x.has = ledger.Minor(max(x.said.Minor(), x.has.Minor()), x.said.Currency())
		}
	}
	d.Reason, d.Network = cmp.Or(d.Reason, n.Reason), cmp.Or(d.Network, n.Network)
	if old {
		return nil
	}
	if !n.DueBy.IsZero() {
		d.DueBy = n.DueBy.UTC().Truncate(time.Microsecond)
	}
	if to == "" {
		return nil
	}
	if !n.At.IsZero() {
		d.StatusAt = n.At.UTC().Truncate(time.Microsecond)
	}
	if to == d.Status {
		if silent {
			d.Code = "" // now it says so
		}
		return nil
	}
	return d.become(to, "")
}

// hearAmount keeps the amount that news says. Once it was taken, another one takes its
// place only if it is known to be the later one.
func (d *Dispute) hearAmount(n *DisputeNews, old bool) error {
	if n.Amount == (ledger.Money{}) {
		return nil
	}
	if n.Amount.Currency() != d.Amount.Currency() {
		return badField("currency_mismatch", "amount", "the dispute is in "+d.Amount.Currency().String())
	}
	at, timed := n.At.UTC().Truncate(time.Microsecond), !n.At.IsZero() && !d.AmountAt.IsZero()
	switch {
	case timed && at.Before(d.AmountAt):
		return nil
	case n.Amount == d.Amount || timed && at.After(d.AmountAt):
	case old:
		return nil
	case d.Taken != nil:
		return contradicting("amount", d.Amount.String()+" was disputed; which is the later amount is not said")
	}
	if d.Amount = n.Amount; !n.At.IsZero() {
		d.AmountAt = at
	}
	return nil
}

// disputeUnanswered ends a dispute to which nobody has answered in time: it is lost.
func (p *Platform) disputeUnanswered(u *ledger.Unit, id string) error {
	d, err := p.dispute(u, id)
	if err != nil || !d.Work.Open() || u.At().Before(d.DueBy.Add(answerGrace)) {
		return err
	}
	d.StatusAt = d.DueBy
	return p.moveDispute(u, d, DisputeLost, codeNoResponse)
}

// moveDispute moves a dispute that has taken its amount on, and books what that asks for.
func (p *Platform) moveDispute(u *ledger.Unit, d *Dispute, to DisputeStatus, code string) error {
	c, err := p.charge(u, d.Charge)
	if err != nil {
		return err
	}
	prof, err := p.expectProfile(u)
	if err != nil {
		return err
	}
	before := d.clone()
	if err := d.become(to, code); err != nil {
		return err
	}
	b := &books{u: u, p: p, object: disputeKind.ID(d.ID)}
	if err := p.decideDispute(b, prof, c, d, nil); err != nil {
		return err
	}
	return p.putMoved(b, c, d, before)
}

// answerGrace is for how long after the time to answer is over silence is not believed
// yet: what was answered elsewhere is on its way.
const answerGrace = day

// wait lets Drain end a dispute to which nobody has answered in time. While an answer
// is under way, that decides.
func (d *Dispute) wait() {
	if d.Work.Done(); d.Status == DisputeNeedsResponse && d.Answer == "" && !d.Failed && !d.DueBy.IsZero() {
		d.Work.Later(d.DueBy.Add(answerGrace))
	}
}
