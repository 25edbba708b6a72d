package sealed_test

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sealed"
)

var (
	ctx   = context.Background()
	at    = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	place = sealed.Place{Token: "vref_1", Platform: "plat_1", Field: "iban"}
)

const number = "DE89370400440532013000"

func in(token, platform, field string) sealed.Place {
	return sealed.Place{Token: token, Platform: platform, Field: field}
}

func locals(t *testing.T, newest string, names ...string) *sealed.LocalKeys {
	t.Helper()
	keys := make(map[string][]byte)
	for _, n := range names {
		keys[n] = bytes.Repeat([]byte{n[len(n)-1]}, 32)
	}
	l, err := sealed.NewLocalKeys(newest, keys)
	require.NoError(t, err)
	return l
}

func newKey(t *testing.T, w sealed.KeyWrapper) (*sealed.DataKey, sealed.Key) {
	t.Helper()
	k, key, err := sealed.NewDataKey(ctx, w, "plat_1", "acct_1", at)
	require.NoError(t, err)
	return k, key
}

// T7: a value opens in its own place, with its own key, as it was sealed, and in no other
// way; the same value is sealed differently each time.
func TestAValueOpensInItsPlaceAlone(t *testing.T) {
	w := locals(t, "k1", "k1")
	_, key := newKey(t, w)
	box, err := key.Seal(place, number)
	require.NoError(t, err)
	again, err := key.Seal(place, number)
	require.NoError(t, err)
	require.NotEqual(t, box, again)
	require.NotContains(t, string(box), number)
	require.Len(t, box, 1+12+len(number)+16)
	plain, err := key.Open(place, box)
	require.NoError(t, err)
	require.Equal(t, number, plain)

	_, other := newKey(t, w) // another key of the same subject
	_, err = other.Open(place, box)
	require.ErrorIs(t, err, ledger.Invalid)
	for _, p := range []sealed.Place{
		in("vref_2", "plat_1", "iban"), in("vref_1", "plat_2", "iban"), in("vref_1", "plat_1", "bic"),
		in("vref_1plat_", "1", "iban"), in("vref_1", "plat_1iban", ""), {},
	} {
		_, err = key.Open(p, box)
		require.ErrorIs(t, err, ledger.Invalid, "%v", p)
	}
	for i := range box {
		broken := bytes.Clone(box)
		broken[i] ^= 1
		_, err = key.Open(place, broken)
		require.ErrorIs(t, err, ledger.Invalid, "byte %d", i)
		_, err = key.Open(place, box[:i])
		require.ErrorIs(t, err, ledger.Invalid, "%d bytes", i)
	}
	_, err = key.Seal(place, strings.Repeat("x", 4097))
	require.ErrorIs(t, err, ledger.Invalid)
	_, err = key.Seal(sealed.Place{}, number)
	require.ErrorIs(t, err, ledger.Invalid)
	_, err = sealed.Key{}.Seal(place, number)
	require.ErrorIs(t, err, ledger.Invalid)
	_, err = sealed.Key{}.Open(place, box)
	require.ErrorIs(t, err, ledger.Invalid)
}

// A nonce never comes twice: of a hundred thousand none does.
func TestNoncesDiffer(t *testing.T) {
	_, key := newKey(t, locals(t, "k1", "k1"))
	seen := make(map[string]bool)
	for range 100_000 {
		box, err := key.Seal(place, "")
		require.NoError(t, err)
		nonce := string(box[1:13])
		if seen[nonce] {
			t.Fatal("a nonce came twice")
		}
		seen[nonce] = true
	}
}

