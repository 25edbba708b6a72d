package connect_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/internal/faults"
	"github.com/soukhq/souk/ledger"
)

// do carries out a verb: as it is, or in a simulation as anything may go wrong with it.
func do[R, O any](p *Platform, verb string, r R, fn func(*connect.Platform, context.Context, R) (*O, error)) (*O, error) {
	if p.w.sim == nil {
		return fn(p.Platform, p.w.ctx, r)
	}
	var out *O
	id := p.ID()
	c := &simCall{verb: verb, request: reflect.ValueOf(r), platform: p}
	err := p.w.sim.call(c, func(ps *process) (err error) {
		out = nil
		to, err := ps.platform(id, p.joined)
		if err == nil {
			out, err = fn(to, p.w.ctx, r)
		}
		return err
	}, func() reflect.Value { return reflect.ValueOf(out) })
	return out, err
}

// simCall is one call of a verb, or of what else an engine does, until it is answered.
type simCall struct {
	verb     string
	request  reflect.Value
	platform *Platform
	about    []situation // what it is about, and how that stood
	posted   int         // entries that were booked while it went on, and objects that were put
	put      int
	rough    bool // something went wrong, or somebody else was at work
}

// process is one that runs the engine. It dies of a crash, and another one begins.
type process struct {
	s         *simulation
	door      *door
	engine    *connect.Engine
	platforms map[string]*connect.Platform
	busy      bool
}

func (ps *process) platform(id string, joined bool) (*connect.Platform, error) {
	p, ok := ps.platforms[id]
	if !ok {
		var err error
		p, err = ps.engine.Platform(context.Background(), id)
		if err != nil {
			return nil, err
		}
		ps.platforms[id] = p
	}
	if joined {
		return p.In(ps.door), nil
	}
	return p, nil
}

// free is a process that is not in the middle of something, a new one where it died.
func (s *simulation) free() *process {
	i := s.IntN(len(s.processes))
	for s.processes[i] != nil && s.processes[i].busy {
		i = (i + 1) % len(s.processes)
	}
	if s.processes[i] == nil || s.processes[i].door.dead {
		d := &door{s: s}
		c := s.config
		c.Store, c.Now = d, func() time.Time { return s.now(i) }
		engine, err := connect.New(c)
		require.NoError(s.t, err)
		s.processes[i] = &process{s: s, door: d, engine: engine, platforms: make(map[string]*connect.Platform)}
	}
	return s.processes[i]
}

// now is the clock of a process: the second one's may be wrong.
func (s *simulation) now(i int) time.Time {
	now := s.w.Clock.Now()
	if i == 1 && !s.quiet {
		now = now.Add(s.skew)
	}
	return now
}

// call lets a process do something. Whatever happens to it, it is done again, by this
// process or another, until it is known what became of it; and then it has to be what a
// caller may be told.
func (s *simulation) call(c *simCall, try func(*process) error, made func() reflect.Value) error {
	outer := s.inner
	s.inner = c
	defer func() { s.inner = outer }()
	c.about = s.targets(c.request)
	for attempt := 1; ; attempt++ {
		hit, err := s.attempt(c, attempt, try)
		if hit && (err == nil && c.verb != "Drain" || unanswered(err)) || hit && c.verb == "Drain" {
			s.log("%s: %v", c.verb, err)
			if err != nil {
				if s.one(3) {
					s.w.Clock.Advance(time.Duration(s.Int64N(int64(2 * time.Minute))))
				}
				continue
			}
		}
		s.settleLate()
		s.answered(c, attempt, err)
		if err == nil && made != nil {
			s.model.note(c.platform, c.request.Interface(), made().Interface())
			s.again(c, try, made)
		}
		return err
	}
}

// unanswered tells that a caller has to ask again.
func unanswered(err error) bool {
	return errors.Is(err, ledger.Unknown) || errors.Is(err, ledger.Unavailable) || errors.Is(err, ledger.Conflict) || errors.Is(err, errCrashed)
}

var errCrashed = errors.New("the process is gone")

