package connect_test

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

// pageSizes is a store that notes how much one of its reads has given at once.
type pageSizes struct {
	ledger.Store
	most int
}

type pageSizesView struct {
	ledger.View
	p *pageSizes
}

func (p *pageSizes) Read(ctx context.Context, fn func(ledger.View) error) error {
	return p.Store.Read(ctx, func(v ledger.View) error { return fn(pageSizesView{v, p}) })
}

func (v pageSizesView) Find(q ledger.Query) ([]ledger.Object, error) {
	list, err := v.View.Find(q)
	v.p.most = max(v.p.most, len(list))
	return list, err
}

func (v pageSizesView) Entries(r ledger.Ref, p ledger.Page) ([]ledger.Posted, error) {
	list, err := v.View.Entries(r, p)
	v.p.most = max(v.p.most, len(list))
	return list, err
}

func (v pageSizesView) AccountsOf(q ledger.AccountQuery) ([]ledger.Account, error) {
	list, err := v.View.AccountsOf(q)
	v.p.most = max(v.p.most, len(list))
	return list, err
}

// What Verify keeps does not grow with the books: of four times as many refunds it keeps
// no more, and goes through the objects more often. What it reads at once is a page.
func TestVerifyKeepsNoMoreOfLargerBooks(t *testing.T) {
	const most = 64
	var peaks, passes []int
	for _, transactions := range []int{1500, 6000} {
		s := &pageSizes{Store: ledger.NewMemory()}
		m := sold(t, s, transactions)
		s.most = 0
		r, n, peak, err := connect.VerifyWithin(t.Context(), m.Engine, most)
		require.NoError(t, err)
		require.NoError(t, r.Err())
		require.LessOrEqual(t, s.most, ledger.MaxPage)
		passes, peaks = append(passes, n), append(peaks, peak)
		_, once, all, err := connect.VerifyWithin(t.Context(), m.Engine, 1<<20)
		require.NoError(t, err)
		require.Equal(t, 1, once)
		require.Greater(t, all, 3*most, "else nothing is bounded here")
	}
	require.LessOrEqual(t, slices.Max(peaks), most+5) // what one object may add at once
	require.Greater(t, passes[0], 1)
	require.GreaterOrEqual(t, passes[1], passes[0])
}

// In passes the same is found as at once, and once.
func TestVerifyFindsTheSameInPasses(t *testing.T) {
	for seed := range uint64(4) {
		store := &forger{Store: ledger.NewMemory(), forge: func(*ledger.Object) {}}
		w := newWildOn(t, seed, store)
		for range 150 {
			w.step()
		}
		said := func(most int) (lines []string, passes, peak int) {
			r, n, peak, err := connect.VerifyWithin(t.Context(), w.Engine, most)
			require.NoError(t, err)
			for _, d := range r.Differences {
				lines = append(lines, d.String())
			}
			slices.Sort(lines)
			return lines, n, peak
		}
		for name, kind := range map[string]string{
			"charges": "connect.charge", "refunds": "connect.refund", "transfers": "connect.transfer", "reversals": "connect.transfer_reversal",
			"captures": "connect.capture", "shares": "connect.held_share", "payouts": "payout", "disputes": "connect.dispute", "nothing": "",
		} {
			store.forge = func(o *ledger.Object) {
				if o.Kind == kind {
					o.Data = []byte(oneMore(string(o.Data)))
				}
			}
			once, n, peak := said(1 << 20)
			require.Equal(t, 1, n)
			passed, n, _ := said(peak * 3 / 4)
			require.Greater(t, n, 1, "seed %d: nothing is split", seed)
			require.Equal(t, once, passed, "seed %d: %s", seed, name)
			if kind == "" || kind == "connect.charge" {
				require.Equal(t, kind == "", len(once) == 0, "seed %d: %s", seed, name)
			}
		}
	}
}

// oneMore makes the first amount of an object a unit more.
func oneMore(data string) string {
	first := true
	return regexp.MustCompile(`"amountMinor":(\d+)`).ReplaceAllStringFunc(data, func(text string) string {
		if !first {
			return text
		}
		first = false
		n, err := strconv.ParseInt(text[len(`"amountMinor":`):], 10, 64)
		if err != nil {
			return text
		}
		return `"amountMinor":` + strconv.FormatInt(n+1, 10)
	})
}
