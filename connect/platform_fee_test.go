package connect_test

import (
	"bytes"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// fee takes dollars of a seller for a listing.
func (m *market) fee(account string, minor int64) *connect.PlatformFee {
	m.t.Helper()
	f, err := m.platform.ChargeFee(m.ctx, connect.FeeRequest{Key: m.key(), AccountID: account, Kind: connect.FeeListing, Amount: usd(minor)})
	require.NoError(m.t, err)
	return f
}

// feeRefusals are what is refused of fees outside sales.
var feeRefusals = []refusal{
	{"no kind", func(s *scene) error { return s.charges(func(r *connect.FeeRequest) { r.Kind = "" }) }, ledger.Invalid, "invalid_kind", "kind"},
	{"a kind of no one's", func(s *scene) error { return s.charges(func(r *connect.FeeRequest) { r.Kind = "tip" }) }, ledger.Invalid, "invalid_kind", "kind"},
	{"other without words", func(s *scene) error { return s.charges(func(r *connect.FeeRequest) { r.Kind = connect.FeeOther }) }, ledger.Invalid, "invalid_text", "description"},
	{"no amount", func(s *scene) error { return s.charges(func(r *connect.FeeRequest) { r.Amount = ledger.Money{} }) }, ledger.Invalid, "invalid_amount", "amount"},
	{"zero", func(s *scene) error { return s.charges(func(r *connect.FeeRequest) { r.Amount = usd(0) }) }, ledger.Invalid, "invalid_amount", "amount"},
	{"less than zero", func(s *scene) error { return s.charges(func(r *connect.FeeRequest) { r.Amount = usd(-1) }) }, ledger.Invalid, "invalid_amount", "amount"},
	{"too much", func(s *scene) error { return s.charges(func(r *connect.FeeRequest) { r.Amount = usd(1e12) }) }, ledger.Invalid, "amount_too_large", "amount"},
	{"too much tax", func(s *scene) error { return s.charges(func(r *connect.FeeRequest) { r.Tax = taxes(1e12) }) }, ledger.Invalid, "amount_too_large", "tax"},
	{"a currency that was", func(s *scene) error {
		return s.charges(func(r *connect.FeeRequest) { r.Amount = ledger.Minor(1, must(ledger.ParseCurrency("DEM"))) })
	}, ledger.Invalid, "unsupported_currency", "amount"},
	{"tax of another currency", func(s *scene) error {
		return s.charges(func(r *connect.FeeRequest) {
			r.Tax = []connect.Tax{{Authority: "nyc", Amount: ledger.Minor(1, ledger.EUR)}}
		})
	}, ledger.Invalid, "currency_mismatch", "tax"},
	{"nobody", func(s *scene) error { return s.charges(func(r *connect.FeeRequest) { r.AccountID = "" }) }, ledger.NotFound, "not_found", "account"},
	{"the platform itself", func(s *scene) error { return s.charges(func(r *connect.FeeRequest) { r.AccountID = s.platform.ID() }) }, ledger.NotFound, "not_found", "account"},
	{"more than there is", func(s *scene) error { return s.charges(func(r *connect.FeeRequest) { r.Amount = usd(1e6) }) }, ledger.InsufficientFunds, "insufficient_funds", ""},
	{"forced without terms", func(s *scene) error { return s.charges(func(r *connect.FeeRequest) { r.Force = true }) }, ledger.State, "owing_not_agreed", "force"},
	{"a card's number", func(s *scene) error {
		return s.charges(func(r *connect.FeeRequest) { r.Metadata = map[string]string{"a": "4242424242424242"} })
	}, ledger.Invalid, "card_number", "metadata"},
	{"no fee", func(s *scene) error { return s.returns(func(r *connect.ReturnFeeRequest) { r.FeeID = "" }) }, ledger.NotFound, "not_found", "fee"},
	{"nothing back", func(s *scene) error { return s.returns(func(r *connect.ReturnFeeRequest) { r.Amount = usd(0) }) }, ledger.Invalid, "invalid_amount", "amount"},
	{"less than nothing back", func(s *scene) error { return s.returns(func(r *connect.ReturnFeeRequest) { r.Amount = usd(-1) }) }, ledger.Invalid, "invalid_amount", "amount"},
	{"more back than it was", func(s *scene) error { return s.returns(func(r *connect.ReturnFeeRequest) { r.Amount = usd(101) }) }, ledger.State, "return_exceeds_fee", "amount"},
	{"back in another currency", func(s *scene) error {
		return s.returns(func(r *connect.ReturnFeeRequest) { r.Amount = ledger.Minor(1, ledger.EUR) })
	}, ledger.Invalid, "currency_mismatch", "amount"},
	{"owes less than nothing", func(s *scene) error { return s.owes(usd(-1)) }, ledger.Invalid, "invalid_amount", "mayOwe"},
	{"owes no money", func(s *scene) error { return s.owes(ledger.Money{}) }, ledger.Invalid, "invalid_amount", "mayOwe"},
	{"owes twice", func(s *scene) error { return s.owes(usd(1), usd(2)) }, ledger.Invalid, "invalid_amount", "mayOwe"},
	{"owes too much", func(s *scene) error { return s.owes(usd(1e12)) }, ledger.Invalid, "amount_too_large", "mayOwe"},
	{"owes in marks", func(s *scene) error { return s.owes(ledger.Minor(1, must(ledger.ParseCurrency("DEM")))) }, ledger.Invalid, "unsupported_currency", "mayOwe"},
}

func must[T any](x T, err error) T {
	if err != nil {
		panic(err)
	}
	return x
}

func (s *scene) charges(change func(*connect.FeeRequest)) error {
	r := connect.FeeRequest{Key: "fee", AccountID: s.seller, Kind: connect.FeeListing, Amount: usd(100)}
	change(&r)
	_, err := s.platform.ChargeFee(s.ctx, r)
	return err
}

func (s *scene) returns(change func(*connect.ReturnFeeRequest)) error {
	r := connect.ReturnFeeRequest{Key: "back", FeeID: s.ids["fee"]}
	change(&r)
	_, err := s.platform.ReturnFee(s.ctx, r)
	return err
}

func (s *scene) owes(limits ...ledger.Money) error {
	_, err := s.platform.UpdateAccount(s.ctx, connect.AccountUpdate{Key: "owes", AccountID: s.seller, MayOwe: limits})
	return err
}

// What is refused of a fee changes nothing and leaves its key free (promises 10, 21
// and 28).
func TestRefusalsOfFees(t *testing.T) {
	s := newScene(t)
	s.ids = map[string]string{"fee": s.fee(s.seller, 100).ID}
	requireRefusals(t, s, feeRefusals)
	require.NoError(t, s.charges(func(*connect.FeeRequest) {}), "the key is free")
	require.NoError(t, s.returns(func(*connect.ReturnFeeRequest) {}))
	require.NoError(t, s.owes(usd(5)))
	s.verify()
}

// requireRefusals requires that each is refused and changes nothing.
func requireRefusals(t *testing.T, s *scene, list []refusal) {
	t.Helper()
	before := snapshot(t, s.Store())
	for _, r := range list {
		requireRefusal(t, r.ask(s), r.class, r.code, r.field, r.what)
		require.Equal(t, before, snapshot(t, s.Store()), r.what)
	}
}

// Two processes that force fees at once pass the limit of the terms at most once, and
// give back at most the fee (promises 4 and 12).
func TestFeesAtOnce(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller(func(r *connect.AccountRequest) { r.MayOwe = []ledger.Money{usd(1000)} })
	_, other := m.second()
	given := m.both(func(i int) error {
		p := []*connect.Platform{m.platform, other}[i%2]
		_, err := p.ChargeFee(m.ctx, connect.FeeRequest{Key: nthKey("f", i), AccountID: a.ID, Kind: connect.FeePlan, Amount: usd(300), Force: true})
		return err
	})
	require.Equal(t, 3, given)
	require.Equal(t, usd(-900), m.has(a.ID).Available)
	f, err := m.platform.ChargeFee(m.ctx, connect.FeeRequest{Key: "f", AccountID: a.ID, Kind: connect.FeePlan, Amount: usd(100), Force: true})
	require.NoError(t, err)
	given = m.both(func(i int) error {
		p := []*connect.Platform{m.platform, other}[i%2]
		_, err := p.ReturnFee(m.ctx, connect.ReturnFeeRequest{Key: nthKey("r", i), FeeID: f.ID, Amount: usd(60)})
		return err
	})
	require.Equal(t, 1, given)
	m.verify()
}

func nthKey(prefix string, i int) string { return prefix + string(rune('a'+i)) }

// both does something eight times at once, and returns how often it was done; all else
// was refused for what was there.
func (m *market) both(do func(i int) error) (done int) {
	m.t.Helper()
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Add(1)
		go func() {
			defer wg.Done()
			errs[i] = do(i)
		}()
	}
	wg.Wait()
	for _, err := range errs {
		if err == nil {
			done++
			continue
		}
		var e *ledger.Error
		require.ErrorAs(m.t, err, &e)
		require.Contains(m.t, []ledger.Class{ledger.InsufficientFunds, ledger.State}, e.Class, err)
	}
	return done
}

