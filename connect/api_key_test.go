package connect_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// apiKey makes a key of the market's platform.
func (m *market) apiKey(kind connect.KeyKind, rights map[connect.Group]connect.Access) *connect.APIKey {
	m.t.Helper()
	k, err := m.platform.CreateKey(m.ctx, connect.KeyRequest{Key: m.key(), Kind: kind, Permissions: rights})
	require.NoError(m.t, err)
	return k
}

// byKey is the platform as it is used by a key.
func (m *market) byKey(k *connect.APIKey) *connect.Platform {
	m.t.Helper()
	p, err := m.PlatformByKey(m.ctx, k.Secret.Plain())
	require.NoError(m.t, err)
	return p
}

// A key is told once, kept as a hash, found, rolled with an overlap, and revoked at once
// (S1, S2 and S4 of 4.4; O20).
func TestKeys(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	request := connect.KeyRequest{Key: "k", Kind: connect.KeySecret, Name: "server"}
	k, err := m.platform.CreateKey(m.ctx, request)
	require.NoError(t, err)
	text := k.Secret.Plain()
	require.True(t, strings.HasPrefix(text, "sk_test_"))
	require.Len(t, text, len("sk_test_")+52) // of 5 bits each
	require.NotContains(t, snapshot(t, m.Store()), text)
	require.Equal(t, text[len(text)-4:], k.Last4)

	again, err := m.platform.CreateKey(m.ctx, request)
	require.NoError(t, err)
	require.True(t, again.Replayed && again.Secret.IsZero())
	kept, err := m.platform.GetKey(m.ctx, k.ID)
	require.NoError(t, err)
	require.True(t, kept.Secret.IsZero())

	p := m.byKey(k)
	require.Equal(t, m.platform.ID(), p.ID())
	used := func() time.Time { x, err := m.platform.GetKey(m.ctx, k.ID); require.NoError(t, err); return x.LastUsed }
	first := used()
	require.Equal(t, m.Clock.Now(), first)
	m.Clock.Advance(59 * time.Minute)
	m.byKey(k)
	require.Equal(t, first, used(), "a use is not a write")
	m.Clock.Advance(time.Minute)
	m.byKey(k)
	require.Equal(t, m.Clock.Now(), used())

	next, err := m.platform.RollKey(m.ctx, connect.RollKeyRequest{Key: "roll", KeyID: k.ID, Overlap: time.Hour})
	require.NoError(t, err)
	require.NotEqual(t, text, next.Secret.Plain())
	m.byKey(k)
	m.byKey(next)
	_, err = m.platform.RollKey(m.ctx, connect.RollKeyRequest{Key: "roll2", KeyID: k.ID})
	requireCode(t, err, ledger.State, "key_ended")
	m.Clock.Advance(time.Hour)
	_, err = m.PlatformByKey(m.ctx, text)
	requireCode(t, err, ledger.Forbidden, "invalid_key")
	requireCode(t, mayRead(m, p), ledger.Forbidden, "invalid_key")

	p = m.byKey(next)
	require.NoError(t, mayRead(m, p))
	_, err = m.platform.RevokeKey(m.ctx, connect.RevokeKeyRequest{Key: "revoke", KeyID: next.ID})
	require.NoError(t, err)
	requireCode(t, mayRead(m, p), ledger.Forbidden, "invalid_key")
	_, err = p.CreateCustomer(m.ctx, connect.CustomerRequest{Key: "c"})
	requireCode(t, err, ledger.Forbidden, "invalid_key")
	for _, bad := range []string{"", "sk_test_", text[:len(text)-1], text + "x", "sk_live_" + text[8:], "pk_test_" + text[8:], strings.Repeat("s", 100_000), text + "\x00"} {
		_, err = m.PlatformByKey(m.ctx, bad)
		requireCode(t, err, ledger.Forbidden, "invalid_key")
	}
	_, err = m.PlatformByKey(m.ctx, m.apiKey(connect.KeyPublishable, nil).Secret.Plain())
	requireCode(t, err, ledger.Forbidden, "publishable_key")
	m.verify()
}

func mayRead(m *market, p *connect.Platform) error {
	_, err := p.ListCharges(m.ctx, connect.ListRequest{})
	return err
}