// attempt is one attempt of a call, in which at most one thing goes wrong at a seam; hit
// tells that it did.
func (s *simulation) attempt(c *simCall, n int, try func(*process) error) (hit bool, err error) {
	ps := s.free()
	d := ps.door
	ps.busy, d.calls = true, 0
	defer func() { ps.busy = false }()
	moods := s.moods
	if n < 4 && !s.quiet && s.IntN(1000) < s.faults {
		d.arm(pickOf(s, faults.All()...), 1+s.IntN(reach(c)))
	}
	if len(s.depth) == 0 && !s.quiet && s.IntN(1000) < s.meanwhile {
		d.hookAt, d.hook = 1+s.IntN(reach(c)), func() { s.inBetween(c, d.calls) }
	}
	func() {
		defer func() {
			if p := recover(); p != nil {
				if _, crash := p.(faults.Crash); !crash {
					panic(p)
				}
				err = errCrashed
			}
		}()
		err = try(ps)
	}()
	kind, at := d.disarm()
	if kind != 0 {
		s.cover.fault(c.verb, at, kind)
		s.log("%s: %v at call %d", c.verb, kind, at)
	}
	hit = kind != 0 || s.moods != moods
	c.rough = c.rough || hit || n > 1
	return hit, err
}

// reach is up to which call of the store something happens: Drain lists each kind first.
func reach(c *simCall) int {
	if c.verb == "Drain" {
		return 100
	}
	return 8
}

// inBetween lets something else happen between two steps of a call, by another process.
func (s *simulation) inBetween(c *simCall, at int) {
	c.rough = true
	s.depth = append(s.depth, fmt.Sprintf("%s at call %d", c.verb, at))
	s.log("in between:")
	s.w.step()
	s.depth = s.depth[:len(s.depth)-1]
}

var codeShape = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// answered requires that an answer is one that is documented, and that a refusal changed
// nothing (promises 10 and 28).
func (s *simulation) answered(c *simCall, attempts int, err error) {
	s.cover.calls++
	code := "ok"
	if err != nil {
		var e *ledger.Error
		if !errors.As(err, &e) || e.Class < ledger.NotFound || e.Class > ledger.Unknown || !codeShape.MatchString(e.Code) || unanswered(err) {
			require.Fail(s.t, "no answer for a caller", "%s: %v", c.verb, err)
		}
		code = e.Code
		if !c.rough && c.posted+c.put > 0 {
			require.Fail(s.t, "a refusal changed something", "%s: %v", c.verb, err)
		}
		s.cover.code(e)
	}
	for _, x := range c.about {
		s.cover.verb(c.verb, x, code)
		if err == nil && !c.rough && strings.Contains(mustRefuse[c.verb], " "+x.String()+";") {
			require.Fail(s.t, "it should have been refused", "%s of a %v", c.verb, x)
		}
	}
	if err == nil {
		s.cover.done[c.verb]++
	}
	if len(s.depth) > 0 {
		s.cover.pair(s.depth[len(s.depth)-1], c.verb)
	}
	s.log("%s %v = %s, %d attempts, %d put, %d posted", c.verb, c.about, code, attempts, c.put, c.posted)
}

// again asks once more under the same key, which returns the same object and books
// nothing but what was under way; and the key is none for another verb (promises 21, 22).
func (s *simulation) again(c *simCall, try func(*process) error, made func() reflect.Value) {
	field := func(name string) any {
		if f := made().Elem().FieldByName(name); f.IsValid() {
			return f.Interface()
		}
		return nil
	}
	id := field("ID")
	if s.one(16) {
		_, err := s.attempt(&simCall{verb: c.verb, rough: true}, 9, try)
		require.NoError(s.t, err, "%s again", c.verb)
		require.Equal(s.t, id, field("ID"), "%s again", c.verb)
		if c.posted+c.put > 0 { // what was so already is no change that could be made again
			require.Equal(s.t, true, field("Replayed"), "%s again", c.verb)
		}
		s.cover.replays++
	}
	if s.one(64) {
		key, id := c.request.FieldByName("Key").String(), c.platform.ID()
		other := &simCall{verb: "other"}
		s.inner = other
		_, err := s.attempt(other, 9, func(ps *process) error {
			p, err := ps.platform(id, false)
			if err != nil {
				return err
			}
			if c.verb == "RecordTopUp" {
				_, err = p.CreateCustomer(s.w.ctx, connect.CustomerRequest{Key: key})
				return err
			}
			_, err = p.RecordTopUp(s.w.ctx, connect.TopUpRequest{Key: key, Amount: usd(1)})
			return err
		})
		requireCode(s.t, err, ledger.Exists, "idempotency_mismatch")
		require.True(s.t, other.rough || other.posted+other.put == 0, "another verb under the key of %s changed something", c.verb)
		s.inner = c
	}
}