// Verify finds a fee that says something else than the books, or than what was given
// back of it.
func TestVerifyFindsFees(t *testing.T) {
	store := &forger{Store: ledger.NewMemory(), forge: func(*ledger.Object) {}}
	m := newMarket(t, connecttest.Config{Config: connect.Config{Store: store}})
	a := m.seller()
	m.charge(a.ID, 10000, 0, connect.TestCardAtOnce)
	f, err := m.platform.ChargeFee(m.ctx, connect.FeeRequest{Key: "f", AccountID: a.ID, Kind: connect.FeePlan, Amount: usd(1011), Tax: taxes(203)})
	require.NoError(t, err)
	_, err = m.platform.ReturnFee(m.ctx, connect.ReturnFeeRequest{Key: "r", FeeID: f.ID, Amount: usd(505)})
	require.NoError(t, err)
	m.verify()
	m.requireForged(store, [][4]string{
		{"connect.platform_fee", `"amountMinor":1011,`, `"amountMinor":1012,`, "balance"},
		{"connect.platform_fee", `"amountMinor":203,`, `"amountMinor":204,`, "tax/"},
		{"connect.platform_fee", `"returned":{"amountMinor":505,`, `"returned":{"amountMinor":504,`, "it counts"},
		{"connect.platform_fee", `"refunded":{"amountMinor":101,`, `"refunded":{"amountMinor":100,`, "it counts"},
		{"connect.platform_fee_return", `"amountMinor":505,`, `"amountMinor":506,`, "it counts"},
		{"connect.platform_fee_return", `"fee":"pfee_`, `"fee":"pfee_x`, "is not there"},
	})
}

