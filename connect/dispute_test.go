package connect_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/ledger"
)

// hearDisputes hands over what the simulated acquirer says of disputes.
func (m *market) hearDisputes() {
	m.t.Helper()
	for _, n := range m.Acquirer.DisputeNotifications() {
		require.NoError(m.t, m.DisputeNews(m.ctx, n))
	}
}

// disputed is the one dispute of a charge, of which everything was heard by now.
func (m *market) disputed(c *connect.Charge) *connect.Dispute {
	m.t.Helper()
	m.hearDisputes()
	list, err := m.platform.ListDisputes(m.ctx, connect.ListRequest{ChargeID: c.ID})
	require.NoError(m.t, err)
	require.Len(m.t, list.Items, 1)
	return list.Items[0]
}

// standings are what everybody has, by name, whatever is pending of it.
func (m *market) standings(names map[string]string) string {
	m.t.Helper()
	sums := make(map[string]int64)
	require.NoError(m.t, m.Store().Read(m.ctx, func(v ledger.View) error {
		return ledger.EachAccount(v, ledger.AccountQuery{Book: m.platform.ID()}, func(a ledger.Account) error {
			purpose, _, _ := strings.Cut(a.Purpose, "/")
			if purpose == "pending" {
				purpose = "available"
			}
			owner := names[a.Owner]
			if a.Owner == ledger.House {
				owner = a.Owner
			}
			sums[fmt.Sprint(owner, ".", purpose, " ", a.Currency)] += a.Posted.Minor()
			return nil
		})
	}))
	maps.DeleteFunc(sums, func(_ string, n int64) bool { return n == 0 })
	return fmt.Sprint(sums)
}

// disputePolicies are platforms, and shapes of their charges.
var (
	disputePolicies = map[string]connect.DisputePolicy{
		"by hand": {}, "at once": {ClawBack: connect.ClawBackOpened, ReturnFee: true}, "when lost": {ClawBack: connect.ClawBackLost},
		"house": {HouseBearsExcess: true, ReturnFee: true},
	}
	disputeShapes = map[string]func(*connect.ChargeRequest){
		"destination": func(*connect.ChargeRequest) {},
		"by amount":   func(r *connect.ChargeRequest) { r.ApplicationFee, r.TransferAmount = ledger.Money{}, usd(777) },
		"direct":      func(r *connect.ChargeRequest) { r.Direct = true },
		"separate":    func(r *connect.ChargeRequest) { r.AccountID, r.ApplicationFee = "", ledger.Money{} },
		"taxed":       func(r *connect.ChargeRequest) { r.Tax = taxes(80) },
		"held":        func(r *connect.ChargeRequest) { r.Hold = &connect.HoldTerms{} },
		"held direct": func(r *connect.ChargeRequest) { r.Direct, r.Hold = true, &connect.HoldTerms{} },
	}
)

// beginDisputes makes a market with a policy, and a charge of a shape of 10.00 USD, of
// which 2.50 was refunded.
func beginDisputes(t *testing.T, policy connect.DisputePolicy, shape func(*connect.ChargeRequest)) (*market, *connect.Charge, map[string]string) {
	m := newMarket(t, connecttest.Config{})
	_, err := m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: m.key(), Disputes: &policy})
	require.NoError(t, err)
	a := m.seller(func(a *connect.AccountRequest) { a.ShortBalance = connect.ShortNegative })
	r := connect.ChargeRequest{Key: m.key(), Amount: usd(1000), AccountID: a.ID, ApplicationFee: usd(123), Source: connect.TestCard}
	shape(&r)
	c, err := m.platform.Charge(m.ctx, r)
	require.NoError(t, err)
	_, err = m.platform.Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: c.ID, Amount: usd(250)})
	require.NoError(t, err)
	return m, c, map[string]string{a.ID: "A", m.platform.ID(): "P"}
}

