package fx_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/soukhq/souk/fx"
	"github.com/soukhq/souk/internal/shareddata"
	"github.com/soukhq/souk/ledger"
)

var day0 = time.Date(2025, 5, 9, 0, 0, 0, 0, time.UTC)

func ofDay(t testing.TB, base, quote ledger.Currency, text string, at time.Time) fx.Rate {
	r, err := fx.ParseRate(base, quote, text, at, "test")
	require.NoError(t, err)
	return r
}

// The bank's file of 24 years, and its XML of 90 days, answer as third parties read them.
func TestECBHistory(t *testing.T) {
	f := shareddata.Open(t, "fx-ecb/eurofxref-hist-to-2023.csv.gz")
	defer f.Close()
	h, err := fx.ParseECBHistory(f)
	require.NoError(t, err)
	require.Equal(t, 6402, h.Days())
	at := func(text string) time.Time {
		day, err := time.Parse(time.DateOnly, text)
		require.NoError(t, err)
		return day
	}
	for _, c := range []struct{ base, quote, day, value, per string }{
		{"EUR", "USD", "2013-03-21", "1.2910", "1"},
		{"EUR", "USD", "2014-03-28", "1.3759", "1"},
		{"USD", "EUR", "2014-03-28", "1", "1.3759"},
		{"EUR", "BGN", "2010-11-21", "1.9558", "1"}, // a Sunday: that of Friday
		{"EUR", "HRK", "2023-01-02", "7.5365", "1"}, // of 2022-12-30, its last
	} {
		base, err := ledger.ParseCurrency(c.base)
		require.NoError(t, err)
		quote, err := ledger.ParseCurrency(c.quote)
		require.NoError(t, err)
		r, err := h.Rate(context.Background(), base, quote, at(c.day).Add(20*time.Hour))
		require.NoError(t, err, "%+v", c)
		require.Equal(t, []string{c.value, c.per}, []string{r.Value.StringFixed(int32(len(c.value)-2) * int32(min(1, strings.Count(c.value, ".")))), r.Per.String()}, "%+v", c)
	}
	kuna, err := ledger.ParseCurrency("HRK")
	require.NoError(t, err)
	for _, c := range []struct {
		quote ledger.Currency
		day   string
	}{{ledger.USD, "1986-02-02"}, {kuna, "2023-01-09"}, {ledger.USD, "2024-02-02"}} {
		_, err := h.Rate(context.Background(), ledger.EUR, c.quote, at(c.day))
		require.ErrorIs(t, err, ledger.NotFound, "%+v", c)
	}
	one, err := h.Rate(context.Background(), ledger.EUR, ledger.EUR, at("1986-02-02"))
	require.NoError(t, err)
	require.True(t, one.Value.Equal(one.Per), "a currency is worth itself whenever")
	_, err = fx.Fresh{Provider: h}.Rate(context.Background(), ledger.EUR, ledger.EUR, at("2030-01-01"))
	require.NoError(t, err)
	require.Nil(t, h.Table(at("1986-02-02")))
	require.Equal(t, at("2019-12-06"), h.Table(at("2019-12-08")).At())

	x := shareddata.Open(t, "fx-ecb/eurofxref-hist-90d-2017.xml")
	defer x.Close()
	days, err := fx.ParseECBHistory(x)
	require.NoError(t, err)
	require.Equal(t, 64, days.Days())
	for day := at("2016-12-10"); day.Before(at("2017-03-03")); day = day.Add(24 * time.Hour) { // and the two agree
		a, err := h.Rate(context.Background(), ledger.JPY, ledger.SEK, day)
		require.NoError(t, err)
		b, err := days.Rate(context.Background(), ledger.JPY, ledger.SEK, day)
		require.NoError(t, err)
		require.True(t, a.Value.Equal(b.Value) && a.Per.Equal(b.Per) && a.At.Equal(b.At), "%v", day)
	}
}

