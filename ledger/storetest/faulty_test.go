package storetest

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/complaint"
	"github.com/soukhq/souk/ledger"
)

// A store written on its own, with batches and stripes, keeps every law: so the
// suite asks for nothing that only the memory store does, Plan works on
// batches, and NeedOf names all that Plan asks about.
func TestPlain(t *testing.T) {
	Run(t, func(*testing.T) ledger.Store { return newPlain("") })
}

// An overlay keeps every law over a store that has stripes, too.
func TestOverlayOverPlain(t *testing.T) {
	Run(t, func(*testing.T) ledger.Store { return ledger.Overlay(newPlain("")) })
}

// Entries of a shared account that a store numbers by stripe and those that an
// overlay adds page as one list, also where all count at one moment; so do
// those of an overlay of an overlay.
func TestOverlayNumbersSharedEntriesApart(t *testing.T) {
	base := newPlain("")
	x := newTrial(t, base, base)
	fees, bank := x.ref("house", "processing_fees"), x.ref("house", "bank/main")
	x.open(ledger.Account{Ref: fees, Shared: true}, account(bank))
	under := ledger.Overlay(base)
	top := ledger.Overlay(under)
	for i, s := range []ledger.Store{base, under, top} {
		x.s = s
		for range 7 - i {
			c := x.moves("x", bank, fees, 1)
			c.Post[0].Effective = noon
			x.commit(c)
		}
	}
	x.view(func(v ledger.View) error {
		for _, by := range []ledger.TimeKind{ledger.ByPosting, ledger.ByEffective} {
			for _, desc := range []bool{false, true} {
				all, err := v.Entries(fees, ledger.Page{By: by, Desc: desc})
				require.NoError(t, err)
				require.Len(t, all, 18)
				numbers := map[int64]bool{}
				for _, e := range all {
					numbers[e.Number] = true
				}
				require.Len(t, numbers, 18, "numbers repeat")
				for limit := 1; limit < 5; limit++ {
					paged, err := allEntries(v, fees, ledger.Page{By: by, Desc: desc, Limit: limit})
					require.NoError(t, err)
					require.Equal(t, all, paged)
				}
			}
		}
		return nil
	})
	x.addUp()
}

// planted lists the faults, and of the laws those that must notice each.
var planted = map[faulty][]string{
	"half is written":                {"a change is all or nothing", "everything adds up in the end"},
	"refused objects are kept":       {"a change is all or nothing"},
	"refused changes are remembered": {"a refusal leaves no trace"},
	"commit ignores the context":     {"an ended context writes nothing"},
	"read ignores the context":       {"an ended context writes nothing"},
	"a cancelled commit is denied":   {"a commit that is cancelled tells the truth"},
	"panics are swallowed":           {"a panic in a callback harms nothing"},
	"another handle is behind":       {"what was acknowledged is there for others"},
	"receipts are empty":             {"a receipt says what the change did"},
	"empty changes are remembered":   {"an empty change leaves nothing"},

	"the last put wins":         {"no update is lost", "keys are replaced with the object"},
	"forgive changed":           {"no update is lost", "an expectation that fails refuses the change"},
	"expectations are ignored":  {"an expectation that fails refuses the change", "there is no write skew"},
	"accounts are not expected": {"an expectation that fails refuses the change", "there is no write skew"},
	"forgive object_exists":     {"of many who insert the same one wins"},
	"forgive hold_exists":       {"of many who insert the same one wins", "a hold that does not fit is refused"},
	"receipts are guesses":      {"changes of one account happen one after the other", "a receipt says what the change did"},
	"a view per call":           {"a view is one moment"},
	"data is not copied":        {"what is handed over is copied"},
	"objects are not copied":    {"what is handed over is copied"},

	"floors are ignored":                 {"a floor holds under a hundred callers", "guarded, forced and hard floors", "the net effect of a change counts"},
	"hard floors are soft":               {"guarded, forced and hard floors"},
	"forgive not_forced":                 {"guarded, forced and hard floors", "a transaction balances"},
	"step by step":                       {"the net effect of a change counts"},
	"below the floor is below the floor": {"what raises a balance is never refused"},
	"holds are not counted":              {"a hold is captured, released or expires", "holds do not overlap under load"},
	"forgive hold_not_expired":           {"a hold is captured, released or expires"},
	"captures need no entry":             {"a hold that does not fit is refused"},
	"forgive hold_exceeded":              {"a hold that does not fit is refused", "holds do not overlap under load"},
	"keys are never dropped":             {"a spent hold leaves the lists", "keys are replaced with the object"},
	"old keys stay":                      {"a spent hold leaves the lists", "keys are replaced with the object"},

	"changes are forgotten":        {"a change handed in again is a replay"},
	"any change of an id is one":   {"a change handed in again is a replay"},
	"replays are not marked":       {"a change handed in again is a replay", "a key belongs to one request"},
	"keys are dropped":             {"a key belongs to one request", "one key has one effect under load"},
	"forgive idempotency_mismatch": {"a key belongs to one request", "a key alone asks and writes nothing"},
	"keys have no scope":           {"keys are scoped"},
	"keys ignore case":             {"keys are scoped"},
	"refused keys are kept":        {"a refused change stores no key"},
	"asking claims the key":        {"a key alone asks and writes nothing"},

	"forgive account_exists":      {"accounts open once on one set of terms", "of many who insert the same one wins"},
	"forgive invalid_account":     {"accounts open once on one set of terms"},
	"forgive invalid_floor":       {"the chart gives the floors"},
	"forgive account_not_empty":   {"an account ends empty and for good"},
	"closing is not kept":         {"an account ends empty and for good"},
	"closed accounts stay listed": {"an account ends empty and for good", "accounts are listed in order"},
	"accounts never close":        {"nothing gets into an account that closes", "an account ends empty and for good"},
	"one stripe is read":          {"a shared account is exact"},
	"closing looks at one stripe": {"a shared account closes exactly"},
	"forgive shared_account":      {"a shared account is exact"},

	"forgive unbalanced_journal":       {"a transaction balances"},
	"entries are sorted":               {"a transaction balances", "wide changes"},
	"amounts are floating":             {"an amount never wraps"},
	"forgive amount_too_large":         {"an amount never wraps"},
	"transaction ids are forgotten":    {"transaction ids are used once"},
	"numbers repeat":                   {"posting time rises and numbers have no gap"},
	"the clock is believed":            {"posting time rises and numbers have no gap"},
	"local times":                      {"times are UTC to the microsecond"},
	"the moment itself does not count": {"the balance at every past moment"},
	"balances by effective time":       {"the balance at every past moment"},
	"far times wrap":                   {"a question may name any moment"},
	"a page begins after the moment":   {"entries page in both directions and by both times"},
	"always oldest first":              {"entries page in both directions and by both times"},
	"always by posting":                {"entries page in both directions and by both times"},
	"moved is ignored":                 {"entries page in both directions and by both times"},
	"periods are ignored":              {"a period stays closed"},

	"objects in order of id":       {"objects are found by key, in order"},
	"the end belongs to the range": {"objects are found by key, in order"},
	"text has no case":             {"objects are found by key, in order", "accounts are listed in order"},
	"details are not found":        {"accounts are listed in order"},
	"books by prefix":              {"accounts are listed in order"},
	"lists have no bound":          {"lists have bounds"},
	"no limit is no limit":         {"lists have bounds"},
	"data is cut":                  {"limits hold to the last byte"},
	"forgive payload_too_large":    {"limits hold to the last byte"},
	"JSON is tidied":               {"text is kept as it is"},
	"text is read loosely":         {"text is kept as it is"},
	"NUL is an error":              {"text is kept as it is"},
	"wide transactions are cut":    {"wide changes"},
	"forgive too_many_entries":     {"wide changes"},

	"one event a change":                {"the feed has every event once and in order", "wide changes"},
	"events have no version":            {"the feed has every event once and in order"},
	"refusals are told":                 {"the feed has every event once and in order"},
	"ids of events are of the moment":   {"the feed has every event once and in order"},
	"events come twice":                 {"the feed has every event once and in order", "the feed skips nothing under load"},
	"events come late":                  {"the feed skips nothing under load"},
	"lane after lane":                   {"the feed has every event once and in order", "the feed filters by platform"},
	"all platforms":                     {"the feed filters by platform"},
	"any cursor will do":                {"a cursor that is none is refused"},
	"the second of a lane is not shown": {"what was written is read once, and again the same", "what is written skips nothing under load"},
	"the end of a part is ignored":      {"what was written is read once, and again the same", "what was written is sealed once"},
	"history is tampered with":          {"everything adds up in the end"},
}

