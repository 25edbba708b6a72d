package connect

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// ListRequest asks for one page of a platform's objects, newest first.
type ListRequest struct {
	AccountID  string // only those of an account, or of the platform itself by its id, where the list can tell
	ChargeID   string // only those of a charge: refunds, captures, cancellations, transfers
	CustomerID string // only those of a customer: saved sources, charges
	TransferID string // only those of a transfer: reversals
	// TransferGroup: only those that belong together (ChargeRequest.TransferGroup):
	// charges, transfers.
	TransferGroup string
	After         string // the id of the last one already seen; empty starts
	Limit         int    // 1–100; 0 is 10
}

// List is one page.
type List[T any] struct {
	Items []*T
	More  bool // there are further ones after the last
}

// Page sizes of lists.
const (
	defaultList = 10
	maxList     = 100
)

// lister is what a list needs to know of its objects.
type lister[T any] struct {
	what     string
	kind     *ledger.Kind[T]
	platform func(*T) string
	key      string                         // the key that finds them all; empty: platform
	account  string                         // the key that finds those of an account; empty if there is none
	value    func(*Platform, string) string // of that key
	own      bool                           // the platform's own are found so too
	soonest  bool                           // those of an account come in their order, not newest first
	charge   string                         // the key that finds those of a charge; empty if there is none
	transfer string                         // likewise of a transfer
	customer string                         // likewise of a customer
	grouped  bool                           // those of a group are found by the key "group"
}

// page reads one page. A cursor is the id of an object in the list: one that is
// not there, or not the platform's, is refused.
func (l *lister[T]) page(ctx context.Context, p *Platform, r ListRequest) (*List[T], error) {
	wrap := func(err error) error { return fmt.Errorf("connect: %s: %w", l.what, err) }
	if err := p.mayRead(ctx, l.kind.Name); err != nil {
		return nil, wrap(err)
	}
	if err := l.bind(p, &r); err != nil {
		return nil, wrap(err)
	}
	if r.Limit == 0 {
		r.Limit = defaultList
	}
	if r.Limit < 1 || r.Limit > maxList {
		return nil, wrap(badField("invalid_limit", "limit", "a page holds 1 to 100 objects"))
	}
	q, err := l.query(ctx, p, r)
	if err != nil {
		return nil, wrap(err)
	}
	var list []ledger.Object
	err = p.store.Read(ctx, func(v ledger.View) (err error) {
		if r.After != "" {
			if q.After, err = l.place(v, p, q, r.After); err != nil {
				return err
			}
		}
		list, err = v.Find(q)
		return err
	})
	if err != nil {
		return nil, wrap(err)
	}
	page := &List[T]{More: len(list) > r.Limit}
	for _, o := range list[:min(len(list), r.Limit)] {
		item, err := l.kind.Decode(o)
		if err == nil {
			item, err = disclosed(ctx, p, item)
		}
		if err != nil {
			return nil, wrap(err)
		}
		page.Items = append(page.Items, item)
	}
	return page, nil
}

// query finds the narrowest list that a request asks for.
func (l *lister[T]) query(ctx context.Context, p *Platform, r ListRequest) (ledger.Query, error) {
	q := ledger.Query{Kind: l.kind.Name, Name: cmp.Or(l.key, "platform"), Value: p.id, Desc: true, Limit: r.Limit + 1}
	switch {
	case r.TransferGroup != "":
		return l.ofGroup(p, r, q)
	case r.CustomerID != "":
		return l.ofCustomer(ctx, p, r, q)
	case r.TransferID != "":
		return l.ofTransfer(ctx, p, r, q)
	case r.AccountID != "" && r.ChargeID != "":
		return q, badField("invalid_request", "charge", "a list is of an account or of a charge")
	case r.ChargeID != "":
		if l.charge == "" {
			return q, badField("invalid_request", "charge", "this list cannot tell charges apart")
		}
		c, err := chargeKind.Read(ctx, p.store, r.ChargeID)
		if err != nil {
			return q, notFoundOr(err, "charge")
		}
		if c.Platform != p.id {
			return q, notFound("charge")
		}
		q.Name, q.Value = l.charge, r.ChargeID
	case r.AccountID != "":
		if l.account == "" || r.AccountID == p.id && !l.own {
			return q, badField("invalid_request", "account", "this list cannot tell accounts apart")
		}
		if r.AccountID != p.id {
			if _, err := p.owned(ctx, r.AccountID); err != nil {
				return q, err
			}
		}
		q.Desc = !l.soonest
		if q.Name, q.Value = l.account, r.AccountID; l.value != nil {
			q.Value = l.value(p, r.AccountID)
		}
	}
	return q, nil
}

// ofGroup finds the list of a group. One that nobody has named is empty.
func (l *lister[T]) ofGroup(p *Platform, r ListRequest, q ledger.Query) (ledger.Query, error) {
	if !l.grouped || r.AccountID != "" || r.ChargeID != "" || r.TransferID != "" || r.CustomerID != "" {
		return q, badField("invalid_request", "transferGroup", "charges and transfers are listed by their group, and by nothing else then")
	}
	q.Name, q.Value = "group", groupID(p.id, r.TransferGroup)
	return q, nil
}

