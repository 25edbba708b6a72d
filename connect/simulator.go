package connect

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/soukhq/souk/ledger"
)

// Tokens of the simulated acquirer and the documented test numbers that they
// stand for (TestToken). Those without one are souk's own.
// Every other token is declined with incorrect_number.
const (
	TestCard             = "tok_visa"                            // 4242424242424242: approved
	TestCardAtOnce       = "tok_bypassPending"                   // 4000000000000077: approved, available at once
	TestDeclined         = "tok_chargeDeclined"                  // 4000000000000002: generic_decline
	TestInsufficient     = "tok_chargeDeclinedInsufficientFunds" // 4000000000009995: insufficient_funds
	TestLostCard         = "tok_chargeDeclinedLostCard"          // 4000000000009987: lost_card
	TestStolenCard       = "tok_chargeDeclinedStolenCard"        // 4000000000009979: stolen_card
	TestExpiredCard      = "tok_chargeDeclinedExpiredCard"       // 4000000000000069: expired_card
	TestIncorrectCVC     = "tok_chargeDeclinedIncorrectCvc"      // 4000000000000127: incorrect_cvc
	TestProcessingError  = "tok_chargeDeclinedProcessingError"   // 4000000000000119: processing_error
	TestVelocity         = "tok_chargeDeclinedVelocity"          // 4000000000006975: card_velocity_exceeded
	TestCardUS           = "tok_us"                              // 4242424242424242, too: approved, and issued in the United States
	TestCardGB           = "tok_gb"                              // 4000008260000000: approved, issued in the United Kingdom
	TestCardDE           = "tok_de"                              // 4000002760000016: approved, issued in Germany
	TestCardJP           = "tok_jp"                              // 4000003920000003: approved, issued in Japan
	TestRefundPending    = "tok_refundPending"                   // 4000000000007726: approved; its refunds are received first, approved later
	TestChallenge        = "tok_threeDSecure2Required"           // 4000000000003220: the buyer has to authenticate
	TestSoftDecline      = "tok_authenticationRequired"          // 4000002760003184: authentication_required, and with a challenge as the one before
	TestRefundDeclined   = "tok_refundDeclined"                  // approved; its refunds are declined
	TestReceived         = "tok_received"                        // received; approved when asked a minute later
	TestReceivedDeclined = "tok_receivedDeclined"                // received; declined when asked a minute later
	TestAnswerLost       = "tok_answerLost"                      // approved, but the first answer is lost
	TestRequestLost      = "tok_requestLost"                     // the first request never arrives, and looks the same
	TestAnsweredTwice    = "tok_answeredTwice"                   // approved, and told again as news
	TestOverCapture      = "tok_overCapture"                     // approved; up to 20 percent more can be captured
	TestFailsLater       = "tok_failsLater"                      // approved; three days later the payment fails
)

// testCards maps the documented numbers to their tokens.
var testCards = map[string]string{
	"4242424242424242": TestCard, "4000000000000077": TestCardAtOnce, "4000000000000002": TestDeclined,
	"4000000000009995": TestInsufficient, "4000000000009987": TestLostCard, "4000000000009979": TestStolenCard,
	"4000000000000069": TestExpiredCard, "4000000000000127": TestIncorrectCVC, "4000000000000119": TestProcessingError,
	"4000000000006975": TestVelocity, "4000000000007726": TestRefundPending,
	"4000008260000000": TestCardGB, "4000002760000016": TestCardDE, "4000003920000003": TestCardJP,
	"4000000000000259": TestDisputed, "4000000000002685": TestDisputedProduct, "4000000000001976": TestInquiry, "4000000000005423": TestWarned,
	"4000000000000101": TestCVCFails, "4000000000000036": TestPostalCodeFails,
	"4000000000003220": TestChallenge, "4000002760003184": TestSoftDecline,
}

// issued maps tokens to the country that the simulator says the card is from. Of
// others it does not tell.
var issued = map[string]string{TestCardUS: "US", TestCardGB: "GB", TestCardDE: "DE", TestCardJP: "JP"}