// News of a dispute comes to the same end in every order, and twice, whatever the shape
// of the charge and the policy of the platform (promise 13, edge case 51).
func TestDisputeNewsInAnyOrder(t *testing.T) {
	money := []connect.DisputeNews{{Withdrawn: usd(1000)}, {Reinstated: usd(1000)}}
	for name, statuses := range map[string][]connect.DisputeStatus{
		"won":     {connect.InquiryNeedsResponse, connect.DisputeNeedsResponse, connect.DisputeWon},
		"lost":    {connect.DisputeNeedsResponse, connect.DisputeUnderReview, connect.DisputeLost},
		"inquiry": {connect.InquiryNeedsResponse, connect.InquiryUnderReview, connect.InquiryClosed},
	} {
		for policy, p := range disputePolicies {
			for shape, s := range disputeShapes {
				var list []connect.DisputeNews
				for _, status := range statuses {
					list = append(list, connect.DisputeNews{Status: status})
				}
				switch name {
				case "won":
					list = append(list, money...)
				case "lost":
					list = append(list, money[0], connect.DisputeNews{Reason: "fraudulent"})
				}
				want, n := "", 0
				permutations(len(list), func(order []int) {
					if n++; n%11 != 1 && policy+shape != "at once"+"destination" { // an eleventh of the orders says enough of the others
						return
					}
					m, c, names := beginDisputes(t, p, s)
					for _, i := range order {
						n := list[i]
						n.ID, n.Key, n.Amount = "d", c.ID, usd(1000)
						if n.Status == "" {
							n.Status = statuses[0] // what is known of old
						}
						for range 2 {
							require.NoError(t, m.DisputeNews(m.ctx, n))
						}
					}
					m.verify()
					d := m.disputed(c)
					got := fmt.Sprint(d.Status, d.Withdrawn, d.Reinstated, m.now(c).Refunding, m.now(c).Refunded, m.standings(names))
					if want == "" {
						want = got
					}
					require.Equal(t, want, got, "%s, %s, %s, %v", name, policy, shape, order)
				})
			}
		}
	}
}

// What is no news of a dispute is refused by name, before anything is written.
func TestDisputeNewsRefusals(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	c, auth := m.charge(a.ID, 1000, 123, connect.TestCard), m.authorize(a.ID, 1000, 100, connect.TestCard)
	good := connect.DisputeNews{ID: "d", Key: c.ID, Amount: usd(1000)}
	before := snapshot(t, m.Store())
	for name, x := range map[string]struct {
		change func(*connect.DisputeNews)
		field  string
		class  ledger.Class
	}{
		"no name":               {func(n *connect.DisputeNews) { n.ID = "" }, "id", ledger.Invalid},
		"a long name":           {func(n *connect.DisputeNews) { n.ID = strings.Repeat("x", 201) }, "id", ledger.Invalid},
		"no such state":         {func(n *connect.DisputeNews) { n.Status = "prevented" }, "status", ledger.Invalid},
		"no such reason":        {func(n *connect.DisputeNews) { n.Reason = "because" }, "reason", ledger.Invalid},
		"a long code":           {func(n *connect.DisputeNews) { n.Network = strings.Repeat("1", 41) }, "network", ledger.Invalid},
		"of nothing":            {func(n *connect.DisputeNews) { n.Amount = usd(0) }, "amount", ledger.Invalid},
		"of no amount":          {func(n *connect.DisputeNews) { n.Amount = ledger.Money{} }, "amount", ledger.Invalid},
		"in another currency":   {func(n *connect.DisputeNews) { n.Amount = ledger.Minor(1000, ledger.EUR) }, "amount", ledger.Invalid},
		"taken in another":      {func(n *connect.DisputeNews) { n.Withdrawn = ledger.Minor(1000, ledger.EUR) }, "withdrawn", ledger.Invalid},
		"given back less":       {func(n *connect.DisputeNews) { n.Reinstated = usd(-1) }, "reinstated", ledger.Invalid},
		"of nobody's":           {func(n *connect.DisputeNews) { n.Key = "ch_other" }, "key", ledger.NotFound},
		"of a refund":           {func(n *connect.DisputeNews) { n.Key = "re_1" }, "key", ledger.NotFound},
		"of what is not paid":   {func(n *connect.DisputeNews) { n.Key = auth.ID }, "key", ledger.State},
		"of what no card paid":  {func(n *connect.DisputeNews) { n.Key = m.platform.ID() }, "key", ledger.NotFound},
		"of a capture that isn": {func(n *connect.DisputeNews) { n.Key = "cap_other" }, "key", ledger.NotFound},
	} {
		n := good
		x.change(&n)
		err := m.DisputeNews(m.ctx, n)
		require.ErrorIs(t, err, x.class, name)
		requireAbout(t, err, x.field, name)
	}
	require.Equal(t, before, snapshot(t, m.Store()))

	require.NoError(t, m.DisputeNews(m.ctx, good))
	before = snapshot(t, m.Store())
	other := m.charge(a.ID, 1000, 123, connect.TestCard)
	n := good
	n.Key = other.ID
	require.Equal(t, "contradicting_news", codeOf(t, m.DisputeNews(m.ctx, n)))
	n = good
	n.Amount = usd(999)
	require.Equal(t, "contradicting_news", codeOf(t, m.DisputeNews(m.ctx, n)))
	n = connect.DisputeNews{ID: "d", Key: c.ID, Withdrawn: ledger.Minor(1, ledger.EUR)}
	require.Equal(t, "currency_mismatch", codeOf(t, m.DisputeNews(m.ctx, n)))
	require.NotEqual(t, before, snapshot(t, m.Store())) // of the other charge
	m.verify()
}

