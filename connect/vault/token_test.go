package vault_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect/vault"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sealed"
	"github.com/soukhq/souk/payout/bank"
)

func TestATokenIsUsedOnceAndOpens(t *testing.T) {
	w := newWorld(t, nil)
	got, err := w.Tokenise(w.ctx, german(""))
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(got.Token, "btok_"))
	require.Equal(t, []any{"3000", "37040044", "DE", ledger.EUR, w.clock.Now().Add(15 * time.Minute)}, []any{got.Last4, got.Bank, got.Country, got.Currency, got.Expires})
	q := vault.UseRequest{Key: "u1", Platform: platform, Token: got.Token, Account: "acct_1"}
	ref, err := w.Use(w.ctx, q)
	require.NoError(t, err)
	require.Equal(t, []any{vault.Used, "acct_1", "3000", false}, []any{ref.Status, ref.Account, ref.Last4, ref.Replayed})

	again, err := w.Use(w.ctx, q) // promise 21
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.Equal(t, ref.ID, again.ID)
	other := q
	other.Account = "acct_2"
	_, err = w.Use(w.ctx, other) // promise 22
	require.ErrorIs(t, err, ledger.Exists)
	q.Key = "u2"
	_, err = w.Use(w.ctx, q)
	requireCode(t, err, ledger.State, "token_used")

	o := w.opened(ref.ID)[0]
	require.NoError(t, o.Err)
	a, err := bank.ParseAccount(o.Country, o.Currency, o.Fields.Reveal())
	require.NoError(t, err)
	require.Equal(t, []any{iban, holder}, []any{a.IBAN.Text, a.Holder})
	require.Equal(t, []string{vault.EventTokenCreated, vault.EventTokenUsed, vault.EventOpened}, w.events())
	last := events(t, w.store)[2]
	require.JSONEq(t, `{"by":"rail test","purpose":"payout"}`, string(last.Data))
	require.Equal(t, ref.ID, last.Object.ID)
}

// T3: of 50 that use one token at once, one gets it.
func TestFiftyUsesOfOneToken(t *testing.T) {
	w := newWorld(t, nil)
	token := w.token(german(""))
	var won, lost atomic.Int32
	var group sync.WaitGroup
	for i := range 50 {
		group.Go(func() {
			_, err := w.Use(w.ctx, vault.UseRequest{Key: fmt.Sprintf("u%d", i), Platform: platform, Token: token, Account: fmt.Sprintf("acct_%d", i)})
			switch {
			case err == nil:
				won.Add(1)
			case strings.Contains(err.Error(), "token"):
				lost.Add(1)
			}
		})
	}
	group.Wait()
	require.EqualValues(t, []int32{1, 49}, []int32{won.Load(), lost.Load()})
}

// T3: a token is its platform's and, where it was said, its account's; whoever else asks
// gets the answer for one that is not there. Promise 65.
func TestATokenIsBound(t *testing.T) {
	w := newWorld(t, nil)
	free, bound := w.token(german("")), w.token(german("acct_1"))
	use := func(platform, token, account string) error {
		_, err := w.Use(w.ctx, vault.UseRequest{Key: w.key(), Platform: platform, Token: token, Account: account})
		return err
	}
	unknown := use(platform, "btok_ABCDEFGHIJKLMNOPQRSTUVWXYZ", "acct_1")
	requireCode(t, unknown, ledger.NotFound, "not_found")
	for _, err := range []error{use("plat_2", free, "acct_1"), use("plat_2", bound, "acct_1"), use(platform, bound, "acct_2"), use(platform, "4242424242424242", "acct_1"), use(platform, "", "acct_1")} {
		require.Equal(t, unknown, err)
	}
	require.NoError(t, use(platform, bound, "acct_1"))
	require.NoError(t, use(platform, free, "acct_2"))
	for _, bad := range []string{"", "a b", "a|b", strings.Repeat("x", 101)} {
		requireCode(t, use(platform, free, bad), ledger.Invalid, "invalid_account")
	}
	requireCode(t, use("", free, "a"), ledger.Invalid, "invalid_platform")
}