// declines maps tokens to the code they are declined with.
var declines = map[string]string{
	TestDeclined: "generic_decline", TestInsufficient: "insufficient_funds", TestLostCard: "lost_card",
	TestStolenCard: "stolen_card", TestExpiredCard: "expired_card", TestIncorrectCVC: "incorrect_cvc",
	TestProcessingError: "processing_error", TestVelocity: "card_velocity_exceeded", TestReceivedDeclined: "generic_decline",
}

// TestToken returns the token of a documented test card. Every other number is
// refused, and not repeated: a simulator takes no real card.
func TestToken(number string) (string, error) {
	if token, ok := testCards[number]; ok {
		return token, nil
	}
	return "", &ledger.Error{Class: ledger.Invalid, Code: "incorrect_number", Field: "number",
		Msg: "the simulated acquirer takes only its documented test cards"}
}

// SimulatorConfig sets a simulated acquirer up. The zero value is a keyed one
// named "simulated".
type SimulatorConfig struct {
	Name     string
	Delivery ledger.Delivery
	NewsOnly bool             // it cannot be asked, whatever its Delivery
	Now      func() time.Time // nil is the real clock
}

// Simulator is an Acquirer without a network behind it. It is safe for use by
// several goroutines, and remembers what it was asked for.
type Simulator struct {
	cfg SimulatorConfig
	env ledger.Env

	mu       sync.Mutex
	acts     map[string]*act
	older    map[string]*act // by reference: what was done again, and what was done in its place
	lost     map[string]bool
	news     []News
	owed     map[string]bool        // keys whose answer must come as news: it was lost, or nobody can ask for it
	disputes map[string]*simDispute // by their id
	warnings map[string]WarningNews // likewise, not told yet

	fails map[string]time.Time // keys whose payment fails, and when
}

// act is what the simulator did for a key.
type act struct {
	key    string
	order  any
	token  string
	answer told
	final  *Answer // what it will say later, if answer is Received or RequiresAction
	ready  time.Time
	taken  int

	captured, refunded int64 // minor units of an authorization
	canceled           bool
	raised             int64 // minor units that were authorized afterwards
}

// told is an Answer as it is kept: most say no more than this.
type told struct {
	Status          AnswerStatus
	Code, Reference string
	Amount          ledger.Money
	AtOnce          bool
	Country         string
	more            *Answer // the rest
}

func tell(a Answer) told {
	t := told{Status: a.Status, Code: a.Code, Reference: a.Reference, Amount: a.Amount, AtOnce: a.AtOnce, Country: a.Country}
	if a != t.all() {
		more := a
		t.more = &more
	}
	return t
}

func (t *told) all() (a Answer) {
	if t.more != nil {
		a = *t.more
	}
	a.Status, a.Code, a.Reference, a.Amount, a.AtOnce, a.Country = t.Status, t.Code, t.Reference, t.Amount, t.AtOnce, t.Country
	return a
}

// NewSimulator returns a simulated acquirer.
func NewSimulator(c SimulatorConfig) *Simulator {
	if c.Name == "" {
		c.Name = "simulated"
	}
	return &Simulator{
		cfg: c, env: ledger.Env{Now: c.Now},
		acts: make(map[string]*act), older: make(map[string]*act), lost: make(map[string]bool), owed: make(map[string]bool),
		fails: make(map[string]time.Time), disputes: make(map[string]*simDispute), warnings: make(map[string]WarningNews),
	}
}

// TestOnly implements ledger.TestOnly.
func (s *Simulator) TestOnly() string { return "a simulated acquirer" }

// Info implements Acquirer.
func (s *Simulator) Info() AcquirerInfo {
	return AcquirerInfo{Name: s.cfg.Name, Delivery: s.cfg.Delivery, Settling: time.Minute, NewsOnly: s.cfg.NewsOnly}
}

