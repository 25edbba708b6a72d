package connect

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/soukhq/souk/ledger"
)

// Voucher pays for a part of charges for whoever has its code. A prepaid one is
// money owed to them, which lies in the ledger under its id; any other is the
// platform's promise to pay when it is used.
//
// Its code is not stored: the id is made of a hash of it.
type Voucher struct {
	ID       string       `json:"id"`
	Platform string       `json:"platform"`
	Prepaid  bool         `json:"prepaid,omitzero"`
	Amount   ledger.Money `json:"amount"` // prepaid: in all; else what each use pays at most

	Left     ledger.Money `json:"left,omitzero"`     // prepaid: neither spent nor set aside
	Reserved ledger.Money `json:"reserved,omitzero"` // prepaid: set aside for charges under way
	Uses     int          `json:"uses,omitzero"`     // not prepaid: how often it may be used,
	Used     int          `json:"used,omitzero"`     // it was
	Using    int          `json:"using,omitzero"`    // and is by charges under way

	Charge      string            `json:"charge,omitzero"`  // that paid for it
	Expires     time.Time         `json:"expires,omitzero"` // zero: never
	Status      VoucherStatus     `json:"status"`
	Claimed     ledger.Money      `json:"claimed,omitzero"` // prepaid and canceled: what went back to the platform
	Description string            `json:"description,omitzero"`
	Created     time.Time         `json:"created"`
	Metadata    map[string]string `json:"metadata,omitzero"`
	Work        ledger.Work       `json:"work,omitzero"`

	// Code is set once: in the answer to the request that issued the voucher, not
	// in that to a replay.
	Code string `json:"-"`
	// Replayed is set when an idempotency key was used again.
	Replayed bool `json:"-"`
}

// VoucherStatus is where a voucher stands.
type VoucherStatus string

// The states of a voucher.
const (
	VoucherIssued     VoucherStatus = "issued"
	VoucherPartlyUsed VoucherStatus = "partly_used"
	VoucherUsed       VoucherStatus = "used"
	VoucherExpired    VoucherStatus = "expired" // what is left of a prepaid one is still owed until somebody cancels it
	VoucherCanceled   VoucherStatus = "canceled"
)

// voucherLife: a refund may give back what was used; canceled pays for nothing more.
var voucherLife = life[VoucherStatus]{
	VoucherIssued:     {VoucherIssued, VoucherPartlyUsed, VoucherUsed, VoucherExpired, VoucherCanceled},
	VoucherPartlyUsed: {VoucherIssued, VoucherPartlyUsed, VoucherUsed, VoucherExpired, VoucherCanceled},
	VoucherUsed:       {VoucherIssued, VoucherPartlyUsed, VoucherUsed},
	VoucherExpired:    {VoucherExpired, VoucherCanceled},
	VoucherCanceled:   {VoucherCanceled}, // a refund under way then may have brought something back
}

func (v *Voucher) become(to VoucherStatus) error {
	err := voucherLife.check("voucher", v.Status, to)
	if err == nil {
		v.Status = to
	}
	return err
}

func (v *Voucher) replay() *bool { return &v.Replayed }

func (v *Voucher) loaded() {
	asZero(ledger.Zero(v.Amount.Currency()), &v.Left, &v.Reserved, &v.Claimed)
}

var voucherKind = ledger.Kind[Voucher]{
	Name:   "connect.voucher",
	Prefix: "vch_",
	Loaded: (*Voucher).loaded,
	Keys: func(v *Voucher) []ledger.Key {
		return v.Work.Keys(ledger.Key{Name: "platform", Value: v.Platform, At: v.Created})
	},
	Columns: []ledger.Column{
		{Name: "platform", Path: "platform"}, {Name: "prepaid", Path: "prepaid", Type: ledger.BooleanColumn},
		{Name: "amount", Path: "amount", Type: ledger.MoneyColumn},
		{Name: "amount_minor", Path: "amount.amountMinor", Type: ledger.IntegerColumn},
		{Name: "currency", Path: "amount.currency"}, {Name: "status", Path: "status"},
		{Name: "expires", Path: "expires", Type: ledger.TimeColumn}, {Name: "created", Path: "created", Type: ledger.TimeColumn},
	},
}

// voucherID names the voucher of a code. The case of letters does not matter. Two
// vouchers of one code would be one object, which the store refuses.
func (p *Platform) voucherID(code string) string {
	sum := sha256.Sum256([]byte(p.id + "\x00" + strings.ToUpper(code)))
	return voucherKind.Prefix + hex.EncodeToString(sum[:20])
}