// T3: a token lasts 15 minutes, and nothing is left of its details after it.
func TestATokenExpires(t *testing.T) {
	w := newWorld(t, nil)
	token, late := w.token(german("")), w.token(german("acct_1"))
	w.pass(15*time.Minute - time.Microsecond)
	use := func(token string) error {
		_, err := w.Use(w.ctx, vault.UseRequest{Key: w.key(), Platform: platform, Token: token, Account: "acct_1"})
		return err
	}
	require.NoError(t, use(token))
	w.clock.Advance(time.Microsecond)
	requireCode(t, use(late), ledger.State, "token_expired")
	w.pass(0)
	requireCode(t, use(late), ledger.State, "token_expired")
	list, err := w.References(w.ctx, platform, "acct_1")
	require.NoError(t, err)
	require.Len(t, list, 1, "what expired is nobody's")
	require.Contains(t, w.events(), vault.EventTokenExpired)
	w.pass(time.Hour)
	require.Equal(t, vault.Used, list[0].Status)
}

// What is not used, of another kind, not there, or another platform's is not opened, and
// holds nothing else up.
func TestWhatIsNotOpened(t *testing.T) {
	w := newWorld(t, nil)
	ref := w.used(german(""), "acct_1")
	person := w.used(vault.TokeniseRequest{
		Platform: platform, Kind: vault.Identity, Country: "US", Fields: sealed.NewClear(map[string]string{"id_number": "123-45-6789", "last_name": "Kanarienvogel"}),
	}, "acct_1")
	require.Equal(t, "6789", person.Last4)
	token := w.token(german(""))
	list := w.opened("vref_none", person.ID, token, ref.ID, "", ref.ID)
	for i, o := range list {
		if i == 3 || i == 5 {
			require.NoError(t, o.Err)
			require.Equal(t, iban, o.Fields.Reveal()["iban"])
			continue
		}
		requireCode(t, o.Err, ledger.NotFound, "not_found")
		require.Empty(t, o.Fields.Reveal())
	}
	_ = w.token(german("acct_2"))
	fresh, err := w.References(w.ctx, platform, "acct_2")
	require.NoError(t, err)
	require.Equal(t, []any{vault.Fresh, w.clock.Now().Add(15 * time.Minute)}, []any{fresh[0].Status, fresh[0].Expires})
	requireCode(t, w.opened(fresh[0].ID)[0].Err, ledger.State, "not_used")
	d, err := w.Detokeniser("verifier", vault.Identity)
	require.NoError(t, err)
	opened, err := d.Detokenise(w.ctx, sealed.Request{Tokens: []string{person.ID}, Purpose: "check"})
	require.NoError(t, err)
	require.Equal(t, "123-45-6789", opened[0].Fields.Reveal()["id_number"])
	for _, r := range []sealed.Request{{}, {Tokens: []string{ref.ID}}, {Purpose: "p"}, {Purpose: "a\nb", Tokens: []string{ref.ID}}, {Purpose: "p", Tokens: make([]string, 1001)}} {
		_, err := d.Detokenise(w.ctx, r)
		require.ErrorIs(t, err, ledger.Invalid)
	}
	for _, bad := range []string{"", "a\x00", strings.Repeat("x", 101)} {
		_, err := w.Detokeniser(bad, vault.Bank)
		requireCode(t, err, ledger.Invalid, "invalid_holder")
	}
	_, err = w.Detokeniser("rail", "card")
	requireCode(t, err, ledger.Invalid, "invalid_kind")
}

// Accounts that share a bank account are found by the index, within a platform alone, and
// however the number is written.
func TestSharedAccounts(t *testing.T) {
	w := newWorld(t, nil)
	spaced := german("")
	spaced.Fields = sealed.NewClear(map[string]string{"iban": "de89 3704 0044 0532 0130 00"})
	elsewhere := german("")
	elsewhere.Platform = "plat_2"
	one, two := w.used(german(""), "acct_1"), w.used(spaced, "acct_2")
	_ = w.used(elsewhere, "acct_3")
	_ = w.token(german("")) // not used
	shared, err := w.Shared(w.ctx, platform, one.ID)
	require.NoError(t, err)
	require.Len(t, shared, 1)
	require.Equal(t, two.ID, shared[0].ID)
	_, err = w.Erase(w.ctx, vault.EraseRequest{Platform: platform, ID: two.ID})
	require.NoError(t, err)
	shared, err = w.Shared(w.ctx, platform, one.ID)
	require.NoError(t, err)
	require.Empty(t, shared)
	for _, read := range []func(platform, id string) error{
		func(p, id string) error { _, err := w.Shared(w.ctx, p, id); return err },
		func(p, id string) error { _, err := w.Reference(w.ctx, p, id); return err },
		func(p, id string) error {
			_, err := w.Erase(w.ctx, vault.EraseRequest{Platform: p, ID: id})
			return err
		},
	} {
		unknown := read(platform, "vref_unknown")
		requireCode(t, unknown, ledger.NotFound, "not_found")
		require.Equal(t, unknown, read("plat_2", one.ID), "promise 65")
	}
}