// Of a capture it is news of its charge; another acquirer's is nobody's.
func TestDisputeOfACapture(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	auth := m.authorize(m.seller().ID, 1000, 100, connect.TestCard)
	k, err := m.platform.Capture(m.ctx, connect.CaptureRequest{Key: m.key(), ChargeID: auth.ID, Amount: usd(600)})
	require.NoError(t, err)
	require.NoError(t, m.DisputeNews(m.ctx, connect.DisputeNews{ID: "d", Key: k.ID, Amount: usd(600)}))
	require.Equal(t, auth.ID, m.disputed(auth).Charge)
	other, err := connect.New(connect.Config{Store: m.Store(), Acquirer: connect.NewSimulator(connect.SimulatorConfig{Name: "another", Now: m.Clock.Now}), Now: m.Clock.Now})
	require.NoError(t, err)
	require.ErrorIs(t, other.DisputeNews(m.ctx, connect.DisputeNews{ID: "e", Key: k.ID, Amount: usd(600)}), ledger.NotFound)
	m.verify()
}

// Refunds, disputes and their claw-backs share one count of what is left of a charge:
// together they take no more than there was, in whatever order, and nothing is refunded while
// a dispute is open (promises 9 and 13).
func TestRefundsAndDisputesShareOneCount(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	_, err := m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: m.key(), Disputes: &connect.DisputePolicy{ClawBack: connect.ClawBackOpened, ReturnFee: true}})
	require.NoError(t, err)
	a := m.seller(func(a *connect.AccountRequest) { a.ShortBalance = connect.ShortNegative })
	c := m.charge(a.ID, 1000, 123, connect.TestCard)
	pending, err := m.platform.In(m.Store()).Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: c.ID, Amount: usd(300), ReverseTransfer: true, RefundFee: true})
	require.NoError(t, err)
	require.NoError(t, m.DisputeNews(m.ctx, connect.DisputeNews{ID: "d", Key: c.ID, Amount: usd(1000), Withdrawn: usd(1000)}))
	d := m.disputed(c)
	require.Equal(t, []ledger.Money{usd(700), usd(300)}, []ledger.Money{d.Taken.Amount, d.Excess})
	require.Equal(t, usd(1000), m.now(c).Reversed)
	_, err = m.platform.Refund(m.ctx, connect.RefundRequest{Key: m.key(), ChargeID: c.ID, Amount: usd(1)})
	require.Equal(t, "disputed", codeOf(t, err))
	m.verify()
	require.NoError(t, m.News(m.ctx, connect.News{Key: pending.ID, Answer: connect.Answer{Status: connect.Declined, Code: "no"}}))
	m.verify()
	require.NoError(t, m.DisputeNews(m.ctx, connect.DisputeNews{ID: "d", Key: c.ID, Status: connect.DisputeWon, Reinstated: usd(1000)}))
	c = m.now(c)
	require.Equal(t, []ledger.Money{usd(0), usd(0), usd(0), usd(0)}, []ledger.Money{c.Refunded, c.Refunding, c.Reversed, c.FeeBack})
	m.verify()
}