// Each planted fault is noticed by the laws that are there for it.
func TestPlantedFaults(t *testing.T) {
	for fault, names := range planted {
		t.Run(string(fault), func(t *testing.T) {
			for _, name := range names {
				i := slices.IndexFunc(laws, func(l law) bool { return l.name == name })
				require.GreaterOrEqual(t, i, 0, "there is no law %q", name)
				failures := tryOn(laws[i], fault)
				require.NotEmpty(t, failures, "%q did not notice", name)
			}
		})
	}
}

// No law is without a fault that breaks it: one that cannot fail proves nothing.
func TestEveryLawCanFail(t *testing.T) {
	seen := map[string]bool{}
	for _, names := range planted {
		for _, n := range names {
			seen[n] = true
		}
	}
	for _, l := range laws {
		require.True(t, seen[l.name], "nothing is planted for %q", l.name)
		require.True(t, strings.HasPrefix(l.proves, "promise") || strings.HasPrefix(l.proves, "edge case"), l.name)
	}
}

// tryOn tries a law on a store with a fault and returns what it complained of.
func tryOn(l law, f faulty) []string {
	return complaint.Of(func(t *complaint.T) {
		s := newPlain(f)
		second := ledger.Store(s)
		if f.is("another handle is behind") {
			second = &behind{Store: s}
		}
		l.try(t, s, second)
	})
}

// behind is a handle that shows what it read first, for ever.
type behind struct {
	ledger.Store
	seen map[ledger.Ref]ledger.Account
}

func (b *behind) Read(ctx context.Context, fn func(ledger.View) error) error {
	return b.Store.Read(ctx, func(v ledger.View) error { return fn(behindView{v, b}) })
}

type behindView struct {
	ledger.View
	b *behind
}

func (v behindView) Accounts(refs ...ledger.Ref) ([]ledger.Account, error) {
	list, err := v.View.Accounts(refs...)
	for i, a := range list {
		if old, ok := v.b.seen[a.Ref]; ok {
			list[i] = old
		} else if v.b.seen == nil {
			v.b.seen = map[ledger.Ref]ledger.Account{a.Ref: a}
		} else {
			v.b.seen[a.Ref] = a
		}
	}
	return list, err
}
