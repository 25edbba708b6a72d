package ledger

import (
	"slices"
	"strings"
)

// Purpose is a line of the chart of accounts: what accounts of that purpose
// hold, and how far down they may go.
type Purpose struct {
	Name   string // without the detail that may follow a slash
	Group  string // the heading under which statements show it
	Holds  string
	Floor  Floor
	Detail string // what the detail after the slash is, "" if there is none
}

// House owns the accounts of the legal entity that runs the engine. They are
// kept per book, so that every platform's trial balance is zero.
const House = "house"

// The groups of the chart, in the order of a statement.
const (
	GroupOthersHold = "What others hold for us"
	GroupSellers    = "Owed to sellers and platforms"
	GroupBuyers     = "Owed to buyers"
	GroupTax        = "Owed to authorities"
	GroupBridges    = "Bridges"
	GroupResult     = "Result of the house"
	GroupPositions  = "Positions"
	GroupAllowances = "Allowances"
)

var (
	noFloor   = Floor{}
	guarded   = Floor{Kind: Guarded}
	hardFloor = Floor{Kind: HardFloor}
)

// chart lists the purposes. An entry in any other purpose is the host's own
// affair; these have the floor that stands here and no other.
var chart = [...]Purpose{
	{"acquirer", GroupOthersHold, "captured, refunded and disputed there, not yet settled to us", noFloor, "acquirer"},
	{"bank_clearing", GroupOthersHold, "told by a rail or an acquirer, not yet on a statement", noFloor, "bank account"},
	{"bank", GroupOthersHold, "what the statement says", noFloor, "bank account"},
	{"wallet", GroupOthersHold, "coins on the chain", noFloor, "wallet"},

	{"held", GroupSellers, "a share that waits for the host's release", hardFloor, ""},
	{"pending", GroupSellers, "earned, not yet available", noFloor, "day"},
	{"available", GroupSellers, "may be paid out, transferred, refunded from", guarded, ""},
	{"reserved", GroupSellers, "rolling, fixed and minimum reserves", hardFloor, ""},
	{"cover", GroupSellers, "stands behind its sellers' negative balances", hardFloor, ""},
	{"in_transit", GroupSellers, "payouts claimed and not confirmed", hardFloor, ""},
	{"frozen", GroupSellers, "blocked by law", hardFloor, ""},
	{"unclaimed", GroupSellers, "owner not to be reached", hardFloor, ""},

	{"credit", GroupBuyers, "store credit, customer balance, vouchers", hardFloor, ""},
	{"unapplied", GroupBuyers, "received and not (yet) applied", hardFloor, ""},

	{"tax", GroupTax, "collected or withheld for an authority", noFloor, "authority"},

	{"disputed", GroupBridges, "bridges the news of a dispute and the acquirer's money", noFloor, "acquirer"},
	{"suspense", GroupBridges, "nobody knows yet; each item has an age and a person", noFloor, ""},
	{"advances", GroupBridges, "paid out before it was available", noFloor, ""},

	{"processing_fees", GroupResult, "price of processing, dispute fees included", noFloor, ""},
	{"processing_cost", GroupResult, "what acquirers, banks and networks charge us", noFloor, ""},
	{"fx_spread", GroupResult, "earned on conversions", noFloor, ""},
	{"fx_gain", GroupResult, "realised on conversions", noFloor, ""},
	{"fx_unrealised", GroupResult, "revaluation at period end, undone the next day", noFloor, ""},
	{"rounding", GroupResult, "what a rule of cash rounding or a tax table leaves", noFloor, ""},
	{"losses", GroupResult, "written off, goodwill, fraud", noFloor, ""},
	{"own_funds", GroupResult, "the house's own money put in or taken out", noFloor, ""},

	{"fx_position", GroupPositions, "per currency other than the base: bought or sold", noFloor, ""},
	{"fx_value", GroupPositions, "in the base currency: what that position cost", noFloor, "currency"},

	{"allowance", GroupAllowances, "what a limit still allows in its window", hardFloor, "limit and window"},
	{"allowances", GroupAllowances, "what fills the allowances", noFloor, ""},
}

