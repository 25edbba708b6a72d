package connect

import (
	"context"
	"iter"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// PaymentPlanStatus is where a payment plan stands.
type PaymentPlanStatus string

// The states of a payment plan.
const (
	PaymentPlanActive   PaymentPlanStatus = "active"
	PaymentPlanKept     PaymentPlanStatus = "kept"     // nothing is owed any more
	PaymentPlanBroken   PaymentPlanStatus = "broken"   // an instalment was missed: Code says how
	PaymentPlanCanceled PaymentPlanStatus = "canceled" // by the platform
)

// paymentPlanLife: what has ended stays so; another plan may follow.
var paymentPlanLife = life[PaymentPlanStatus]{
	PaymentPlanActive:   {PaymentPlanKept, PaymentPlanBroken, PaymentPlanCanceled},
	PaymentPlanKept:     {},
	PaymentPlanBroken:   {},
	PaymentPlanCanceled: {},
}

// PaymentPlan is what a platform and a seller agreed on about what the seller owes:
// while it is kept, the platform does not pay the debt (NegativePolicy.CollectAfter).
//
// What the seller earns fills the debt as it does without a plan. An instalment is
// kept if, once its day has come, no more is owed than what the later ones come to: so
// what is owed on top meanwhile is due with the next.
type PaymentPlan struct {
	ID          string            `json:"id"`
	Platform    string            `json:"platform"`
	Account     string            `json:"account"`
	Amount      ledger.Money      `json:"amount"` // what was owed when it was agreed on: the sum of the instalments
	Instalments []PlanInstalment  `json:"instalments"`
	Grace       int               `json:"grace,omitzero"`   // days after an instalment's until it is missed
	Mandate     string            `json:"mandate,omitzero"` // by which an instalment is debited that was not earned
	Tried       payout.Day        `json:"tried,omitzero"`   // the last day whose instalment was debited
	Debit       string            `json:"debit,omitzero"`   // the latest NegativeDebit of it
	Status      PaymentPlanStatus `json:"status"`
	Code        string            `json:"code,omitzero"` // why it is broken, or the words of whoever canceled it
	Description string            `json:"description,omitzero"`
	Document    string            `json:"document,omitzero"`
	Signed      Signed            `json:"signed"`
	Created     time.Time         `json:"created"`
	Ended       time.Time         `json:"ended,omitzero"`
	Metadata    map[string]string `json:"metadata,omitzero"`

	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

// PlanInstalment is a part of a debt with its day, which is over at midnight UTC.
type PlanInstalment struct {
	Due    payout.Day   `json:"due,omitzero"`
	Amount ledger.Money `json:"amount,omitzero"` // more than zero
}

func (l *PaymentPlan) replay() *bool { return &l.Replayed }

var paymentPlanKind = ledger.Kind[PaymentPlan]{
	Name:   "connect.payment_plan",
	Prefix: "pplan_",
	Keys: func(l *PaymentPlan) []ledger.Key {
		return []ledger.Key{{Name: "platform", Value: l.Platform, At: l.Created}, {Name: "account", Value: l.Account, At: l.Created}}
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "account", Path: "account"}, {Name: "status", Path: "status"}, {Name: "code", Path: "code"},
		{Name: "amount", Path: "amount", Type: ledger.MoneyColumn},
		{Name: "amount_minor", Path: "amount.amountMinor", Type: ledger.IntegerColumn}, {Name: "currency", Path: "amount.currency"},
		{Name: "mandate", Path: "mandate"}, {Name: "author", Path: "signed.author"},
		{Name: "ended", Path: "ended", Type: ledger.TimeColumn}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// The types of the events of payment plans.
const (
	EventPaymentPlanAgreed   = "payment_plan.agreed"
	EventPaymentPlanUpdated  = "payment_plan.updated" // an instalment is being debited
	EventPaymentPlanKept     = "payment_plan.kept"
	EventPaymentPlanBroken   = "payment_plan.broken"
	EventPaymentPlanCanceled = "payment_plan.canceled"
)

func (l *PaymentPlan) become(to PaymentPlanStatus, code string) error {
	err := paymentPlanLife.check("payment plan", l.Status, to)
	if err == nil {
		l.Status, l.Code = to, code
	}
	return inField("paymentPlan", err)
}

// after is what the instalments come to that are due after a day: as much may still be
// owed.
func (l *PaymentPlan) after(d payout.Day) ledger.Money {
	m := ledger.Zero(l.Amount.Currency())
	for _, x := range l.Instalments {
		if x.Due > d {
			m = sum(m, x.Amount)
		}
	}
	return m
}

// lastDue is the day of the latest instalment up to a day; zero: none was due yet.
func (l *PaymentPlan) lastDue(today payout.Day) (last payout.Day) {
	for _, x := range l.Instalments {
		if x.Due <= today {
			last = x.Due
		}
	}
	return last
}

// next is the first moment after now at which the plan has to be looked at.
func (l *PaymentPlan) next(now time.Time) (at time.Time) {
	for _, x := range l.Instalments {
		for _, d := range []payout.Day{x.Due, x.Due + payout.Day(l.Grace) + 1} {
			if t := d.Time(); t.After(now) && (at.IsZero() || t.Before(at)) {
				at = t
			}
		}
	}
	return at
}

func (p *Platform) putPaymentPlan(u *ledger.Unit, l *PaymentPlan, s Signed, event string) error {
	if err := s.emit(u, p, event, paymentPlanKind.ID(l.ID)); err != nil {
		return err
	}
	return paymentPlanKind.Put(u, l.ID, l)
}

// GetPaymentPlan returns a payment plan of the platform.
func (p *Platform) GetPaymentPlan(ctx context.Context, id string) (*PaymentPlan, error) {
	return get(ctx, p, &paymentPlanKind, id, "payment plan", func(l *PaymentPlan) string { return l.Platform })
}

var paymentPlanLister = &lister[PaymentPlan]{
	what: "payment plans", kind: &paymentPlanKind, account: "account", platform: func(l *PaymentPlan) string { return l.Platform },
}

// ListPaymentPlans returns a page of the platform's payment plans.
func (p *Platform) ListPaymentPlans(ctx context.Context, r ListRequest) (*List[PaymentPlan], error) {
	return paymentPlanLister.page(ctx, p, r)
}

// PaymentPlans walks the platform's payment plans, newest first.
func (p *Platform) PaymentPlans(ctx context.Context, r ListRequest) iter.Seq2[*PaymentPlan, error] {
	return paymentPlanLister.each(ctx, p, r, func(l *PaymentPlan) string { return l.ID })
}
