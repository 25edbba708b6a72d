package ledger_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// What was read by id or account is expected unchanged; what was listed, peeked
// at or is shared is not (promises 47 and 48).
func TestUnitExpectsWhatItRead(t *testing.T) {
	id := ledger.ID{Kind: "thing", ID: "x"}
	fees := euros("house", "processing_fees")
	for _, x := range []struct {
		name  string
		read  func(t *testing.T, u *ledger.Unit, a ledger.Ref)
		again bool
	}{
		{"an object", func(t *testing.T, u *ledger.Unit, _ ledger.Ref) { _, err := u.Object(id); require.NoError(t, err) }, true},
		{"loaded objects", func(t *testing.T, u *ledger.Unit, _ ledger.Ref) {
			require.NoError(t, u.Load(id, ledger.ID{Kind: "thing", ID: "y"}, id))
		}, true},
		{"an account", func(t *testing.T, u *ledger.Unit, a ledger.Ref) { _, err := u.Account(a); require.NoError(t, err) }, true},
		{"what can be spent", func(t *testing.T, u *ledger.Unit, a ledger.Ref) { _, err := u.Spendable(a); require.NoError(t, err) }, true},
		{"an account that is not there", func(t *testing.T, u *ledger.Unit, _ ledger.Ref) {
			_, err := u.Account(euros("new", "available"))
			require.NoError(t, err)
		}, true},
		{"nothing", func(*testing.T, *ledger.Unit, ledger.Ref) {}, false},
		{"a peek", func(t *testing.T, u *ledger.Unit, a ledger.Ref) { _, err := u.Peek(a, fees); require.NoError(t, err) }, false},
		{"a shared account", func(t *testing.T, u *ledger.Unit, _ ledger.Ref) { _, err := u.Account(fees); require.NoError(t, err) }, false},
		{"a list", func(t *testing.T, u *ledger.Unit, _ ledger.Ref) {
			list, err := u.Find(ledger.Query{Kind: "thing", Name: "of"})
			require.NoError(t, err)
			require.NotEmpty(t, list)
		}, false},
	} {
		t.Run(x.name, func(t *testing.T) {
			s, e, a, b := shop(t)
			mustUpdate(t, e, s, func(u *ledger.Unit) {
				u.Open(ledger.Account{Ref: fees, Shared: true})
				u.Put(thing("x", "1"))
			})
			runs := 0
			mustUpdate(t, e, s, func(u *ledger.Unit) {
				runs++
				x.read(t, u, a)
				if runs == 1 {
					mustUpdate(t, e, s, func(u *ledger.Unit) {
						u.Open(ledger.Account{Ref: euros("new", "available")})
						u.Post(transfer("transfer", a, fees, 1))
						u.Assume(id, 1)
						o := thing("x", "2")
						u.Put(o)
					})
				}
				u.Post(transfer("transfer", a, b, 1))
			})
			require.Equal(t, x.again, runs == 2, "it ran %d times", runs)
			require.LessOrEqual(t, runs, 2)
		})
	}
}

// An account that was not there and has come up shared is a lost race too.
func TestUnitSeesASharedAccountComeUp(t *testing.T) {
	s, e, a, _ := shop(t)
	fees := euros("house", "processing_fees")
	runs := 0
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		runs++
		_, err := u.Account(fees)
		require.NoError(t, err)
		if runs == 1 {
			mustUpdate(t, e, s, func(u *ledger.Unit) { u.Open(ledger.Account{Ref: fees, Shared: true}) })
		}
		u.Post(transfer("transfer", a, bank, 1))
	})
	require.Equal(t, 2, runs)
}

