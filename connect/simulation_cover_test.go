package connect_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/faults"
	"github.com/soukhq/souk/ledger"
)

// cover counts what a simulation went through.
type cover struct {
	steps, calls, replays, modelled int
	clock                           time.Duration

	moves  map[[3]string]int // object, from, to
	verbs  map[verbCell]int
	faults map[faultCell]int
	pairs  map[[2]string]int
	seams  map[[2]string]int
	codes  map[string]int
	done   map[string]int // verbs that succeeded
}

type verbCell struct {
	verb  string
	about situation
	code  string
}

type faultCell struct {
	verb string
	call int
	kind faults.Kind
}

func newCover() *cover {
	return &cover{
		moves: make(map[[3]string]int), verbs: make(map[verbCell]int), faults: make(map[faultCell]int),
		pairs: make(map[[2]string]int), seams: make(map[[2]string]int), codes: make(map[string]int), done: make(map[string]int),
	}
}

func (c *cover) move(what, from, to string) { c.moves[[3]string{what, from, to}]++ }
func (c *cover) verb(verb string, about situation, code string) {
	c.verbs[verbCell{verb, about, code}]++
}
func (c *cover) fault(verb string, at int, k faults.Kind) { c.faults[faultCell{verb, at, k}]++ }
func (c *cover) pair(outer, verb string)                  { c.pairs[[2]string{outer, verb}]++ }
func (c *cover) seam(verb, what string)                   { c.seams[[2]string{verb, what}]++ }
func (c *cover) code(e *ledger.Error)                     { c.codes[e.Class.String()+" "+e.Code]++ }

// String is the matrices with their counts.
func (c *cover) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d steps, %d calls, %d replays, %d objects in the model, %.0f years\n", c.steps, c.calls, c.replays, c.modelled, c.clock.Hours()/24/365)
	part := func(title string, lines []string) {
		slices.Sort(lines)
		fmt.Fprintf(&b, "\n%s (%d)\n%s\n", title, len(lines), strings.Join(lines, "\n"))
	}
	part("changes of state", lines(c.moves, func(k [3]string) string { return fmt.Sprintf("%s %s → %s", k[0], k[1], k[2]) }))
	part("verbs that succeeded", lines(c.done, func(k string) string { return k }))
	part("verbs by kind and state of what they are about", lines(c.verbs, func(k verbCell) string { return fmt.Sprintf("%s %v: %s", k.verb, k.about, k.code) }))
	part("faults by verb and call", lines(c.faults, func(k faultCell) string { return fmt.Sprintf("%s call %d: %v", k.verb, k.call, k.kind) }))
	part("verbs between the steps of others", lines(c.pairs, func(k [2]string) string { return k[0] + ": " + k[1] }))
	part("partners", lines(c.seams, func(k [2]string) string { return k[0] + ": " + k[1] }))
	part("refusals", lines(c.codes, func(k string) string { return k }))
	return b.String()
}

func lines[K comparable](m map[K]int, name func(K) string) (list []string) {
	for k, n := range m {
		list = append(list, fmt.Sprintf("%-70s %d", name(k), n))
	}
	return list
}