func TestECBHistoryIsRefused(t *testing.T) {
	for name, file := range map[string]string{
		"empty":             "",
		"only a mark":       "\xef\xbb\xbf",
		"another csv":       "Day,USD\n2020-01-02,1.1\n",
		"no days":           "Date,USD,\n",
		"no rates":          "Date,USD,\n2020-01-02,N/A,\n",
		"a day that is not": "Date,USD,\n2020-02-30,1.1,\n",
		"a day twice":       "Date,USD,\n2020-01-02,1.1,\n2020-01-02,1.1,\n",
		"a currency twice":  "Date,USD,USD,\n2020-01-02,1.1,1.1,\n",
		"a line cut":        "Date,USD,JPY,\n2020-01-02,1.1,120,\n2020-01-03,1.1\n",
		"a rate of nothing": "Date,USD,JPY,\n2020-01-02,1.1,,\n",
		"a rate below zero": "Date,USD,\n2020-01-02,-1.1,\n",
		"a rate in words":   "Date,USD,\n2020-01-02,NaN,\n",
		"no currency":       "Date,US$,\n2020-01-02,1.1,\n",
		"another xml":       "<a/>",
		"two lists": `<e:Envelope xmlns:e="http://www.gesmes.org/xml/2002-08-01"><Cube><Cube time="2017-03-03"><Cube currency="USD" rate="1"/></Cube></Cube></e:Envelope>` +
			`<e:Envelope xmlns:e="http://www.gesmes.org/xml/2002-08-01"/>`,
	} {
		_, err := fx.ParseECBHistory(strings.NewReader(file))
		require.ErrorIs(t, err, ledger.Invalid, name)
	}
	h, err := fx.ParseECBHistory(strings.NewReader("\xef\xbb\xbf Date, USD, QQQ, \n2020-01-02, 1.1, 3, \n"))
	require.NoError(t, err, "spaces, and a currency that nobody knows")
	require.Equal(t, 1, h.Days())
	usd, err := fx.NewTable(ledger.USD, day0.Add(time.Hour), "test", nil)
	require.NoError(t, err)
	eur, err := fx.NewTable(ledger.EUR, day0, "test", nil)
	require.NoError(t, err)
	_, err = fx.NewHistory(usd, eur)
	require.ErrorIs(t, err, ledger.Invalid, "against two currencies")
}

func FuzzParseECBHistory(f *testing.F) {
	f.Add("Date,USD,JPY,\n2020-01-02,1.1,120,\n")
	f.Add(`<e:Envelope xmlns:e="http://www.gesmes.org/xml/2002-08-01"><Cube><Cube time="2017-03-03"><Cube currency="USD" rate="1"/></Cube></Cube></e:Envelope>`)
	f.Fuzz(func(t *testing.T, file string) {
		h, err := fx.ParseECBHistory(strings.NewReader(file))
		if err != nil {
			require.ErrorIs(t, err, ledger.Invalid)
			return
		}
		require.Positive(t, h.Days())
	})
}

func TestFixedAnswersBothWays(t *testing.T) {
	f, err := fx.NewFixed(ofDay(t, ledger.GBP, ledger.USD, "1.25", day0), ofDay(t, ledger.USD, ledger.JPY, "150", day0), ofDay(t, ledger.JPY, ledger.USD, "0.0066", day0))
	require.NoError(t, err)
	get := func(a, b ledger.Currency) string {
		r, err := f.Rate(context.Background(), a, b, day0)
		require.NoError(t, err)
		return r.String()
	}
	require.Equal(t, "1 GBP = 1.25 USD", get(ledger.GBP, ledger.USD))
	require.Equal(t, "1.25 USD = 1 GBP", get(ledger.USD, ledger.GBP), "the other way round, exactly")
	require.Equal(t, "1 JPY = 0.0066 USD", get(ledger.JPY, ledger.USD), "as it was stated")
	require.Equal(t, "1 SEK = 1 SEK", get(ledger.SEK, ledger.SEK))
	_, err = f.Rate(context.Background(), ledger.GBP, ledger.JPY, day0)
	require.ErrorIs(t, err, ledger.NotFound)
	for _, list := range [][]fx.Rate{{{}}, {fx.Identity(ledger.USD, day0)}, {ofDay(t, ledger.GBP, ledger.USD, "1", day0), ofDay(t, ledger.GBP, ledger.USD, "2", day0)}} {
		_, err = fx.NewFixed(list...)
		require.ErrorIs(t, err, ledger.Invalid)
	}
}