// Chart returns the purposes of the chart of accounts, in statement order.
func Chart() []Purpose { return slices.Clone(chart[:]) }

// PurposeOf finds the chart's line for a purpose with or without its detail.
func PurposeOf(purpose string) (Purpose, bool) {
	name, _, _ := strings.Cut(purpose, "/")
	for i := range chart {
		if chart[i].Name == name {
			return chart[i], true
		}
	}
	return Purpose{}, false
}

// Force says whether entries of a reason are booked whatever the balance,
// because the world has already moved.
type Force uint8

// The degrees of force.
const (
	NotForced      Force = iota // guarded, always
	ForcedByPolicy              // forced where the account's short-balance policy or its terms say so (Entry.Forced)
	AlwaysForced                // forced, always
)

// Reason is why a transaction was posted.
type Reason struct {
	Name  string
	Force Force
}

// reasons lists those of the chart. Others never force.
var reasons = [...]Reason{
	{"account debit", NotForced},
	{"adjustment", ForcedByPolicy}, // down to what the account's terms let it owe
	{"advance", NotForced},
	{"advance repaid", NotForced},
	{"allowance filled", NotForced}, // a window of a limit begins: docs/design.md
	{"allowance returned", NotForced},
	{"allowance used", NotForced},
	{"application fee", NotForced},
	{"available", AlwaysForced}, // a day that went below zero is renamed, not spent: docs/design.md
	{"charge", NotForced},
	{"collection", AlwaysForced},
	{"collection debit", ForcedByPolicy}, // forced where the bank takes it back
	{"commission", AlwaysForced},
	{"conversion", NotForced},
	{"cover", AlwaysForced},
	{"cover deal", NotForced},
	{"cover released", NotForced},
	{"credit granted", NotForced}, // goodwill: docs/design.md
	{"credit sold", NotForced},
	{"credit taken back", NotForced}, // a grant revoked or expired, a voucher canceled: docs/design.md
	{"credit used", NotForced},
	{"discount", NotForced},
	{"discount returned", ForcedByPolicy},
	{"dispute", AlwaysForced},
	{"dispute fee", AlwaysForced},
	{"dispute reinstated", NotForced},
	{"dispute withdrawn", NotForced},
	{"dispute won", NotForced},
	{"fee refund", ForcedByPolicy},
	{"fee refund undone", AlwaysForced},
	{"freeze", NotForced},
	{"fx result", NotForced},
	{"network cost", NotForced},
	{"own funds", NotForced},
	{"payment failed", AlwaysForced},
	{"payout", NotForced},
	{"payout failed", NotForced},
	{"payout fee", NotForced},
	{"payout paid", NotForced},
	{"payout returned", NotForced},
	{"platform fee", ForcedByPolicy}, // likewise
	{"processing fee", NotForced},
	{"receipt", NotForced},
	{"receipt returned", NotForced},
	{"refund", ForcedByPolicy},
	{"refund failed", AlwaysForced},
	{"release", NotForced},
	{"reserve", NotForced},
	{"reserve released", NotForced},
	{"revaluation", NotForced},
	{"settlement", NotForced},
	{"statement", NotForced},
	{"surrender", NotForced},
	{"suspense cleared", NotForced},
	{"tax collected", NotForced},
	{"tax refunded", NotForced},
	{"tax remitted", NotForced},
	{"top-up", NotForced},
	{"top-up reversed", AlwaysForced},
	{"transfer", NotForced},
	{"transfer reversal", ForcedByPolicy},
	{"transfer reversal undone", AlwaysForced},
	{"unclaimed", NotForced},
	{"unfreeze", NotForced},
	{"withholding", NotForced},
	{"write-off", NotForced},
}

// Reasons returns the reasons of the chart in alphabetical order.
func Reasons() []Reason { return slices.Clone(reasons[:]) }

// forceOf returns how a reason forces; unknown ones never do.
func forceOf(reason string) Force {
	i, ok := slices.BinarySearchFunc(reasons[:], reason, func(r Reason, name string) int {
		return strings.Compare(r.Name, name)
	})
	if !ok {
		return NotForced
	}
	return reasons[i].Force
}
