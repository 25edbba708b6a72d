package acquirertest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/internal/complaint"
	"github.com/soukhq/souk/ledger"
)

// fault is what is wrong with an acquirer, the kind it is of, and the laws that
// must notice.
type fault struct {
	name  string
	kind  ledger.Delivery
	laws  []string
	wrong func(f *faulty) // sets up what is wrong
}

// approve makes an approval of what was declined.
func approve(r request, a connect.Answer) connect.Answer {
	a.Status, a.Code, a.Amount, a.Reference = connect.Approved, "", r.amount(), "made_up_"+r.key
	return a
}

// planted lists the faults. Each changes one thing about a simulated acquirer.
var planted = []fault{
	{"it has no name", ledger.Keyed, []string{"an acquirer says what it is"}, func(f *faulty) {
		f.info = func(i connect.AcquirerInfo) connect.AcquirerInfo { i.Name = ""; return i }
	}},
	{"its name is two accounts", ledger.Blind, []string{"an acquirer says what it is"}, func(f *faulty) {
		f.info = func(i connect.AcquirerInfo) connect.AcquirerInfo { i.Name = "bank/a"; return i }
	}},
	{"it promises what there is not", ledger.Keyed, []string{"an acquirer says what it is"}, func(f *faulty) {
		f.info = func(i connect.AcquirerInfo) connect.AcquirerInfo { i.Settling = -1; return i }
	}},
	{"it changes its mind", ledger.Keyed, []string{"an acquirer says what it is"}, func(f *faulty) {
		f.info = func(i connect.AcquirerInfo) connect.AcquirerInfo { i.Delivery += ledger.Delivery(f.calls); return i }
	}},
	{"less is approved", ledger.Keyed, []string{"what is approved is approved whole", "many may pay at once"}, func(f *faulty) {
		f.after = func(_ request, a connect.Answer) connect.Answer {
			a.Amount = ledger.Minor(a.Amount.Minor()-1, ledger.USD)
			return a
		}
	}},
	{"references repeat", ledger.Keyed, []string{"what is approved is approved whole", "many may pay at once"}, func(f *faulty) {
		f.after = func(_ request, a connect.Answer) connect.Answer { a.Reference = "sim_1"; return a }
	}},
	{"approvals have no reference", ledger.Askable, []string{"what is approved is approved whole"}, func(f *faulty) {
		f.after = func(_ request, a connect.Answer) connect.Answer { a.Reference = ""; return a }
	}},
	{"the truth never comes", ledger.Blind, []string{"what is approved is approved whole"}, func(f *faulty) {
		f.after = func(_ request, a connect.Answer) connect.Answer { a.Status, a.Code = connect.Received, ""; return a }
	}},
	{"what was not captured is given back", ledger.Keyed, []string{"what is approved is approved whole"}, func(f *faulty) {
		f.before = func(r *request) {
			if r.authorize != nil {
				r.authorize.Capture = true
			}
		}
	}},
	{"declines are errors", ledger.Keyed, []string{"a decline is an answer", "an unknown reference is declined"}, func(f *faulty) {
		f.fails = func(_ request, a connect.Answer) error {
			if a.Status == connect.Declined {
				return errors.New("402 payment required")
			}
			return nil
		}
	}},
	{"declines have no code", ledger.Keyed, []string{"a decline is an answer"}, func(f *faulty) {
		f.after = func(_ request, a connect.Answer) connect.Answer { a.Code = ""; return a }
	}},
	{"any source will do", ledger.Blind, []string{"a decline is an answer"}, func(f *faulty) {
		f.before = func(r *request) {
			if r.authorize != nil {
				r.authorize.Source = connect.TestCard
			}
		}
	}},
	{"captures are not counted", ledger.Askable, []string{"captures never exceed what was authorized"}, func(f *faulty) {
		f.after = func(r request, a connect.Answer) connect.Answer {
			if r.capture != nil && a.Status == connect.Declined {
				return approve(r, a)
			}
			return a
		}
	}},
	{"a refund can be captured again", ledger.Keyed, []string{"captures never exceed what was authorized"}, func(f *faulty) {
		given := map[string]bool{}
		f.after = func(r request, a connect.Answer) connect.Answer {
			if r.refund != nil && a.Status == connect.Approved {
				given[r.refund.Reference] = true
			}
			if r.capture != nil && given[r.capture.Reference] {
				return approve(r, a)
			}
			return a
		}
	}},
	{"to let go does nothing", ledger.Keyed, []string{"what was let go cannot be captured"}, func(f *faulty) {
		f.instead = func(r request) (connect.Answer, bool) { return approve(r, connect.Answer{}), r.cancel != nil }
	}},
	{"what was captured is let go", ledger.Blind, []string{"what was let go cannot be captured"}, func(f *faulty) {
		f.after = func(r request, a connect.Answer) connect.Answer {
			if r.cancel != nil {
				return approve(r, a)
			}
			return a
		}
	}},
	{"a final capture is like others", ledger.Keyed, []string{"a final capture lets the rest go"}, func(f *faulty) {
		f.before = func(r *request) {
			if r.capture != nil {
				r.capture.Final = false
			}
		}
	}},
	{"the buyer is not waited for", ledger.Askable, []string{"the buyer decides"}, func(f *faulty) {
		f.after = func(r request, a connect.Answer) connect.Answer {
			if a.Status == connect.RequiresAction {
				return approve(r, a)
			}
			return a
		}
	}},
	{"nobody says what the buyer has to do", ledger.Blind, []string{"the buyer decides"}, func(f *faulty) {
		f.after = func(_ request, a connect.Answer) connect.Answer { a.Action = connect.Action{}; return a }
	}},
	{"a buyer who failed has paid", ledger.Keyed, []string{"the buyer decides"}, func(f *faulty) {
		f.lookup = func(a connect.Answer, err error) (connect.Answer, error) {
			if a.Code == "authentication_failed" {
				a.Status, a.Code = connect.Approved, ""
			}
			return a, err
		}
	}},
	{"who comes late pays what was let go", ledger.Keyed, []string{"what waits for the buyer can be let go"}, func(f *faulty) {
		f.instead = func(r request) (connect.Answer, bool) { return approve(r, connect.Answer{}), r.cancel != nil }
	}},
	{"somebody who is not there is asked", ledger.Askable, []string{"a buyer who is not there is asked nothing"}, func(f *faulty) {
		f.before = func(r *request) {
			if r.authorize != nil {
				r.authorize.Initiation = connect.Initiation{}
			}
		}
	}},
	{"refunds are not counted", ledger.Keyed, []string{"refunds never exceed what was captured", "refunds stay within it under load"}, func(f *faulty) {
		f.after = func(r request, a connect.Answer) connect.Answer {
			if r.refund != nil {
				return approve(r, a)
			}
			return a
		}
	}},
	{"what is unknown is approved", ledger.Keyed, []string{"an unknown reference is declined"}, func(f *faulty) {
		f.after = func(r request, a connect.Answer) connect.Answer {
			if r.refund != nil && !strings.HasPrefix(r.refund.Reference, "sim_") {
				return approve(r, a)
			}
			return a
		}
	}},
	{"nothing is a cent", ledger.Keyed, []string{"an amount that is none is not taken"}, func(f *faulty) {
		f.before = func(r *request) {
			if r.authorize != nil && r.authorize.Amount.Sign() <= 0 {
				r.authorize.Amount = ledger.Minor(1, ledger.USD)
			}
		}
	}},
	{"less than nothing is given back", ledger.Askable, []string{"an amount that is none is not taken"}, func(f *faulty) {
		f.after = func(r request, a connect.Answer) connect.Answer {
			if r.refund != nil && r.refund.Amount.Sign() < 0 {
				return approve(r, a)
			}
			return a
		}
	}},
	{"a number is a number", ledger.Keyed, []string{"currencies do not mix"}, func(f *faulty) {
		f.before = func(r *request) {
			if r.refund != nil {
				r.refund.Amount = ledger.Minor(r.refund.Amount.Minor(), ledger.USD)
			}
		}
	}},
	{"what is raised is not there", ledger.Keyed, []string{"what is raised can be captured", "the same key raises once"}, func(f *faulty) {
		f.instead = func(r request) (connect.Answer, bool) { return approve(r, connect.Answer{}), r.increase != nil }
	}},
	{"anything is raised", ledger.Blind, []string{"what is raised can be captured"}, func(f *faulty) {
		f.after = func(r request, a connect.Answer) connect.Answer {
			if r.increase != nil {
				return approve(r, a)
			}
			return a
		}
	}},
	{"a key raises again", ledger.Keyed, []string{"the same key raises once"}, func(f *faulty) {
		f.before = func(r *request) {
			if r.increase != nil {
				r.key += "_" + strings.Repeat("x", r.n)
			}
		}
	}},
	{"a kept token is worth nothing", ledger.Askable, []string{"a kept source is charged again", "what a charge used is kept"}, func(f *faulty) {
		f.after = func(_ request, a connect.Answer) connect.Answer {
			if a.Saved.Token != "" {
				a.Saved.Token = "lost"
			}
			return a
		}
	}},
	{"everything is kept", ledger.Keyed, []string{"what a charge used is kept", "a kept source is charged again"}, func(f *faulty) {
		f.after = func(_ request, a connect.Answer) connect.Answer { a.Saved.Token = connect.TestCard; return a }
	}},
	{"it is kept without the buyer", ledger.Keyed, []string{"a source is kept as its buyer decides"}, func(f *faulty) {
		f.before = func(r *request) {
			if r.save != nil {
				r.save.Source = connect.TestCard
			}
		}
	}},
	{"it is kept under another key", ledger.Askable, []string{"the same key keeps once"}, func(f *faulty) {
		f.before = func(r *request) {
			if r.save != nil {
				r.key += "_x"
			}
		}
	}},
	{"contexts are ignored", ledger.Keyed, []string{"an ended context does nothing"}, func(f *faulty) { f.deaf = true }},
	{"every tenth is lost", ledger.Askable, []string{"many may pay at once"}, func(f *faulty) {
		f.instead = func(r request) (connect.Answer, bool) {
			return approve(r, connect.Answer{}), r.authorize != nil && r.n%10 == 0
		}
	}},
	{"keys are cut", ledger.Keyed, []string{"a key is kept whole"}, func(f *faulty) {
		f.before = func(r *request) { r.key = r.key[:min(len(r.key), 64)] }
	}},
	{"keys are forgotten", ledger.Askable, []string{"the same key acts once", "a key belongs to one order", "one key has one effect under load"}, func(f *faulty) {
		f.info = func(i connect.AcquirerInfo) connect.AcquirerInfo { i.Delivery = ledger.Keyed; return i }
	}},
	{"answers differ", ledger.Keyed, []string{"the same key acts once", "it knows what became of a key"}, func(f *faulty) {
		f.after = func(r request, a connect.Answer) connect.Answer { a.AtOnce = r.n%2 == 1; return a }
	}},
	{"the first order is answered", ledger.Keyed, []string{"a key belongs to one order"}, func(f *faulty) {
		f.mismatch = func(r request) connect.Answer { a, _ := f.Simulator.Lookup(context.Background(), r.key); return a }
	}},
	{"the second order is declined", ledger.Keyed, []string{"a key belongs to one order"}, func(f *faulty) {
		f.mismatch = func(request) connect.Answer {
			return connect.Answer{Status: connect.Declined, Code: "duplicate_transaction"}
		}
	}},
	{"another process knows nothing", ledger.Keyed, []string{"the same key acts once", "it knows what became of a key"}, func(f *faulty) { f.forgets = true }},
	{"everything was seen", ledger.Askable, []string{"it knows what became of a key"}, func(f *faulty) {
		f.lookup = func(a connect.Answer, _ error) (connect.Answer, error) { return a, nil }
	}},
	{"nothing was seen", ledger.Keyed, []string{"it knows what became of a key"}, func(f *faulty) {
		f.lookup = func(connect.Answer, error) (connect.Answer, error) {
			return connect.Answer{}, &ledger.Error{Class: ledger.NotFound, Code: "not_found"}
		}
	}},
	{"declines were never seen", ledger.Askable, []string{"it knows what became of a key"}, func(f *faulty) {
		f.lookup = func(a connect.Answer, err error) (connect.Answer, error) {
			if a.Status == connect.Declined {
				return connect.Answer{}, &ledger.Error{Class: ledger.NotFound, Code: "not_found"}
			}
			return a, err
		}
	}},
	{"it charges twice", ledger.Blind, []string{"what a blind one is asked once is done once"}, func(f *faulty) {
		f.before = func(r *request) {
			if r.authorize != nil {
				_, _ = f.Simulator.Authorize(context.Background(), r.key, *r.authorize)
			}
		}
	}},
	{"it approves of what it never saw", ledger.Blind, []string{"what a blind one is asked once is done once"}, func(f *faulty) {
		f.lookup = func(connect.Answer, error) (connect.Answer, error) {
			return connect.Answer{Status: connect.Approved}, nil
		}
	}},
}