// Authorize implements Acquirer.
func (s *Simulator) Authorize(ctx context.Context, key string, o AuthorizeOrder) (Answer, error) {
	asked := o
	o.Source = unsaved(o.Source)
	return s.call(ctx, key, asked, o.Source, func(a *act) {
		final := Answer{Status: Approved, Reference: a.answer.Reference, Amount: o.Amount, AtOnce: o.Source == TestCardAtOnce}
		if o.Save && o.Source != TestNotSaved {
			final.Saved = s.kept(key, o.Source)
		}
		if code := s.refusal(o); code != "" {
			final = Answer{Status: Declined, Code: code, Reference: a.answer.Reference, Amount: o.Amount}
		}
		final.Country, final.Checks = issued[o.Source], testChecks[o.Source]
		final.Auth = authenticated(key, o)
		switch a.answer = tell(final); {
		case o.Source == TestReceived || o.Source == TestReceivedDeclined:
			s.answerLater(a)
		case o.Source == TestFailsLater:
			s.fails[key] = s.env.Time().Add(72 * time.Hour)
		case asksBuyer(o) && final.Status == Approved:
			a.keep(final)
			asks := final
			asks.Status, asks.Auth, asks.Saved = RequiresAction, Authentication{}, SourceDetails{}
			asks.Action = Action{URL: "https://simulated.invalid/challenge/" + key}
			a.answer = tell(asks)
		}
		if o.Capture && final.Status == Approved {
			a.captured = o.Amount.Minor()
			s.dispute(key, o)
		}
		if o.Source == TestAnsweredTwice {
			s.news = append(s.news, News{Key: key, Answer: a.answer.all()})
		}
	})
}

// asksBuyer reports whether the buyer has to authenticate.
func asksBuyer(o AuthorizeOrder) bool {
	return o.Initiation.By == BuyerPresent && (o.Source == TestChallenge || o.Source == TestSoftDecline || o.Source == TestAlwaysAsk)
}

// authenticated is what the simulator says of an order's authentication: nothing
// of one that says nothing of it.
func authenticated(key string, o AuthorizeOrder) Authentication {
	switch {
	case asksBuyer(o):
		return Authentication{Version: "2.2.0", ECI: "05", Asked: o.Exemption, Liability: IssuerBears, Transaction: "net_" + key}
	case o.Exemption != "" || o.Initiation != Initiation{} || o.Save || o.Stored:
		return Authentication{ECI: "07", Asked: o.Exemption, Granted: o.Exemption, Liability: MerchantBears, Transaction: "net_" + key}
	}
	return Authentication{}
}

// refusal is the code with which an order is declined, empty if it is approved.
func (s *Simulator) refusal(o AuthorizeOrder) string {
	code, declined := declines[o.Source]
	absent := o.Initiation.By != BuyerPresent && o.Initiation.First == ""
	switch {
	case o.Amount.Sign() <= 0:
		return "invalid_amount"
	case declined:
		return code
	case o.Source == TestSoftDecline && (!o.Challenge || absent), o.Source == TestChallenge && absent:
		return softDecline
	case o.Source == TestAlwaysAsk && o.Initiation.By != BuyerPresent:
		return softDecline
	case o.Source == TestRevoked && o.Initiation.By != BuyerPresent:
		return "revocation_of_authorization"
	case !s.known(o.Source):
		return "incorrect_number"
	}
	return ""
}

// Act does what the buyer was asked to do under a key, well or not. The outcome
// is told as news, and can be asked for.
func (s *Simulator) Act(key string, passes bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.acts[key]
	if !ok || a.answer.Status != RequiresAction {
		return
	}
	if a.answer = tell(*a.final); !passes {
		a.answer = told{Status: Declined, Code: "authentication_failed", Reference: a.final.Reference, Amount: a.final.Amount}
	}
	s.news = append(s.news, News{Key: key, Answer: a.answer.all()})
}

// keep keeps the answer that is given later.
func (a *act) keep(final Answer) { a.final = &final }

// answerLater makes the answer one that is received now and final in a minute.
func (s *Simulator) answerLater(a *act) {
	a.keep(a.answer.all())
	a.answer.Status, a.answer.Code = Received, ""
	a.ready = s.env.Time().Add(time.Minute)
	if s.Info().silent() {
		s.owed[a.key] = true
	}
}

func (s *Simulator) known(token string) bool {
	switch token {
	case TestCardUS, TestCardGB, TestCardDE, TestCardJP:
		return true
	case TestDisputed, TestDisputedProduct, TestInquiry, TestWarned, TestAlerted, TestCVCFails, TestPostalCodeFails:
		return true
	case TestChallenge, TestSoftDecline, TestOverCapture, TestFailsLater:
		return true
	case TestCard, TestCardAtOnce, TestRefundPending, TestRefundDeclined, TestReceived, TestAnswerLost, TestRequestLost, TestAnsweredTwice:
		return true
	}
	return keptToken(token)
}