// Spendable counts what the unit itself has moved and set aside, before and
// after it was first asked (promise 4).
func TestUnitSpendable(t *testing.T) {
	s, e, a, b := shop(t)
	purse := euros("acct_1", "host_purse")
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		u.Open(ledger.Account{Ref: purse, Floor: ledger.Floor{Kind: ledger.Guarded, AtMinor: -50}})
		u.Hold(ledger.HoldStep{Op: ledger.PlaceHold, ID: "old", Account: a, Amount: ledger.Minor(100, ledger.EUR)})
	})
	_, err := e.Update(t.Context(), s, func(u *ledger.Unit) error {
		free := func(want int64, r ledger.Ref) {
			t.Helper()
			got, err := u.Spendable(r)
			require.NoError(t, err)
			require.Equal(t, ledger.Minor(want, ledger.EUR), got)
		}
		u.Post(transfer("transfer", a, b, 200))
		u.Hold(ledger.HoldStep{Op: ledger.PlaceHold, ID: "new", Account: a, Amount: ledger.Minor(30, ledger.EUR)})
		free(670, a)
		free(200, b)
		free(50, purse)
		free(0, euros("nobody", "available"))
		u.Post(transfer("transfer", a, b, 300))
		free(370, a)
		free(500, b)
		u.Hold(ledger.HoldStep{Op: ledger.PlaceHold, ID: "third", Account: a, Amount: ledger.Minor(20, ledger.EUR)})
		free(350, a)
		u.Hold(ledger.HoldStep{Op: ledger.CaptureHold, ID: "old", Account: a, Amount: ledger.Minor(60, ledger.EUR)})
		u.Post(transfer("refund", a, bank, 60))
		free(350, a)
		u.Hold(ledger.HoldStep{Op: ledger.ReleaseHold, ID: "old", Account: a, Amount: ledger.Minor(40, ledger.EUR)})
		free(390, a)
		got, err := u.Account(a)
		require.EqualValues(t, 1000, got.Posted.Minor(), "an account is shown as the store has it")
		u.Post(transfer("transfer", a, b, 390))
		return err
	})
	require.NoError(t, err)
	got, err := balance(t, s, a).Spendable()
	require.NoError(t, err)
	require.Zero(t, got.Minor())
	requireVerified(t, s)
}

// A hold that is released as a whole gives back what is open of it, whatever the
// unit did to it before; an account that the unit opens has its floor (promise
// 4). What Spendable says can be spent, and no more.
func TestUnitSpendableOfReleasedHolds(t *testing.T) {
	clock := newClock()
	s, e := ledger.NewMemory(), clock.env()
	a, purse := euros("acct_1", "available"), euros("acct_1", "host_purse")
	funded(t, e, s, a, 1000)
	step := func(op ledger.HoldOp, id string, amountMinor int64) ledger.HoldStep {
		h := ledger.HoldStep{Op: op, ID: id, Account: a, Amount: ledger.Minor(amountMinor, ledger.EUR)}
		if op == ledger.PlaceHold {
			h.Expires = noon.Add(time.Hour)
		}
		return h
	}
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		for i := range 4 {
			u.Hold(step(ledger.PlaceHold, fmt.Sprint("old", i), 100))
		}
	})
	clock.move(time.Hour)
	decide := func(more int64) error {
		_, err := e.Update(t.Context(), s, func(u *ledger.Unit) error {
			free := func(want int64, r ledger.Ref) {
				t.Helper()
				got, err := u.Spendable(r)
				require.NoError(t, err)
				require.Equal(t, ledger.Minor(want, ledger.EUR), got)
			}
			u.Hold(step(ledger.ReleaseHold, "old0", 0)) // before anybody asked
			free(700, a)
			u.Hold(step(ledger.ExpireHold, "old1", 0))
			free(800, a)
			u.Hold(step(ledger.CaptureHold, "old2", 30))
			u.Post(transfer("refund", a, bank, 30))
			u.Hold(step(ledger.ReleaseHold, "old2", 20))
			free(820, a)
			u.Hold(step(ledger.ReleaseHold, "old2", 0))
			free(870, a)
			u.Hold(step(ledger.PlaceHold, "new", 50))
			free(820, a)
			u.Hold(step(ledger.ReleaseHold, "new", 0))
			free(870, a)
			free(0, purse)
			u.Open(ledger.Account{Ref: purse, Floor: ledger.Floor{Kind: ledger.Guarded, AtMinor: -40}})
			free(40, purse)
			u.Post(transfer("x", purse, bank, 40))
			free(0, purse)
			u.Post(transfer("transfer", a, bank, 870+more))
			return nil
		})
		return err
	}
	require.ErrorIs(t, decide(1), ledger.InsufficientFunds)
	require.NoError(t, decide(0))
	requireBalance(t, s, a, 100, 100)
	requireVerified(t, s)
	// An account that is open keeps its floor, and no hold gives back twice: the
	// commit refuses both.
	for _, x := range []struct {
		code string
		fn   func(u *ledger.Unit)
		of   ledger.Ref
		want int64
	}{
		{"account_exists", func(u *ledger.Unit) {
			u.Open(ledger.Account{Ref: purse, Floor: ledger.Floor{Kind: ledger.Guarded, AtMinor: -90}})
		}, purse, 0},
		{"hold_exceeded", func(u *ledger.Unit) {
			u.Hold(step(ledger.ReleaseHold, "old3", 0))
			u.Hold(step(ledger.ReleaseHold, "old3", 0))
		}, a, 100},
	} {
		_, err := e.Update(t.Context(), s, func(u *ledger.Unit) error {
			x.fn(u)
			got, err := u.Spendable(x.of)
			require.Equal(t, x.want, got.Minor())
			return err
		})
		var refused *ledger.Error
		require.ErrorAs(t, err, &refused)
		require.Equal(t, x.code, refused.Code)
	}
}