// There and back through a third currency is what it was: rates keep what a division
// would round.
func TestThrough(t *testing.T) {
	f, err := fx.NewFixed(ofDay(t, ledger.GBP, ledger.USD, "1.25", day0), ofDay(t, ledger.USD, ledger.JPY, "149.37", day0.Add(-time.Hour)))
	require.NoError(t, err)
	p := fx.Through{Provider: f, Currencies: []ledger.Currency{ledger.EUR, ledger.USD}}
	r, err := p.Rate(context.Background(), ledger.JPY, ledger.GBP, day0)
	require.NoError(t, err)
	require.Equal(t, "186.7125 JPY = 1 GBP", r.String())
	require.Equal(t, day0.Add(-time.Hour), r.At, "of the older")
	require.Equal(t, "test by USD", r.Source)
	_, err = p.Rate(context.Background(), ledger.GBP, ledger.SEK, day0)
	require.ErrorIs(t, err, ledger.NotFound)

	long, err := fx.NewFixed(ofDay(t, ledger.GBP, ledger.USD, "1.00000000000000000000000001", day0), ofDay(t, ledger.USD, ledger.JPY, "1.00000000000000000000000001", day0))
	require.NoError(t, err)
	_, err = fx.Through{Provider: long, Currencies: []ledger.Currency{ledger.USD}}.Rate(context.Background(), ledger.GBP, ledger.JPY, day0)
	require.ErrorIs(t, err, ledger.NotFound, "its product has too many digits to be kept")

	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.StringMatching(`[1-9][0-9]{0,3}\.[0-9]{1,6}`)
		f, err := fx.NewFixed(ofDay(t, ledger.GBP, ledger.USD, text.Draw(rt, "a"), day0), ofDay(t, ledger.USD, ledger.JPY, text.Draw(rt, "b"), day0))
		require.NoError(rt, err)
		p := fx.Through{Provider: f, Currencies: []ledger.Currency{ledger.USD}}
		there, err := p.Rate(context.Background(), ledger.GBP, ledger.JPY, day0)
		require.NoError(rt, err)
		back, err := p.Rate(context.Background(), ledger.JPY, ledger.GBP, day0)
		require.NoError(rt, err)
		require.True(rt, there.Value.Mul(back.Value).Equal(there.Per.Mul(back.Per)))
		m := ledger.Minor(rapid.Int64Range(1, 1_000_000_000).Draw(rt, "amount"), ledger.GBP)
		yen, err := there.Of(m, ledger.RoundDown)
		require.NoError(rt, err)
		again, err := back.Of(yen, ledger.RoundDown)
		require.NoError(rt, err)
		require.LessOrEqual(rt, again.Minor(), m.Minor(), "there and back never gains")
	})
}

// told is a provider that answers what a test says, and counts.
type told struct {
	mu    sync.Mutex
	err   error
	rate  fx.Rate
	asked int
}

func (p *told) Rate(_ context.Context, base, quote ledger.Currency, _ time.Time) (fx.Rate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	r := p.rate
	if p.err == nil && r.Base.IsZero() {
		r.Base, r.Quote = base, quote
	}
	return r, p.err
}

