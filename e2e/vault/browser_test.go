// Package vault_test drives a real browser over a page that has the vault's fields in it.
package vault_test

import (
	"bytes"
	"context"
	"fmt"
	"html/template"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/vault"
	"github.com/soukhq/souk/e2e/browser"
	"github.com/soukhq/souk/ledger/sealed"
)

const (
	key      = "pk_test_0123456789abcdef"
	platform = "plat_1"
	iban     = "DE89370400440532013000"
)

// page is the shop's: with a policy of its own, which lets it have the vault's script and
// frames and nothing else.
var page = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Shop</title>
<link rel="icon" href="data:,">
<script src="{{.Vault}}/souk.js" integrity="{{.Integrity}}" crossorigin="anonymous"></script></head>
<body><h1>Where shall we pay you?</h1><div id="fields"></div><button id="go">Save</button><output id="said"></output>
<script src="/shop.js"></script></body></html>`))

const shopJS = `
var query = new URLSearchParams(location.search);
var souk = new Souk(query.get('key'));
Souk.cards.acme = {mount: function (element, settings) {
	element.textContent = 'fields of acme';
	return Promise.resolve({ready: Promise.resolve(), token: function () { return Promise.resolve({token: 'acme_' + settings.merchant, last4: '1111'}); }});
}};
var said = document.getElementById('said');
function draw() {
	if (query.get('kind') === 'card') { return souk.card('#fields'); }
	return Promise.resolve(souk[query.get('kind')]('#fields', {country: query.get('country'), currency: query.get('currency'), lang: query.get('lang'), title: 'Bank details'}));
}
draw().then(function (fields) {
	window.fields = fields;
	fields.ready.then(function () { document.body.dataset.ready = 'yes'; });
	document.getElementById('go').addEventListener('click', function () {
		fields.token().then(function (t) { said.textContent = 'token ' + t.token + ' ' + t.last4; }, function (e) { said.textContent = 'error ' + e.code + ' ' + e.field; });
	});
}, function (e) { said.textContent = 'error ' + e.code; });
`

// otherJS runs in another window of the shop's origin, and asks the vault's frame for what is
// typed there.
const otherJS = `parent.document.querySelector('#fields iframe').contentWindow.postMessage({souk: 1, act: 'token', id: 78}, '*');
parent.document.body.dataset.forged = 'yes';`

// site is a shop and a vault, on two origins, and a browser.
type site struct {
	t           *testing.T
	ctx         context.Context
	vault       *vault.Vault
	shop, other string // origins; the other is not registered
	asked       atomic.Int32
	window      *browser.Window
}

func newSite(t *testing.T, change ...func(*vault.Config)) *site {
	t.Helper()
	s := &site{t: t}
	var handler http.Handler
	vaults := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/tokens" && r.Method == http.MethodPost {
			s.asked.Add(1)
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(vaults.Close)
	origin := strings.Replace(vaults.URL, "127.0.0.1", "localhost", 1) // another site than the shop's
	serve := func() string {
		shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if text, ok := map[string]string{"/shop.js": shopJS, "/other.js": otherJS}[r.URL.Path]; ok {
				w.Header().Set("Content-Type", "text/javascript")
				_, _ = w.Write([]byte(text))
				return
			}
			w.Header().Set("Content-Security-Policy", fmt.Sprintf("default-src 'none'; script-src 'self' %[1]s; frame-src %[1]s; connect-src %[1]s; img-src data:; style-src-attr 'none'", origin))
			_ = page.Execute(w, map[string]string{"Vault": origin, "Integrity": vault.Integrity()})
		}))
		t.Cleanup(shop.Close)
		return shop.URL
	}
	s.shop, s.other = serve(), serve()
	keys := new(vault.MemoryKeys)
	require.NoError(t, keys.Register(key, vault.Key{ID: "key_1", Platform: platform, Origins: []string{s.shop}}))
	wrapper, err := sealed.NewLocalKeys("k", map[string][]byte{"k": bytes.Repeat([]byte{1}, 32)})
	require.NoError(t, err)
	index, err := sealed.NewIndex("i", bytes.Repeat([]byte{2}, 32))
	require.NoError(t, err)
	c := vault.Config{Wrapper: wrapper, Index: index, Keys: keys, Origin: origin, Limits: vault.Limits{PerIP: 1000}}
	for _, f := range change {
		f(&c)
	}
	s.vault, err = vault.New(c)
	require.NoError(t, err)
	handler, err = s.vault.Handler()
	require.NoError(t, err)
	s.window = browser.Open(t)
	s.ctx = s.window.Context
	return s
}

func (s *site) run(actions ...chromedp.Action[chromedp.Void]) {
	s.t.Helper()
	require.NoError(s.t, chromedp.Do(s.ctx, actions...), "%v", s.window.Problems())
}

// read is what an action finds.
func read[T any](s *site, a chromedp.Action[T]) T {
	s.t.Helper()
	v, err := chromedp.Run(s.ctx, a)
	require.NoError(s.t, err, "%v", s.window.Problems())
	return v
}

func (s *site) open(base, query string) {
	s.t.Helper()
	s.run(chromedp.Navigate(base + "/?key=" + key + "&" + query))
}

func (s *site) ready() { read(s, chromedp.Poll[bool](`document.body.dataset.ready === "yes"`)) }

// typed goes into the frame by the keyboard alone, types one text for each field, goes on to
// the button and presses it.
func (s *site) typed(texts ...string) {
	s.t.Helper()
	s.run(chromedp.KeyEvent(kb.Tab))
	s.window.Focused(s.t, "IFRAME")
	var actions []chromedp.Action[chromedp.Void]
	for _, text := range texts {
		actions = append(actions, chromedp.KeyEvent(text), chromedp.KeyEvent(kb.Tab))
	}
	s.run(actions...)
	s.window.Focused(s.t, "BUTTON")
	s.run(chromedp.KeyEvent(" "))
}

func (s *site) said() string {
	s.t.Helper()
	return read(s, chromedp.Poll[string](`document.getElementById('said').textContent || null`))
}

func (s *site) clean() {
	s.t.Helper()
	require.Empty(s.t, s.window.Problems(), "the browser complains of nothing")
}

// A seller types bank details with the keyboard alone, on a narrow and on a wide screen,
// with the policies of both pages on and no word in the console; the shop's page gets a token
// and never the number.
func TestSellersTypeTheirDetails(t *testing.T) {
	for _, width := range []int64{360, 1280} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			s := newSite(t)
			s.run(chromedp.EmulateViewport(width, 800))
			s.open(s.shop, "kind=bank&country=DE&currency=EUR&lang=fr")
			s.ready()
			s.typed("DE89 3704 0044 0532 0130 00", "", "Zoe Kanarienvogel")
			said := s.said()
			require.True(t, strings.HasPrefix(said, "token btok_") && strings.HasSuffix(said, " 3000"), said)
			s.window.Keep(s.t, fmt.Sprintf("vault-%d.png", width))
			wide := read(s, chromedp.Evaluate[bool](`document.documentElement.scrollWidth <= innerWidth`))
			whole := read(s, chromedp.OuterHTML("html"))
			inside := read(s, chromedp.Evaluate[bool](`(function () { try { return document.querySelector('iframe').contentWindow.document !== null } catch (e) { return false } })()`))
			require.True(t, wide, "nothing is cut off")
			require.False(t, inside, "no script of the page reads the frame")
			require.NotContains(t, whole, "0532")
			s.clean()
			ref, err := s.vault.Use(t.Context(), vault.UseRequest{Key: "u", Platform: platform, Token: strings.Fields(said)[1], Account: "acct_1"})
			require.NoError(t, err)
			d, err := s.vault.Detokeniser("test", vault.Bank)
			require.NoError(t, err)
			list, err := d.Detokenise(t.Context(), sealed.Request{Tokens: []string{ref.ID}, Purpose: "test"})
			require.NoError(t, err)
			require.Equal(t, map[string]string{"iban": iban, "account_holder_name": "Zoe Kanarienvogel"}, list[0].Fields.Reveal())
		})
	}
}

// What cannot be right is told in the frame and never sent.
func TestWhatIsWrongIsNotSent(t *testing.T) {
	s := newSite(t)
	s.open(s.shop, "kind=bank&country=DE&currency=EUR")
	s.ready()
	s.typed("DE89 3704 0044 0532 0310 00", "", "")
	require.Equal(t, "error invalid_iban iban", s.said())
	s.window.Keep(s.t, "vault-wrong.png")
	s.open(s.shop, "kind=bank&country=US&currency=USD")
	s.ready()
	s.typed("110000001", "000123456789", "", "")
	require.Equal(t, "error invalid_routing_number routing_number", s.said())
	require.Zero(t, s.asked.Load())
	s.clean()
}

// The card form of the tests takes the documented numbers, and in the browser refuses every
// other.
func TestTestCards(t *testing.T) {
	s := newSite(t)
	s.open(s.shop, "kind=card")
	s.ready()
	s.typed("4111 1111 1111 1111", "12", "2040", "123")
	require.Equal(t, "error invalid_number number", s.said())
	require.Zero(t, s.asked.Load())
	s.open(s.shop, "kind=card")
	s.ready()
	s.typed("4242 4242 4242 4242", "12", "2040", "123")
	require.Equal(t, "token "+connect.TestCard+" 4242", s.said())
	s.clean()
}

// A page of an origin that is not registered gets neither the script nor a frame, though it
// says that it is another.
func TestAnotherPageHasNoFrame(t *testing.T) {
	s := newSite(t)
	s.open(s.other, "kind=bank&country=DE&currency=EUR")
	require.False(t, read(s, chromedp.Evaluate[bool](`typeof window.Souk !== 'undefined'`)), "the script is not given to it")
	origin := read(s, chromedp.Evaluate[string](`(function () { var f = document.createElement('iframe'); f.src = document.querySelector('script').src.replace('souk.js', 'v1/frame?kind=bank&country=DE&currency=EUR&key=`+key+`&origin='+encodeURIComponent('`+s.shop+`')); document.body.appendChild(f); return f.src })()`))
	require.Contains(t, origin, "v1/frame")
	deadline := time.Now().Add(20 * time.Second)
	for {
		all := strings.Join(s.window.Problems(), "\n")
		if strings.Contains(all, "frame-ancestors") {
			break
		}
		require.True(t, time.Now().Before(deadline), "the browser does not refuse: %s", all)
		s.run(chromedp.Sleep(50 * time.Millisecond))
	}
	require.Zero(t, s.asked.Load())
}

// acme is an acquirer that draws its own fields.
type acme struct{ name string }

func (a acme) CardFields(_ context.Context, platform string) (vault.CardMount, error) {
	return vault.CardMount{Name: a.name, Settings: map[string]string{"merchant": platform}}, nil
}

// An acquirer's own fields are drawn by what the page has for it, and nothing of a card comes
// to the vault; one that the page has nothing for is an error.
func TestAnAcquirersOwnFields(t *testing.T) {
	s := newSite(t, func(c *vault.Config) { c.Cards = acme{"acme"} })
	s.open(s.shop, "kind=card")
	s.ready()
	s.run(chromedp.Click("#go"))
	require.Equal(t, "token acme_plat_1 1111", s.said())
	require.Equal(t, "fields of acme", read(s, chromedp.Evaluate[string](`document.getElementById('fields').textContent`)))
	require.Zero(t, s.asked.Load())
	s.clean()
	for _, name := range []string{"other", "__proto__", "constructor"} {
		s := newSite(t, func(c *vault.Config) { c.Cards = acme{name} })
		s.open(s.shop, "kind=card")
		require.Equal(t, "error unknown_card_fields", s.said(), name)
	}
}

// T6: messages that come from another window are nobody's: a frame does not answer one, and
// a page believes none.
func TestForgedMessages(t *testing.T) {
	s := newSite(t)
	s.open(s.shop, "kind=identity&country=US")
	s.ready()
	s.run(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent("123-45-6789")) // so that a token could be made
	forged := read(s, chromedp.Evaluate[string](`(async function () {
		var heard = [], other = document.createElement('iframe');
		document.body.appendChild(other); // of the page's own origin, but another window
		window.addEventListener('message', function (e) { heard.push(e.data.act || 'other'); });
		var script = other.contentDocument.createElement('script');
		script.src = '/other.js';
		other.contentDocument.body.appendChild(script); // asks the field for a token
		fields.asked[77] = {yes: function () { heard.push('believed'); }, no: function () { heard.push('believed'); }};
		window.postMessage({souk: 1, act: 'answer', id: 77, token: {token: 'forged'}}, location.origin);
		await new Promise(function (done) { setTimeout(done, 300); });
		return document.body.dataset.forged + ' ' + heard.join(' ');
	})()`, chromedp.EvalAwaitPromise))
	require.Equal(t, "yes answer", forged, "it was heard by the page, and believed by nobody")
	require.Zero(t, s.asked.Load())
	s.run(chromedp.Click("#go"))
	require.True(t, strings.HasPrefix(s.said(), "token itok_"), "what the page itself asks is answered")
	s.clean()
}
