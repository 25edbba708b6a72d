package connect

import (
	"context"
	"errors"
	"slices"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// Bounds of payment plans.
const (
	maxInstalments = 120
	maxPlanDays    = 10 * 366
	maxGrace       = 60
)

// PaymentPlanRequest agrees with a seller on how what they owe is paid.
type PaymentPlanRequest struct {
	Key         string            `json:"-"`
	By          Actor             `json:"by,omitzero"`
	AccountID   string            `json:"account,omitzero"`
	Instalments []PlanInstalment  `json:"instalments,omitzero"` // 1–120 in one currency by day, after today and within ten years; together what is owed
	GraceDays   int               `json:"graceDays,omitzero"`   // 0–60: how long after its day an instalment is not missed yet
	MandateID   string            `json:"mandate,omitzero"`     // as of DebitNegative: by which an instalment is debited that was not earned by its day
	Description string            `json:"description,omitzero"` // for people, at most 1,000 characters
	Document    string            `json:"document,omitzero"`    // the reference of the agreement, at most 200 characters
	Metadata    map[string]string `json:"metadata,omitzero"`
}

// AgreePaymentPlan records instalments in which a seller pays what they owe. It needs
// the right of finance or risk. While it is kept, the platform does not pay the debt
// for them; one that is missed breaks it, and what would have been paid by then is.
// Of class State are nothing_owed, plan_exists (account), plan_not_of_debt
// (instalments) and, of the mandate, those of DebitNegative.
func (p *Platform) AgreePaymentPlan(ctx context.Context, r PaymentPlanRequest) (*PaymentPlan, error) {
	verb := simpleVerb[PaymentPlan]{name: "agree payment plan", kind: &paymentPlanKind, replayed: (*PaymentPlan).replay}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*PaymentPlan, error) { return p.newPaymentPlan(u, &r) })
}

func (p *Platform) newPaymentPlan(u *ledger.Unit, r *PaymentPlanRequest) (*PaymentPlan, error) {
	s, err := r.By.may(ManualPlan)
	if err != nil {
		return nil, err
	}
	a, err := p.account(u, r.AccountID)
	if err != nil {
		return nil, err
	}
	l := &PaymentPlan{
		ID: u.NewID(paymentPlanKind.Prefix), Platform: p.id, Account: a.ID, Instalments: slices.Clone(r.Instalments), Grace: r.GraceDays, Mandate: r.MandateID,
		Status: PaymentPlanActive, Description: r.Description, Document: r.Document, Signed: s, Created: u.At(), Metadata: r.Metadata,
	}
	if err := p.checkPaymentPlan(u, l); err != nil {
		return nil, err
	}
	owes, err := p.owes(u, a.ID, l.Amount.Currency())
	if err != nil {
		return nil, err
	}
	n, err := p.owing(u, a.ID, owes)
	if err != nil {
		return nil, err
	}
	switch {
	case n.Plan != "":
		return nil, badState("plan_exists", "account", "the account pays by a plan already")
	case l.Amount != owes:
		return nil, badState("plan_not_of_debt", "instalments", "they come to "+l.Amount.String()+"; the account owes "+owes.String())
	}
	if l.Mandate != "" {
		if err := p.planMandate(u, l, a); err != nil {
			return nil, err
		}
	}
	n.Plan, n.Stale = l.ID, true
	n.Work.Later(u.At())
	if err := p.putNegative(u, n, ""); err != nil {
		return nil, err
	}
	return l, p.putPaymentPlan(u, l, s, EventPaymentPlanAgreed)
}

// checkPaymentPlan checks what is agreed on, and adds it up.
func (p *Platform) checkPaymentPlan(u *ledger.Unit, l *PaymentPlan) error {
	today := dayOf(u)
	if len(l.Instalments) == 0 || len(l.Instalments) > maxInstalments {
		return badField("invalid_instalments", "instalments", "a plan has 1 to 120 instalments")
	}
	l.Amount = ledger.Zero(l.Instalments[0].Amount.Currency())
	if err := p.e.checkCurrency("instalments.amount", l.Amount.Currency(), u.At()); err != nil {
		return err
	}
	for i, x := range l.Instalments {
		switch {
		case x.Amount.Currency() != l.Amount.Currency():
			return badField("currency_mismatch", "instalments.amount", "a plan is in one currency")
		case x.Amount.Sign() <= 0 || x.Amount.Minor() > maximum:
			return badField("invalid_amount", "instalments.amount", "an instalment is more than zero, of at most twelve digits")
		case x.Due <= today || x.Due > today+maxPlanDays || i > 0 && x.Due <= l.Instalments[i-1].Due:
			return badField("invalid_date", "instalments.due", "instalments are due after today and within ten years, one after the other")
		}
		l.Amount = sum(l.Amount, x.Amount) // 120 of twelve digits fit
	}
	if l.Grace < 0 || l.Grace > maxGrace {
		return badField("invalid_grace", "graceDays", "an instalment is missed 0 to 60 days after its own")
	}
	if err := checkText("description", l.Description, 1000); err != nil {
		return err
	}
	if err := checkText("document", l.Document, 200); err != nil {
		return err
	}
	return checkMetadata(l.Metadata)
}