// Objects are seen as the unit has put them; a put replaces what the unit read.
func TestUnitPutsAndReads(t *testing.T) {
	s, e, _, _ := shop(t)
	id := ledger.ID{Kind: "thing", ID: "x"}
	r := mustUpdate(t, e, s, func(u *ledger.Unit) {
		o, err := u.Object(id)
		require.NoError(t, err)
		require.Zero(t, o.Version)
		u.Put(thing("x", "1"))
		u.Put(thing("x", "2"))
		o, err = u.Object(id)
		require.NoError(t, err)
		require.Equal(t, "2", string(o.Data))
		require.EqualValues(t, 1, o.Version)
		u.Emit(ledger.Event{Type: "made", Platform: book, Object: id})
	})
	require.Equal(t, []int64{1}, r.Versions, "several puts of one object are one")
	r = mustUpdate(t, e, s, func(u *ledger.Unit) {
		require.NoError(t, u.Load(id))
		u.Put(thing("x", "3"))
		u.Emit(ledger.Event{Type: "changed", Platform: book, Object: id})
	})
	require.Equal(t, []int64{2}, r.Versions)
	require.Empty(t, r.Made)
	_, err := e.Update(t.Context(), s, func(u *ledger.Unit) error { u.Put(thing("x", "4")); return nil })
	requireCode(t, err, ledger.Exists, "object_exists")
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		u.Assume(id, 2)
		u.Put(thing("x", "5"))
	})
	require.NoError(t, s.Read(t.Context(), func(v ledger.View) error {
		events, _, err := v.Events("", book, 10)
		require.Len(t, events, 2)
		require.Equal(t, []int64{1, 2}, []int64{events[0].Version, events[1].Version})
		require.Equal(t, noon, events[0].At)
		return err
	}))
}

// What a unit was given, and what it shows, is the caller's to use again: a
// buffer for entries, metadata, data (promise 62).
func TestUnitKeepsItsOwn(t *testing.T) {
	s, e, a, b := shop(t)
	x, y := ledger.ID{Kind: "thing", ID: "x"}, ledger.ID{Kind: "thing", ID: "y"}
	mustUpdate(t, e, s, func(u *ledger.Unit) { u.Put(thing("x", `{"n":1}`)) })
	var txs []string
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		entries, meta := make([]ledger.Entry, 0, 2), map[string]string{}
		for i := range int64(30) { // more than one block of entries
			entries = append(entries[:0], entry(bank, -i-1), entry(a, i+1))
			if i%2 == 1 {
				entries[1].Account = b
			}
			meta["n"] = fmt.Sprint(i)
			txs = append(txs, u.Post(ledger.Transaction{Book: book, Reason: "x", Entries: entries, Meta: meta}))
		}
		o, err := u.Object(x)
		require.NoError(t, err)
		o.Data[5], o.Keys[0].Name = '9', "spoilt"
		o, err = u.Object(x)
		require.NoError(t, err)
		require.Equal(t, thing("x", `{"n":1}`).Data, o.Data, "what was read and shown")
		require.Equal(t, thing("x", "").Keys, o.Keys)
		mine := thing("y", `{"n":2}`)
		u.Put(mine)
		mine.Data[5], mine.Keys[0].Name = '9', "spoilt"
		o, err = u.Object(y)
		require.NoError(t, err)
		o.Data[5], o.Keys[0].Name = '9', "spoilt"
		told := []byte(`{"n":3}`)
		u.Emit(ledger.Event{Type: "x", Platform: book, Object: y, Data: told})
		told[5] = '9'
	})
	requireBalance(t, s, a, 1000+15*15, 0)
	requireBalance(t, s, b, 15*16, 0)
	require.Equal(t, thing("y", `{"n":2}`).Data, objectOf(t, s, y).Data)
	require.Equal(t, thing("y", "").Keys, objectOf(t, s, y).Keys)
	require.NoError(t, s.Read(t.Context(), func(v ledger.View) error {
		list, err := v.Transactions(txs...)
		require.NoError(t, err)
		for i, tx := range list {
			require.Equal(t, map[string]string{"n": fmt.Sprint(i)}, tx.Meta)
			require.EqualValues(t, i+1, tx.Entries[1].Amount.Minor())
		}
		events, _, err := v.Events("", book, 10)
		require.Equal(t, `{"n":3}`, string(events[0].Data))
		return err
	}))
	requireVerified(t, s)
}