// What a key may not be is refused, naming the field.
func TestKeyRefusals(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	rights := func(g connect.Group, a connect.Access) map[connect.Group]connect.Access {
		return map[connect.Group]connect.Access{g: a}
	}
	for _, c := range []struct {
		code, field string
		r           connect.KeyRequest
	}{
		{"invalid_key_kind", "kind", connect.KeyRequest{}},
		{"invalid_key_kind", "kind", connect.KeyRequest{Kind: "admin"}},
		{"invalid_permission", "permissions", connect.KeyRequest{Kind: connect.KeyRestricted}},
		{"invalid_permission", "permissions", connect.KeyRequest{Kind: connect.KeySecret, Permissions: rights(connect.GroupCharges, connect.AccessRead)}},
		{"invalid_permission", "permissions", connect.KeyRequest{Kind: connect.KeyRestricted, Permissions: rights(connect.GroupKeys, connect.AccessRead)}},
		{"invalid_permission", "permissions", connect.KeyRequest{Kind: connect.KeyRestricted, Permissions: rights(connect.GroupSettings, connect.AccessWrite)}},
		{"invalid_permission", "permissions", connect.KeyRequest{Kind: connect.KeyRestricted, Permissions: rights("all", connect.AccessRead)}},
		{"invalid_permission", "permissions", connect.KeyRequest{Kind: connect.KeyRestricted, Permissions: rights(connect.GroupCharges, "admin")}},
		{"invalid_time", "expires", connect.KeyRequest{Kind: connect.KeySecret, Expires: m.Clock.Now()}},
		{"card_number", "name", connect.KeyRequest{Kind: connect.KeySecret, Name: "4242424242424242"}},
	} {
		c.r.Key = "k"
		before := snapshot(t, m.Store())
		_, err := m.platform.CreateKey(m.ctx, c.r)
		requireAbout(t, err, c.field, c.code)
		require.Equal(t, before, snapshot(t, m.Store()))
	}
	k := m.apiKey(connect.KeySecret, nil)
	for _, d := range []time.Duration{-1, 8 * 24 * time.Hour} {
		_, err := m.platform.RollKey(m.ctx, connect.RollKeyRequest{Key: "r", KeyID: k.ID, Overlap: d})
		requireAbout(t, err, "overlap", "invalid_overlap")
	}
	other, err := m.Register(m.ctx, connect.PlatformRequest{Key: "other", Name: "Other", Country: "US"})
	require.NoError(t, err)
	_, err = other.RevokeKey(m.ctx, connect.RevokeKeyRequest{Key: "r", KeyID: k.ID})
	requireCode(t, err, ledger.NotFound, "not_found")
	_, err = other.GetKey(m.ctx, k.ID)
	requireCode(t, err, ledger.NotFound, "not_found")
	m.byKey(k)
}

// A secret never prints itself, wherever it stands (T10 of 4.2, promise 68).
func TestASecretNeverPrintsItself(t *testing.T) {
	const text = "sk_test_CANARY"
	s := connect.NewSecret(text)
	type outer struct {
		Secret connect.Secret
		inner  connect.Secret
	}
	key := &connect.APIKey{Secret: s}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
		for _, x := range []any{s, &s, outer{s, s}, &outer{s, s}, []connect.Secret{s}, map[string]connect.Secret{"a": s}, key, *key} {
			fmt.Fprintf(&out, verb, x)
		}
	}
	data, err := json.Marshal(outer{s, s})
	require.NoError(t, err)
	out.Write(data)
	_ = gob.NewEncoder(&out).Encode(outer{s, s})
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "a", s, "b", outer{s, s}, "c", key)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "a", s, "b", outer{s, s}, "c", key)
	for _, form := range []string{"CANARY", fmt.Sprintf("%x", text), fmt.Sprintf("%X", text)} {
		require.NotContains(t, out.String(), form)
	}
	require.Equal(t, text, s.Plain())
	require.Empty(t, connect.Secret{}.Plain())
	require.Contains(t, fmt.Sprintf("%s", struct{ X string }{text}), "CANARY", "the test can find one")
}
