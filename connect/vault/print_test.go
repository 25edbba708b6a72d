package vault_test

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect/vault"
	"github.com/soukhq/souk/ledger/sealed"
)

// T10: whatever of the vault's is printed, in whatever way, shows no detail; and no exported
// type of it, or of what it seals with, is forgotten here.
func TestNothingPrintsInTheClear(t *testing.T) {
	w := newWorld(t, nil)
	tok, err := w.Tokenise(w.ctx, german("acct_1"))
	require.NoError(t, err)
	ref := w.used(german("acct_1"), "acct_1")
	d, err := w.Detokeniser("rail test", vault.Bank)
	require.NoError(t, err)
	opened := w.opened(ref.ID)
	keys := masters(t, "k1", "k1")
	data, key, err := sealed.NewDataKey(w.ctx, keys, platform, "acct_1", w.clock.Now())
	require.NoError(t, err)
	box, err := key.Seal(sealed.Place{Token: "t", Platform: "p", Field: "f"}, iban)
	require.NoError(t, err)
	clear := opened[0].Fields
	client, err := vault.NewClient(vault.ClientConfig{URL: "https://vault.example", Secret: func() string { return strings.Repeat("k", 32) }})
	require.NoError(t, err)
	values := map[string]any{
		"vault.Vault": w.Vault, "vault.Config": vault.Config{Wrapper: keys, Index: index(t, "k1"), Keys: w.keys}, "vault.Limits": vault.Limits{},
		"vault.TokeniseRequest": german("acct_1"), "vault.Token": tok, "vault.UseRequest": vault.UseRequest{Token: tok.Token}, "vault.Reference": ref,
		"vault.EraseRequest": vault.EraseRequest{}, "vault.Erasure": vault.Erasure{}, "vault.RotateRequest": vault.RotateRequest{}, "vault.Rotation": vault.Rotation{},
		"vault.Kind": vault.Bank, "vault.Status": ref.Status, "vault.Audit": vault.Audit{}, "vault.Keys": w.keys, "vault.Key": vault.Key{}, "vault.MemoryKeys": w.keys,
		"vault.CardFields": acquirerFields{}, "vault.CardMount": vault.CardMount{}, "vault.Client": client,
		"vault.Insider": vault.Insider{Secret: shows(strings.Repeat("k", 32))}, "vault.ClientConfig": vault.ClientConfig{Secret: func() string { return strings.Repeat("k", 32) }},
		"sealed.Clear": clear, "sealed.Box": box, "sealed.Place": sealed.Place{}, "sealed.Key": key, "sealed.KeyWrapper": keys, "sealed.Wrapped": data.Wrapped["1"],
		"sealed.LocalKeys": keys, "sealed.DataKey": data, "sealed.Index": index(t, "k1"), "sealed.Detokeniser": d, "sealed.Request": sealed.Request{Tokens: []string{ref.ID}},
		"sealed.Opened": opened,
	}
	for name, v := range values {
		for how, text := range printed(v) {
			for _, secret := range []string{iban, holder, "440532013000", strings.Repeat("k", 32), strings.Repeat("1", 32)} {
				require.NotContains(t, text, secret, "%s by %s", name, how)
				require.NotContains(t, text, fmt.Sprintf("%x", secret), "%s by %s", name, how)
				require.NotContains(t, text, fmt.Sprint([]byte(secret)), "%s by %s", name, how)
			}
		}
	}
	for pkg, folder := range map[string]string{"vault": ".", "sealed": "../../ledger/sealed"} {
		for _, name := range exportedTypes(t, folder) {
			require.Contains(t, values, pkg+"."+name)
		}
	}
	require.Contains(t, fmt.Sprint(printed(clear.Reveal())), iban, "the test finds what does show it")
}

func printed(v any) map[string]string {
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
	slog.New(slog.NewTextHandler(&lines, nil)).InfoContext(context.Background(), "x", "v", v)
	slog.New(slog.NewJSONHandler(&lines, nil)).InfoContext(context.Background(), "x", "v", v)
	shown["slog"] = lines.String()
	return shown
}

func exportedTypes(t *testing.T, folder string) (names []string) {
	t.Helper()
	list, err := os.ReadDir(folder)
	require.NoError(t, err)
	for _, f := range list {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), folder+"/"+f.Name(), nil, 0)
		require.NoError(t, err)
		for _, d := range file.Decls {
			if g, ok := d.(*ast.GenDecl); ok {
				for _, spec := range g.Specs {
					if ts, ok := spec.(*ast.TypeSpec); ok && ts.Name.IsExported() {
						names = append(names, ts.Name.Name)
					}
				}
			}
		}
	}
	require.Greater(t, len(names), 8)
	return names
}
