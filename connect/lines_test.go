package connect_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/connect/pricing"
	"github.com/soukhq/souk/ledger"
)

// goods is a line of a seller's goods.
func goods(minor int64) connect.Line {
	return connect.Line{Kind: connect.LineGoods, Amount: usd(minor)}
}

// off is a discount that the platform pays so much of.
func off(minor, pays int64) connect.Line {
	return connect.Line{Kind: connect.LineDiscount, Amount: usd(-minor), PlatformPays: usd(pays)}
}

// taxLine is a tax that the platform remits.
func taxLine(minor int64, authority string) connect.Line {
	return connect.Line{Kind: connect.LineTax, Amount: usd(minor), Authority: authority}
}

// A line that is none, or lines that do not add up, are refused by name before
// anything is written (promises 70 and 71; edge-cases 29, 30).
func TestRefusedLines(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a, other := m.seller(), m.seller()
	before := snapshot(t, m.Store())
	eur := connect.Line{Kind: connect.LineGoods, Amount: ledger.Minor(5, ledger.EUR)}
	with := func(l connect.Line, change func(*connect.Line)) []connect.Line {
		change(&l)
		return []connect.Line{goods(1000), l}
	}
	huge := decimal.New(1, 2_000_000_000)
	for name, c := range map[string]struct {
		code, field string
		r           connect.ChargeRequest
	}{
		"amount":       {"lines_do_not_add", "amount", connect.ChargeRequest{Amount: usd(999), Lines: []connect.Line{goods(1000)}}},
		"taxes beside": {"invalid_request", "tax", connect.ChargeRequest{Tax: []connect.Tax{{Authority: "t", Amount: usd(1)}}, Lines: []connect.Line{goods(1000)}}},
		"net":          {"invalid_request", "net", connect.ChargeRequest{Net: usd(5), Lines: []connect.Line{goods(1000)}}},
		"too many":     {"invalid_lines", "lines", connect.ChargeRequest{Lines: make([]connect.Line, 101)}},
		"currency":     {"currency_mismatch", "lines[1].amount", connect.ChargeRequest{Lines: []connect.Line{goods(1000), eur}}},
		"nothing":      {"invalid_line", "lines[1].amount", connect.ChargeRequest{Lines: []connect.Line{goods(1000), {Kind: connect.LineTip}}}},
		"zero":         {"invalid_line", "lines[1].amount", connect.ChargeRequest{Lines: []connect.Line{goods(1000), goods(0)}}},
		"too large":    {"amount_too_large", "lines[1].amount", connect.ChargeRequest{Lines: []connect.Line{goods(1000), goods(1_000_000_000_000)}}},
		"kind":         {"invalid_line", "lines[0].kind", connect.ChargeRequest{Lines: []connect.Line{{Kind: "gift", Amount: usd(5)}}}},
		"name twice":   {"invalid_line", "lines[1].name", connect.ChargeRequest{Lines: with(goods(5), func(l *connect.Line) { l.Name = "1" })}},
		"name":         {"invalid_line", "lines[1].name", connect.ChargeRequest{Lines: with(goods(5), func(l *connect.Line) { l.Name = "A b" })}},
		"category":     {"invalid_category", "lines[1].category", connect.ChargeRequest{Lines: with(goods(5), func(l *connect.Line) { l.Category = "Books" })}},
		"quantity":     {"invalid_line", "lines[1].quantity", connect.ChargeRequest{Lines: with(goods(5), func(l *connect.Line) { l.Quantity = -1 })}},
		"parts":        {"invalid_line", "lines[1].parts", connect.ChargeRequest{Lines: with(goods(5), func(l *connect.Line) { l.Parts = &connect.LineParts{} })}},
		"whose":        {"invalid_line", "lines[1].owner", connect.ChargeRequest{Lines: with(goods(5), func(l *connect.Line) { l.Owner = other.ID })}},
		"tax word":     {"invalid_line", "lines[1].kind", connect.ChargeRequest{Lines: with(goods(5), func(l *connect.Line) { l.Authority = "t" })}},
		"on":           {"invalid_line", "lines[1].on", connect.ChargeRequest{Lines: with(goods(5), func(l *connect.Line) { l.On = []string{"1"} })}},
		"on what":      {"invalid_line", "lines[1].on", connect.ChargeRequest{Lines: with(off(5, 0), func(l *connect.Line) { l.On = []string{"3"} })}},
		"on itself":    {"invalid_line", "lines[1].on", connect.ChargeRequest{Lines: with(off(5, 0), func(l *connect.Line) { l.On = []string{"2"} })}},
		"on twice":     {"invalid_line", "lines[1].on", connect.ChargeRequest{Lines: with(off(5, 0), func(l *connect.Line) { l.On = []string{"1", "1"} })}},
		"who pays":     {"invalid_line", "lines[1].platformPays", connect.ChargeRequest{Lines: with(goods(5), func(l *connect.Line) { l.PlatformPays = usd(1) })}},
		"pays more":    {"invalid_line", "lines[1].platformPays", connect.ChargeRequest{Lines: []connect.Line{goods(1000), off(5, 6)}}},
		"pays euros":   {"invalid_line", "lines[1].platformPays", connect.ChargeRequest{Lines: with(off(5, 0), func(l *connect.Line) { l.PlatformPays = ledger.Minor(1, ledger.EUR) })}},
		"pays twice":   {"invalid_line", "lines[1].platformPercent", connect.ChargeRequest{Lines: with(off(5, 5), func(l *connect.Line) { l.PlatformPercent = decimal.New(5, 0) })}},
		"percent":      {"invalid_line", "lines[1].platformPercent", connect.ChargeRequest{Lines: with(off(5, 0), func(l *connect.Line) { l.PlatformPercent = huge })}},
		"rounding":     {"invalid_line", "lines[1].rounding", connect.ChargeRequest{Lines: with(taxLine(5, "t"), func(l *connect.Line) { l.Rounding = "up" })}},
		"rate":         {"invalid_line", "lines[1].rate", connect.ChargeRequest{Lines: with(taxLine(5, "t"), func(l *connect.Line) { l.Rate = huge.Neg() })}},
		"discount up":  {"invalid_line", "lines[1].amount", connect.ChargeRequest{Lines: with(off(5, 0), func(l *connect.Line) { l.Amount = usd(5) })}},
		"over":         {"discount_exceeds_lines", "lines[1].amount", connect.ChargeRequest{Lines: []connect.Line{goods(1000), off(1001, 0)}}},
		"off a tip":    {"discount_exceeds_lines", "lines[1].amount", connect.ChargeRequest{Lines: []connect.Line{{Kind: connect.LineTip, Amount: usd(1000)}, off(5, 0)}}},
		"authority":    {"invalid_tax", "lines[1].authority", connect.ChargeRequest{Lines: []connect.Line{goods(1000), taxLine(5, "New York")}}},
		"tax in it":    {"tax_exceeds_lines", "lines[1].amount", connect.ChargeRequest{Lines: with(taxLine(1001, "t"), func(l *connect.Line) { l.Included = true })}},
		"all off":      {"invalid_amount", "amount", connect.ChargeRequest{Lines: []connect.Line{goods(1000), off(1000, 0)}}},
		"fee":          {"fee_exceeds_amount", "applicationFee", connect.ChargeRequest{ApplicationFee: usd(901), Lines: []connect.Line{goods(1000), off(200, 100)}}},
		"by amount":    {"invalid_request", "transferAmount", connect.ChargeRequest{TransferAmount: usd(500), Lines: []connect.Line{goods(1000), off(200, 100)}}},
		"nobody asks":  {"no_tax_calculator", "taxed", connect.ChargeRequest{Taxed: &connect.TaxPlaces{}, Lines: []connect.Line{goods(1000)}}},
	} {
		c.r.AccountID = a.ID
		_, err := m.try(c.r)
		require.Error(t, err, name)
		requireField(t, c.code, c.field, err)
	}
	require.Equal(t, before, snapshot(t, m.Store()))
}