// planMandate refuses a mandate by which the instalments cannot be debited.
func (p *Platform) planMandate(u *ledger.Unit, l *PaymentPlan, a *Account) error {
	m, err := p.mandate(u, l.Mandate)
	if err != nil {
		return err
	}
	if err := a.ownBank(m); err != nil {
		return err
	}
	if _, err := p.e.scheme(m.Scheme, dayOf(u)); err != nil {
		return err
	}
	if m.OneOff {
		return badState("mandate_used", "mandate", "a plan takes a mandate for more than one debit")
	}
	for _, x := range l.Instalments {
		if err := m.mayDebit(&Charge{Amount: x.Amount}); err != nil {
			return inField("mandate", err)
		}
	}
	return nil
}

// CancelPaymentPlanRequest ends a payment plan.
type CancelPaymentPlanRequest struct {
	Key           string `json:"-"`
	By            Actor  `json:"by,omitzero"`
	PaymentPlanID string `json:"paymentPlan,omitzero"`
	Reason        string `json:"reason,omitzero"` // in the host's words, at most 200 characters; it becomes the plan's Code
}

// CancelPaymentPlan ends a plan: what is owed is owed as it was without it. It needs the
// right of finance or risk. A debit that is under way goes on.
func (p *Platform) CancelPaymentPlan(ctx context.Context, r CancelPaymentPlanRequest) (*PaymentPlan, error) {
	verb := simpleVerb[PaymentPlan]{name: "cancel payment plan", kind: &paymentPlanKind, replayed: (*PaymentPlan).replay, target: r.PaymentPlanID}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*PaymentPlan, error) {
		l, err := paymentPlanKind.Get(u, r.PaymentPlanID)
		if err != nil {
			return nil, notFoundOr(err, "payment plan")
		}
		if l.Platform != p.id {
			return nil, notFound("payment plan")
		}
		s, err := r.By.may(ManualPlan)
		if err != nil {
			return nil, err
		}
		if err := checkText("reason", r.Reason, 200); err != nil {
			return nil, err
		}
		n, err := negativeKind.Get(u, negativeID(l.Account, l.Amount.Currency()))
		if err != nil {
			return nil, err
		}
		if err := p.endPlan(u, l, n, s, PaymentPlanCanceled, r.Reason); err != nil {
			return nil, err
		}
		n.Stale = true
		n.Work.Later(u.At())
		return l, p.putNegative(u, n, "")
	})
}

// endPlan ends a plan. The balance is put by the caller.
func (p *Platform) endPlan(u *ledger.Unit, l *PaymentPlan, n *NegativeBalance, s Signed, to PaymentPlanStatus, code string) error {
	if err := l.become(to, code); err != nil {
		return err
	}
	l.Ended, n.Plan = u.At(), ""
	event := map[PaymentPlanStatus]string{
		PaymentPlanKept: EventPaymentPlanKept, PaymentPlanBroken: EventPaymentPlanBroken, PaymentPlanCanceled: EventPaymentPlanCanceled,
	}[to]
	return p.putPaymentPlan(u, l, s, event)
}

// lookAtPlan has Drain see what became of a plan by now, and debits the instalment of
// the day where the plan says so. Without a plan the next is never.
func (p *Platform) lookAtPlan(u *ledger.Unit, n *NegativeBalance) (l *PaymentPlan, err error) {
	if n.Plan == "" {
		return nil, nil
	}
	if l, err = paymentPlanKind.Get(u, n.Plan); err != nil {
		return nil, err
	}
	today := dayOf(u)
	last := l.lastDue(today)
	late := n.Owes.Minor() > l.after(last).Minor() && last != 0
	switch {
	case n.Owes.IsZero():
		return nil, p.endPlan(u, l, n, l.Signed, PaymentPlanKept, "")
	case n.Debit != "":
		return l, nil // what comes of it is seen then
	case late && l.Mandate != "" && l.Tried < last:
		return l, p.debitInstalment(u, n, l, last)
	case n.Owes.Minor() > l.after(today-payout.Day(l.Grace)-1).Minor():
		return nil, p.endPlan(u, l, n, l.Signed, PaymentPlanBroken, "instalment_missed")
	}
	return l, nil
}

// debitInstalment records the debit of an instalment that was not earned. A mandate that
// is good no more leaves it to the seller, until it is missed.
func (p *Platform) debitInstalment(u *ledger.Unit, n *NegativeBalance, l *PaymentPlan, due payout.Day) error {
	l.Tried = due
	a, err := p.account(u, n.Account)
	if err != nil {
		return err
	}
	m, err := p.mandate(u, l.Mandate)
	if err != nil {
		return err
	}
	d := &NegativeDebit{
		ID: u.NewID(negativeDebitKind.Prefix), Platform: p.id, Account: n.Account, Amount: minus(n.Owes, l.after(due)), Plan: l.ID, Rail: railName(p.e),
		Status: NegativeDebitScheduled, Created: u.At(),
	}
	switch err := p.planNegativeDebit(u, d, n, m, a, 0); {
	case errors.Is(err, ledger.State) || errors.Is(err, ledger.Invalid):
		l.Code = codeOf(err)
	case err != nil:
		return err
	default:
		l.Code, l.Debit = "", d.ID
		d.lookSoon(u.At(), dayOf(u))
		if err := p.putNegativeDebit(u, d, EventNegativeDebitCreated); err != nil {
			return err
		}
	}
	return p.putPaymentPlan(u, l, l.Signed, EventPaymentPlanUpdated)
}
