package connect

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/soukhq/souk/ledger"
)

// Right is what somebody who works for a platform or the house may decide about. The
// host says which of its people have which.
type Right string

// The rights.
const (
	RightSupport    Right = "support"    // asks for adjustments
	RightFinance    Right = "finance"    // asks for adjustments and write-offs, and approves both; sets and releases reserves
	RightRisk       Right = "risk"       // asks for freezes and write-offs; sets and releases reserves
	RightCompliance Right = "compliance" // asks for and approves freezes and their end
	RightAdmin      Right = "admin"      // asks for and approves everything, limits too
)

// Actor is who acts: the host vouches for it, and for the rights of that person at
// that moment. A request that is sent again is the same whatever rights come with it.
type Actor struct {
	ID     string  `json:"id,omitzero"` // the host's id of the person, not their name: 1–100 characters of printable ASCII without spaces
	Rights []Right `json:"-"`
}

func (a Actor) check() error {
	switch {
	case holdsCard(a.ID):
		return cardIn("by.id")
	case !plain(a.ID, 1, 100):
		return badField("invalid_actor", "by.id", "who acts is 1 to 100 characters of printable ASCII without spaces")
	case len(a.Rights) > 20:
		return badField("invalid_right", "by.rights", "there are five rights")
	}
	for _, r := range a.Rights {
		switch r {
		case RightSupport, RightFinance, RightRisk, RightCompliance, RightAdmin:
		default:
			return badField("invalid_right", "by.rights", "the rights are support, finance, risk, compliance and admin")
		}
	}
	return nil
}

// ManualAction is something that people do by hand, and that needs a right.
type ManualAction string

// The actions: who asks for them and who approves, admins apart, who may do both; each
// but the first two and ManualReserveRelease always takes two people; ManualPlan,
// ManualDormancy, ManualWarning, ManualPause, ManualReserve, ManualClose and
// ManualRefundRate one.
const (
	ManualAdjust      ManualAction = "adjustment"            // at the platform's cost or in its favour: support or finance; finance
	ManualUndo        ManualAction = "adjustment_undo"       // of one: likewise
	ManualHouseAdjust ManualAction = "house_adjustment"      // at the house's: likewise
	ManualHouseUndo   ManualAction = "house_adjustment_undo" // of one: likewise
	ManualFreeze      ManualAction = "freeze"                // risk or compliance; compliance
	ManualUnfreeze    ManualAction = "unfreeze"              // compliance; compliance
	ManualWriteOff    ManualAction = "write_off"             // finance or risk; finance
	ManualPlan        ManualAction = "payment_plan"          // finance or risk
	ManualDormancy    ManualAction = "dormancy"              // finance or compliance
	ManualSurrender   ManualAction = "surrender"             // of what is unclaimed: finance or compliance; finance or compliance
	ManualWarning     ManualAction = "warning"               // an early one, acted on or dismissed: support, finance or risk
	ManualPause       ManualAction = "pause"                 // of an account, and its end: risk or compliance
	ManualReserve     ManualAction = "reserve"               // terms of reserves: risk or finance
	ManualClose       ManualAction = "close"                 // of an account, or no more: finance, risk or compliance
	// ManualReserveRelease is of a reserve before its time: risk or finance; either. It
	// takes two above the limit of the day.
	ManualReserveRelease  ManualAction = "reserve_release"
	ManualLimits          ManualAction = "limits"           // what one person may do alone: admins
	ManualRefundRate      ManualAction = "refund_rate"      // of a refund that states its rate: finance
	ManualReview          ManualAction = "review"           // to let a payment go on, or not: nobody asks; risk or compliance, alone
	ManualSurrenderFrozen ManualAction = "surrender_frozen" // of what is frozen: compliance; compliance
	ManualBulkRefund      ManualAction = "bulk_refund"      // of many charges: support or finance; finance; alone within limits
	ManualBulkRelease     ManualAction = "bulk_release"     // likewise: finance or risk; finance or risk
	ManualCapability      ManualAction = "capability"       // held or freed: risk or compliance
	ManualUnreject        ManualAction = "unreject"         // of an account: compliance
	ManualBankChange      ManualAction = "bank_change"      // support, finance or compliance; finance, risk or compliance
	ManualBulkHold        ManualAction = "bulk_hold"        // one person: support, risk or compliance
)

// actionRule says who may ask for an action and who may approve it, beside admins, and
// whether it takes two people whatever its amount.
type actionRule struct {
	asks, approves []Right
	two            bool
}