// A line names a foreign account as one that is not there (promise 65).
func TestLinesOfStrangers(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	other, err := m.Register(m.ctx, connect.PlatformRequest{Key: "other", Name: "Other", Country: "US"})
	require.NoError(t, err)
	stranger, err := other.CreateAccount(m.ctx, connecttest.Seller("US"))
	require.NoError(t, err)
	words := ""
	for _, id := range []string{stranger.ID, "acct_unknown", "nobody"} {
		l := goods(1000)
		l.Owner = id
		_, err := m.try(connect.ChargeRequest{Lines: []connect.Line{l}})
		require.ErrorIs(t, err, ledger.NotFound)
		if words == "" {
			words = err.Error()
		}
		require.Equal(t, words, err.Error())
	}
}

// A refund names lines that are there, once, and no more than is left of each, however
// many ask (promise 9).
func TestRefusedRefundsByLine(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	c, err := m.try(connect.ChargeRequest{AccountID: a.ID, Lines: []connect.Line{goods(1000), goods(500), off(200, 200), taxLine(65, "t")}})
	require.NoError(t, err)
	plain := m.charge(a.ID, 1000, 0, connect.TestCard)
	later, err := m.try(connect.ChargeRequest{AccountID: a.ID, Lines: []connect.Line{goods(1000)}, CaptureLater: true})
	require.NoError(t, err)
	name := func(lines ...connect.RefundLine) connect.RefundRequest {
		return connect.RefundRequest{Key: m.key(), ChargeID: c.ID, Lines: lines}
	}
	stated := name(connect.RefundLine{Line: "1", Amount: usd(500)})
	stated.Amount = usd(500)
	ofPlain, ofLater := name(connect.RefundLine{Line: "1"}), name(connect.RefundLine{Line: "1"})
	ofPlain.ChargeID, ofLater.ChargeID = plain.ID, later.ID
	before := snapshot(t, m.Store())
	for _, x := range []struct {
		code, field string
		r           connect.RefundRequest
	}{
		{"invalid_line", "lines[0].line", name(connect.RefundLine{Line: "9"})},
		{"invalid_line", "lines[0].line", name(connect.RefundLine{Line: "3"})},
		{"invalid_line", "lines[0].line", name(connect.RefundLine{Line: "4"})},
		{"invalid_line", "lines[1].line", name(connect.RefundLine{Line: "1"}, connect.RefundLine{Line: "1"})},
		{"currency_mismatch", "lines[0].amount", name(connect.RefundLine{Line: "1", Amount: ledger.Minor(5, ledger.EUR)})},
		{"invalid_amount", "lines[0].amount", name(connect.RefundLine{Line: "1", Amount: usd(-5)})},
		{"refund_exceeds_line", "lines[0].amount", name(connect.RefundLine{Line: "1", Amount: usd(1001)})},
		{"lines_do_not_add", "amount", stated},
		{"no_lines", "lines", ofPlain},
		{"invalid_state", "charge", ofLater},
		{"invalid_lines", "lines", name(make([]connect.RefundLine, 101)...)},
	} {
		_, err := m.platform.Refund(m.ctx, x.r)
		requireField(t, x.code, x.field, err)
	}
	require.Equal(t, before, snapshot(t, m.Store()))
	re, err := m.platform.Refund(m.ctx, name(connect.RefundLine{Line: "1", Amount: usd(600)}))
	require.NoError(t, err)
	require.Equal(t, usd(546), re.Amount, "600, less 80 of the discount, with 26 of the tax")
	_, err = m.platform.Refund(m.ctx, name(connect.RefundLine{Line: "1", Amount: usd(401)}))
	requireCode(t, err, ledger.State, "refund_exceeds_line")
	_, err = m.platform.Capture(m.ctx, connect.CaptureRequest{Key: m.key(), ChargeID: later.ID, Amount: usd(400)})
	require.NoError(t, err)
	_, err = m.platform.Refund(m.ctx, ofLater)
	requireCode(t, err, ledger.State, "partly_captured")
	m.verify()
}