// call acts for a key. Only a keyed acquirer knows that it did before.
func (s *Simulator) call(ctx context.Context, key string, order any, token string, do func(*act)) (Answer, error) {
	if err := ctx.Err(); err != nil {
		return Answer{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if token == TestRequestLost && !s.lost[key] {
		s.lost[key], s.owed[key] = true, true
		return Answer{}, s.noAnswer()
	}
	a, seen := s.acts[key]
	if seen && s.cfg.Delivery == ledger.Keyed {
		if a.order != order {
			return Answer{}, &ledger.Error{Class: ledger.Exists, Code: "idempotency_mismatch", Field: "key", Op: "connect: simulated acquirer"}
		}
		return s.say(a), nil
	}
	taken := 0
	if seen {
		taken = a.taken
	}
	was := a
	a = &act{key: key, order: order, token: token, taken: taken + 1}
	// It names the key, not a count, so that a simulator that is told again what an
	// earlier process asked gives the same one.
	if a.answer.Reference = named + key; seen {
		a.answer.Reference += "_" + strconv.Itoa(a.taken)
	}
	do(a)
	if s.acts[key] = a; seen {
		s.older[was.answer.Reference], s.older[a.answer.Reference] = was, a
	}
	if token == TestAnswerLost && !s.lost[key] {
		s.lost[key], s.owed[key] = true, true
		return Answer{}, s.noAnswer()
	}
	return s.say(a), nil
}

// named begins the references of what the simulator did.
const named = "sim_"

// byRef returns what has a reference.
func (s *Simulator) byRef(reference string) (*act, bool) {
	if a, ok := s.acts[strings.TrimPrefix(reference, named)]; ok && a.answer.Reference == reference {
		return a, true
	}
	a, ok := s.older[reference]
	return a, ok
}

// noAnswer is what is said where a request or its answer is lost.
func (*Simulator) noAnswer() error {
	return &ledger.Error{Class: ledger.Unknown, Code: "no_answer", Op: "connect: simulated acquirer"}
}

// say returns what is known by now.
func (s *Simulator) say(a *act) Answer {
	if a.answer.Status == Received && !s.env.Time().Before(a.ready) {
		a.answer = tell(*a.final)
	}
	return a.answer.all()
}

// Lookup implements Acquirer. A blind one cannot be asked.
func (s *Simulator) Lookup(ctx context.Context, key string) (Answer, error) {
	if err := ctx.Err(); err != nil {
		return Answer{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Info().silent() {
		return Answer{}, &ledger.Error{Class: ledger.Unavailable, Code: "not_askable", Op: "connect: simulated acquirer"}
	}
	a, ok := s.acts[key]
	if !ok {
		return Answer{}, &ledger.Error{Class: ledger.NotFound, Code: "not_found", Op: "connect: simulated acquirer"}
	}
	return s.say(a), nil
}

// Notifications returns the news that the simulator would have sent by now, and
// forgets it. A test hands it to Engine.News, in any order and as often as it
// likes. It is how a blind simulator tells the truth about lost answers and
// about what it first answered with Received.
func (s *Simulator) Notifications() []News {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.news
	s.news = nil
	for _, key := range slices.Sorted(maps.Keys(s.fails)) {
		if a := s.acts[key]; !s.env.Time().Before(s.fails[key]) {
			list = append(list, News{Key: key, Answer: Answer{Status: Failed, Code: "payment_returned", Reference: a.answer.Reference, Amount: a.answer.Amount}})
			a.captured, a.canceled = a.refunded, true
			delete(s.fails, key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(s.owed)) {
		if a, ok := s.acts[key]; ok && s.say(a).Status != Received {
			list = append(list, News{Key: key, Answer: a.answer.all()})
			delete(s.owed, key)
		}
	}
	return list
}

// Taken returns how often the simulator acted on a key: more than once is
// money taken twice.
func (s *Simulator) Taken(key string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, ok := s.acts[key]; ok {
		return a.taken
	}
	return 0
}
