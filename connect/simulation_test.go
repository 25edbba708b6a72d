package connect_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/connect/bitcoin"
	"github.com/soukhq/souk/connect/connecttest"
	"github.com/soukhq/souk/internal/faults"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

var (
	simulationSeed  = flag.Uint64("seed", 1, "of TestSimulation: the seed of its marketplaces")
	simulationSteps = flag.Int("steps", 0, "of TestSimulation: how many steps there are, in marketplaces of some hundred; 0: 50,000, with SOUK_LONG 1,000,000")
	simulationLeast = flag.Bool("least", true, "of TestSimulation: what fails is made as small as it still fails")
	simulationStore = flag.String("store", "memory", "of TestSimulation: where the books are: memory, sqlite, postgres")
)

// Marketplaces that live a year, in which everything goes wrong that can at the seams of
// the engine: the store fails before and after a commit, answers late or never, a race is
// lost, the process dies, another one acts between any two steps, requests to acquirer and
// rail and their answers are lost, and news come late, twice and in any order. Each draws
// first what happens in it, and how often. Whatever is asked is asked again under its key
// until it is known; each answer is one that is documented, a refusal changes nothing,
// states change as listed, and what everybody has is what a model of its own says
// (promises 1, 3, 10, 15, 21, 22, 26, 31, 35, 36, 56, 60, 61, 64 and 72).
//
//	go test ./connect -run 'TestSimulation$' -v -seed 7 -steps 100000
func TestSimulation(t *testing.T) {
	steps := *simulationSteps
	if steps == 0 {
		if steps = 50_000; os.Getenv("SOUK_LONG") != "" {
			steps = 1_000_000
		}
	}
	open := func() ledger.Store { return ledger.NewMemory() }
	switch *simulationStore {
	case "sqlite":
		open = func() ledger.Store { return newSQLite(t) }
	case "postgres":
		open = func() ledger.Store { return newPostgres(t) }
	}
	all := simulate(t, *simulationSeed, steps, open)
	if *simulationSteps == 0 && *simulationSeed == 1 {
		all.requireReached(t)
	}
}

// The same seed does the same, to the byte: what happened, what was told, what is in the
// books.
func TestSimulationRepeats(t *testing.T) {
	for world := range uint64(3) {
		var all []string
		for range 2 {
			l := newLifetime(9, world, 150)
			l.journal = func(s ledger.Store) { all = append(all, journal(t, s)) }
			require.Empty(t, l.live(t, ledger.NewMemory(), newCover()))
			all = append(all, strings.Join(l.lines(len(l.trace)), "\n"))
		}
		require.Greater(t, len(all[0])+len(all[1]), 20_000, "something happened")
		require.Equal(t, all[:2], all[2:])
	}
}

// The same on SQLite and PostgreSQL.
func TestSimulationOnDatabases(t *testing.T) {
	steps := 2_000
	if os.Getenv("SOUK_LONG") != "" {
		steps = 20_000
	}
	for name, open := range map[string]func(testing.TB) ledger.Store{"sqlite": newSQLite, "postgres": newPostgres} {
		t.Run(name, func(t *testing.T) {
			simulate(t, 40, steps, func() ledger.Store { return open(t) })
		})
	}
}

// Every verb is simulated: there is a line for it in simulation_verbs_test.go.
func TestEveryVerbIsSimulated(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "simulation_verbs_test.go", nil, 0)
	require.NoError(t, err)
	var lines []string
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Name.Name != "In" {
			lines = append(lines, fn.Name.Name)
		}
	}
	for verb, why := range unreached {
		if why == moneyless {
			lines = append(lines, verb)
		}
	}
	require.ElementsMatch(t, verbs(), lines)
}