// Lines are frozen on the charge: a price list that changes later does not change
// them (edge-case 21), and neither does what the host does to its own slice.
func TestLinesAreFrozen(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	m.setPrices(*percentList("10"))
	lines := []connect.Line{goods(1000), off(200, 100)}
	lines[1].On = []string{"1"}
	c, err := m.try(connect.ChargeRequest{AccountID: m.seller().ID, Lines: lines})
	require.NoError(t, err)
	before := *m.now(c)
	require.Equal(t, before, *c, "what the verb returns is what is stored")
	lines[0].Amount, lines[1].On[0] = usd(7), "x"
	m.setPrices(*percentList("20"))
	require.Equal(t, before, *m.now(c))
	require.Equal(t, usd(90), before.ApplicationFee, "10 % of 1000 less the 100 that the seller gives")
	require.Equal(t, usd(90), before.Lines[0].Parts.Commission)
}

// The same verbs in a host's transaction and in a preview (promises 24 and 35).
func TestLinesJoinedAndPreviewed(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortNegative })
	r := connect.ChargeRequest{Key: "k", AccountID: a.ID, Lines: []connect.Line{goods(1000), off(200, 100), taxLine(64, "t")}, Source: connect.TestCard}
	before := snapshot(t, m.Store())
	seen, err := m.platform.Preview().Charge(m.ctx, r)
	require.NoError(t, err)
	require.Equal(t, []ledger.Money{usd(864), usd(100)}, []ledger.Money{seen.Amount, seen.Discount})
	require.Equal(t, before, snapshot(t, m.Store()))
	c, err := m.platform.In(m.Store()).Charge(m.ctx, r)
	require.NoError(t, err)
	require.NoError(t, m.platform.Finish(m.ctx, c.ID))
	again, err := m.platform.Charge(m.ctx, r)
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.Equal(t, connect.ChargeSucceeded, again.Status)
	other := r
	other.Lines = []connect.Line{goods(1000), off(200, 101), taxLine(64, "t")}
	_, err = m.platform.Charge(m.ctx, other)
	requireCode(t, err, ledger.Exists, "idempotency_mismatch")
	re, err := m.platform.In(m.Store()).Refund(m.ctx, connect.RefundRequest{
		Key: "r", ChargeID: c.ID, ReverseTransfer: true, Lines: []connect.RefundLine{{Line: "1", Amount: usd(500)}},
	})
	require.NoError(t, err)
	require.Equal(t, []ledger.Money{usd(432), usd(50)}, []ledger.Money{re.Amount, re.DiscountBack})
	require.NoError(t, m.platform.Finish(m.ctx, re.ID))
	m.verify()
}