// Accounts of the chart get its floor; others what the caller says.
func TestUnitOpensOnTheChartsTerms(t *testing.T) {
	s, e, _, _ := shop(t)
	r, own := euros("x", "frozen"), euros("x", "host_purse")
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		u.Open(ledger.Account{Ref: r, Floor: ledger.Floor{Kind: ledger.Guarded, AtMinor: -5}})
		u.Open(ledger.Account{Ref: own, Floor: ledger.Floor{Kind: ledger.Guarded, AtMinor: -5}})
		u.Open(ledger.Account{Ref: r})
	})
	require.Equal(t, ledger.Floor{Kind: ledger.HardFloor}, balance(t, s, r).Floor)
	require.EqualValues(t, -5, balance(t, s, own).Floor.AtMinor)
}

// What cannot be added up is refused when fn returns (promise 6).
func TestUnitNeverWraps(t *testing.T) {
	s, e, a, b := shop(t)
	for _, fn := range []func(u *ledger.Unit){
		func(u *ledger.Unit) {
			u.Post(transfer("transfer", a, b, math.MaxInt64))
			u.Post(transfer("transfer", a, b, math.MaxInt64))
		},
		func(u *ledger.Unit) {
			for _, id := range []string{"1", "2"} {
				u.Hold(ledger.HoldStep{Op: ledger.PlaceHold, ID: id, Account: a, Amount: ledger.Minor(math.MaxInt64, ledger.EUR)})
			}
		},
	} {
		for _, first := range []bool{true, false} {
			_, err := e.Update(t.Context(), s, func(u *ledger.Unit) error {
				if first {
					_, _ = u.Spendable(a)
				}
				fn(u)
				if !first {
					_, _ = u.Spendable(a)
				}
				return nil
			})
			requireCode(t, err, ledger.Invalid, "amount_too_large")
		}
	}
	requireBalance(t, s, a, 1000, 0)
}

func TestUnitDefaults(t *testing.T) {
	s, e, a, b := shop(t)
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		require.Equal(t, t.Context(), u.Context())
		require.Equal(t, noon, u.At())
		id := u.Post(transfer("transfer", a, b, 1))
		require.Regexp(t, "^chg_[0-9a-z]{26}[.]1$", id)
		tx := transfer("transfer", a, b, 1)
		tx.ID, tx.Effective = "mine", noon.Add(-time.Hour)
		require.Equal(t, "mine", u.Post(tx))
		require.NotEqual(t, u.NewID("x_"), u.NewID("x_"))
	})
	bad := ledger.Idem{Scope: "s|", Key: "k"}
	_, err := e.Update(t.Context(), s, func(u *ledger.Unit) error { _, _, err := u.Once(bad); return err })
	requireCode(t, err, ledger.Invalid, "invalid_idempotency_key")
}

