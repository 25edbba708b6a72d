package hosted_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/hosted"
)

// What is no form is refused before it is looked at, and what a request says of hosts,
// methods and versions changes nothing (the areas http and json of the list of bad inputs).
func TestRequests(t *testing.T) {
	h := newHouse(t)
	b := h.enter(h.link(h.bare("US", compliance.Individual).ID, hosted.Onboarding))
	raw := func(kind, body string) func(*http.Request) {
		return func(r *http.Request) {
			n := httptest.NewRequest(r.Method, r.URL.String(), strings.NewReader(body))
			r.Body, r.ContentLength = n.Body, n.ContentLength
			r.Header.Set("Content-Type", kind)
		}
	}
	gzip, err := base64.StdEncoding.DecodeString("H4sIAGJvbWI=")
	require.NoError(t, err)
	form := "application/x-www-form-urlencoded"
	for _, c := range []struct {
		kind, body string
		status     int
	}{
		{"text/xml", "<a/>", http.StatusUnsupportedMediaType},
		{"application/json", "{}", http.StatusUnsupportedMediaType},
		{"multipart/form-data; boundary=x", "--x--", http.StatusUnsupportedMediaType},
		{"", "", http.StatusUnsupportedMediaType},
		{form, string(gzip), http.StatusBadRequest},
		{form, "a=%ff", http.StatusBadRequest},
		{form, "a=%", http.StatusBadRequest},
		{form, "csrf=1&csrf=2", http.StatusBadRequest},
		{form, strings.Repeat("x", 64<<10+1), http.StatusRequestEntityTooLarge},
		{form, "a=1" + strings.Repeat("&b", 1) + manyFields(), http.StatusBadRequest},
		{form, "", http.StatusForbidden},
	} {
		require.Equal(t, c.status, b.do("POST", base+"/details", url.Values{}, raw(c.kind, c.body)).StatusCode, "%s %.20q", c.kind, c.body)
	}
	require.Equal(t, http.StatusUnsupportedMediaType, b.do("POST", base+"/details", url.Values{}, func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }).StatusCode)
	require.Equal(t, http.StatusBadRequest, b.do("POST", base+"/details?csrf=1", url.Values{}).StatusCode)
	for path, allow := range map[string]string{"/": "GET, HEAD", "/details": "POST", "/l/" + strings.Repeat("A", 26): "GET, HEAD, POST", "/style.css": "GET, HEAD"} {
		out := b.do("DELETE", base+path, nil)
		require.Equal(t, []any{http.StatusMethodNotAllowed, allow}, []any{out.StatusCode, out.Header.Get("Allow")})
	}
	for _, path := range []string{"", "/none", "/l", "/../"} {
		require.Equal(t, http.StatusNotFound, b.do("GET", base+path, nil).StatusCode, path)
	}
	require.Equal(t, http.StatusNotFound, b.do("GET", "https://pay.example.com/elsewhere", nil).StatusCode)
	out := b.do("GET", base+"/", nil, func(r *http.Request) {
		r.Host = "evil.example"
		r.Header.Set("X-Forwarded-Host", "evil.example")
		r.Header.Set("X-HTTP-Method-Override", "DELETE")
	})
	require.Equal(t, http.StatusOK, out.StatusCode)
	require.NotContains(t, b.body, "evil")
	link := h.link(h.bare("US", compliance.Individual).ID, hosted.Onboarding)
	out = (&browser{h: h}).do("POST", link, url.Values{}, func(r *http.Request) { r.Host = "evil.example" })
	require.Equal(t, base+"/", out.Header.Get("Location"))
	twice := b.cookie
	out = b.do("GET", base+"/", nil, func(r *http.Request) { r.AddCookie(twice) })
	require.Equal(t, http.StatusUnauthorized, out.StatusCode, "two cookies are none")
	require.Equal(t, http.StatusOK, b.do("GET", base+"/style.css", nil).StatusCode)
}

func manyFields() string {
	var s strings.Builder
	for i := range 201 {
		s.WriteString("&f")
		s.WriteString(strings.Repeat("x", i))
	}
	return s.String()
}