// simulate lets marketplaces live, of so many steps in all, and prints what was covered.
func simulate(t *testing.T, seed uint64, steps int, open func() ledger.Store) *cover {
	t.Helper()
	all, began := newCover(), time.Now()
	for world := uint64(0); all.steps < steps; world++ {
		l := newLifetime(seed, world, min(steps-all.steps, worldSteps))
		if l.why = l.live(t, open(), all); l.why != "" {
			t.Fatal(l.report(t))
		}
	}
	took := time.Since(began)
	t.Logf("%d steps, %d calls in %v: %.0f steps a second", all.steps, all.calls, took.Round(time.Millisecond), float64(all.steps)/took.Seconds())
	if testing.Verbose() {
		t.Log(all)
	}
	return all
}

// worldSteps is how much happens in one marketplace.
const worldSteps = 400

// lifetime is the life of one marketplace, which is the same whenever it is lived.
type lifetime struct {
	seed, world uint64
	steps       []int                 // their numbers: some may be left out
	planted     string                // a bug of the store or the rail
	blame       func(done []int) bool // for a test: it fails by what was done
	why         string
	trace       []traced
	journal     func(ledger.Store) // shown the store in the end
	lived       int
}

func newLifetime(seed, world uint64, steps int) *lifetime {
	l := &lifetime{seed: seed, world: world}
	for i := range steps {
		l.steps = append(l.steps, i)
	}
	return l
}

// soft is a test that notes why it fails and goes no further, but has not failed.
type soft struct {
	testing.TB
	why string
}

type stopped struct{}

func (f *soft) Helper() {}

func (f *soft) Errorf(format string, args ...any) {
	if f.why == "" {
		f.why = fmt.Sprintf(format, args...)
	}
}

func (f *soft) FailNow() { panic(stopped{}) }

// live lives, and returns why that failed; empty: it did not.
func (l *lifetime) live(t testing.TB, store ledger.Store, all *cover) (why string) {
	f := &soft{TB: t}
	source := rand.NewPCG(l.seed, l.world<<20)
	s := &simulation{t: f, cover: all, planted: l.planted}
	defer func() {
		l.trace = s.trace
		if p := recover(); p != nil {
			if _, ok := p.(stopped); !ok {
				f.Errorf("panic: %v", p)
				if f.why == "" {
					panic(p)
				}
			}
		}
		why = f.why
	}()
	w := newWildIn(f, rand.New(source), store, s)
	for i, n := range l.steps {
		source.Seed(l.seed, l.world<<20+uint64(n)+1)
		l.lived = i + 1
		s.step(n)
		if l.blame != nil && l.blame(l.steps[:i+1]) {
			f.Errorf("it is to blame")
		}
		if f.why != "" {
			return f.why
		}
	}
	source.Seed(l.seed, l.world<<20+1<<19)
	s.end(l.world)
	if l.journal != nil {
		l.journal(w.Store())
	}
	return f.why
}

// simulation is what goes wrong in a marketplace, and who looks.
type simulation struct {
	*rand.Rand
	t         testing.TB
	w         *wild
	config    connect.Config
	processes [2]*process
	watch     *watch
	model     *model
	acquirer  *moodyCards
	coins     *bitcoin.Simulator
	cover     *cover
	trace     []traced

	// The profile: how often each action is chosen, how often of a thousand calls
	// something goes wrong, somebody else acts meanwhile, a partner does not answer;
	// and for how long one waits.
	weights                []int
	faults, meanwhile, bad int
	pace                   time.Duration
	crowd                  int           // so many sellers, and customers, are enough
	skew                   time.Duration // of the second process's clock

	planted string // a bug of the store or the rail, which has to be found

	quiet bool     // nothing goes wrong any more
	depth []string // what is going on, while something happens in between
	inner *simCall // that goes on, innermost
	late  []*faults.Store
	moods int
}

func pickOf[T any](s *simulation, list ...T) T { return list[s.IntN(len(list))] }

func (s *simulation) one(in int) bool { return s.IntN(in) == 0 }