// A dispute that nobody answers is lost when its time is over, and only then; evidence
// that was staged and not sent is of no use.
func TestDisputeLostBySilence(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	c := m.charge(m.seller().ID, 1000, 123, connect.TestDisputed)
	d := m.disputed(c)
	_, err := m.platform.StageEvidence(m.ctx, connect.StageEvidenceRequest{Key: m.key(), DisputeID: d.ID, Evidence: said("It was sent.")})
	require.NoError(t, err)
	m.pass(d.DueBy.Sub(m.Clock.Now()) - time.Second)
	require.Equal(t, connect.DisputeNeedsResponse, m.disputed(c).Status)
	_, err = m.platform.AnswerDispute(m.ctx, connect.AnswerDisputeRequest{Key: m.key(), DisputeID: d.ID, Evidence: connect.Evidence{Files: map[string]string{"no": "x"}}})
	requireAbout(t, err, "files")
	m.pass(24 * time.Hour)
	require.Equal(t, connect.DisputeNeedsResponse, m.disputed(c).Status) // it may have been answered elsewhere
	m.pass(time.Second)
	d = m.disputed(c)
	require.Equal(t, []any{connect.DisputeLost, "no_response", "It was sent."}, []any{d.Status, d.Code, d.Evidence.Text["uncategorized_text"]})
	_, err = m.platform.AnswerDispute(m.ctx, connect.AnswerDisputeRequest{Key: m.key(), DisputeID: d.ID})
	require.Equal(t, "already_answered", codeOf(t, err))
	m.verify()
	// Its acquirer knows better.
	require.NoError(t, m.DisputeNews(m.ctx, connect.DisputeNews{ID: d.Reference, Key: c.ID, Status: connect.DisputeWon, Reinstated: usd(1000)}))
	require.Equal(t, connect.DisputeWon, m.disputed(c).Status)
	m.verify()
}

func said(text string) connect.Evidence {
	return connect.Evidence{Text: map[string]string{"uncategorized_text": text}}
}

// Evidence is sent once, decides, or is declined and may be sent again.
func TestAnswerDispute(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	for _, x := range []struct {
		token  string
		accept bool
		text   string
		status connect.DisputeStatus
		code   string
	}{
		{connect.TestDisputed, false, connect.TestWinningEvidence, connect.DisputeWon, ""},
		{connect.TestDisputedProduct, false, connect.TestLosingEvidence, connect.DisputeLost, ""},
		{connect.TestDisputed, false, "It was sent.", connect.DisputeUnderReview, ""},
		{connect.TestDisputed, true, "", connect.DisputeLost, "accepted"},
		{connect.TestInquiry, false, "It was sent.", connect.InquiryUnderReview, ""},
		{connect.TestInquiry, false, connect.TestWinningEvidence, connect.InquiryClosed, ""},
		{connect.TestInquiry, false, connect.TestLosingEvidence, connect.DisputeLost, ""},
	} {
		c := m.charge(a.ID, 1000, 123, x.token)
		d := m.disputed(c)
		r := connect.AnswerDisputeRequest{Key: m.key(), DisputeID: d.ID, Accept: x.accept}
		if !x.accept {
			r.Evidence = said(x.text)
			_, err := m.platform.StageEvidence(m.ctx, connect.StageEvidenceRequest{Key: m.key(), DisputeID: d.ID, Evidence: connect.Evidence{
				Text: map[string]string{"customer_name": "Bo"}, Files: map[string]string{"receipt": "file_1"},
			}})
			require.NoError(t, err)
		}
		answer, err := m.platform.AnswerDispute(m.ctx, r)
		require.NoError(t, err)
		require.Equal(t, connect.StepSucceeded, answer.Status)
		if !x.accept {
			require.Equal(t, connect.Evidence{Text: map[string]string{"customer_name": "Bo", "uncategorized_text": x.text}, Files: map[string]string{"receipt": "file_1"}}, answer.Evidence)
		}
		_, err = m.platform.AnswerDispute(m.ctx, connect.AnswerDisputeRequest{Key: m.key(), DisputeID: d.ID, Evidence: said("More.")})
		require.Equal(t, "already_answered", codeOf(t, err))
		d = m.disputed(c)
		require.Equal(t, []any{x.status, x.code}, []any{d.Status, d.Code}, x)
		m.verify()
	}
	list, err := m.platform.ListDisputeAnswers(m.ctx, connect.ListRequest{})
	require.NoError(t, err)
	require.Len(t, list.Items, 7)
}

