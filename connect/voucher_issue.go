package connect

import (
	"context"
	"time"

	"github.com/soukhq/souk/ledger"
)

// VoucherRequest issues a voucher.
type VoucherRequest struct {
	Key    string       `json:"-"`
	Amount ledger.Money `json:"amount,omitzero"` // prepaid: in all; else what each use pays at most. At most twelve digits
	// Prepaid makes it money that is owed to whoever has the code. It comes out of
	// what the platform has available, or of what ChargeID brought.
	Prepaid bool `json:"prepaid,omitzero"`
	// ChargeID is the platform's own charge by which a prepaid voucher was sold: the
	// money is taken from where that landed.
	ChargeID string `json:"charge,omitzero"`
	// Uses is how often a voucher that is not prepaid may be used; 0 is once. A
	// prepaid one is used until nothing is left.
	Uses    int       `json:"uses,omitzero"`
	Expires time.Time `json:"expires,omitzero"` // zero: never
	// Code is the host's own: 4 to 64 characters of printable ASCII without spaces,
	// and at least 16 of a prepaid one, since whoever guesses it has the money.
	// Empty: one of 128 random bits is made.
	Code        string            `json:"code,omitzero"`
	Description string            `json:"description,omitzero"` // for people, at most 1,000 characters
	Metadata    map[string]string `json:"metadata,omitzero"`
}

// IssueVoucher issues a voucher. A code that souk made stands in the answer, once:
// it is not stored, and if the answer was lost the voucher is canceled and another
// one issued.
func (p *Platform) IssueVoucher(ctx context.Context, r VoucherRequest) (*Voucher, error) {
	verb := simpleVerb[Voucher]{name: "issue voucher", kind: &voucherKind, replayed: (*Voucher).replay}
	code := r.Code
	if code == "" {
		code = ledger.Secret()
	}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Voucher, error) { return p.issue(u, &r, code) })
}

func (p *Platform) issue(u *ledger.Unit, r *VoucherRequest, code string) (*Voucher, error) {
	if _, err := p.expectProfile(u); err != nil {
		return nil, err
	}
	if err := p.checkVoucher(u, r, code); err != nil {
		return nil, err
	}
	cur := r.Amount.Currency()
	v := &Voucher{
		ID: p.voucherID(code), Platform: p.id, Prepaid: r.Prepaid, Amount: r.Amount, Charge: r.ChargeID, Expires: r.Expires.UTC().Truncate(time.Microsecond),
		Status: VoucherIssued, Description: r.Description, Created: u.At(), Metadata: r.Metadata, Code: code,
	}
	v.loaded()
	was, err := u.Object(voucherKind.ID(v.ID))
	if err != nil {
		return nil, err
	}
	if was.Version > 0 {
		return nil, &ledger.Error{Class: ledger.Exists, Code: "voucher_exists", Field: "code", Msg: "there is a voucher of this code, or was"}
	}
	if !v.Prepaid {
		v.Uses = max(r.Uses, 1)
		return v, p.putVoucher(u, v, EventVoucherIssued)
	}
	from := "available"
	if r.ChargeID != "" {
		if from, err = p.soldBy(u, r); err != nil {
			return nil, err
		}
	}
	v.Left = v.Amount
	b := &books{u: u, p: p, object: voucherKind.ID(v.ID)}
	b.post("credit sold", out(p.of(p.id, from, cur), v.Amount), in(p.creditAccount(v.ID, cur), v.Amount))
	return v, p.putVoucher(u, v, EventVoucherIssued)
}