func (a ManualAction) rule() actionRule {
	switch a {
	case ManualAdjust, ManualUndo:
		return actionRule{asks: []Right{RightSupport, RightFinance}, approves: []Right{RightFinance}}
	case ManualHouseAdjust, ManualHouseUndo:
		return actionRule{asks: []Right{RightSupport, RightFinance}, approves: []Right{RightFinance}, two: true}
	case ManualWriteOff:
		return actionRule{asks: []Right{RightFinance, RightRisk}, approves: []Right{RightFinance}, two: true}
	case ManualPlan:
		return actionRule{asks: []Right{RightFinance, RightRisk}}
	case ManualRefundRate:
		return actionRule{asks: []Right{RightFinance}}
	case ManualBulkRefund:
		return actionRule{asks: []Right{RightSupport, RightFinance}, approves: []Right{RightFinance}}
	case ManualBulkRelease:
		return actionRule{asks: []Right{RightFinance, RightRisk}, approves: []Right{RightFinance, RightRisk}}
	case ManualBulkHold:
		return actionRule{asks: []Right{RightSupport, RightRisk, RightCompliance}}
	case ManualDormancy:
		return actionRule{asks: []Right{RightFinance, RightCompliance}}
	case ManualWarning:
		return actionRule{asks: []Right{RightSupport, RightFinance, RightRisk}}
	case ManualPause:
		return actionRule{asks: []Right{RightRisk, RightCompliance}}
	case ManualClose:
		return actionRule{asks: []Right{RightFinance, RightRisk, RightCompliance}}
	case ManualReserve:
		return actionRule{asks: []Right{RightRisk, RightFinance}}
	case ManualReserveRelease:
		return actionRule{asks: []Right{RightRisk, RightFinance}, approves: []Right{RightRisk, RightFinance}}
	case ManualSurrender:
		return actionRule{asks: []Right{RightFinance, RightCompliance}, approves: []Right{RightFinance, RightCompliance}, two: true}
	case ManualFreeze:
		return actionRule{asks: []Right{RightRisk, RightCompliance}, approves: []Right{RightCompliance}, two: true}
	case ManualCapability:
		return actionRule{asks: []Right{RightRisk, RightCompliance}}
	case ManualUnreject:
		return actionRule{asks: []Right{RightCompliance}}
	case ManualBankChange:
		return actionRule{asks: []Right{RightSupport, RightFinance, RightCompliance}, approves: []Right{RightFinance, RightRisk, RightCompliance}, two: true}
	case ManualReview:
		return actionRule{approves: []Right{RightRisk, RightCompliance}}
	case ManualUnfreeze, ManualSurrenderFrozen:
		return actionRule{asks: []Right{RightCompliance}, approves: []Right{RightCompliance}, two: true}
	}
	return actionRule{two: true}
}

// of are the rights of an actor that are among some, or admin, each once.
func (a Actor) of(some []Right) (list []Right) {
	for _, r := range a.Rights {
		if (r == RightAdmin || slices.Contains(some, r)) && !slices.Contains(list, r) {
			list = append(list, r)
		}
	}
	return list
}

// noRight is the error of who may not do something.
func noRight(a ManualAction, some []Right) error {
	names := make([]string, 0, len(some)+1)
	for _, r := range some {
		names = append(names, string(r))
	}
	names = append(names, string(RightAdmin))
	return &ledger.Error{Class: ledger.Forbidden, Code: "right_missing", Field: "by.rights",
		Msg: "for " + string(a) + " one has to have the right of " + strings.Join(names, " or ")}
}

// Signed says who made something, by which right, and who agreed to it.
type Signed struct {
	Author        string `json:"author"`
	AuthorRight   Right  `json:"authorRight"`
	Approver      string `json:"approver,omitzero"` // empty: the author was allowed to alone, or nobody has yet
	ApproverRight Right  `json:"approverRight,omitzero"`
	Proposal      string `json:"proposal,omitzero"` // the id of the Proposal, where it took two
}

// meta is what a transaction says of who made it.
func (s Signed) meta(reason, document string) map[string]string {
	m := map[string]string{"author": s.Author, "reason": reason}
	for k, v := range map[string]string{"approver": s.Approver, "proposal": s.Proposal, "document": document} {
		if v != "" {
			m[k] = v
		}
	}
	return m
}

// emit tells of an object, and who did it.
func (s Signed) emit(u *ledger.Unit, p *Platform, event string, object ledger.ID) error {
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	u.Emit(ledger.Event{Type: event, Platform: p.id, Object: object, Data: data})
	return nil
}

// signed books one transaction that says who made it; corrects names the one that it
// undoes. It returns the transaction's id.
func (b *books) signed(s Signed, reason, code, document, corrects string, lines ...line) string {
	entries := make([]ledger.Entry, 0, len(lines))
	for _, l := range lines {
		b.u.Open(ledger.Account{Ref: l.account, Shared: b.shared(l.account)})
		entries = append(entries, ledger.Entry{Account: l.account, Amount: ledger.Minor(l.minor, l.account.Currency), Forced: l.forced})
	}
	return b.u.Post(ledger.Transaction{
		Book: b.p.id, Reason: reason, Object: b.object, Corrects: corrects, Meta: s.meta(code, document), Entries: entries,
	})
}
