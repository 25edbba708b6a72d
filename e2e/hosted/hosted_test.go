// Package hosted signs sellers up on souk's hosted pages with a real browser.
package hosted

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/hosted"
	"github.com/soukhq/souk/e2e/browser"
	"github.com/soukhq/souk/payout"
)

// serve mounts the pages on this machine.
func serve(t *testing.T) (*hosted.Pages, *connect.Platform, string) {
	t.Helper()
	m, err := connecttest.New(connecttest.Config{})
	require.NoError(t, err)
	l, err := net.Listen("tcp", "localhost:0")
	require.NoError(t, err)
	origin := "http://localhost:" + strings.TrimPrefix(l.Addr().String()[strings.LastIndexByte(l.Addr().String(), ':'):], ":")
	pages, err := hosted.New(hosted.Config{Engine: m.Engine, Base: origin + "/onboarding", TermsURL: origin + "/terms", TermsVersion: "1",
		URLs: func(context.Context, string) ([]string, error) {
			return []string{origin + "/again", origin + "/done"}, nil
		}})
	require.NoError(t, err)
	mux := http.NewServeMux()
	mux.Handle("/onboarding/", pages)
	s := &http.Server{Handler: mux}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	p, err := m.Register(context.Background(), connect.PlatformRequest{Key: "p", Name: "P", Country: "US"})
	require.NoError(t, err)
	return pages, p, origin
}

// at is what has the focus.
type at struct{ Tag, Type, Name, ID, Form string }

func (x at) submits() bool { return x.Tag == "BUTTON" }

// pageUp waits for a page after the one that was marked. While one goes and the other comes,
// the browser may not know what it is asked.
func pageUp(ctx context.Context) error {
	for {
		up, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`window.before === undefined && document.readyState === "complete"`))
		if err == nil && up || ctx.Err() != nil {
			return ctx.Err()
		}
		if _, err := chromedp.Run(ctx, chromedp.Sleep(20*time.Millisecond)); err != nil {
			return err
		}
	}
}

// press presses enter, and waits for the page that comes.
func press(ctx context.Context) error {
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`window.before = true`)); err != nil {
		return err
	}
	if err := chromedp.Do(ctx, chromedp.KeyEvent(kb.Enter)); err != nil {
		return err
	}
	return pageUp(ctx)
}

const focus = `(() => { const e = document.activeElement; return {Tag: e.tagName, Type: e.type || "", Name: e.name || "", ID: e.id || "", Form: e.form ? new URL(e.form.action).pathname : ""} })()`

// tab goes on to the next element, and says which that is.
func tab(ctx context.Context) (x at, err error) {
	if err := chromedp.Do(ctx, chromedp.KeyEvent(kb.Tab)); err != nil {
		return x, err
	}
	return chromedp.Run(ctx, chromedp.Evaluate[at](focus))
}

// fillFirst fills the first form in, by keyboard alone, and sends it; false if it is the one
// that leaves.
func fillFirst(ctx context.Context, values map[string]string) (bool, error) {
	form := ""
	for range 200 {
		x, err := tab(ctx)
		switch {
		case err != nil:
			return false, err
		case form == "" && x.Form != "":
			if form = x.Form; strings.HasSuffix(form, "/leave") {
				return false, nil
			}
		}
		switch {
		case x.Form != form || form == "":
		case x.submits():
			return true, press(ctx)
		case x.Type == "checkbox":
			err = chromedp.Do(ctx, chromedp.KeyEvent(" "))
		case x.Tag == "SELECT":
			err = chromedp.Do(ctx, chromedp.KeyEvent("Y"))
		case x.Tag == "INPUT" && x.Type != "checkbox":
			err = chromedp.Do(ctx, chromedp.KeyEvent(values[x.Name]))
		}
		if err != nil {
			return false, err
		}
	}
	return false, errors.New("the form has no end")
}

// A seller signs up on the hosted pages by keyboard alone, on a phone and on a desk: nothing
// is wider than the screen, and the console says nothing under the policy of the pages.
func TestSignUpByKeyboard(t *testing.T) {
	pages, p, origin := serve(t)
	for _, width := range []int64{360, 1280} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			window := browser.Open(t)
			ctx := window.Context
			kind := map[int64]compliance.EntityType{360: compliance.Individual, 1280: compliance.Company}[width]
			a, err := p.CreateAccount(context.Background(), connect.AccountRequest{Key: fmt.Sprint(width), Country: "GB", Type: kind})
			require.NoError(t, err)
			link, err := pages.CreateLink(context.Background(), p, hosted.LinkRequest{AccountID: a.ID, RefreshURL: origin + "/again", ReturnURL: origin + "/done", Language: "en"})
			require.NoError(t, err)
			require.NoError(t, chromedp.Do(ctx, chromedp.EmulateViewport(width, 740), chromedp.Navigate(link.URL)))
			x, err := tab(ctx)
			require.NoError(t, err)
			require.True(t, x.submits(), "%+v", x)
			require.NoError(t, press(ctx))

			d, ok := compliance.TestDetails("GB", kind)
			require.True(t, ok)
			values := map[string]string{"bank_token": payout.TestAccount}
			for name, v := range d.Fields {
				values[name] = v
			}
			for _, person := range d.Persons {
				for name, v := range person.Fields {
					values[name] = v
				}
			}
			window.Keep(t, fmt.Sprintf("onboarding-%d.png", width))
			for n := 0; ; n++ {
				wide, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > window.innerWidth`))
				require.NoError(t, err)
				require.False(t, wide, "the page is wider than the screen")
				more, err := fillFirst(ctx, values)
				require.NoError(t, err)
				if !more {
					break
				}
				require.Less(t, n, 10)
			}
			window.Keep(t, fmt.Sprintf("done-%d.png", width))
			s, err := p.AccountStatus(context.Background(), a.ID)
			require.NoError(t, err)
			require.Empty(t, s.Due)
			require.True(t, s.PayoutsEnabled)
			require.Empty(t, window.Problems())
		})
	}
}
