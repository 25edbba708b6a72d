package railtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/internal/complaint"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// fault is what is wrong with a rail, the kind of rail it is, and the laws that
// must notice.
type fault struct {
	name  string
	kind  ledger.Delivery
	laws  []string
	wrong func(f *faulty) // sets up what is wrong
}

// planted lists the faults. Each changes one thing about a simulated rail.
var planted = []fault{
	{"it has no name", ledger.Keyed, []string{"a rail says what it is"}, func(f *faulty) {
		f.info = func(i payout.RailInfo) payout.RailInfo { i.Name = ""; return i }
	}},
	{"its name has a colon", ledger.Keyed, []string{"a rail says what it is"}, func(f *faulty) {
		f.info = func(i payout.RailInfo) payout.RailInfo { i.Name = "bank:a"; return i }
	}},
	{"it promises what there is not", ledger.Keyed, []string{"a rail says what it is"}, func(f *faulty) {
		f.info = func(i payout.RailInfo) payout.RailInfo { i.Delivery = 7; return i }
	}},
	{"it changes its mind", ledger.Keyed, []string{"a rail says what it is"}, func(f *faulty) {
		f.info = func(i payout.RailInfo) payout.RailInfo { i.Days += f.calls; return i }
	}},
	{"answers are reversed", ledger.Keyed, []string{"every instruction is answered, in order", "many may submit at once"}, func(f *faulty) {
		f.acks = func(_ []payout.Instruction, acks []payout.Ack) []payout.Ack { slices.Reverse(acks); return acks }
	}},
	{"an answer is missing", ledger.Blind, []string{"every instruction is answered, in order"}, func(f *faulty) {
		f.acks = func(_ []payout.Instruction, acks []payout.Ack) []payout.Ack {
			return acks[:max(len(acks)-1, min(len(acks), 1))]
		}
	}},
	{"refusals have no code", ledger.Askable, []string{"every instruction is answered, in order", "nobody else is paid"}, func(f *faulty) {
		f.acks = func(_ []payout.Instruction, acks []payout.Ack) []payout.Ack {
			return each(acks, func(a *payout.Ack) { a.Code = "" })
		}
	}},
	{"an empty batch is an error", ledger.Keyed, []string{"every instruction is answered, in order"}, func(f *faulty) {
		f.before = func(_ int, batch []payout.Instruction) ([]payout.Instruction, error) {
			if len(batch) == 0 {
				return nil, &ledger.Error{Class: ledger.Invalid, Code: "invalid_batch"}
			}
			return batch, nil
		}
	}},
	{"nothing is told", ledger.Blind, []string{"what is accepted has one final word", "news says what happened to whom", "what a blind rail is sent once is paid once"}, func(f *faulty) {
		f.news = func(string, []payout.Update) []payout.Update { return nil }
	}},
	{"all is told twice", ledger.Askable, []string{"what is accepted has one final word", "many may submit at once"}, func(f *faulty) {
		f.news = func(_ string, list []payout.Update) []payout.Update {
			again := each(slices.Clone(list), func(u *payout.Update) { u.ID += "-again" })
			return append(list, again...)
		}
	}},
	{"fees are taken off", ledger.Keyed, []string{"what is accepted has one final word", "news says what happened to whom"}, func(f *faulty) {
		f.news = func(_ string, list []payout.Update) []payout.Update {
			return each(list, func(u *payout.Update) { u.Amount = ledger.Minor(u.Amount.Minor()-1, u.Amount.Currency()) })
		}
	}},
	{"refusals are told", ledger.Keyed, []string{"what is refused is over"}, func(f *faulty) {
		f.news = func(after string, list []payout.Update) []payout.Update {
			for _, key := range f.refused {
				if after == "" || len(list) > 0 {
					list = append(list, payout.Update{ID: "r" + key, Key: key, Kind: payout.UpdateFailed, Code: "no_account", Amount: ledger.Minor(1, ledger.USD)})
				}
			}
			return list
		}
	}},
	{"anybody is paid", ledger.Blind, []string{"nobody else is paid"}, func(f *faulty) {
		f.instruction(func(in *payout.Instruction) { in.Destination.Token = payout.TestAccount })
	}},
	{"what is too much is cut", ledger.Keyed, []string{"no more is paid than it says"}, func(f *faulty) {
		f.instruction(func(in *payout.Instruction) {
			in.Amount = ledger.Minor(min(in.Amount.Minor(), f.Info().MaxMinor), in.Amount.Currency())
		})
	}},
	{"nothing is a cent", ledger.Keyed, []string{"nothing is not paid"}, func(f *faulty) {
		f.instruction(func(in *payout.Instruction) {
			in.Amount = ledger.Minor(max(in.Amount.Minor(), 1), in.Amount.Currency())
		})
	}},
	{"keys are cut", ledger.Blind, []string{"a key is kept whole"}, func(f *faulty) {
		f.instruction(func(in *payout.Instruction) { in.Key = in.Key[:min(len(in.Key), 35)] })
	}},
	{"keys are cut in the news", ledger.Blind, []string{"a key is kept whole"}, func(f *faulty) {
		f.news = func(_ string, list []payout.Update) []payout.Update {
			return each(list, func(u *payout.Update) { u.Key = u.Key[:min(len(u.Key), 35)] })
		}
	}},
	{"contexts are ignored", ledger.Keyed, []string{"an ended context sends nothing"}, func(f *faulty) { f.deaf = true }},
	{"every tenth batch is lost", ledger.Keyed, []string{"many may submit at once"}, func(f *faulty) {
		f.before = func(n int, batch []payout.Instruction) ([]payout.Instruction, error) {
			if n%10 == 0 {
				for i := range batch {
					batch[i].Destination.Token = payout.TestStalled
				}
			}
			return batch, nil
		}
	}},
	{"ids repeat", ledger.Keyed, []string{"news says what happened to whom"}, func(f *faulty) {
		f.news = func(_ string, list []payout.Update) []payout.Update {
			return each(list, func(u *payout.Update) { u.ID = string(u.Kind) })
		}
	}},
	{"failures have no code", ledger.Keyed, []string{"news says what happened to whom"}, func(f *faulty) {
		f.news = func(_ string, list []payout.Update) []payout.Update {
			return each(list, func(u *payout.Update) { u.Code = "" })
		}
	}},
	{"news comes newest first", ledger.Keyed, []string{"news says what happened to whom"}, func(f *faulty) {
		f.news = func(_ string, list []payout.Update) []payout.Update { slices.Reverse(list); return list }
	}},
	{"news is told once", ledger.Keyed, []string{"reading changes nothing"}, func(f *faulty) {
		told := map[string]bool{}
		f.news = func(_ string, list []payout.Update) []payout.Update {
			return slices.DeleteFunc(list, func(u payout.Update) bool { was := told[u.ID]; told[u.ID] = true; return was })
		}
	}},
	{"ids are made when they are read", ledger.Keyed, []string{"reading changes nothing"}, func(f *faulty) {
		n := 0
		f.news = func(_ string, list []payout.Update) []payout.Update {
			return each(list, func(u *payout.Update) { n++; u.ID = fmt.Sprint("n", n) })
		}
	}},
	{"any cursor is the beginning", ledger.Keyed, []string{"a cursor that is none is refused"}, func(f *faulty) {
		f.cursor = func(after string) string {
			if _, _, err := f.Simulator.Updates(context.Background(), after); err != nil {
				return ""
			}
			return after
		}
	}},
	{"cursors are read loosely", ledger.Keyed, []string{"a cursor that is none is refused"}, func(f *faulty) {
		f.cursor = func(after string) string { return strings.TrimLeft(after, "0") }
	}},
	{"keys are forgotten", ledger.Blind, []string{"the same key never pays twice", "a key belongs to one instruction", "one key has one effect under load"}, func(f *faulty) {
		f.info = func(i payout.RailInfo) payout.RailInfo { i.Delivery = ledger.Keyed; return i }
	}},
	{"answers differ", ledger.Keyed, []string{"the same key never pays twice", "one key has one effect under load"}, func(f *faulty) {
		var answers atomic.Int64 // those that come at once differ too
		f.acks = func(_ []payout.Instruction, acks []payout.Ack) []payout.Ack {
			n := answers.Add(1)
			return each(acks, func(a *payout.Ack) { a.Reference += fmt.Sprint("-", n) })
		}
	}},
	{"the first instruction is answered", ledger.Keyed, []string{"a key belongs to one instruction"}, func(f *faulty) {
		f.mismatch = func(key string) payout.Ack { ack, _, _ := f.Simulator.Ask(context.Background(), key); return ack }
	}},
	{"the second instruction is declined", ledger.Keyed, []string{"a key belongs to one instruction"}, func(f *faulty) {
		f.mismatch = func(key string) payout.Ack { return payout.Ack{Key: key, Code: "duplicate"} }
	}},
	{"another process knows nothing", ledger.Keyed, []string{"a key belongs to one instruction", "reading changes nothing"}, func(f *faulty) { f.forgets = true }},
	{"everything was seen", ledger.Askable, []string{"a rail that can be asked knows what it took"}, func(f *faulty) {
		f.asked = func(ack payout.Ack, _ bool) (payout.Ack, bool) { return ack, true }
	}},
	{"nothing was seen", ledger.Askable, []string{"a rail that can be asked knows what it took"}, func(f *faulty) {
		f.asked = func(payout.Ack, bool) (payout.Ack, bool) { return payout.Ack{}, false }
	}},
	{"refusals were never seen", ledger.Askable, []string{"a rail that can be asked knows what it took"}, func(f *faulty) {
		f.asked = func(ack payout.Ack, seen bool) (payout.Ack, bool) { return ack, seen && ack.Accepted }
	}},
	{"debits are paid out", ledger.Keyed, []string{"a debit is settled once and is no payout", "a scheme that it does not carry is refused"}, func(f *faulty) {
		f.instruction(func(in *payout.Instruction) { in.Debit = payout.Debit{} })
	}},
	{"a scheme is declared and refused", ledger.Blind, []string{"a debit is settled once and is no payout"}, func(f *faulty) {
		f.instruction(func(in *payout.Instruction) {
			if in.Debit.Scheme == "pad" {
				in.Debit.Scheme = "none"
			}
		})
	}},
	{"a scheme is carried and not declared", ledger.Askable, []string{"a debit is settled once and is no payout", "a scheme that it does not carry is refused"}, func(f *faulty) {
		f.info = func(i payout.RailInfo) payout.RailInfo { i.Debits = i.Debits[1:]; return i }
	}},
	{"any scheme will do", ledger.Keyed, []string{"a scheme that it does not carry is refused"}, func(f *faulty) {
		f.instruction(func(in *payout.Instruction) {
			if in.IsDebit() {
				in.Debit.Scheme = "ach"
			}
		})
	}},
	{"mandates are not looked at", ledger.Keyed, []string{"a debit's key is its own"}, func(f *faulty) {
		f.instruction(func(in *payout.Instruction) {
			if in.IsDebit() {
				in.Debit.Mandate = "M"
			}
		})
	}},
	{"a debit is settled twice", ledger.Keyed, []string{"a debit is settled once and is no payout", "a debit's key is its own"}, func(f *faulty) {
		f.news = func(_ string, list []payout.Update) []payout.Update {
			for _, u := range list {
				if u.Kind == payout.UpdateSettled {
					u.ID += "-again"
					list = append(list, u)
				}
			}
			return list
		}
	}},
	{"it is sent twice", ledger.Blind, []string{"what a blind rail is sent once is paid once", "what is accepted has one final word"}, func(f *faulty) {
		f.before = func(_ int, batch []payout.Instruction) ([]payout.Instruction, error) {
			_, err := f.Simulator.Submit(context.Background(), batch)
			return batch, err
		}
	}},
}

// tryOn tries a law on a faulty rail and returns what it complained of.
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
				require.NotEmpty(t, tryOn(laws[i], p), "%q did not notice", name)
				good := fault{kind: p.kind, wrong: func(*faulty) {}}
				require.Empty(t, tryOn(laws[i], good), "%q complains of a good rail", name)
			}
		})
	}
	hidden := fault{kind: ledger.Askable, wrong: func(f *faulty) { f.hidden = true }}
	require.NotEmpty(t, tryOn(laws[0], hidden), "nobody misses Ask")
}

// No law is without a fault that breaks it: one that cannot fail proves nothing.
func TestEveryLawCanFail(t *testing.T) {
	for _, l := range laws {
		require.True(t, slices.ContainsFunc(planted, func(p fault) bool { return slices.Contains(p.laws, l.name) }), "nothing is planted for %q", l.name)
		require.True(t, strings.HasPrefix(l.proves, "promise") || strings.HasPrefix(l.proves, "edge case"), l.name)
	}
}

// noon is when every trial begins.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