func (p *Platform) checkVoucher(u *ledger.Unit, r *VoucherRequest, code string) error {
	if err := p.e.checkMoney(r.Amount, u.At()); err != nil {
		return err
	}
	least := 4
	if r.Prepaid {
		least = 16
	}
	switch {
	case !plain(code, least, 64) || cardNumber(code):
		return badField("invalid_code", "code", "a code is 4 to 64 characters of printable ASCII, and at least 16 of a prepaid voucher")
	case r.Prepaid && r.Uses != 0:
		return badField("invalid_request", "uses", "a prepaid voucher is used until nothing is left of it")
	case r.Uses < 0 || r.Uses > 1_000_000_000:
		return badField("invalid_request", "uses", "it is 0 to 1,000,000,000")
	case !r.Prepaid && r.ChargeID != "":
		return badField("invalid_request", "charge", "only a prepaid voucher was paid for")
	case !r.Expires.IsZero() && !u.At().Before(r.Expires):
		return badField("invalid_time", "expires", "it lies in the future")
	}
	if err := checkText("description", r.Description, 1000); err != nil {
		return err
	}
	return checkMetadata(r.Metadata)
}

// soldBy counts a voucher on the charge that paid for it, as what is transferred of
// it, and returns where its money is now.
func (p *Platform) soldBy(u *ledger.Unit, r *VoucherRequest) (string, error) {
	c, err := p.charge(u, r.ChargeID)
	if err != nil {
		return "", err
	}
	switch left := c.transferable(); {
	case c.Account != "" || c.CreditSale != nil:
		return "", badField("charge_has_seller", "charge", "what the charge brought is somebody's already")
	case c.Status != ChargeSucceeded:
		return "", badState("invalid_state", "charge", "only a charge that succeeded has paid for a voucher; it is "+string(c.Status))
	case r.Amount.Currency() != c.Amount.Currency():
		return "", badField("currency_mismatch", "amount", "the charge is in "+c.Amount.Currency().String())
	case r.Amount.Minor() > left.Minor():
		return "", badState("transfer_exceeds_charge", "amount", left.String()+" of the charge is left")
	}
	c.Transferred = sum(c.Transferred, r.Amount)
	from, err := p.inNow(u, c, p.id)
	if err != nil {
		return "", err
	}
	return from, p.putCharge(u, c, EventChargeUpdated)
}

// CancelVoucherRequest ends a voucher.
type CancelVoucherRequest struct {
	Key       string `json:"-"`
	VoucherID string `json:"voucher,omitzero"`
}

// CancelVoucher ends a voucher that was not used up. What is left of a prepaid one
// goes to the platform; so it does if the voucher has expired, which by itself moves
// no money: whether it may be kept is a question of each country's law, and so the
// host's to answer.
func (p *Platform) CancelVoucher(ctx context.Context, r CancelVoucherRequest) (*Voucher, error) {
	verb := simpleVerb[Voucher]{name: "cancel voucher", kind: &voucherKind, target: r.VoucherID, replayed: (*Voucher).replay}
	return simple(ctx, p, verb, r.Key, r, func(u *ledger.Unit) (*Voucher, error) {
		v, err := p.voucher(u, r.VoucherID)
		if err != nil {
			return nil, err
		}
		if v.Reserved.Sign() > 0 || v.Using > 0 {
			return nil, badState("voucher_in_use", "voucher", "a charge that is under way uses it")
		}
		if v.Status == VoucherCanceled && v.Left.IsZero() {
			return nil, badState("voucher_canceled", "voucher", "the voucher was canceled, and nothing is left of it")
		}
		if err := v.become(VoucherCanceled); err != nil {
			return nil, err
		}
		cur := v.Amount.Currency()
		b := &books{u: u, p: p, object: voucherKind.ID(v.ID)}
		b.post("credit taken back", out(p.creditAccount(v.ID, cur), v.Left), in(p.of(p.id, "available", cur), v.Left))
		v.Claimed, v.Left = sum(v.Claimed, v.Left), ledger.Zero(cur)
		return v, p.putVoucher(u, v, EventVoucherCanceled)
	})
}

// expireVoucher ends a voucher whose time is over. It moves no money.
func (p *Platform) expireVoucher(u *ledger.Unit, id string) error {
	v, err := voucherKind.Get(u, id)
	if err != nil || !v.Work.Open() || u.At().Before(v.Expires) {
		return err
	}
	if err := v.become(VoucherExpired); err != nil {
		return err
	}
	return p.putVoucher(u, v, EventVoucherExpired)
}