// Under leaves the question about the key to the commit: a replay drops what fn
// did, also where the request is impossible by now (promises 21 to 23 and 28).
func TestUnitUnder(t *testing.T) {
	s, e, a, b := shop(t)
	under := func(hash byte, amountMinor int64) (*ledger.Receipt, error) {
		return e.Update(t.Context(), s, func(u *ledger.Unit) error {
			if err := u.Under(ledger.Idem{Scope: book, Key: "k", Hash: [32]byte{hash}}); err != nil {
				return err
			}
			u.Put(thing(u.NewID("th_"), "1"))
			return spend(u, a, b, amountMinor)
		})
	}
	_, err := under(1, 5000)
	require.Same(t, errShort, err, "promise 28: a refusal stores nothing")
	first, err := under(1, 900)
	require.NoError(t, err)
	require.False(t, first.Replayed)
	for range 2 { // now the balance does not cover it any more
		r, err := under(1, 900)
		require.NoError(t, err)
		require.True(t, r.Replayed && r.ByKey)
		require.Equal(t, first.Made, r.Made)
	}
	r, err := under(1, 1)
	require.NoError(t, err)
	require.True(t, r.Replayed && r.ByKey, "fn ran, and what it did was dropped")
	r, err = e.Update(t.Context(), s, func(u *ledger.Unit) error {
		require.NoError(t, u.Under(ledger.Idem{Scope: book, Key: "k", Hash: [32]byte{1}}))
		u.Post(ledger.Transaction{Book: book, Reason: "half done"})
		return errShort
	})
	require.NoError(t, err)
	require.True(t, r.ByKey, "what fn had done when it failed does not matter")
	for _, amountMinor := range []int64{1, 900} {
		_, err = under(2, amountMinor)
		requireCode(t, err, ledger.Exists, "idempotency_mismatch")
	}
	requireBalance(t, s, b, 900, 0)
	_, err = e.Update(t.Context(), s, func(u *ledger.Unit) error { return u.Under(ledger.Idem{Scope: "s", Key: "\n"}) })
	requireCode(t, err, ledger.Invalid, "invalid_idempotency_key")
	require.Len(t, entriesOf(t, s, b, ledger.Page{}), 1)
}

// First tells a first try, which may assume what the caller holds, from those
// that must read.
func TestUnitFirst(t *testing.T) {
	s, e, _, _ := shop(t)
	id := ledger.ID{Kind: "thing", ID: "x"}
	for range 2 {
		mustUpdate(t, e, s, func(u *ledger.Unit) {
			o, err := u.Object(id)
			require.NoError(t, err)
			o.Data = []byte("1")
			u.Put(o)
		})
	}
	var first []bool
	mustUpdate(t, e, s, func(u *ledger.Unit) {
		first = append(first, u.First())
		if u.First() {
			u.Assume(id, 1) // held since before it changed
		} else {
			require.NoError(t, u.Load(id))
		}
		u.Put(thing("x", "3"))
	})
	require.Equal(t, []bool{true, false}, first)
	require.EqualValues(t, 3, objectOf(t, s, id).Version)
}

// HashRequest tells requests and verbs apart, and leaves out what is not set.
func TestHashRequest(t *testing.T) {
	type request struct {
		Amount int    `json:"amount"`
		Later  string `json:"later,omitzero"`
	}
	hash := func(verb string, r any) [32]byte {
		h, err := ledger.HashRequest(verb, r)
		require.NoError(t, err)
		return h
	}
	first := hash("charge", request{Amount: 1})
	require.Equal(t, first, hash("charge", struct {
		Amount int `json:"amount"`
	}{1}), "promise 21: a field that came later does not change the hash")
	require.NotEqual(t, first, hash("refund", request{Amount: 1}))
	require.NotEqual(t, first, hash("charge", request{Amount: 2}))
	require.NotEqual(t, first, hash("charge", request{Amount: 1, Later: "x"}))
	_, err := ledger.HashRequest("charge", make(chan int))
	requireCode(t, err, ledger.Invalid, "invalid_request")
	_, err = ledger.HashRequest("charge", &struct {
		Amount ledger.Money `json:"amount"`
	}{ledger.Minor(1, ledger.Currency(7))})
	requireField(t, err, "invalid_currency", "currency")
	require.IsType(t, &ledger.Error{}, err, "what is wrong with the request is said as it is everywhere")
	for _, key := range []string{"", "a\n", "ключ", string(make([]byte, 256))} {
		require.ErrorIs(t, ledger.CheckKey(key), ledger.Invalid)
	}
	require.Nil(t, ledger.CheckKey("k"))
}