// Pages have a language, a label for each field, and nothing that a policy would have to
// let through: no script, style or address of another's.
func TestPagesAreAccessible(t *testing.T) {
	h := newHouse(t)
	label, id := regexp.MustCompile(`<label for="([^"]+)"`), regexp.MustCompile(` id="([^"]+)"`)
	for _, kind := range []compliance.EntityType{compliance.Individual, compliance.Company} {
		b := h.enter(h.link(h.bare("GB", kind).ID, hosted.Onboarding))
		require.Contains(t, b.body, `<html lang="en">`)
		require.Contains(t, b.body, `name="viewport" content="width=device-width, initial-scale=1"`)
		ids, labels := map[string]bool{}, map[string]bool{}
		for _, m := range id.FindAllStringSubmatch(b.body, -1) {
			require.False(t, ids[m[1]], "%s is there twice", m[1])
			ids[m[1]] = true
		}
		for _, m := range label.FindAllStringSubmatch(b.body, -1) {
			require.True(t, ids[m[1]], "a label of nothing: %s", m[1])
			labels[m[1]] = true
		}
		for _, in := range regexp.MustCompile(`<(?:input|select)[^>]*>`).FindAllString(b.body, -1) {
			if m := id.FindStringSubmatch(in); !strings.Contains(in, `type="hidden"`) {
				require.True(t, m != nil && labels[m[1]], in)
			}
		}
		for _, bad := range []string{"<script", "style=", "onclick", "javascript:", "tabindex", "autofocus"} {
			require.NotContains(t, b.body, bad)
		}
	}
}

// The languages have the same texts, and none is empty.
func TestTextsHaveTheSameKeys(t *testing.T) {
	read := func(name string) map[string]string {
		text, err := os.ReadFile("text/" + name)
		require.NoError(t, err)
		var words map[string]string
		require.NoError(t, json.Unmarshal(text, &words))
		return words
	}
	en, fr := read("en.json"), read("fr.json")
	for key, text := range en {
		require.NotEmpty(t, text)
		require.NotEmpty(t, fr[key], key)
	}
	require.Len(t, fr, len(en))
}

// A vault's script is let in by its address and hash, and its frames; nobody else's.
func TestVaultAndSlot(t *testing.T) {
	sri := "sha384-" + base64.StdEncoding.EncodeToString(make([]byte, 48))
	h := newHouse(t, func(c *hosted.Config) {
		c.Vault = &hosted.Vault{Script: "https://vault.example.com/souk.js", Integrity: sri, PublishableKey: "pk_test_1"}
		c.BankOf = func(_ context.Context, _ *connect.Platform, a *connect.Account, token string) (connect.BankDetails, error) {
			return connect.BankDetails{Token: token, Country: a.Country, Currency: a.Currency, Last4: "6789", Fingerprint: "f1"}, nil
		}
	})
	a := h.bare("US", compliance.Individual)
	b := &browser{h: h}
	link := h.link(a.ID, hosted.Onboarding)
	b.do("POST", link, url.Values{})
	csp := b.do("GET", base+"/", nil).Header.Get("Content-Security-Policy")
	require.Contains(t, csp, "; script-src 'self' https://vault.example.com/souk.js; frame-src https://vault.example.com")
	require.Contains(t, b.body, `<script src="https://vault.example.com/souk.js" integrity="`+strings.ReplaceAll(sri, "+", "&#43;")+`" crossorigin="anonymous" defer></script>`)
	require.Contains(t, b.body, `data-key="pk_test_1" data-country="US" data-currency="USD"`)
	require.Contains(t, b.body, `data-account="`+a.ID+`"`)
	script := b.do("GET", base+"/bank.js", nil)
	require.Equal(t, "text/javascript; charset=utf-8", script.Header.Get("Content-Type"))
	require.Contains(t, b.body, "souk-bank")
	b.do("GET", base+"/", nil)
	f := b.the("bank")
	f.fields.Set("bank_token", "btok_ok")
	require.Equal(t, http.StatusSeeOther, b.send(f).StatusCode)
	a, err := h.p.GetAccount(h.ctx, a.ID)
	require.NoError(t, err)
	require.Equal(t, "f1", a.Banks[0].Fingerprint)

	slot := newHouse(t, func(c *hosted.Config) {
		c.BankSlot = template.HTML(`<input type="hidden" name="bank_token" value="btok_ok">`)
	})
	b = slot.enter(slot.link(slot.bare("US", compliance.Individual).ID, hosted.Onboarding))
	require.Equal(t, http.StatusSeeOther, b.send(b.the("bank")).StatusCode)
}