// Two processes refund one line at once: no more than the line goes back, and Verify
// finds nothing (promises 9 and 48).
func TestRacingRefundsOfALine(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller(func(r *connect.AccountRequest) { r.ShortBalance = connect.ShortNegative })
	c, err := m.try(connect.ChargeRequest{AccountID: a.ID, Lines: []connect.Line{goods(1000), goods(5000), off(300, 150), taxLine(77, "t")}})
	require.NoError(t, err)
	type answer struct {
		re  *connect.Refund
		err error
	}
	answers := make(chan answer)
	for i := range 8 {
		go func() {
			re, err := m.platform.Refund(m.ctx, connect.RefundRequest{
				Key: fmt.Sprint("race-", i), ChargeID: c.ID, ReverseTransfer: true, RefundFee: true, Lines: []connect.RefundLine{{Line: "1", Amount: usd(300)}},
			})
			answers <- answer{re, err}
		}()
	}
	done := 0
	for range 8 {
		x := <-answers
		if x.err == nil {
			done++
			continue
		}
		require.True(t, errors.Is(x.err, ledger.State) || errors.Is(x.err, ledger.Conflict), "%v", x.err)
	}
	require.LessOrEqual(t, done, 3)
	require.Positive(t, done)
	require.Equal(t, int64(300*done), m.now(c).Lines[0].Back.Amount.Minor())
	m.verify()
}

// What a charge counts of its lines is compared: a book in which it does not add up is
// reported by Verify.
func TestVerifySeesLines(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	c, err := m.try(connect.ChargeRequest{AccountID: m.seller().ID, Lines: []connect.Line{goods(1000), off(200, 100), taxLine(64, "t")}})
	require.NoError(t, err)
	for _, change := range [][2]string{
		{`"kind":"goods","amount":{"amountMinor":1000`, `"kind":"goods","amount":{"amountMinor":1001`},
		{`"byPlatform":{"amountMinor":100`, `"byPlatform":{"amountMinor":99`},
	} {
		over := ledger.Overlay(m.Store())
		env := ledger.Env{Now: m.Clock.Now}
		_, err := env.Update(m.ctx, over, func(u *ledger.Unit) error {
			o, err := u.Object(ledger.ID{Kind: "connect.charge", ID: c.ID})
			require.NoError(t, err)
			text := strings.Replace(string(o.Data), change[0], change[1], 1)
			require.NotEqual(t, string(o.Data), text, "the change is one")
			o.Data = []byte(text)
			u.Put(o)
			return nil
		})
		require.NoError(t, err)
		engine, err := connect.New(connect.Config{Store: over, Now: m.Clock.Now, Acquirer: m.Acquirer, Rail: m.Rail})
		require.NoError(t, err)
		report, err := engine.Verify(m.ctx)
		require.NoError(t, err)
		require.Error(t, report.Err(), change[0])
	}
}