// mustRefuse are the states in which a verb has to be refused, whatever else is asked for.
var mustRefuse = map[string]string{
	"Capture":         " connect.charge processing; connect.charge requires_action; connect.charge canceled; connect.charge failed; connect.charge scheduled;",
	"Cancel":          " connect.charge processing; connect.charge canceled; connect.charge failed;",
	"Confirm":         " connect.charge processing; connect.charge authorized; connect.charge succeeded; connect.charge canceled; connect.charge failed;",
	"Refund":          " connect.charge processing; connect.charge requires_action; connect.charge authorized; connect.charge canceled; connect.charge failed; connect.charge unknown; connect.charge scheduled;",
	"ReverseTopUp":    " connect.top_up reversed;",
	"CancelVoucher":   " connect.voucher canceled;",
	"ApproveProposal": " connect.proposal carried_out; connect.proposal refused; connect.proposal expired;",
	"RefuseProposal":  " connect.proposal carried_out; connect.proposal refused; connect.proposal expired;",
	"Unfreeze":        " connect.freeze proposed; connect.freeze refused; connect.freeze expired; connect.freeze lifted;",
	"ActivateMandate": " connect.mandate active; connect.mandate suspended; connect.mandate canceled; connect.mandate expired;",
	"SuspendMandate":  " connect.mandate pending; connect.mandate suspended; connect.mandate canceled; connect.mandate expired;",
	"ResumeMandate":   " connect.mandate pending; connect.mandate active; connect.mandate canceled; connect.mandate expired;",
	"CancelMandate":   " connect.mandate canceled; connect.mandate expired;",
	"CancelPayout":    " payout paid; payout failed; payout canceled; payout returned;",
	"DetachSource":    " connect.saved_source detached; connect.saved_source failed;",
	"UndoAdjustment":  " connect.adjustment proposed; connect.adjustment refused; connect.adjustment expired; connect.adjustment undone;",
	"RecoverWriteOff": " connect.write_off proposed; connect.write_off refused; connect.write_off expired;",

	"StopBulk":           " connect.bulk proposed; connect.bulk done; connect.bulk stopped; connect.bulk refused; connect.bulk expired;",
	"StopClosing":        " connect.account_closing closed; connect.account_closing stopped;",
	"CancelRefund":       " connect.refund pending; connect.refund unknown; connect.refund succeeded; connect.refund failed; connect.refund canceled;",
	"CancelPaymentPlan":  " connect.payment_plan kept; connect.payment_plan broken; connect.payment_plan canceled;",
	"ApproveReview":      " connect.review approved; connect.review refused; connect.review expired; connect.review closed;",
	"RefuseReview":       " connect.review approved; connect.review refused; connect.review expired; connect.review closed;",
	"DismissWarning":     " connect.early_warning due; connect.early_warning acted; connect.early_warning dismissed;",
	"ReleaseReserve":     " connect.reserve released;",
	"SurrenderFrozen":    " connect.freeze proposed; connect.freeze refused; connect.freeze expired; connect.freeze lifted;",
	"ReclaimDormant":     " connect.dormancy reclaimed;",
	"SurrenderUnclaimed": " connect.dormancy noticed; connect.dormancy reclaimed;",
}

