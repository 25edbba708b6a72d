package connect

import (
	"cmp"
	"context"
	"strings"

	"github.com/soukhq/souk/ledger"
)

// Group is a group of verbs, of which a restricted key has some.
type Group string

// The groups. docs/scopes.md lists the verbs of each.
const (
	GroupAccounts    Group = "accounts"
	GroupAdjustments Group = "adjustments"
	GroupApprovals   Group = "approvals" // of what people do by hand, and their limits
	GroupBalances    Group = "balances"
	GroupBulks       Group = "bulks"
	GroupCharges     Group = "charges"
	GroupConnections Group = "connections"
	GroupCredits     Group = "credits" // and vouchers
	GroupCustomers   Group = "customers"
	GroupDisputes    Group = "disputes"
	GroupDormancy    Group = "dormancy"
	GroupEvents      Group = "events"
	GroupFees        Group = "fees"
	GroupKeys        Group = "keys" // of secret keys alone
	GroupNegative    Group = "negative"
	GroupPayouts     Group = "payouts"
	GroupRefunds     Group = "refunds"
	GroupReports     Group = "reports"
	GroupReserves    Group = "reserves"
	GroupRisk        Group = "risk"
	GroupSettings    Group = "settings" // of secret keys alone
	GroupTransfers   Group = "transfers"
)

// grantable tells whether a restricted key may have a group: not one by which it could
// get more.
func (g Group) grantable() bool {
	if g == GroupKeys || g == GroupSettings {
		return false
	}
	for _, v := range VerbScopes() {
		if v.Group == g {
			return true
		}
	}
	return false
}

// Access is what somebody may do in a group.
type Access string

// What may be done.
const (
	AccessRead  Access = "read"
	AccessWrite Access = "write" // and read
)

// Scope is what a connection to an account opens.
type Scope string

// The scopes of connections.
const (
	ScopeReadOnly  Scope = "read_only"  // how the account stands, and what happened in it
	ScopeReadWrite Scope = "read_write" // and charges, refunds and answers to disputes on its behalf
)

// opens tells whether a scope opens what another one does.
func (s Scope) opens(wanted Scope) bool {
	return s == ScopeReadWrite || s == ScopeReadOnly && wanted == ScopeReadOnly
}

// VerbScope says what one verb of a platform needs.
type VerbScope struct {
	Verb   string // the method of Platform
	Group  Group
	Access Access
	// Connected is the scope of a connection that opens the verb for an account that
	// exists by itself (Platform.On); empty: none does.
	Connected Scope
	// Controls tells that only the one platform that controls payouts of such an account
	// may (Connection.Controls).
	Controls bool
}

// keyUse is the key by which a platform is used.
type keyUse struct {
	id     string
	rights map[Group]Access // of a restricted key; nil: all
}

// allows tells whether the key's rights open a verb.
func (k *keyUse) allows(v VerbScope) error {
	if k == nil || k.rights == nil {
		return nil
	}
	has := k.rights[v.Group]
	if has == AccessWrite || has == v.Access && has != "" {
		return nil
	}
	return &ledger.Error{Class: ledger.Forbidden, Code: "key_scope", Field: "key",
		Msg: "the key may not " + string(v.Access) + " " + string(v.Group) + " (" + v.Verb + ")"}
}

// may refuses a verb that the key or the connection by which the platform is used does
// not open, or no more. A verb that docs/scopes.md does not have is refused to both.
func (p *Platform) may(ctx context.Context, verb string) error {
	if p.key == nil && p.on == nil {
		return nil
	}
	v, ok := scopeOf(verb)
	if !ok {
		return &ledger.Error{Class: ledger.Forbidden, Code: "key_scope", Field: "key", Msg: "no key and no connection opens " + verb}
	}
	if err := cmp.Or(p.key.allows(v), p.on.allows(v)); err != nil {
		return err
	}
	return p.stillStands(ctx)
}

// stillStands is stands outside a unit of work.
func (p *Platform) stillStands(ctx context.Context) error {
	if p.key != nil {
		k, err := apiKeyKind.Read(ctx, p.store, p.key.id)
		if err != nil {
			return err
		}
		if !k.opens(p.e.env.Time()) {
			return badKey()
		}
	}
	if p.on == nil || p.on.connection == "" {
		return nil
	}
	c, err := connectionKind.Read(ctx, p.store, p.on.connection)
	if err != nil {
		return notFoundOr(err, "account")
	}
	return p.on.within(c)
}