// tryOn tries a law on a faulty acquirer and returns what it complained of.
func tryOn(l law, p fault) []string {
	return complaint.Of(func(t *complaint.T) { l.try(t, newFaulty(p).harness()) })
}

// Each planted fault is noticed by the laws that are there for it.
func TestPlantedFaults(t *testing.T) {
	for _, p := range planted {
		t.Run(p.name, func(t *testing.T) {
			for _, name := range p.laws {
				i := slices.IndexFunc(laws, func(l law) bool { return l.name == name })
				require.GreaterOrEqual(t, i, 0, "there is no law %q", name)
				failures := tryOn(laws[i], p)
				require.NotEmpty(t, failures, "%q did not notice", name)
				require.NotContains(t, failures[0], "panic: ")
				good := fault{kind: p.kind, wrong: func(*faulty) {}}
				require.Empty(t, tryOn(laws[i], good), "%q complains of a good acquirer", name)
			}
		})
	}
}

// No law is without a fault that breaks it: one that cannot fail proves nothing.
func TestEveryLawCanFail(t *testing.T) {
	for _, l := range laws {
		require.True(t, slices.ContainsFunc(planted, func(p fault) bool { return slices.Contains(p.laws, l.name) }), "nothing is planted for %q", l.name)
		require.True(t, strings.HasPrefix(l.proves, "promise") || strings.HasPrefix(l.proves, "edge case"), l.name)
	}
}