// An order of two sellers in three parcels, captured parcel by parcel: its delivery is
// one line, and comes in once; the accounts have what their lines say and no more
// (edge-cases 23 and 30).
func TestDeliveryIsChargedOnce(t *testing.T) {
	rules := []connect.CaptureRule{{Method: "card", Captures: 3}}
	m := newMarket(t, connecttest.Config{Config: connect.Config{CaptureRules: rules}})
	a, b := m.seller(), m.seller()
	of := func(l connect.Line, owner string) connect.Line {
		l.Owner = owner
		return l
	}
	c, err := m.try(connect.ChargeRequest{CaptureLater: true, Lines: []connect.Line{
		of(goods(1000), a.ID), of(goods(501), a.ID), of(goods(700), b.ID), {Kind: connect.LineDelivery, Amount: usd(299), Quantity: 3},
	}})
	require.NoError(t, err)
	for i, part := range []int64{1000, 501, 999} {
		_, err := m.platform.Capture(m.ctx, connect.CaptureRequest{Key: m.key(), ChargeID: c.ID, Amount: usd(part), KeepRest: i < 2})
		require.NoError(t, err)
	}
	require.Equal(t, usd(2500), m.now(c).Amount)
	share := func(to string, minor int64, lines ...string) error {
		r := connect.TransferRequest{Key: m.key(), ChargeID: c.ID, To: to, Lines: lines}
		if minor > 0 {
			r.Amount = usd(minor)
		}
		_, err := m.platform.Transfer(m.ctx, r)
		return err
	}
	requireField(t, "transfer_exceeds_lines", "amount", share(a.ID, 1502))
	requireField(t, "invalid_line", "lines[0]", share(a.ID, 0, "3"))
	requireField(t, "invalid_line", "lines[1]", share(a.ID, 0, "1", "1"))
	requireField(t, "transfer_exceeds_lines", "amount", share(a.ID, 502, "2"))
	requireField(t, "not_in_lines", "to", share(m.seller().ID, 1))
	require.NoError(t, share(a.ID, 0, "1", "2"))
	require.NoError(t, share(b.ID, 700))
	requireField(t, "transfer_exceeds_lines", "amount", share(b.ID, 1))
	require.Equal(t, []int64{1501, 700}, []int64{m.now(c).Shares[0].Transferred.Minor(), m.now(c).Shares[1].Transferred.Minor()})
	m.verify()
}

// Whatever fails between any two steps, the same keys bring lines, discounts and
// refunds by line to the same end (promises 24, 26 and 35, edge-case 95).
func TestFaultsOfLines(t *testing.T) {
	t.Parallel()
	day := func(w *world) {
		survive(func() {
			eng := w.engine(t)
			p, err := eng.Register(t.Context(), connect.PlatformRequest{Key: "p", Name: "Platform", Country: "US"})
			if err != nil {
				return
			}
			a, err := p.CreateAccount(t.Context(), connecttest.Seller("US"))
			if err != nil {
				return
			}
			c, err := p.Charge(t.Context(), connect.ChargeRequest{
				Key: "c", AccountID: a.ID, ApplicationFee: usd(90), Source: connect.TestCard,
				Lines: []connect.Line{goods(1000), {Kind: connect.LineDelivery, Amount: usd(300), Owner: p.ID()}, off(200, 100), taxLine(77, "t")},
			})
			if err == nil {
				_, err := p.Refund(t.Context(), connect.RefundRequest{
					Key: "r", ChargeID: c.ID, ReverseTransfer: true, RefundFee: true, Lines: []connect.RefundLine{{Line: "1", Amount: usd(333)}, {Line: "2"}},
				})
				if err == nil { // the order decides what is left for the next
					_, _ = p.Refund(t.Context(), connect.RefundRequest{Key: "s", ChargeID: c.ID, Amount: usd(100), ReverseTransfer: true, RefundFee: true})
				}
			}
			w.after(t, eng, 3*24*time.Hour)
			w.after(t, eng, 3*24*time.Hour)
		})
	}
	days := func(w *world) map[string]string {
		day(w)
		w.store.Heal()
		day(w)
		day(w)
		return w.balances(t)
	}
	clean := newWorld(ledger.Keyed)
	day(clean)
	calls := clean.store.Log()
	want := days(newWorld(ledger.Keyed))
	for plan := range plans(calls) {
		w := newWorld(ledger.Keyed, plan)
		require.Equal(t, want, days(w), plan.String())
		w.verify(t)
	}
}

// percentList is a price list of one commission.
func percentList(percent string) *pricing.List { return &pricing.List{Commission: rule(percent)} }
