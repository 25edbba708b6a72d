package connect_test

import (
	"context"
	"errors"
	"os"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// unscoped are the methods of a platform that open nothing by themselves.
var unscoped = []string{"ID", "Profile", "In", "Preview", "By", "Narrow"}

// ask calls a method with what its types have as zero values, and returns its error.
func ask(m *market, p *connect.Platform, verb string) error {
	ctx := m.ctx
	if verb == "Subscribe" { // waits for what comes
		ended, cancel := context.WithTimeout(ctx, time.Millisecond)
		defer cancel()
		ctx = ended
	}
	f := reflect.ValueOf(p).MethodByName(verb)
	args := make([]reflect.Value, f.Type().NumIn())
	for i := range args {
		in := f.Type().In(i)
		args[i] = reflect.Zero(in)
		if in.Kind() == reflect.Interface {
			args[i] = reflect.ValueOf(ctx)
		}
		if in.Kind() == reflect.Struct {
			r := reflect.New(in).Elem()
			if k := r.FieldByName("Key"); k.IsValid() && k.Kind() == reflect.String {
				k.SetString("k")
			}
			args[i] = r
		}
	}
	out := f.Call(args)
	last := out[len(out)-1]
	if last.Kind() == reflect.Func { // a walk: its first error
		var err error
		for _, e := range last.Seq2() {
			err, _ = e.Interface().(error)
			break
		}
		return err
	}
	err, _ := last.Interface().(error)
	return err
}

// code is the code of an error, empty if it has none.
func code(err error) string {
	var e *ledger.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// Every method of a platform stands in the table of scopes, and is refused to a key that
// has all rights but the one that the table names, before it says anything else; a verb
// that is added has to stand there (promise 66).
func TestEveryVerbHasAScope(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	var methods, listed []string
	of := reflect.TypeFor[*connect.Platform]()
	for i := range of.NumMethod() {
		if name := of.Method(i).Name; !slices.Contains(unscoped, name) {
			methods = append(methods, name)
		}
	}
	all := make(map[connect.Group]connect.Access)
	for _, v := range connect.VerbScopes() {
		listed = append(listed, v.Verb)
		if v.Group != connect.GroupKeys && v.Group != connect.GroupSettings {
			all[v.Group] = connect.AccessWrite
		}
	}
	require.ElementsMatch(t, methods, listed)
	without := make(map[connect.Group]*connect.Platform)
	readers := make(map[connect.Group]*connect.Platform)
	for g := range all {
		rights, reads := make(map[connect.Group]connect.Access), make(map[connect.Group]connect.Access)
		for h, a := range all {
			if reads[h] = a; h != g {
				rights[h] = a
			}
		}
		reads[g] = connect.AccessRead
		without[g], readers[g] = m.byKey(m.apiKey(connect.KeyRestricted, rights)), m.byKey(m.apiKey(connect.KeyRestricted, reads))
	}
	everything := m.byKey(m.apiKey(connect.KeyRestricted, all))
	for _, v := range connect.VerbScopes() {
		if all[v.Group] == "" {
			require.Equal(t, "key_scope", code(ask(m, everything, v.Verb)), v.Verb)
			continue
		}
		before := snapshot(t, m.Store())
		require.Equal(t, "key_scope", code(ask(m, without[v.Group], v.Verb)), v.Verb)
		require.Equal(t, before, snapshot(t, m.Store()))
		require.NotEqual(t, "key_scope", code(ask(m, everything.Preview(), v.Verb)), v.Verb)
		require.Equal(t, v.Access == connect.AccessWrite, code(ask(m, readers[v.Group].Preview(), v.Verb)) == "key_scope", v.Verb)
	}
}

// The matrix of verbs, scopes and relations (promises 65 and 66): what the table does not
// open to a connection is refused; after revocation, and to whoever was never connected,
// an account is not found, in the same words as one that does not exist.
func TestScopesOfConnections(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	reads, writes := m.connected(connect.ScopeReadOnly), m.connected(connect.ScopeReadWrite)
	a := m.standalone()
	m.connect(m.platform, a.ID, connect.ScopeReadWrite, true)
	revoked := m.connected(connect.ScopeReadWrite)
	was := m.on(m.platform, revoked)
	_, err := m.platform.Disconnect(m.ctx, connect.DisconnectRequest{Key: "d", AccountID: revoked})
	require.NoError(t, err)
	for _, on := range []struct {
		name     string
		p        *connect.Platform
		scope    connect.Scope
		controls bool
	}{
		{"read only", m.on(m.platform, reads), connect.ScopeReadOnly, false},
		{"read write", m.on(m.platform, writes), connect.ScopeReadWrite, false},
		{"narrowed", m.on(m.platform, writes).Narrow(connect.ScopeReadOnly), connect.ScopeReadOnly, false},
		{"controls", m.on(m.platform, a.ID), connect.ScopeReadWrite, true},
		{"revoked", was, "", false},
	} {
		for _, v := range connect.VerbScopes() {
			what := on.name + ": " + v.Verb
			got := code(ask(m, on.p.Preview(), v.Verb))
			opens := v.Connected != "" && (on.scope == connect.ScopeReadWrite || on.scope == v.Connected) && (!v.Controls || on.controls)
			switch {
			case on.scope == "":
				require.Contains(t, []string{"not_found", "scope_missing", "not_in_control"}, got, what)
			case opens:
				require.NotContains(t, []string{"scope_missing", "not_in_control"}, got, what)
			default:
				require.Contains(t, []string{"scope_missing", "not_in_control"}, got, what)
			}
		}
	}
	stranger, err := m.Register(m.ctx, connect.PlatformRequest{Key: "s", Name: "Stranger", Country: "US"})
	require.NoError(t, err)
	_, unknown := m.platform.On(m.ctx, "acct_999999")
	for _, p := range []*connect.Platform{m.platform, stranger} {
		_, err := p.On(m.ctx, revoked)
		require.EqualError(t, err, unknown.Error())
	}
	_, err = stranger.On(m.ctx, a.ID)
	require.EqualError(t, err, unknown.Error())
	_, err = stranger.On(m.ctx, m.seller().ID)
	require.EqualError(t, err, unknown.Error())
	_, err = m.OwnBook(m.ctx, m.seller().ID)
	requireCode(t, err, ledger.NotFound, "not_found")
}

// docs/scopes.md is made of the table: SOUK_WRITE_DOCS=1 writes it.
func TestScopesAreDocumented(t *testing.T) {
	const path = "../docs/scopes.md"
	want := connect.ScopesDocument()
	if os.Getenv("SOUK_WRITE_DOCS") == "1" {
		require.NoError(t, os.WriteFile(path, []byte(want), 0o644))
	}
	have, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, want, string(have), "docs/scopes.md is old: SOUK_WRITE_DOCS=1 go test ./connect -run ScopesAreDocumented")
}