// targets are the objects that a request names, and how they stand.
func (s *simulation) targets(r reflect.Value) (list []situation) {
	if !r.IsValid() || r.Kind() != reflect.Struct {
		return nil
	}
	for _, i := range idFields(r.Type()) {
		if id := r.Field(i).String(); id != "" {
			if x, ok := s.watch.states[id]; ok {
				list = append(list, x)
			}
		}
	}
	return list
}

var idFieldsOf = map[reflect.Type][]int{}

// idFields are the fields of a request that name objects.
func idFields(t reflect.Type) []int {
	list, ok := idFieldsOf[t]
	if !ok {
		for i := range t.NumField() {
			if f := t.Field(i); f.Type.Kind() == reflect.String && strings.HasSuffix(f.Name, "ID") {
				list = append(list, i)
			}
		}
		idFieldsOf[t] = list
	}
	return list
}

// tell tells the engine something until it is heard, and now and then once more, which
// books nothing (promise 31).
func (s *simulation) tell(verb string, object any, try func(*connect.Engine) error) error {
	c := &simCall{verb: verb, request: reflect.ValueOf(object)}
	once := func(ps *process) error { return try(ps.engine) }
	err := s.call(c, once, nil)
	if err == nil && s.one(8) {
		again := &simCall{verb: verb}
		outer := s.inner
		s.inner = again
		_, err = s.attempt(again, 9, once)
		s.inner = outer
		require.NoError(s.t, err, "%s again", verb)
		require.True(s.t, again.rough || again.posted == 0, "%s again booked something", verb)
	}
	return err
}

// drain does what is due. What failed because something went wrong is done next time.
func (w *wild) drain() {
	if w.sim == nil {
		done, err := w.Drain(w.ctx)
		require.NoError(w.t, err)
		require.NoError(w.t, done.Err)
		return
	}
	err := w.sim.call(&simCall{verb: "Drain"}, func(ps *process) error {
		done, err := ps.engine.Drain(w.ctx)
		if err == nil {
			err = done.Err
		}
		return err
	}, nil)
	require.NoError(w.t, err, "Drain")
}

// News tells what an acquirer says.
func (w *wild) News(ctx context.Context, n connect.News) error {
	if w.sim == nil {
		return w.Marketplace.News(ctx, n)
	}
	about := struct{ KeyID string }{n.Key}
	return w.sim.tell("News "+string(n.Answer.Status), about, func(e *connect.Engine) error { return e.News(ctx, n) })
}

// DisputeNews tells what an acquirer says of a dispute.
func (w *wild) DisputeNews(ctx context.Context, n connect.DisputeNews) error {
	if w.sim == nil {
		return w.Marketplace.DisputeNews(ctx, n)
	}
	about := struct{ KeyID string }{n.Key}
	return w.sim.tell("DisputeNews", about, func(e *connect.Engine) error { return e.DisputeNews(ctx, n) })
}

// WarningNews tells what an acquirer says of a payment that may be disputed.
func (w *wild) WarningNews(ctx context.Context, n connect.WarningNews) error {
	if w.sim == nil {
		return w.Marketplace.WarningNews(ctx, n)
	}
	about := struct{ KeyID string }{n.Key}
	return w.sim.tell("WarningNews", about, func(e *connect.Engine) error { return e.WarningNews(ctx, n) })
}
