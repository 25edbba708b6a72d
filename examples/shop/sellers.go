package main

import (
	"context"
	"crypto/sha512"
	_ "embed" // for the page
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/vault"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/ledger/sealed"
)

//go:embed sellers.html
var sellersHTML string

var sellersPage = template.Must(template.New("sellers").Parse(sellersHTML))

//go:embed sellers.js
var sellersJS []byte

// counter is where sellers say where they are paid: their bank details go from a frame of
// the vault into the vault, and the shop gets a token.
type counter struct {
	*shop
	vault  *vault.Vault
	origin string // of the vault
	key    string // publishable
	server *http.Server
}

// openCounter opens the vault beside the shop, at a port and so an origin of its own. In one
// process with the shop, the shop could read its memory: docs/pci.md says what that means.
func openCounter(ctx context.Context, s *shop, shopAt net.Addr, keyFile string) (*counter, error) {
	l, err := net.Listen("tcp", net.JoinHostPort("localhost", "0"))
	if err != nil {
		return nil, err
	}
	c := &counter{shop: s, origin: "http://" + strings.Replace(l.Addr().String(), "127.0.0.1", "localhost", 1)}
	err = c.begin(ctx, "http://"+strings.Replace(shopAt.String(), "127.0.0.1", "localhost", 1), keyFile)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	go func() { _ = c.server.Serve(l) }() // until it is closed
	return c, nil
}

func (c *counter) begin(ctx context.Context, shop, keyFile string) error {
	wrapper, index, err := keysOf(keyFile)
	if err != nil {
		return err
	}
	run := ledger.Env{}.ID("run_")
	_, err = c.platform.UpdatePlatform(ctx, connect.PlatformUpdate{Key: run, Client: &connect.Client{Kind: connect.ClientPublic, Origins: []string{shop}, Redirects: []string{"https://shop.example/back"}}})
	if err != nil {
		return err
	}
	k, err := c.platform.CreateKey(ctx, connect.KeyRequest{Key: run + "_key", Kind: connect.KeyPublishable, Name: "the sellers' page"})
	if err != nil {
		return err
	}
	c.key = k.Secret.Plain()
	c.vault, err = vault.New(vault.Config{Store: c.engine.Store(), Env: c.engine.Env(), Wrapper: wrapper, Index: index, Keys: vault.PlatformKeys(c.engine), Origin: c.origin})
	if err != nil {
		return err
	}
	if err := c.engine.Attach(c.vault.Part()); err != nil {
		return err
	}
	h, err := c.vault.Handler()
	c.server = &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	return err
}

// keysOf reads the keys of the vault from a file, and makes it if it is not there. A shop
// with real details leaves them with a key management service: sealed.KeyWrapper.
func keysOf(file string) (*sealed.LocalKeys, *sealed.Index, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		drawn := sha512.Sum512([]byte(ledger.Secret() + ledger.Secret() + ledger.Secret() + ledger.Secret()))
		text, err = drawn[:], os.WriteFile(file, drawn[:], 0o600)
	}
	if err == nil && len(text) != 64 {
		err = fmt.Errorf("%s: it is not a file of keys", file)
	}
	if err != nil {
		return nil, nil, err
	}
	wrapper, err := sealed.NewLocalKeys("shop", map[string][]byte{"shop": text[:32]})
	if err != nil {
		return nil, nil, err
	}
	index, err := sealed.NewIndex("shop", text[32:])
	return wrapper, index, err
}

// handler is the shop's, with a page for each seller. The page may have the vault's script
// and frames, and its own script; nothing else runs in it.
func (c *counter) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", c.shop.handler())
	mux.HandleFunc("GET /sellers.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		_, _ = w.Write(sellersJS)
	})
	mux.HandleFunc("GET /sellers/{name}", c.answer(c.show))
	mux.HandleFunc("POST /sellers/{name}/bank", c.answer(c.postBank))
	return http.NewCrossOriginProtection().Handler(http.MaxBytesHandler(mux, 1<<16))
}

func (c *counter) account(r *http.Request) (*connect.Account, error) {
	return c.platform.GetAccount(r.Context(), c.sellers[r.PathValue("name")])
}

func (c *counter) show(w http.ResponseWriter, r *http.Request) error {
	a, err := c.account(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Security-Policy", fmt.Sprintf(
		"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'self' %[1]s; frame-src %[1]s; form-action 'self'; base-uri 'none'; frame-ancestors 'none'", c.origin))
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	return sellersPage.Execute(w, map[string]any{
		"Name": r.PathValue("name"), "Account": a, "Vault": c.origin, "Integrity": vault.Integrity(), "Key": c.key, "Request": ledger.Env{}.ID("bank_"),
	})
}

// postBank makes what a token stands for the seller's bank account. A changed one is paid
// to after some days, so that its owner can object.
func (c *counter) postBank(w http.ResponseWriter, r *http.Request) error {
	a, err := c.account(r)
	if err != nil {
		return err
	}
	d, err := c.vault.BankOf(r.Context(), c.platform, a, r.PostFormValue("token"))
	if err != nil {
		return err
	}
	if _, err := c.platform.AddBank(r.Context(), connect.AddBankRequest{Key: r.PostFormValue("request"), AccountID: a.ID, Bank: d, Default: true}); err != nil {
		return err
	}
	http.Redirect(w, r, "/sellers/"+r.PathValue("name"), http.StatusSeeOther)
	return nil
}