// An answer that the acquirer does not take changes nothing, and another may follow.
func TestAnswerDisputeIsDeclined(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	c := m.charge(m.seller().ID, 1000, 123, connect.TestCard)
	require.NoError(t, m.DisputeNews(m.ctx, connect.DisputeNews{ID: "unknown there", Key: c.ID, Amount: usd(1000)}))
	d := m.disputed(c)
	for range 2 {
		x, err := m.platform.AnswerDispute(m.ctx, connect.AnswerDisputeRequest{Key: m.key(), DisputeID: d.ID, Evidence: said("It was sent.")})
		require.NoError(t, err)
		require.Equal(t, []any{connect.StepFailed, "not_answerable"}, []any{x.Status, x.Code})
		require.Equal(t, []any{connect.DisputeNeedsResponse, ""}, []any{m.disputed(c).Status, m.disputed(c).Answer})
	}
	m.verify()
}

// An answer that is under way when the time is over is no silence; one that is declined
// by then is.
func TestAnswerDisputeAtTheLastMoment(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	c, other := m.charge(a.ID, 1000, 123, connect.TestDisputed), m.charge(a.ID, 1000, 123, connect.TestCard)
	require.NoError(t, m.DisputeNews(m.ctx, connect.DisputeNews{ID: "unknown there", Key: other.ID, Amount: usd(1000), DueBy: m.Clock.Now().Add(7 * 24 * time.Hour)}))
	d := m.disputed(c)
	m.Clock.Advance(d.DueBy.Sub(m.Clock.Now()) - time.Second)
	copied := m.platform.In(m.Store())
	said, err := copied.AnswerDispute(m.ctx, connect.AnswerDisputeRequest{Key: m.key(), DisputeID: d.ID, Evidence: said("It was sent.")})
	require.NoError(t, err)
	require.NoError(t, m.platform.Finish(m.ctx, said.ID))
	late, err := copied.AnswerDispute(m.ctx, connect.AnswerDisputeRequest{Key: m.key(), DisputeID: m.disputed(other).ID, Accept: true})
	require.NoError(t, err)
	m.Clock.Advance(25 * time.Hour)
	_, err = m.Drain(m.ctx)
	require.NoError(t, err)
	_, err = m.Drain(m.ctx)
	require.NoError(t, err)
	require.Equal(t, connect.DisputeUnderReview, m.disputed(c).Status)
	late, err = m.platform.GetDisputeAnswer(m.ctx, late.ID)
	require.NoError(t, err)
	require.Equal(t, connect.StepFailed, late.Status)
	require.Equal(t, []any{connect.DisputeLost, "no_response"}, []any{m.disputed(other).Status, m.disputed(other).Code})
	m.verify()
}

// What cannot be said to a dispute is refused by name.
func TestAnswerDisputeRefusals(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	a := m.seller()
	d, asks := m.disputed(m.charge(a.ID, 1000, 123, connect.TestDisputed)), m.disputed(m.charge(a.ID, 1000, 123, connect.TestInquiry))
	long := strings.Repeat("é", 20_000)
	all := make(map[string]string)
	for _, name := range []string{"access_activity_log", "billing_address", "customer_name", "product_description", "refund_refusal_explanation", "service_date", "shipping_address", "uncategorized_text"} {
		all[name] = long
	}
	before := snapshot(t, m.Store())
	for name, x := range map[string]struct {
		r     connect.AnswerDisputeRequest
		field string
	}{
		"of nothing":          {connect.AnswerDisputeRequest{Evidence: said("x")}, "dispute"},
		"of another's":        {connect.AnswerDisputeRequest{DisputeID: "dp_other", Evidence: said("x")}, "dispute"},
		"nothing":             {connect.AnswerDisputeRequest{DisputeID: d.ID}, "text"},
		"both":                {connect.AnswerDisputeRequest{DisputeID: d.ID, Accept: true, Evidence: said("x")}, "text"},
		"accepts an inquiry":  {connect.AnswerDisputeRequest{DisputeID: asks.ID, Accept: true}, "dispute"},
		"no such name":        {connect.AnswerDisputeRequest{DisputeID: d.ID, Evidence: connect.Evidence{Text: map[string]string{"poem": "x"}}}, "text"},
		"a file as a text":    {connect.AnswerDisputeRequest{DisputeID: d.ID, Evidence: connect.Evidence{Text: map[string]string{"receipt": "x"}}}, "text"},
		"too long":            {connect.AnswerDisputeRequest{DisputeID: d.ID, Evidence: said(long + "é")}, "text.uncategorized_text"},
		"too much":            {connect.AnswerDisputeRequest{DisputeID: d.ID, Evidence: connect.Evidence{Text: all}}, "text"},
		"no text":             {connect.AnswerDisputeRequest{DisputeID: d.ID, Evidence: said("\xff")}, "text.uncategorized_text"},
		"a long name of file": {connect.AnswerDisputeRequest{DisputeID: d.ID, Evidence: connect.Evidence{Files: map[string]string{"receipt": strings.Repeat("f", 201)}}}, "files.receipt"},
	} {
		x.r.Key = m.key()
		_, err := m.platform.AnswerDispute(m.ctx, x.r)
		requireAbout(t, err, x.field, name)
	}
	require.Equal(t, before, snapshot(t, m.Store()))
	m.Clock.Advance(8 * 24 * time.Hour)
	_, err := m.platform.AnswerDispute(m.ctx, connect.AnswerDisputeRequest{Key: m.key(), DisputeID: d.ID, Evidence: said("x")})
	require.Equal(t, "too_late", codeOf(t, err))
	plain, err := connect.New(connect.Config{Store: m.Store(), Acquirer: struct{ connect.Acquirer }{m.Acquirer}, Now: m.Clock.Now})
	require.NoError(t, err)
	p, err := plain.Platform(m.ctx, m.platform.ID())
	require.NoError(t, err)
	_, err = p.AnswerDispute(m.ctx, connect.AnswerDisputeRequest{Key: m.key(), DisputeID: asks.ID, Evidence: said("x")})
	require.Equal(t, "answer_unsupported", codeOf(t, err))
}