// inGroup adds the key by which an object is found in its group.
func inGroup(keys []ledger.Key, platform, group string, at time.Time) []ledger.Key {
	if group != "" {
		keys = append(keys, ledger.Key{Name: "group", Value: groupID(platform, group), At: at})
	}
	return keys
}

// ofCustomer finds the list of a customer.
func (l *lister[T]) ofCustomer(ctx context.Context, p *Platform, r ListRequest, q ledger.Query) (ledger.Query, error) {
	if l.customer == "" || r.AccountID != "" || r.ChargeID != "" || r.TransferID != "" {
		return q, badField("invalid_request", "customer", "saved sources and charges are listed by their customer, and by nothing else then")
	}
	k, err := customerKind.Read(ctx, p.store, r.CustomerID)
	if err != nil {
		return q, notFoundOr(err, "customer")
	}
	if k.Platform != p.id {
		return q, notFound("customer")
	}
	q.Name, q.Value = l.customer, r.CustomerID
	return q, nil
}

// ofTransfer finds the list of a transfer.
func (l *lister[T]) ofTransfer(ctx context.Context, p *Platform, r ListRequest, q ledger.Query) (ledger.Query, error) {
	if l.transfer == "" || r.AccountID != "" || r.ChargeID != "" {
		return q, badField("invalid_request", "transfer", "only reversals are listed by their transfer, and by nothing else then")
	}
	t, err := transferKind.Read(ctx, p.store, r.TransferID)
	if err != nil {
		return q, notFoundOr(err, "transfer")
	}
	if t.Platform != p.id {
		return q, notFound("transfer")
	}
	q.Name, q.Value = l.transfer, r.TransferID
	return q, nil
}

// place finds where a cursor stands in the list.
func (l *lister[T]) place(v ledger.View, p *Platform, q ledger.Query, id string) (ledger.Place, error) {
	bad := badField("invalid_cursor", "after", "this is not the id of an object in the list")
	if !l.kind.Fits(id) {
		return ledger.Place{}, bad
	}
	list, err := v.Objects(l.kind.ID(id))
	if err != nil {
		return ledger.Place{}, err
	}
	if list[0].Version == 0 {
		return ledger.Place{}, bad
	}
	item, err := l.kind.Decode(list[0])
	if err != nil {
		return ledger.Place{}, err
	}
	place := list[0].PlaceIn(q)
	if l.platform(item) != p.id || place.IsZero() {
		return ledger.Place{}, bad
	}
	return place, nil
}

// each walks all pages.
func (l *lister[T]) each(ctx context.Context, p *Platform, r ListRequest, id func(*T) string) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		if r.Limit == 0 {
			r.Limit = maxList
		}
		for {
			page, err := l.page(ctx, p, r)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
				r.After = id(item)
			}
			if !page.More {
				return
			}
		}
	}
}

var (
	accountLister = &lister[Account]{what: "accounts", kind: &accountKind, platform: func(a *Account) string { return a.Platform }}
	chargeLister  = &lister[Charge]{what: "charges", kind: &chargeKind, account: "account", customer: "customer", grouped: true, platform: func(c *Charge) string { return c.Platform }}
	captureLister = &lister[Capture]{what: "captures", kind: &captureKind, charge: "charge", platform: func(k *Capture) string { return k.Platform }}
	voidLister    = &lister[Cancellation]{what: "cancellations", kind: &cancellationKind, charge: "charge", platform: func(x *Cancellation) string { return x.Platform }}
	refundLister  = &lister[Refund]{what: "refunds", kind: &refundKind, account: "account", charge: "charge", platform: func(r *Refund) string { return r.Platform }}
	moveLister    = &lister[Transfer]{what: "transfers", kind: &transferKind, account: "owner", own: true, charge: "charge", grouped: true, platform: func(t *Transfer) string { return t.Platform }}
	backLister    = &lister[TransferReversal]{what: "transfer reversals", kind: &transferReversalKind, account: "owner", own: true, transfer: "transfer", platform: func(r *TransferReversal) string { return r.Platform }}
	consentLister = &lister[Agreement]{what: "agreements", kind: &agreementKind, account: "account", platform: func(a *Agreement) string { return a.Platform }}
	topUpLister   = &lister[TopUp]{what: "top-ups", kind: &topUpKind, platform: func(t *TopUp) string { return t.Platform }}
	cashLister    = &lister[CashSale]{what: "cash sales", kind: &cashSaleKind, account: "account", platform: func(c *CashSale) string { return c.Platform }}
	payoutLister  = &lister[payout.Payout]{what: "payouts", kind: &payoutKind, account: "owner", own: true,
		value:    func(p *Platform, account string) string { return p.id + "/" + account },
		platform: func(o *payout.Payout) string { return o.Platform }}
)

// ListAccounts returns a page of the platform's accounts.
func (p *Platform) ListAccounts(ctx context.Context, r ListRequest) (*List[Account], error) {
	return accountLister.page(ctx, p, r)
}