// What a host cannot mean is refused when the pages are set up; what it replaces is shown.
func TestConfig(t *testing.T) {
	h := newHouse(t)
	sri := "sha256-" + base64.StdEncoding.EncodeToString(make([]byte, 32))
	for what, c := range map[string]hosted.Config{
		"no engine":      {Base: base},
		"no base":        {Engine: h.Engine},
		"http":           {Engine: h.Engine, Base: "http://pay.example.com"},
		"a slash":        {Engine: h.Engine, Base: base + "/"},
		"a long link":    {Engine: h.Engine, Base: base, LinkLife: 6 * 60e9},
		"no hash":        {Engine: h.Engine, Base: base, Vault: &hosted.Vault{Script: "https://v.example/souk.js"}},
		"a script of it": {Engine: h.Engine, Base: base, Vault: &hosted.Vault{Script: "https://v.example/souk.js; script-src *", Integrity: sri}},
		"a frame's path": {Engine: h.Engine, Base: base, Vault: &hosted.Vault{Script: "https://v.example/souk.js", Integrity: sri, Frame: "https://v.example/x"}},
		"a template":     {Engine: h.Engine, Base: base, Templates: fstest.MapFS{"page.html": {Data: []byte("{{")}}},
		"a text":         {Engine: h.Engine, Base: base, Texts: fstest.MapFS{"fr.json": {Data: []byte("[]")}}},
		"kinds twice":    {Engine: h.Engine, Base: base},
	} {
		_, err := hosted.New(c)
		require.Error(t, err, what)
	}
	own := newHouse(t, func(c *hosted.Config) {
		c.Templates = fstest.MapFS{"link.html": {Data: []byte(`{{template "head" .}}<h1>Ours</h1><form method="post" action="{{.Action}}"><button>{{t "link.button"}}</button></form>{{template "foot" .}}`)}}
		c.Texts = fstest.MapFS{"en.json": {Data: []byte(`{"link.button":"Los"}`)}}
	})
	b := own.enter(own.link(own.bare("US", compliance.Individual).ID, hosted.Onboarding))
	require.Contains(t, b.body, "What is still needed")
	b.do("GET", own.link(own.bare("US", compliance.Individual).ID, hosted.Onboarding), nil)
	require.Contains(t, b.body, "<h1>Ours</h1>")
	require.Contains(t, b.body, ">Los<")
}

// Whatever is sent, the pages answer with a page, and never with what was sent as markup.
func FuzzPages(f *testing.F) {
	f.Add("POST", "/details", "individual.email=a%40b.co", "application/x-www-form-urlencoded")
	f.Add("POST", "/person", "role=owner&role=director&first_name=%3Cscript%3E", "application/x-www-form-urlencoded")
	f.Add("GET", "/l/AAAAAAAAAAAAAAAAAAAAAAAAAA", "", "")
	f.Add("POST", "/bank", "bank_token=\x00", "application/x-www-form-urlencoded; charset=x")
	f.Add("POST", "/terms", "terms=true", "application/x-www-form-urlencoded")
	h := newHouse(f)
	a := h.bare("GB", compliance.Company)
	b := h.enter(h.link(a.ID, hosted.Onboarding))
	hidden := b.the("details").fields
	f.Fuzz(func(t *testing.T, method, path, body, kind string) {
		u, err := url.Parse(base + path)
		if err != nil || u.Host != "pay.example.com" {
			return
		}
		prefix := "csrf=" + hidden.Get("csrf") + "&nonce=" + hidden.Get("nonce") + "&"
		r := httptest.NewRequest("GET", base, strings.NewReader(prefix+body))
		r.Method, r.URL = method, u
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Origin", "https://pay.example.com")
		r.AddCookie(b.cookie)
		w := httptest.NewRecorder()
		h.pages.ServeHTTP(w, r)
		require.NotEqual(t, http.StatusInternalServerError, w.Code)
		require.NotEqual(t, http.StatusServiceUnavailable, w.Code, "%s %s", path, body)
		require.NotContains(t, w.Body.String(), "<script")
	})
}