// T7: a data key outlives the master that wrapped it, and each generation opens what it
// sealed while the next one seals.
func TestKeysRotate(t *testing.T) {
	old, both, young := locals(t, "k1", "k1"), locals(t, "k2", "k1", "k2"), locals(t, "k2", "k2")
	k, key := newKey(t, old)
	box, err := key.Seal(place, number)
	require.NoError(t, err)
	require.Equal(t, "k1", sealed.DataKeys.Keys(k)[0].Value)
	newest, err := sealed.Newest(ctx, both)
	require.NoError(t, err)
	require.Equal(t, "k2", newest)
	changed, err := k.Rewrap(ctx, both, newest)
	require.NoError(t, err)
	require.True(t, changed)
	changed, err = k.Rewrap(ctx, both, newest)
	require.NoError(t, err)
	require.False(t, changed, "there is nothing left to do")
	key, err = k.Unwrap(ctx, young, 1) // the old master is not needed any more
	require.NoError(t, err)
	plain, err := key.Open(place, box)
	require.NoError(t, err)
	require.Equal(t, number, plain)
	_, err = k.Unwrap(ctx, old, 1)
	require.ErrorIs(t, err, ledger.Invalid)

	second, err := k.Renew(ctx, young, at)
	require.NoError(t, err)
	require.Equal(t, 2, k.Current)
	_, err = second.Open(place, box)
	require.ErrorIs(t, err, ledger.Invalid, "a generation opens what it sealed alone")
	key, err = k.Unwrap(ctx, young, 1)
	require.NoError(t, err)
	_, err = key.Open(place, box)
	require.NoError(t, err)
	k.Retire()
	_, err = k.Unwrap(ctx, young, 1)
	require.ErrorIs(t, err, ledger.State)
	require.True(t, k.Usable())
	k.Destroy(at)
	require.False(t, k.Usable())
	_, err = k.Unwrap(ctx, young, 2)
	require.ErrorIs(t, err, ledger.State)
	_, err = k.Renew(ctx, young, at)
	require.NoError(t, err)
	require.Equal(t, 3, k.Current, "a generation never comes again")
}

// A wrapped key is its subject's, and unwraps under the name of its master alone.
func TestAWrappedKeyIsItsSubjects(t *testing.T) {
	w := locals(t, "k1", "k1", "k2")
	k, _ := newKey(t, w)
	stolen := *k
	stolen.Subject = "acct_2"
	_, err := stolen.Unwrap(ctx, w, 1)
	require.ErrorIs(t, err, ledger.Invalid)
	renamed := k.Wrapped["1"]
	renamed.Master = "k2"
	_, err = w.Unwrap(ctx, renamed, k.ID())
	require.ErrorIs(t, err, ledger.Invalid)
	_, err = w.Unwrap(ctx, sealed.Wrapped{Master: "k9"}, "x")
	require.ErrorIs(t, err, ledger.Invalid)
	_, err = w.Unwrap(ctx, sealed.Wrapped{Master: "k1"}, "x")
	require.ErrorIs(t, err, ledger.Invalid)
	require.NotEqual(t, sealed.DataKeyID("a", "bc"), sealed.DataKeyID("ab", "c"))
	gone, cancel := context.WithCancel(ctx)
	cancel()
	_, err = w.Wrap(gone, make([]byte, 32), "x")
	require.ErrorIs(t, err, ledger.Unavailable)
	_, err = w.Unwrap(gone, k.Wrapped["1"], k.ID())
	require.ErrorIs(t, err, ledger.Unavailable)
}

func TestKeysThatAreNone(t *testing.T) {
	good := bytes.Repeat([]byte{7}, 32)
	for name, keys := range map[string]map[string][]byte{
		"no key of the name": {"k2": good}, "a short key": {"k1": good[:31]}, "a long key": {"k1": append(good, 7)},
		"a name with a space": {"k1": good, "k 2": good}, "no name": {"k1": good, "": good}, "none at all": nil,
	} {
		_, err := sealed.NewLocalKeys("k1", keys)
		require.ErrorIs(t, err, ledger.Invalid, name)
	}
	for _, name := range []string{"", "a:b", "a b", strings.Repeat("x", 21)} {
		_, err := sealed.NewIndex(name, good)
		require.ErrorIs(t, err, ledger.Invalid, name)
	}
	_, err := sealed.NewIndex("i1", good[:31])
	require.ErrorIs(t, err, ledger.Invalid)
	_, _, err = sealed.NewDataKey(ctx, strange{}, "p", "s", at)
	require.ErrorIs(t, err, ledger.Invalid, "a wrapper that names no key")
}