func TestFreshAndFallback(t *testing.T) {
	ctx := context.Background()
	old, err := fx.NewFixed(ofDay(t, ledger.EUR, ledger.USD, "1.1", day0))
	require.NoError(t, err)
	for age, ok := range map[time.Duration]bool{-time.Hour: true, 96 * time.Hour: true, 96*time.Hour + 1: false} {
		_, err := fx.Fresh{Provider: old}.Rate(ctx, ledger.EUR, ledger.USD, day0.Add(age))
		require.Equal(t, ok, err == nil, "%v: %v", age, err)
		if !ok {
			requireRefused(t, err, ledger.Unavailable, "rate_stale")
		}
	}
	now := day0.Add(10 * time.Hour)
	down := &told{err: &ledger.Error{Class: ledger.Unavailable, Code: "timeout"}}
	wrong := &told{rate: ofDay(t, ledger.EUR, ledger.JPY, "160", day0)}
	r, err := fx.Fallback{fx.Fresh{Provider: old, Limit: time.Hour}, down, wrong, old}.Rate(ctx, ledger.EUR, ledger.USD, now)
	require.NoError(t, err)
	require.Equal(t, "1 EUR = 1.1 USD", r.String(), "of the last, as it is the first to answer for the pair")
	_, err = fx.Fallback{old, down, wrong}.Rate(ctx, ledger.EUR, ledger.SEK, now)
	requireRefused(t, err, ledger.Unavailable, "rate_unavailable")
	require.NotErrorIs(t, err, ledger.NotFound, "it has one class")
	require.ErrorContains(t, err, "timeout")
	_, err = fx.Fallback{old, old}.Rate(ctx, ledger.EUR, ledger.SEK, now)
	requireRefused(t, err, ledger.NotFound, "rate_not_found")
	gone, cancel := context.WithCancel(ctx)
	cancel()
	last := &told{rate: ofDay(t, ledger.EUR, ledger.USD, "1.2", day0)}
	_, err = fx.Fallback{down, last}.Rate(gone, ledger.EUR, ledger.USD, now)
	require.Error(t, err)
	require.Zero(t, last.asked, "nobody waits for it")
}

func requireRefused(t testing.TB, err error, class ledger.Class, code string) {
	t.Helper()
	var e *ledger.Error
	require.True(t, errors.As(err, &e), "%v", err)
	require.Equal(t, []any{class, code}, []any{e.Class, e.Code})
}