// stands refuses, if the key by which the platform is used has ended, or the connection.
// Both are expected unchanged at commit, so that nothing is recorded after the one who
// revoked was told that it is.
func (p *Platform) stands(u *ledger.Unit) error {
	if p.key != nil {
		k, err := apiKeyKind.Get(u, p.key.id)
		if err != nil {
			return err
		}
		if !k.opens(u.At()) {
			return badKey()
		}
	}
	if p.on == nil || p.on.connection == "" {
		return nil
	}
	c, err := connectionKind.Get(u, p.on.connection)
	if err != nil {
		return notFoundOr(err, "account")
	}
	return p.on.within(c)
}

// scopeOf finds a verb in the table.
func scopeOf(verb string) (VerbScope, bool) {
	for _, v := range verbScopes {
		if v.Verb == verb {
			return v, true
		}
	}
	return VerbScope{}, false
}

// VerbScopes are all verbs of a platform, by name, with what each needs.
func VerbScopes() []VerbScope { return append([]VerbScope(nil), verbScopes...) }

// readVerbs name, for a kind of object, the verb whose scope opens it, and lists of it.
var readVerbs = map[string]string{
	bankChangeKind.Name: "GetBankChange", bankCheckKind.Name: "GetBankCheck",
	accountClosingKind.Name:    "GetAccountClosing",
	accountKind.Name:           "GetAccount",
	adjustmentKind.Name:        "GetAdjustment",
	advanceKind.Name:           "GetAdvance",
	agreementKind.Name:         "GetAgreement",
	apiKeyKind.Name:            "GetKey",
	bulkKind.Name:              "GetBulk",
	cancellationKind.Name:      "GetCancellation",
	captureKind.Name:           "GetCapture",
	cashSaleKind.Name:          "GetCashSale",
	chargeKind.Name:            "GetCharge",
	coinReturnKind.Name:        "GetCoinReturn",
	connectionKind.Name:        "GetConnection",
	creditGrantKind.Name:       "GetCreditGrant",
	customerKind.Name:          "GetCustomer",
	disputeAnswerKind.Name:     "GetDisputeAnswer",
	disputeKind.Name:           "GetDispute",
	dormancyKind.Name:          "GetDormancy",
	feeRefundKind.Name:         "GetFeeRefund",
	freezeKind.Name:            "GetFreeze",
	groupKind.Name:             "GetHeldGroup",
	heldKind.Name:              "GetHeldShare",
	increaseKind.Name:          "GetIncrease",
	limitKind.Name:             "GetLimit",
	mandateKind.Name:           "GetMandate",
	negativeDebitKind.Name:     "GetNegativeDebit",
	negativeKind.Name:          "GetNegativeBalance",
	paymentKind.Name:           "GetPayment",
	paymentPlanKind.Name:       "GetPaymentPlan",
	payoutKind.Name:            "GetPayout",
	platformFeeKind.Name:       "GetPlatformFee",
	platformFeeReturnKind.Name: "GetPlatformFeeReturn",
	proposalKind.Name:          "GetProposal",
	receiverKind.Name:          "GetReceiver",
	recoveryKind.Name:          "GetRecovery",
	refundKind.Name:            "GetRefund",
	reserveKind.Name:           "GetReserve",
	reservePlanKind.Name:       "GetReservePlan",
	reviewKind.Name:            "GetReview",
	savedSourceKind.Name:       "GetSavedSource",
	shareReleaseKind.Name:      "GetRelease",
	topUpKind.Name:             "GetTopUp",
	transferKind.Name:          "GetTransfer",
	transferReversalKind.Name:  "GetTransferReversal",
	creditKind.Name:            "Credits",
	actKind.Name:               "ListActs",
	voucherKind.Name:           "GetVoucher",
	warningKind.Name:           "GetWarning",
	writeOffKind.Name:          "GetWriteOff",
}

// mayRead is may of whoever reads objects of a kind.
func (p *Platform) mayRead(ctx context.Context, kind string) error {
	if p.key == nil && p.on == nil {
		return nil
	}
	return p.may(ctx, readVerbs[kind])
}

// verbOf is the method that a verb is: "create account", CreateAccount.
func verbOf(name string) string {
	var b strings.Builder
	for word := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == 0x20 || r == 0x2d }) {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

// mayDo is may of whoever carries a verb out, by its name in words.
func (p *Platform) mayDo(ctx context.Context, name string) error {
	if p.key == nil && p.on == nil {
		return nil
	}
	switch name {
	case "increase":
		name = "increase authorization"
	case "receiver":
		name = "create receiver"
	case "bulk":
		name = "start bulk"
	case "coin return":
		name = "return coins"
	case "coin refund":
		name = "refund coins"
	}
	return p.may(ctx, verbOf(name))
}