// strange is a wrapper that wraps nothing.
type strange struct{}

func (strange) Wrap(context.Context, []byte, string) (sealed.Wrapped, error) {
	return sealed.Wrapped{}, nil
}
func (strange) Unwrap(context.Context, sealed.Wrapped, string) ([]byte, error) { return nil, nil }

// T8: the index is keyed: the same for the same value, and otherwise for another platform,
// kind, value or key.
func TestTheIndexIsKeyed(t *testing.T) {
	one, err := sealed.NewIndex("i1", bytes.Repeat([]byte{1}, 32))
	require.NoError(t, err)
	two, err := sealed.NewIndex("i1", bytes.Repeat([]byte{2}, 32))
	require.NoError(t, err)
	text := one.Of("plat_1", "bank", number)
	require.Equal(t, text, one.Of("plat_1", "bank", number))
	seen := map[string]bool{text: true}
	for _, other := range []string{
		one.Of("plat_2", "bank", number), one.Of("plat_1", "identity", number), one.Of("plat_1", "bank", number+"1"),
		one.Of("plat_1b", "ank", number), two.Of("plat_1", "bank", number),
	} {
		require.False(t, seen[other])
		seen[other] = true
	}
	require.True(t, one.Made(text))
	require.False(t, one.Made("i2"+text[2:]))
	require.NotContains(t, text, number)
}

// T10: nothing of the package prints what it holds, however it is asked.
func TestNothingPrintsInTheClear(t *testing.T) {
	secret := bytes.Repeat([]byte("CANARY-7"), 4) // of 32 bytes
	w, err := sealed.NewLocalKeys("k1", map[string][]byte{"k1": secret})
	require.NoError(t, err)
	index, err := sealed.NewIndex("i1", secret)
	require.NoError(t, err)
	k, key := newKey(t, w)
	clear := sealed.NewClear(map[string]string{"iban": number, "note": string(secret)})
	box, err := key.Seal(place, number)
	require.NoError(t, err)
	values := map[string]any{
		"Clear": clear, "Key": key, "LocalKeys": w, "LocalKeys value": *w, "Index": index, "Index value": *index, "Box": box, "DataKey": k,
		"Opened":  sealed.Opened{Token: "vref_1", Fields: clear},
		"hidden":  struct{ c sealed.Clear }{clear},
		"pointer": &clear, "list": []sealed.Clear{clear}, "map": map[string]sealed.Clear{"a": clear},
	}
	for name, v := range values {
		require.Empty(t, leaks(v, number, string(secret)), name)
	}
	require.NotEmpty(t, leaks(struct{ N string }{number}, number), "the test finds what does leak")
	require.Equal(t, []string{"iban", "note"}, clear.Names())
	require.Equal(t, number, clear.Reveal()["iban"])
	clear.Reveal()["iban"] = "changed"
	require.Equal(t, number, clear.Reveal()["iban"], "what is revealed is a copy")
	require.Nil(t, sealed.Clear{}.Reveal())
	require.Empty(t, sealed.Clear{}.Names())
}

// leaks lists the ways of printing v that show one of the secrets.
func leaks(v any, secrets ...string) (found []string) {
	shown := make(map[string]string)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		shown[verb] = fmt.Sprintf(verb, v)
	}
	if data, err := json.Marshal(v); err == nil {
		shown["json"] = string(data)
	}
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(v); err == nil {
		shown["gob"] = b.String()
	}
	var lines bytes.Buffer
	slog.New(slog.NewTextHandler(&lines, nil)).Info("x", "v", v)
	slog.New(slog.NewJSONHandler(&lines, nil)).Info("x", "v", v)
	shown["slog"] = lines.String()
	for how, text := range shown {
		for _, s := range secrets {
			if strings.Contains(text, s) || strings.Contains(text, fmt.Sprintf("%x", s)) {
				found = append(found, how)
			}
		}
	}
	return found
}