// voucherOf returns the voucher of a code, expected unchanged. The error does not
// repeat the code.
func (p *Platform) voucherOf(u *ledger.Unit, code string) (*Voucher, error) {
	v, err := voucherKind.Get(u, p.voucherID(code))
	return v, notFoundOr(err, "voucher")
}

// voucher returns a voucher of the platform by its id.
func (p *Platform) voucher(u *ledger.Unit, id string) (*Voucher, error) {
	v, err := voucherKind.Get(u, id)
	if err != nil {
		return nil, notFoundOr(err, "voucher")
	}
	if v.Platform != p.id {
		return nil, notFound("voucher")
	}
	return v, nil
}

// GetVoucher returns a voucher of the platform.
func (p *Platform) GetVoucher(ctx context.Context, id string) (*Voucher, error) {
	return get(ctx, p, &voucherKind, id, "voucher", func(v *Voucher) string { return v.Platform })
}

// VoucherByCode returns the voucher of a code, as a buyer types it in.
func (p *Platform) VoucherByCode(ctx context.Context, code string) (*Voucher, error) {
	if err := p.may(ctx, "VoucherByCode"); err != nil {
		return nil, err
	}
	return p.GetVoucher(ctx, p.voucherID(code))
}

// usable refuses a voucher that cannot pay in a currency at a moment.
func (v *Voucher) usable(c ledger.Currency, at time.Time) error {
	switch {
	case v.Amount.Currency() != c:
		return badField("currency_mismatch", "", "the voucher is in "+v.Amount.Currency().String())
	case v.Status == VoucherExpired || !v.Expires.IsZero() && !at.Before(v.Expires):
		return badState("voucher_expired", "", "the voucher has expired")
	case v.Status == VoucherCanceled:
		return badState("voucher_canceled", "", "the voucher was canceled")
	case v.offers().IsZero():
		return badState("voucher_used", "", "nothing is left of the voucher, or it is in use")
	}
	return nil
}

// offers is what the voucher may pay for now.
func (v *Voucher) offers() ledger.Money {
	switch {
	case v.Prepaid:
		return v.Left
	case v.Used+v.Using < v.Uses:
		return v.Amount
	}
	return ledger.Zero(v.Amount.Currency())
}

func (v *Voucher) reserve(m ledger.Money) {
	if v.Prepaid {
		v.Left, v.Reserved = minus(v.Left, m), sum(v.Reserved, m)
	} else {
		v.Using++
	}
}

func (v *Voucher) spend(m ledger.Money) {
	if v.Prepaid {
		v.Reserved = minus(v.Reserved, m)
	} else {
		v.Using--
		v.Used++
	}
}

func (v *Voucher) release(m ledger.Money) {
	if v.Prepaid {
		v.Left, v.Reserved = sum(v.Left, m), minus(v.Reserved, m)
	} else {
		v.Using--
	}
}

// giveBack returns what was spent. A use of a voucher that is not prepaid stays one.
func (v *Voucher) giveBack(m ledger.Money) {
	if v.Prepaid {
		v.Left = sum(v.Left, m)
	}
}

// unuse is giveBack where the charge did not come about after all.
func (v *Voucher) unuse(m ledger.Money) {
	if v.giveBack(m); !v.Prepaid {
		v.Used--
	}
}

// changeVoucher changes a voucher by an amount.
func (p *Platform) changeVoucher(u *ledger.Unit, id string, m ledger.Money, change func(*Voucher, ledger.Money)) error {
	v, err := voucherKind.Get(u, id)
	if err != nil {
		return err
	}
	change(v, m)
	return p.putVoucher(u, v, EventVoucherUpdated)
}

// putVoucher puts a voucher in the state that its amounts or uses say.
func (p *Platform) putVoucher(u *ledger.Unit, v *Voucher, event string) error {
	if v.Status != VoucherExpired && v.Status != VoucherCanceled {
		if err := v.become(v.stands()); err != nil {
			return err
		}
	}
	v.Work.Done()
	if open := v.Status == VoucherIssued || v.Status == VoucherPartlyUsed; open && !v.Expires.IsZero() {
		v.Work.Later(v.Expires)
	}
	u.Emit(ledger.Event{Type: event, Platform: p.id, Object: voucherKind.ID(v.ID)})
	return voucherKind.Put(u, v.ID, v)
}

func (v *Voucher) stands() VoucherStatus {
	left := v.Left.Minor() + v.Reserved.Minor()
	switch {
	case v.Prepaid && left == v.Amount.Minor(), !v.Prepaid && v.Used == 0:
		return VoucherIssued
	case v.Prepaid && left == 0, !v.Prepaid && v.Used >= v.Uses:
		return VoucherUsed
	}
	return VoucherPartlyUsed
}
