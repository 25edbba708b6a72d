package hosted_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/hosted"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

const (
	base    = "https://pay.example.com/onboarding"
	refresh = "https://shop.example.com/again?a=1"
	back    = "https://shop.example.com/done"
)

// house is a marketplace with its pages.
type house struct {
	t testing.TB
	*connecttest.Marketplace
	pages *hosted.Pages
	p     *connect.Platform
	ctx   context.Context
	n     int
}

func newHouse(t testing.TB, change ...func(*hosted.Config)) *house {
	t.Helper()
	m, err := connecttest.New(connecttest.Config{})
	require.NoError(t, err)
	h := &house{t: t, Marketplace: m, ctx: context.Background()}
	c := hosted.Config{Engine: m.Engine, Base: base, TermsURL: "https://shop.example.com/terms", TermsVersion: "7",
		URLs: func(context.Context, string) ([]string, error) { return []string{refresh, back}, nil }}
	for _, fn := range change {
		fn(&c)
	}
	h.pages, err = hosted.New(c)
	require.NoError(t, err)
	h.p, err = m.Register(h.ctx, connect.PlatformRequest{Key: "p", Name: "P", Country: "US"})
	require.NoError(t, err)
	return h
}

// bare is an account of which nothing is known yet.
func (h *house) bare(country string, kind compliance.EntityType) *connect.Account {
	h.t.Helper()
	h.n++
	a, err := h.p.CreateAccount(h.ctx, connect.AccountRequest{Key: fmt.Sprint("a", h.n), Country: country, Type: kind})
	require.NoError(h.t, err)
	return a
}

func (h *house) link(account string, use hosted.Use) string {
	h.t.Helper()
	l, err := h.pages.CreateLink(h.ctx, h.p, hosted.LinkRequest{AccountID: account, Use: use, RefreshURL: refresh, ReturnURL: back})
	require.NoError(h.t, err)
	return l.URL
}

// browser keeps the cookie, as a browser would.
type browser struct {
	h      *house
	cookie *http.Cookie
	body   string
}