// T7: values swapped between two rows, or between fields, do not open, and nor do those of
// another platform.
func TestSwappedRowsDoNotOpen(t *testing.T) {
	w := newWorld(t, nil)
	one, two := w.used(german("acct_1"), "acct_1"), w.used(german("acct_1"), "acct_1")
	rows := objects(t, w.store, "vault.reference", "account", platform+"|acct_1")
	require.Len(t, rows, 2)
	put := func(change func(a, b string) (string, string)) {
		a, b := change(string(rows[0].Data), string(rows[1].Data))
		_, err := ledger.Update(w.ctx, w.store, func(u *ledger.Unit) error {
			for i, data := range []string{a, b} {
				o, err := u.Object(rows[i].ID)
				require.NoError(t, err)
				o.Data, o.Keys = []byte(data), rows[i].Keys
				u.Put(o)
			}
			return nil
		})
		require.NoError(t, err)
	}
	put(func(a, b string) (string, string) { return b, a })
	for _, o := range w.opened(one.ID, two.ID) {
		requireCode(t, o.Err, ledger.Invalid, "corrupt")
	}
	put(func(a, b string) (string, string) {
		return strings.NewReplacer("account_holder_name", "iban", "iban", "account_holder_name").Replace(a), strings.ReplaceAll(b, platform, "plat_2")
	})
	for _, o := range w.opened(one.ID, two.ID) {
		requireCode(t, o.Err, ledger.Invalid, "corrupt")
	}
	put(func(a, b string) (string, string) { return a, b })
	for _, o := range w.opened(one.ID, two.ID) {
		require.NoError(t, o.Err)
	}
}

// What is wrong is refused before anything is written, and not repeated (promise 68).
func TestDetailsThatAreRefused(t *testing.T) {
	w := newWorld(t, nil)
	fields := func(pairs ...string) sealed.Clear {
		m := make(map[string]string)
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return sealed.NewClear(m)
	}
	for name, c := range map[string]struct {
		change func(*vault.TokeniseRequest)
		code   string
	}{
		"no platform":          {func(r *vault.TokeniseRequest) { r.Platform = "" }, "invalid_platform"},
		"an account with bars": {func(r *vault.TokeniseRequest) { r.Account = "a|b" }, "invalid_account"},
		"no kind":              {func(r *vault.TokeniseRequest) { r.Kind = "" }, "invalid_kind"},
		"no fields":            {func(r *vault.TokeniseRequest) { r.Fields = sealed.Clear{} }, "invalid_iban"},
		"wrong digits":         {func(r *vault.TokeniseRequest) { r.Fields = fields("iban", "DE89370400440532031000") }, "invalid_iban"},
		"another country":      {func(r *vault.TokeniseRequest) { r.Fields = fields("iban", "NO9386011117947") }, "country_mismatch"},
		"an unknown field":     {func(r *vault.TokeniseRequest) { r.Fields = fields("iban", iban, iban, "x") }, "unknown_field"},
		"bitcoin":              {func(r *vault.TokeniseRequest) { r.Currency = ledger.BTC }, "invalid_currency"},
		"no number":            {func(r *vault.TokeniseRequest) { r.Kind, r.Fields = vault.Identity, sealed.Clear{} }, "invalid_id_number"},
		"a number with marks":  {func(r *vault.TokeniseRequest) { r.Kind, r.Fields = vault.Identity, fields("id_number", "12<34>56") }, "invalid_id_number"},
		"a long number": {func(r *vault.TokeniseRequest) {
			r.Kind, r.Fields = vault.Identity, fields("tax_id", strings.Repeat("1", 21))
		}, "invalid_tax_id"},
		"a US number of eight": {func(r *vault.TokeniseRequest) {
			r.Kind, r.Country, r.Fields = vault.Identity, "US", fields("id_number", "12345678")
		}, "invalid_id_number"},
		"letters for four": {func(r *vault.TokeniseRequest) {
			r.Kind, r.Country, r.Fields = vault.Identity, "US", fields("ssn_last_4", "12a4")
		}, "invalid_ssn_last_4"},
		"a day of tomorrow":  {func(r *vault.TokeniseRequest) { r.Kind, r.Fields = vault.Identity, fields("birth_date", "2026-03-03") }, "invalid_birth_date"},
		"a day that is none": {func(r *vault.TokeniseRequest) { r.Kind, r.Fields = vault.Identity, fields("birth_date", "1990-02-30") }, "invalid_birth_date"},
		"a name that turns":  {func(r *vault.TokeniseRequest) { r.Kind, r.Fields = vault.Identity, fields("last_name", "\u202eevil") }, "invalid_last_name"},
		"a field of no one": {func(r *vault.TokeniseRequest) {
			r.Kind, r.Fields = vault.Identity, fields("id_number", "12345", "shoe", "1")
		}, "unknown_field"},
		"no country": {func(r *vault.TokeniseRequest) {
			r.Kind, r.Country, r.Fields = vault.Identity, "", fields("id_number", "12345")
		}, "invalid_country"},
	} {
		r := german("")
		c.change(&r)
		_, err := w.Tokenise(w.ctx, r)
		requireCode(t, err, ledger.Invalid, c.code)
		for field, text := range r.Fields.Reveal() {
			require.False(t, len(text) > 4 && strings.Contains(err.Error(), text), "%s repeats %s", name, field)
		}
	}
	require.Empty(t, w.events())
}