// requireForged requires that Verify finds each change of stored objects: kind, text,
// what takes its place, and a word of what is reported.
func (m *market) requireForged(store *forger, list [][4]string) {
	m.t.Helper()
	for _, x := range list {
		require.Contains(m.t, m.forged(store, x), x[3], "%v", x)
	}
}

// forged is what Verify reports while an object is shown other than it is.
func (m *market) forged(store *forger, x [4]string) (text string) {
	m.t.Helper()
	swapped := false
	store.forge = func(o *ledger.Object) {
		if o.Kind == x[0] && bytes.Contains(o.Data, []byte(x[1])) {
			swapped = true
			o.Data = bytes.Replace(o.Data, []byte(x[1]), []byte(x[2]), 1)
		}
	}
	r, err := m.Verify(m.ctx)
	require.NoError(m.t, err)
	require.True(m.t, swapped, "%v", x)
	for _, d := range r.Differences {
		text += d.String() + "\n"
	}
	store.forge = func(*ledger.Object) {}
	return text
}

// Who is charged is told, and finds it in lists (promise 56).
func TestFeesAreListed(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a, b := m.seller(), m.seller()
	m.charge(a.ID, 1000, 0, connect.TestCardAtOnce)
	m.charge(b.ID, 1000, 0, connect.TestCardAtOnce)
	of, other := m.fee(a.ID, 100), m.fee(b.ID, 50)
	back, err := m.platform.ReturnFee(m.ctx, connect.ReturnFeeRequest{Key: "r", FeeID: of.ID})
	require.NoError(t, err)
	list, err := m.platform.ListPlatformFees(m.ctx, connect.ListRequest{AccountID: a.ID})
	require.NoError(t, err)
	require.Len(t, list.Items, 1)
	require.Equal(t, usd(100), list.Items[0].Returned)
	var ids []string
	for f, err := range m.platform.PlatformFees(m.ctx, connect.ListRequest{Limit: 1}) {
		require.NoError(t, err)
		ids = append(ids, f.ID)
	}
	require.Equal(t, []string{other.ID, of.ID}, ids)
	for r, err := range m.platform.PlatformFeeReturns(m.ctx, connect.ListRequest{AccountID: a.ID}) {
		require.NoError(t, err)
		require.Equal(t, back.ID, r.ID)
	}
	got, err := m.platform.GetPlatformFeeReturn(m.ctx, back.ID)
	require.NoError(t, err)
	require.Equal(t, usd(100), got.Amount)
	told := counts(m.told(""))
	require.Equal(t, []int{2, 1, 1}, []int{told[connect.EventFeeCharged], told[connect.EventFeeReturned], told[connect.EventFeeReturnCreated]})
}