// unreached are the changes of state, and verbs, that the run of every day need not
// reach, and why. All others it has to.
var unreached = map[string]string{
	"CreateKey": moneyless, "RollKey": moneyless, "RevokeKey": moneyless, "Disconnect": moneyless,
	"mandate active → expired":    years,
	"mandate pending → expired":   years,
	"mandate suspended → expired": years,

	"coin return unknown → failed":    wallets,
	"coin return unknown → pending":   wallets,
	"coin return unknown → succeeded": wallets,

	"adjustment made → undone":                              seldom,
	"charge requires_action → authorized":                   seldom,
	"charge requires_action → succeeded":                    seldom,
	"charge scheduled → canceled":                           seldom,
	"charge scheduled → failed":                             seldom,
	"dispute lost → under_review":                           seldom,
	"dispute lost → won":                                    seldom,
	"dispute needs_response → under_review":                 seldom,
	"dispute needs_response → won":                          seldom,
	"dispute under_review → lost":                           seldom,
	"dispute under_review → won":                            seldom,
	"dispute warning_closed → lost":                         seldom,
	"dispute warning_closed → needs_response":               seldom,
	"dispute warning_closed → under_review":                 seldom,
	"dispute warning_closed → won":                          seldom,
	"dispute warning_needs_response → lost":                 seldom,
	"dispute warning_needs_response → needs_response":       seldom,
	"dispute warning_needs_response → under_review":         seldom,
	"dispute warning_needs_response → warning_closed":       seldom,
	"dispute warning_needs_response → warning_under_review": seldom,
	"dispute warning_needs_response → won":                  seldom,
	"dispute warning_under_review → lost":                   seldom,
	"dispute warning_under_review → needs_response":         seldom,
	"dispute warning_under_review → under_review":           seldom,
	"dispute warning_under_review → warning_closed":         seldom,
	"dispute warning_under_review → won":                    seldom,
	"dispute won → lost":                                    seldom,
	"dormancy noticed → reclaimed":                          seldom,
	"dormancy surrendered → reclaimed":                      rarer,
	"dormancy unclaimed → reclaimed":                        seldom,
	"dormancy unclaimed → surrendered":                      seldom,
	"freeze active → lifted":                                seldom,
	"held share complained → given_back":                    seldom,
	"held share complained → released":                      seldom,
	"held share given_back → waiting":                       rarer,
	"held share released → waiting":                         rarer,
	"receiver expired → filled":                             rarer,
	"receiver expired → open":                               seldom,
	"receiver filled → expired":                             rarer,
	"receiver filled → open":                                rarer,
	"refund unknown → failed":                               seldom,
	"refund unknown → pending":                              seldom,
	"saved source requires_action → active":                 seldom,
	"saved source unknown → detached":                       seldom,
	"saved source unknown → failed":                         seldom,
	"saved source unknown → pending":                        seldom,
	"saved source unknown → requires_action":                seldom,
	"step unknown → failed":                                 seldom,
	"step unknown → pending":                                rarer,
	"voucher partly_used → canceled":                        seldom,
	"voucher partly_used → expired":                         seldom,
	"voucher partly_used → issued":                          seldom,
	"voucher partly_used → used":                            seldom,
	"voucher used → partly_used":                            seldom,
	"write-off proposed → expired":                          seldom,
	"write-off proposed → made":                             seldom,
	"write-off proposed → refused":                          seldom,
	"refund waiting → pending":                              seldom,
	"warning open → moot":                                   rarer,
	"warning due → acted":                                   rarer,
	"warning due → moot":                                    rarer,
	"warning due → open":                                    rarer,
	"warning moot → acted":                                  seldom,
	"negative debit scheduled → failed":                     seldom,
	"negative debit processing → returned":                  rarer,
	"negative debit unknown → processing":                   rarer,
	"negative debit unknown → failed":                       rarer,
	"negative debit unknown → returned":                     rarer,
	"negative debit succeeded → returned":                   seldom,
	"ReclaimDormant":                                        seldom,
	"bank check sent → failed":                              rarer,
	"RecoverDispute":                                        seldom,
	"RecoverWriteOff":                                       rarer,
	"Represent":                                             seldom,
	"SurrenderUnclaimed":                                    seldom,
	"WriteOff":                                              seldom,
}

const (
	years     = "after three years without a debit, and a marketplace lives one"
	wallets   = "wallets that cannot be asked tell it, which simulated ones do not"
	moneyless = "it moves no money, and nothing in the simulated marketplaces hangs on it: api_key_test.go and connection_test.go race it"
	seldom    = "several things have to come together: the run of a million steps reaches it"
	rarer     = "more than the run of a million steps: tests of their own make it happen"
)

// requireReached requires that every change of state happened, and every verb succeeded,
// but for those that are listed; what is seldom, in a million steps.
func (c *cover) requireReached(t testing.TB) {
	var missing []string
	excused := func(name string) bool {
		why, listed := unreached[name]
		return listed && (why != seldom || c.steps < 1_000_000)
	}
	for what, table := range moves {
		for from, to := range table {
			for _, to := range strings.Fields(to) {
				name := fmt.Sprintf("%s %s → %s", what, from, to)
				if from != to && c.moves[[3]string{what, from, to}] == 0 && !excused(name) {
					missing = append(missing, name)
				}
			}
		}
	}
	for _, verb := range verbs() {
		if c.done[verb] == 0 && !excused(verb) {
			missing = append(missing, verb)
		}
	}
	slices.Sort(missing)
	require.Empty(t, missing, "\n%s", strings.Join(missing, "\n"))
}