// begin draws the profile and sets the partners up. It returns how many platforms there
// are.
func (s *simulation) begin(w *wild, c *connecttest.Config) int {
	s.Rand, s.w = w.Rand, w
	for i, a := range actions() {
		s.weights = append(s.weights, max(0, s.IntN(7)-2))
		if i < 2 { // somebody sells something
			s.weights[i] = 1 + 2*i + s.IntN(3)
		}
		if a.name == "wait" {
			s.weights[i]++
		}
	}
	if s.one(2) { // and something much
		s.weights[s.IntN(len(s.weights))] = 20
	}
	s.faults, s.meanwhile, s.bad = pickOf(s, 0, 20, 100, 200), pickOf(s, 0, 20, 100), pickOf(s, 0, 20, 100, 200)
	s.pace = pickOf(s, time.Hour, 60*time.Hour, 240*time.Hour, 1000*time.Hour)
	s.crowd = pickOf(s, 1, 2, 4, 16)
	s.skew = pickOf(s, 0, 0, time.Second, -time.Minute, -time.Hour, 20*time.Hour)
	if c.Store == nil {
		c.Store = ledger.NewMemory()
	}
	s.watch = &watch{Store: c.Store, s: s, balances: make(map[ledger.Ref]int64), states: make(map[string]situation), busy: make(map[string]string), versions: make(map[string]int64)}
	s.model = newModel(s)
	now := func() time.Time { return w.Clock.Now() }
	s.acquirer = &moodyCards{Simulator: connect.NewSimulator(connect.SimulatorConfig{Delivery: c.AcquirerDelivery, Now: now}), s: s}
	rail := &moodyRail{Simulator: payout.NewSimulator(payout.SimulatorConfig{Delivery: c.RailDelivery, Now: now}), s: s}
	s.coins = bitcoin.NewSimulator(bitcoin.SimulatorConfig{Delivery: c.AcquirerDelivery, Now: now})
	c.Store, c.Acquirer, c.Rail = s.watch, s.acquirer, rail
	c.Bitcoin = &bitcoin.Config{Wallet: s.coins, Chain: s.coins, Addresses: s.coins}
	made := 0
	s.config = c.Config
	s.config.Now = now
	s.config.NewID = func(prefix string) string {
		made++
		return fmt.Sprintf("%sp%06d", prefix, made)
	}
	return 1 + s.IntN(3)
}

// start goes on when the marketplace is there.
func (s *simulation) start() {
	s.w.Acquirer, s.w.Rail, s.w.Coins = s.acquirer.Simulator, s.config.Rail.(*moodyRail).Simulator, s.coins
}

// traced is a line of what happened, written when somebody reads it.
type traced struct {
	depth  int
	format string
	args   []any
}

func (s *simulation) log(format string, args ...any) {
	s.trace = append(s.trace, traced{len(s.depth), format, args})
}

// lines are the last of what happened.
func (l *lifetime) lines(last int) (list []string) {
	for _, x := range l.trace[max(0, len(l.trace)-last):] {
		list = append(list, strings.Repeat("  ", x.depth)+fmt.Sprintf(x.format, x.args...))
	}
	return list
}

// settleLate lets happen what is late.
func (s *simulation) settleLate() {
	for _, f := range s.late {
		f.Heal()
	}
	s.late = nil
}

func (s *simulation) step(n int) {
	s.log("step %d, %v", n, s.w.Clock.Now())
	s.w.step()
	s.settleLate()
	s.cover.steps++
}

// end lets the year pass in which nothing goes wrong any more, and looks at everything.
func (s *simulation) end(world uint64) {
	s.quiet = true
	for range 16 {
		s.w.wait(60 * time.Hour)
	}
	for year := connecttest.Start.AddDate(1, 0, 0); s.w.Clock.Now().Before(year); {
		s.w.wait(90 * 24 * time.Hour)
	}
	for range 10 { // the last payouts of accounts that closed by then
		if s.w.wait(60 * time.Hour); !s.w.inTransit() {
			break
		}
	}
	s.cover.clock += s.w.Clock.Now().Sub(connecttest.Start)
	s.look()
	s.w.requireNothingStuck()
	s.w.requirePaymentsWhole()
	if world%3 == 0 {
		s.w.verifyBalances()
		s.w.requireExplained()
	}
}

// look requires that everything adds up.
func (s *simulation) look() {
	s.w.verify()
	s.watch.requireBalances()
	s.watch.requireOnce()
	s.model.check()
}