// The policy of a dispute is what it was when the dispute took its money.
func TestDisputePolicyIsKept(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	_, err := m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: m.key(), Disputes: &connect.DisputePolicy{ClawBack: "sometimes"}})
	requireAbout(t, err, "disputes.clawBack")
	set := func(p connect.DisputePolicy) {
		_, err := m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: m.key(), Disputes: &p})
		require.NoError(t, err)
	}
	set(connect.DisputePolicy{ClawBack: connect.ClawBackLost, ReturnFee: true})
	c := m.charge(m.seller().ID, 1000, 123, connect.TestDisputed)
	d := m.disputed(c)
	set(connect.DisputePolicy{})
	_, err = m.platform.AnswerDispute(m.ctx, connect.AnswerDisputeRequest{Key: m.key(), DisputeID: d.ID, Accept: true})
	require.NoError(t, err)
	require.True(t, m.disputed(c).Recovered)
	require.Equal(t, usd(123), m.now(c).FeeBack)
	m.verify()
}

// What is frozen by law is not pulled back, neither by hand nor by policy; once it is
// free, it is.
func TestDisputesLeaveWhatIsFrozen(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	_, err := m.platform.UpdatePlatform(m.ctx, connect.PlatformUpdate{Key: m.key(), Disputes: &connect.DisputePolicy{ClawBack: connect.ClawBackOpened}})
	require.NoError(t, err)
	a := m.seller(func(a *connect.AccountRequest) { a.ShortBalance = connect.ShortNegative })
	c := m.charge(a.ID, 1000, 123, connect.TestDisputed)
	f := m.frozen(a.ID, ledger.Money{})
	d := m.disputed(c)
	require.False(t, d.Recovered)
	r := connect.RecoverDisputeRequest{Key: m.key(), DisputeID: d.ID}
	_, err = m.platform.RecoverDispute(m.ctx, r)
	require.Equal(t, "account_frozen", codeOf(t, err))
	requireAbout(t, err, "dispute")
	m.lifted(f)
	_, err = m.platform.RecoverDispute(m.ctx, r)
	require.NoError(t, err)
	require.Equal(t, usd(1000), m.now(c).Reversed)
	m.verify()
}

// The events of a dispute are told in the field's words, in their order.
func TestDisputeEvents(t *testing.T) {
	m := newMarket(t, connecttest.Config{})
	c := m.charge(m.seller().ID, 1000, 123, connect.TestDisputed)
	d := m.disputed(c)
	_, err := m.platform.AnswerDispute(m.ctx, connect.AnswerDisputeRequest{Key: m.key(), DisputeID: d.ID, Evidence: said(connect.TestWinningEvidence)})
	require.NoError(t, err)
	m.hearDisputes()
	var list []string
	for _, e := range m.events(m.Store()) {
		if e.Object.ID == d.ID {
			list = append(list, strings.TrimPrefix(e.Type, "charge.dispute."))
		}
	}
	require.Equal(t, []string{"created", "funds_withdrawn", "updated", "updated", "updated", "funds_reinstated", "closed"}, list)
}