func TestCached(t *testing.T) {
	ctx := context.Background()
	p := &told{rate: ofDay(t, ledger.EUR, ledger.USD, "1.1", day0)}
	c, err := fx.NewCached(fx.CacheConfig{Provider: p, For: time.Hour, Stale: time.Hour, Pairs: 2})
	require.NoError(t, err)
	at := func(d time.Duration) (string, error) {
		r, err := c.Rate(ctx, ledger.EUR, ledger.USD, day0.Add(d))
		return r.Value.String(), err
	}
	var all sync.WaitGroup
	for range 50 { // all at once: one asks
		all.Go(func() { _, _ = at(0) })
	}
	all.Wait()
	require.Equal(t, 1, p.asked)
	p.rate = ofDay(t, ledger.EUR, ledger.USD, "1.2", day0)
	for _, step := range []struct {
		d     time.Duration
		err   error
		value string
		asked int
	}{
		{59 * time.Minute, nil, "1.1", 1},
		{-time.Minute, nil, "1.2", 2}, // of the past it says nothing
		{59 * time.Minute, nil, "1.1", 2},
		{time.Hour, nil, "1.2", 3},
		{3*time.Hour - 1, &ledger.Error{Class: ledger.Unavailable}, "1.2", 4}, // still serves
		{3 * time.Hour, &ledger.Error{Class: ledger.Unavailable}, "", 5},
		{2 * time.Hour, &ledger.Error{Class: ledger.NotFound}, "", 6}, // it is not quoted any more
		{2 * time.Hour, nil, "1.2", 7},
	} {
		p.err = step.err
		value, err := at(step.d)
		require.Equal(t, step.value == "", err != nil, "%v: %v", step.d, err)
		if err == nil {
			require.Equal(t, step.value, value, "%v", step.d)
		}
		require.Equal(t, step.asked, p.asked, "%v", step.d)
	}
	p.err = nil
	_, err = at(1000 * time.Hour) // a clock that is ahead
	require.NoError(t, err)
	for range 2 {
		_, err = at(2 * time.Hour)
		require.NoError(t, err)
	}
	require.Equal(t, 9, p.asked, "it does not keep the cache from what is now")
	_, err = c.Rate(ctx, ledger.GBP, ledger.USD, day0)
	requireRefused(t, err, ledger.Invalid, "invalid_rate")
	_, err = fx.Through{Provider: p}.Rate(ctx, ledger.GBP, ledger.USD, day0)
	requireRefused(t, err, ledger.Invalid, "invalid_rate")
	p.rate, p.asked = fx.Rate{}, 7
	for i, quote := range []ledger.Currency{ledger.JPY, ledger.SEK, ledger.JPY} { // two are kept: dollars gave way
		_, err := c.Rate(ctx, ledger.EUR, quote, day0.Add(4*time.Hour))
		require.NoError(t, err)
		require.Equal(t, []int{8, 9, 9}[i], p.asked, fmt.Sprint(quote))
	}
	for _, bad := range []fx.CacheConfig{{}, {Provider: p, For: -1}, {Provider: p, Stale: -1}, {Provider: p, Pairs: -1}} {
		_, err := fx.NewCached(bad)
		require.ErrorIs(t, err, ledger.Invalid)
	}
}

// Who waits for another's answer may go.
func TestCachedLetsGo(t *testing.T) {
	asked, answer := make(chan struct{}), make(chan struct{})
	c, err := fx.NewCached(fx.CacheConfig{Provider: providerFunc(func() { close(asked); <-answer }), Pairs: 1})
	require.NoError(t, err)
	var all sync.WaitGroup
	all.Go(func() { _, _ = c.Rate(context.Background(), ledger.EUR, ledger.USD, day0) })
	<-asked
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = c.Rate(gone, ledger.EUR, ledger.USD, day0)
	require.ErrorIs(t, err, ledger.Unavailable)
	require.ErrorIs(t, err, context.Canceled)
	close(answer)
	all.Wait()
}

// A provider that is slow to fail is waited for once by all who ask meanwhile, not by one
// after the other.
func TestCachedFailsTogether(t *testing.T) {
	asked := 0
	var waiting, fail chan struct{}
	c, err := fx.NewCached(fx.CacheConfig{Provider: failing(func() {
		if asked++; asked == 1 {
			close(waiting)
			<-fail
		}
	})})
	require.NoError(t, err)
	ask := func() {
		_, err := c.Rate(context.Background(), ledger.EUR, ledger.USD, day0)
		if !errors.Is(err, ledger.Unavailable) {
			t.Error(err)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		waiting, fail = make(chan struct{}), make(chan struct{})
		var all sync.WaitGroup
		all.Go(ask)
		<-waiting
		for range 20 {
			all.Go(ask)
		}
		synctest.Wait()
		close(fail)
		all.Wait()
		require.Equal(t, 1, asked)
		ask()
		require.Equal(t, 2, asked, "who comes later asks again")
	})
}

type failing func()

func (f failing) Rate(context.Context, ledger.Currency, ledger.Currency, time.Time) (fx.Rate, error) {
	f()
	return fx.Rate{}, &ledger.Error{Class: ledger.Unavailable, Code: "rate_unavailable"}
}

type providerFunc func()

func (f providerFunc) Rate(_ context.Context, base, quote ledger.Currency, at time.Time) (fx.Rate, error) {
	f()
	return fx.ParseRate(base, quote, "1", at, "test")
}