// Accounts walks the platform's accounts, newest first.
func (p *Platform) Accounts(ctx context.Context, r ListRequest) iter.Seq2[*Account, error] {
	return accountLister.each(ctx, p, r, func(a *Account) string { return a.ID })
}

// ListCharges returns a page of the platform's charges.
func (p *Platform) ListCharges(ctx context.Context, r ListRequest) (*List[Charge], error) {
	return chargeLister.page(ctx, p, r)
}

// Charges walks the platform's charges, newest first.
func (p *Platform) Charges(ctx context.Context, r ListRequest) iter.Seq2[*Charge, error] {
	return chargeLister.each(ctx, p, r, func(c *Charge) string { return c.ID })
}

// ListCaptures returns a page of the platform's captures.
func (p *Platform) ListCaptures(ctx context.Context, r ListRequest) (*List[Capture], error) {
	return captureLister.page(ctx, p, r)
}

// Captures walks the platform's captures, newest first.
func (p *Platform) Captures(ctx context.Context, r ListRequest) iter.Seq2[*Capture, error] {
	return captureLister.each(ctx, p, r, func(k *Capture) string { return k.ID })
}

// ListCancellations returns a page of the platform's cancellations.
func (p *Platform) ListCancellations(ctx context.Context, r ListRequest) (*List[Cancellation], error) {
	return voidLister.page(ctx, p, r)
}

// Cancellations walks the platform's cancellations, newest first.
func (p *Platform) Cancellations(ctx context.Context, r ListRequest) iter.Seq2[*Cancellation, error] {
	return voidLister.each(ctx, p, r, func(x *Cancellation) string { return x.ID })
}

// ListRefunds returns a page of the platform's refunds.
func (p *Platform) ListRefunds(ctx context.Context, r ListRequest) (*List[Refund], error) {
	return refundLister.page(ctx, p, r)
}

// Refunds walks the platform's refunds, newest first.
func (p *Platform) Refunds(ctx context.Context, r ListRequest) iter.Seq2[*Refund, error] {
	return refundLister.each(ctx, p, r, func(x *Refund) string { return x.ID })
}

// ListTransfers returns a page of the platform's transfers.
func (p *Platform) ListTransfers(ctx context.Context, r ListRequest) (*List[Transfer], error) {
	return moveLister.page(ctx, p, r)
}

// Transfers walks the platform's transfers, newest first.
func (p *Platform) Transfers(ctx context.Context, r ListRequest) iter.Seq2[*Transfer, error] {
	return moveLister.each(ctx, p, r, func(t *Transfer) string { return t.ID })
}

// ListCashSales returns a page of the platform's cash sales.
func (p *Platform) ListCashSales(ctx context.Context, r ListRequest) (*List[CashSale], error) {
	return cashLister.page(ctx, p, r)
}

// CashSales walks the platform's cash sales, newest first.
func (p *Platform) CashSales(ctx context.Context, r ListRequest) iter.Seq2[*CashSale, error] {
	return cashLister.each(ctx, p, r, func(c *CashSale) string { return c.ID })
}

// ListPayouts returns a page of the platform's payouts.
func (p *Platform) ListPayouts(ctx context.Context, r ListRequest) (*List[payout.Payout], error) {
	return payoutLister.page(ctx, p, r)
}

// Payouts walks the platform's payouts, newest first.
func (p *Platform) Payouts(ctx context.Context, r ListRequest) iter.Seq2[*payout.Payout, error] {
	return payoutLister.each(ctx, p, r, func(o *payout.Payout) string { return o.ID })
}

// ListTransferReversals returns a page of the platform's reversals of transfers.
func (p *Platform) ListTransferReversals(ctx context.Context, r ListRequest) (*List[TransferReversal], error) {
	return backLister.page(ctx, p, r)
}

// TransferReversals walks the platform's reversals of transfers, newest first.
func (p *Platform) TransferReversals(ctx context.Context, r ListRequest) iter.Seq2[*TransferReversal, error] {
	return backLister.each(ctx, p, r, func(x *TransferReversal) string { return x.ID })
}

// ListAgreements returns a page of the platform's agreements.
func (p *Platform) ListAgreements(ctx context.Context, r ListRequest) (*List[Agreement], error) {
	return consentLister.page(ctx, p, r)
}

// Agreements walks the platform's agreements, newest first.
func (p *Platform) Agreements(ctx context.Context, r ListRequest) iter.Seq2[*Agreement, error] {
	return consentLister.each(ctx, p, r, func(a *Agreement) string { return a.ID })
}

// ListTopUps returns a page of the platform's top-ups.
func (p *Platform) ListTopUps(ctx context.Context, r ListRequest) (*List[TopUp], error) {
	return topUpLister.page(ctx, p, r)
}

// TopUps walks the platform's top-ups, newest first.
func (p *Platform) TopUps(ctx context.Context, r ListRequest) iter.Seq2[*TopUp, error] {
	return topUpLister.each(ctx, p, r, func(t *TopUp) string { return t.ID })
}