// Where the details are real, those of tests are refused, and a store is of one mode for
// good. Promise 67.
func TestRealDetails(t *testing.T) {
	w := newWorld(t, nil)
	r := german("")
	r.Fields = sealed.NewClear(map[string]string{"iban": "DE02120300000000202051"})
	live := newWorld(t, func(c *vault.Config) { c.Store, c.Live = kept{ledger.NewMemory()}, true })
	_ = live.token(r)
	for _, test := range []vault.TokeniseRequest{german(""), {
		Platform: platform, Kind: vault.Bank, Country: "US", Currency: ledger.USD,
		Fields: sealed.NewClear(map[string]string{"routing_number": "110000000", "account_number": "000123456789"}),
	}} {
		_ = w.token(test)
		_, err := live.Tokenise(w.ctx, test)
		requireCode(t, err, ledger.Invalid, "test_account")
	}
	mixed := newWorld(t, func(c *vault.Config) { c.Store, c.Live = kept{w.store}, true })
	_, err := mixed.Tokenise(w.ctx, r)
	requireCode(t, err, ledger.State, "mode_mismatch")
	mixed = newWorld(t, func(c *vault.Config) { c.Store = live.store })
	_, err = mixed.Tokenise(w.ctx, r)
	requireCode(t, err, ledger.State, "mode_mismatch")
}

// kept is a store that says it is for real money.
type kept struct{ ledger.Store }

func (kept) TestOnly() string { return "" }

func TestAVaultThatIsRefused(t *testing.T) {
	good := vault.Config{Wrapper: masters(t, "k1", "k1"), Index: index(t, "i1")}
	_, err := vault.New(good)
	require.NoError(t, err)
	for name, change := range map[string]func(*vault.Config){
		"no wrapper":      func(c *vault.Config) { c.Wrapper = nil },
		"no index":        func(c *vault.Config) { c.Index = nil },
		"a long life":     func(c *vault.Config) { c.TokenLife = 15*time.Minute + 1 },
		"less than none":  func(c *vault.Config) { c.TokenLife = -1 },
		"live in memory":  func(c *vault.Config) { c.Live = true },
		"live, in memory": func(c *vault.Config) { c.Live, c.Store = true, ledger.NewMemory() },
		"a path":          func(c *vault.Config) { c.Origin = "https://vault.example/" },
		"capital letters": func(c *vault.Config) { c.Origin = "https://Vault.example" },
		"http":            func(c *vault.Config) { c.Origin = "http://vault.example" },
		"a star":          func(c *vault.Config) { c.Origin = "*" },
		"localhost, live": func(c *vault.Config) {
			c.Origin, c.Live, c.Store = "http://localhost:80", true, kept{ledger.NewMemory()}
		},
		"a port of zeros":  func(c *vault.Config) { c.Origin = "https://vault.example:0443" },
		"negative limits":  func(c *vault.Config) { c.Limits.PerIP = -1 },
		"a name with user": func(c *vault.Config) { c.Origin = "https://a@vault.example" },
	} {
		c := good
		change(&c)
		_, err := vault.New(c)
		require.ErrorIs(t, err, ledger.Invalid, name)
	}
}