func (b *browser) do(method, address string, form url.Values, change ...func(*http.Request)) *http.Response {
	b.h.t.Helper()
	var r *http.Request
	if form != nil {
		r = httptest.NewRequest(method, address, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", "https://pay.example.com")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	} else {
		r = httptest.NewRequest(method, address, http.NoBody)
	}
	r.Header.Set("User-Agent", "test")
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	for _, fn := range change {
		fn(r)
	}
	w := httptest.NewRecorder()
	b.h.pages.ServeHTTP(w, r)
	out := w.Result()
	b.body = w.Body.String()
	for _, c := range out.Cookies() {
		b.cookie = c
	}
	if !strings.HasSuffix(address, ".css") && !strings.HasSuffix(address, ".js") {
		require.Equal(b.h.t, "no-store, private", out.Header.Get("Cache-Control"))
	}
	require.Contains(b.h.t, out.Header.Get("Content-Security-Policy"), "default-src 'none'")
	require.Equal(b.h.t, "DENY", out.Header.Get("X-Frame-Options"))
	require.NotContains(b.h.t, []int{http.StatusTemporaryRedirect, http.StatusPermanentRedirect}, out.StatusCode)
	return out
}

// enter opens a link and presses the button.
func (h *house) enter(link string) *browser {
	h.t.Helper()
	b := &browser{h: h}
	require.Equal(h.t, http.StatusOK, b.do("GET", link, nil).StatusCode)
	out := b.do("POST", link, url.Values{})
	require.Equal(h.t, http.StatusSeeOther, out.StatusCode)
	require.Equal(h.t, base+"/", out.Header.Get("Location"))
	require.Equal(h.t, http.StatusOK, b.do("GET", base+"/", nil).StatusCode)
	return b
}

var (
	formShape  = regexp.MustCompile(`(?s)<form method="post" action="([^"]*)"[^>]*>(.*?)</form>`)
	inputShape = regexp.MustCompile(`<(?:input|select)[^>]* name="([^"]*)"[^>]*>`)
	valueShape = regexp.MustCompile(` value="([^"]*)"`)
)

// form is one that a page shows, as it would be sent untouched.
type form struct {
	action string
	fields url.Values
}

func (b *browser) forms() (list []form) {
	for _, m := range formShape.FindAllStringSubmatch(b.body, -1) {
		f := form{action: html.UnescapeString(m[1]), fields: url.Values{}}
		for _, in := range inputShape.FindAllStringSubmatch(m[2], -1) {
			value := ""
			if v := valueShape.FindStringSubmatch(in[0]); v != nil && (strings.Contains(in[0], "hidden") || strings.Contains(in[0], `name="role"`)) {
				value = html.UnescapeString(v[1])
			}
			f.fields.Add(in[1], value)
		}
		list = append(list, f)
	}
	return list
}

// the form whose action ends so.
func (b *browser) the(action string) form {
	b.h.t.Helper()
	list := b.forms()
	i := slices.IndexFunc(list, func(f form) bool { return strings.HasSuffix(f.action, "/"+action) })
	require.GreaterOrEqual(b.h.t, i, 0, "no form %s: %s", action, b.body)
	return list[i]
}

func (b *browser) send(f form, change ...func(*http.Request)) *http.Response {
	b.h.t.Helper()
	return b.do("POST", "https://pay.example.com"+f.action, f.fields, change...)
}

// fill fills a form in with what tests are documented with.
func fill(f form, d compliance.Details) {
	for name := range f.fields {
		last := name
		for _, list := range append([]map[string]string{d.Fields}, personFields(d)...) {
			if v, ok := list[last]; ok {
				f.fields.Set(name, v)
			}
		}
		switch name {
		case "bank_token":
			f.fields.Set(name, payout.TestAccount)
		case "terms":
			f.fields.Set(name, "true")
		}
	}
}

func personFields(d compliance.Details) (list []map[string]string) {
	for _, p := range d.Persons {
		list = append(list, p.Fields)
	}
	return list
}

// Every type of business of every country is onboarded through the pages to where nothing is
// due, form by form, in both languages; and then may be paid.
func TestEveryCountryIsOnboarded(t *testing.T) {
	h := newHouse(t)
	require.Len(t, compliance.Countries(), 18)
	for n, country := range compliance.Countries() {
		for _, kind := range []compliance.EntityType{compliance.Individual, compliance.Company, compliance.NonProfit, compliance.GovernmentEntity} {
			if kind == compliance.GovernmentEntity && country != "US" {
				continue
			}
			what := country + " " + string(kind)
			a := h.bare(country, kind)
			l, err := h.pages.CreateLink(h.ctx, h.p, hosted.LinkRequest{AccountID: a.ID, RefreshURL: refresh, ReturnURL: back, Language: []string{"en", "fr"}[n%2]})
			require.NoError(t, err)
			b := h.enter(l.URL)
			d, ok := compliance.TestDetails(country, kind)
			require.True(t, ok)
			for range 10 {
				f := b.forms()[0]
				if strings.HasSuffix(f.action, "/leave") {
					break
				}
				require.NotContains(t, b.body, ">field.", what)
				fill(f, d)
				require.Equal(t, http.StatusSeeOther, b.send(f).StatusCode, "%s %s: %s", what, f.action, b.body)
				require.Equal(t, http.StatusOK, b.do("GET", base+"/", nil).StatusCode)
			}
			s, err := h.p.AccountStatus(h.ctx, a.ID)
			require.NoError(t, err)
			require.Empty(t, s.Due, what)
			require.True(t, s.PayoutsEnabled, what)
			now, err := h.p.GetAccount(h.ctx, a.ID)
			require.NoError(t, err)
			require.Equal(t, []string{"192.0.2.1", "test", "7"}, []string{now.Terms.IP, now.Terms.UserAgent, now.Terms.Version})
			require.Equal(t, http.StatusOK, b.send(b.the("leave")).StatusCode)
			require.Contains(t, b.body, back)
			require.Equal(t, http.StatusUnauthorized, b.do("GET", base+"/", nil).StatusCode)
		}
	}
}

// O34: a link is not used up by whatever looks into mail; it is good once, for five minutes,
// for one account, and a used one leads to where the host makes another.
func TestLinksAreGoodOnce(t *testing.T) {
	h := newHouse(t)
	a := h.bare("US", compliance.Individual)
	link := h.link(a.ID, hosted.Onboarding)
	require.True(t, strings.HasPrefix(link, base+"/l/"))
	for range 3 {
		scanner := &browser{h: h}
		require.Equal(t, http.StatusOK, scanner.do("GET", link, nil).StatusCode)
		require.Equal(t, http.StatusOK, scanner.do("HEAD", link, nil).StatusCode)
		require.Nil(t, scanner.cookie)
	}
	b := h.enter(link)
	require.Equal(t, []any{true, true, http.SameSiteStrictMode, "/", ""}, []any{b.cookie.HttpOnly, b.cookie.Secure, b.cookie.SameSite, b.cookie.Path, b.cookie.Domain})
	require.True(t, strings.HasPrefix(b.cookie.Name, "__Host-"))
	other := &browser{h: h}
	out := other.do("GET", link, nil)
	require.Equal(t, []any{http.StatusSeeOther, refresh}, []any{out.StatusCode, out.Header.Get("Location")})
	require.Equal(t, http.StatusGone, other.do("POST", link, url.Values{}).StatusCode)
	require.Contains(t, other.body, html.EscapeString(refresh))
	require.Nil(t, other.cookie)

	late := h.link(a.ID, hosted.Onboarding)
	h.Clock.Advance(5*time.Minute - time.Second)
	require.Equal(t, http.StatusOK, other.do("GET", late, nil).StatusCode)
	h.Clock.Advance(time.Second)
	require.Equal(t, http.StatusSeeOther, other.do("GET", late, nil).StatusCode)
	require.Equal(t, http.StatusGone, other.do("POST", late, url.Values{}).StatusCode)
	for _, wrong := range []string{base + "/l/", base + "/l/short", link[:len(link)-1] + "A" + "A", base + "/l/" + strings.Repeat("A", 26), base + "/l/" + strings.Repeat("a", 26)} {
		require.Equal(t, http.StatusNotFound, other.do("GET", wrong, nil).StatusCode)
		require.Equal(t, http.StatusNotFound, other.do("POST", wrong, url.Values{}).StatusCode)
	}
	require.Equal(t, http.StatusOK, b.do("GET", base+"/", nil).StatusCode)
	h.Clock.Advance(time.Hour)
	require.Equal(t, http.StatusUnauthorized, b.do("GET", base+"/", nil).StatusCode)
}

// Of many who claim one link at once, one has it.
func TestOneClaims(t *testing.T) {
	h := newHouse(t)
	link := h.link(h.bare("US", compliance.Individual).ID, hosted.Onboarding)
	got := make(chan int)
	for range 20 {
		go func() {
			r := httptest.NewRequest("POST", link, strings.NewReader(""))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Origin", "https://pay.example.com")
			w := httptest.NewRecorder()
			h.pages.ServeHTTP(w, r)
			got <- w.Code
		}()
	}
	won := 0
	for range 20 {
		if code := <-got; code == http.StatusSeeOther {
			won++
		} else {
			require.Equal(t, http.StatusGone, code)
		}
	}
	require.Equal(t, 1, won)
}

// Addresses are compared as they are written; another platform's account is unknown; and
// what is stored lets nobody in (O24).
func TestLinkRefusals(t *testing.T) {
	h := newHouse(t)
	a := h.bare("US", compliance.Individual)
	for _, address := range []string{"", "javascript:alert(1)", "http://shop.example.com/done", back + "/", back + "?x=1", back + "#", "https://shop.example.com.evil.example/done",
		"https://shop.example.com@evil.example/done", strings.ToUpper(back), "//shop.example.com/done", "https://shop.example.com/../done"} {
		for field, r := range map[string]hosted.LinkRequest{
			"returnURL":  {AccountID: a.ID, RefreshURL: refresh, ReturnURL: address},
			"refreshURL": {AccountID: a.ID, RefreshURL: address, ReturnURL: back},
		} {
			_, err := h.pages.CreateLink(h.ctx, h.p, r)
			var e *ledger.Error
			require.ErrorAs(t, err, &e, address)
			require.Equal(t, []string{"invalid_redirect_uri", field}, []string{e.Code, e.Field}, address)
		}
	}
	other, err := h.Register(h.ctx, connect.PlatformRequest{Key: "o", Name: "O", Country: "US"})
	require.NoError(t, err)
	_, foreign := h.pages.CreateLink(h.ctx, other, hosted.LinkRequest{AccountID: a.ID, RefreshURL: refresh, ReturnURL: back})
	_, unknown := h.pages.CreateLink(h.ctx, other, hosted.LinkRequest{AccountID: "acct_none", RefreshURL: refresh, ReturnURL: back})
	require.ErrorIs(t, foreign, ledger.NotFound)
	require.EqualError(t, unknown, foreign.Error())
	_, err = h.pages.CreateLink(h.ctx, h.p, hosted.LinkRequest{AccountID: a.ID, Use: "theft", RefreshURL: refresh, ReturnURL: back})
	require.ErrorIs(t, err, ledger.Invalid)
	_, err = h.pages.CreateLink(h.ctx, h.p, hosted.LinkRequest{AccountID: a.ID, Language: "tlh", RefreshURL: refresh, ReturnURL: back})
	require.ErrorIs(t, err, ledger.Invalid)

	link := h.link(a.ID, hosted.Onboarding)
	b := h.enter(link)
	dump := h.dump()
	require.NotContains(t, dump, link[len(base)+3:])
	require.NotContains(t, dump, b.cookie.Value)
	require.NotContains(t, dump, b.the("details").fields.Get("csrf"))
}

// dump is all that the store has of links and sessions.
func (h *house) dump() string {
	var s strings.Builder
	for _, kind := range []string{"hosted.link", "hosted.session"} {
		require.NoError(h.t, h.Store().Read(h.ctx, func(v ledger.View) error {
			list, err := v.Find(ledger.Query{Kind: kind, Name: "platform", Value: h.p.ID(), Limit: 100})
			for _, o := range list {
				s.Write(o.Data)
			}
			return err
		}))
	}
	return s.String()
}

// A form counts only from a page of ours, in the session that it was made for, once; what
// was wrong is said at its field, and nothing of it is recorded.
func TestForms(t *testing.T) {
	h := newHouse(t)
	a := h.bare("US", compliance.Individual)
	b := h.enter(h.link(a.ID, hosted.Onboarding))
	eve := h.enter(h.link(h.bare("US", compliance.Individual).ID, hosted.Onboarding))
	due := func() int {
		list, err := h.p.Requirements(h.ctx, a.ID)
		require.NoError(t, err)
		return len(list)
	}
	all := due()
	d := func() form {
		b.do("GET", base+"/", nil)
		f := b.the("details")
		f.fields.Set("individual.email", "zoe@example.com")
		return f
	}
	for what, change := range map[string]func(*http.Request){
		"another site":    func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
		"no origin":       func(r *http.Request) { r.Header.Del("Origin") },
		"opaque origin":   func(r *http.Request) { r.Header.Set("Origin", "null") },
		"a sister's site": func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") },
	} {
		require.Equal(t, http.StatusForbidden, b.send(d(), change).StatusCode, what)
	}
	f := d()
	f.fields.Set("csrf", eve.the("details").fields.Get("csrf"))
	require.Equal(t, http.StatusForbidden, b.send(f).StatusCode, "another session's form")
	b.do("GET", base+"/", nil)
	require.Equal(t, http.StatusUnauthorized, (&browser{h: h}).send(d()).StatusCode, "no session")
	b.do("GET", base+"/", nil)
	require.Equal(t, all, due())

	f = d()
	f.fields.Set("individual.email", `"><script>alert(1)</script>`)
	f.fields.Set("individual.first_name", "Zoé")
	require.Equal(t, http.StatusUnprocessableEntity, b.send(f).StatusCode)
	require.Contains(t, b.body, `aria-describedby="individual-email-error"`)
	require.Contains(t, b.body, `id="individual-email-error"`)
	require.Contains(t, b.body, `href="#individual-email"`)
	require.NotContains(t, b.body, "<script>")
	require.Contains(t, b.body, `value="Zoé"`)
	require.Equal(t, all, due())
	require.Equal(t, http.StatusUnprocessableEntity, b.send(b.the("details")).StatusCode, "nothing was filled in")
	f = b.the("details")
	f.fields.Set("tos_acceptance.ip", "192.0.2.7")
	require.Equal(t, http.StatusUnprocessableEntity, b.send(f).StatusCode, "terms are accepted, and not typed")
	f = b.the("details")
	f.fields.Set("external_account", "ba_1")
	require.Equal(t, http.StatusUnprocessableEntity, b.send(f).StatusCode)
	f = b.the("bank")
	f.fields.Set("bank_token", "DE89370400440532013000")
	require.Equal(t, http.StatusUnprocessableEntity, b.send(f).StatusCode, "a number is no token")
	require.Equal(t, all, due())

	f = d()
	require.Equal(t, http.StatusSeeOther, b.send(f).StatusCode)
	require.Equal(t, all-1, due())
	require.Equal(t, http.StatusSeeOther, b.send(f).StatusCode, "sent twice")
	f.fields.Set("individual.email", "other@example.com")
	require.Equal(t, http.StatusUnprocessableEntity, b.send(f).StatusCode, "an old form, filled in otherwise")
	f.fields.Set("nonce", ledger.Secret())
	require.Equal(t, http.StatusUnprocessableEntity, b.send(f).StatusCode, "nor is it a new one: nothing of it is due")
}

// Only what the page asks for is taken, whatever is sent: nobody is given a role, a share or
// new terms by whoever has a link.
func TestWhatIsNotDueIsNotTaken(t *testing.T) {
	h := newHouse(t)
	done, err := h.p.CreateAccount(h.ctx, connecttest.Seller("GB"))
	require.NoError(t, err)
	firm := h.bare("GB", compliance.Company)
	for _, c := range []struct {
		account, action string
		fields          url.Values
	}{
		{done.ID, "details", url.Values{"individual.email": {"thief@example.com"}}},
		{done.ID, "terms", url.Values{"terms": {"true"}}},
		{done.ID, "person", url.Values{"new": {"true"}, "role": {"owner"}, "first_name": {"Eve"}}},
		{firm.ID, "person", url.Values{"new": {"true"}, "role": {"representative"}, "nickname": {"Eve"}}},
		{firm.ID, "person", url.Values{"new": {"true"}, "first_name": {"Eve"}}},
	} {
		b := h.enter(h.link(c.account, hosted.Onboarding))
		b.do("GET", base+"/", nil)
		before, err := h.p.Requirements(h.ctx, c.account)
		require.NoError(t, err)
		persons, err := h.p.Persons(h.ctx, c.account)
		require.NoError(t, err)
		f := b.the("leave") // whose token is good for any form
		f.action = strings.Replace(f.action, "/leave", "/"+c.action, 1)
		f.fields.Set("nonce", ledger.Secret())
		for name, v := range c.fields {
			f.fields[name] = v
		}
		require.Equal(t, http.StatusUnprocessableEntity, b.send(f).StatusCode, "%+v", c)
		after, err := h.p.Requirements(h.ctx, c.account)
		require.NoError(t, err)
		require.Equal(t, before, after)
		now, err := h.p.Persons(h.ctx, c.account)
		require.NoError(t, err)
		require.Equal(t, persons, now)
	}
}

// Once there is a bank account, these pages do not change it: that takes a step-up.
func TestBankIsNotChangedHere(t *testing.T) {
	h := newHouse(t)
	a := h.bare("US", compliance.Individual)
	b := h.enter(h.link(a.ID, hosted.Onboarding))
	f := b.the("bank")
	f.fields.Set("bank_token", payout.TestAccount)
	require.Equal(t, http.StatusSeeOther, b.send(f).StatusCode)
	f.fields.Set("nonce", ledger.Secret())
	f.fields.Set("bank_token", payout.TestStalled)
	require.Equal(t, http.StatusUnprocessableEntity, b.send(f).StatusCode)
	a, err := h.p.GetAccount(h.ctx, a.ID)
	require.NoError(t, err)
	require.Len(t, a.Banks, 1)
}

// A login shows how the account stands, and takes nothing in.
func TestAccountPage(t *testing.T) {
	h := newHouse(t)
	a, err := h.p.CreateAccount(h.ctx, connecttest.Seller("US"))
	require.NoError(t, err)
	_, err = h.p.Charge(h.ctx, connect.ChargeRequest{Key: "c", AccountID: a.ID, Amount: ledger.Minor(12_345, ledger.USD), Source: connect.TestCardAtOnce})
	require.NoError(t, err)
	_, err = h.p.Payout(h.ctx, connect.PayoutRequest{Key: "po", AccountID: a.ID, Amount: ledger.Minor(345, ledger.USD)})
	require.NoError(t, err)
	b := h.enter(h.link(a.ID, hosted.Login))
	require.Contains(t, b.body, "You can take payments")
	require.Contains(t, b.body, "$3.45")
	require.Len(t, b.forms(), 1)
	b.do("GET", base+"/", nil, func(r *http.Request) { r.Header.Set("Accept-Language", "fr-CA,fr;q=0.9") })
	require.Contains(t, b.body, `<html lang="en">`, "the session keeps its language")
	f := b.the("leave")
	f.action = strings.Replace(f.action, "leave", "details", 1)
	f.fields.Set("individual.email", "x@example.com")
	require.Equal(t, http.StatusForbidden, b.send(f).StatusCode, "whoever looks does not fill in")
	french := &browser{h: h}
	french.do("GET", h.link(a.ID, hosted.Login), nil, func(r *http.Request) { r.Header.Set("Accept-Language", "fr-CA,fr;q=0.9") })
	require.Contains(t, french.body, `<html lang="fr">`)
}

// Somebody who is named already takes another role, and keeps those that they have; nobody
// has a role that they were not given.
func TestRolesAreChosen(t *testing.T) {
	h := newHouse(t)
	a := h.bare("DE", compliance.Company)
	b := h.enter(h.link(a.ID, hosted.Onboarding))
	require.NotContains(t, b.body, " checked")
	named := func(change func(url.Values)) int {
		b.do("GET", base+"/", nil)
		list := b.forms()
		i := slices.IndexFunc(list, func(f form) bool { return f.fields.Has("new") })
		require.GreaterOrEqual(t, i, 0)
		list[i].fields["role"] = nil
		change(list[i].fields)
		return b.send(list[i]).StatusCode
	}
	require.Equal(t, http.StatusUnprocessableEntity, named(func(f url.Values) { f.Set("first_name", "Ann") }), "a person has a role")
	require.Contains(t, b.body, `role="alert"`)
	require.Equal(t, http.StatusSeeOther, named(func(f url.Values) { f.Set("first_name", "Ann"); f.Set("role", "representative") }))
	persons, err := h.p.Persons(h.ctx, a.ID)
	require.NoError(t, err)
	require.Len(t, persons, 1)
	require.Equal(t, http.StatusSeeOther, named(func(f url.Values) { f.Set("person", persons[0].ID); f.Set("role", "owner") }))
	require.Equal(t, http.StatusUnprocessableEntity, named(func(f url.Values) { f.Set("person", "person_none"); f.Set("role", "director") }))
	persons, err = h.p.Persons(h.ctx, a.ID)
	require.NoError(t, err)
	require.Len(t, persons, 1)
	require.Equal(t, []compliance.Role{compliance.Representative, compliance.Owner}, persons[0].Roles)
}
