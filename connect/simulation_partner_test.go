package connect_test

import (
	"context"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
	"github.com/soukhq/souk/payout"
)

// moodyCards is the simulated acquirer on a bad day: requests do not arrive, answers are lost,
// come later as news, twice, and in any order.
type moodyCards struct {
	*connect.Simulator
	s    *simulation
	said []connect.News // what was answered and not heard
}

func lostAnswer() error {
	return &ledger.Error{Class: ledger.Unknown, Code: "no_answer", Op: "simulation"}
}

// mood is what becomes of a request: 0 it is answered, 1 it never arrives, 2 its answer
// is lost.
func (s *simulation) mood(verb string) int {
	if s.quiet || s.IntN(1000) >= s.bad {
		return 0
	}
	mood := 1 + s.IntN(2)
	s.moods++
	s.cover.seam(verb, []string{"request lost", "answer lost"}[mood-1])
	s.log("%s: %d lost", verb, mood)
	return mood
}

func (m *moodyCards) ask(verb, key string, fn func() (connect.Answer, error)) (connect.Answer, error) {
	mood := m.s.mood(verb)
	if mood == 1 {
		return connect.Answer{}, lostAnswer()
	}
	a, err := fn()
	if mood == 2 {
		if err == nil {
			m.said = append(m.said, connect.News{Key: key, Answer: a})
		}
		return connect.Answer{}, lostAnswer()
	}
	return a, err
}

func (m *moodyCards) Authorize(ctx context.Context, key string, o connect.AuthorizeOrder) (connect.Answer, error) {
	return m.ask("Authorize", key, func() (connect.Answer, error) { return m.Simulator.Authorize(ctx, key, o) })
}

func (m *moodyCards) Capture(ctx context.Context, key string, o connect.CaptureOrder) (connect.Answer, error) {
	return m.ask("Capture", key, func() (connect.Answer, error) { return m.Simulator.Capture(ctx, key, o) })
}

func (m *moodyCards) Cancel(ctx context.Context, key string, o connect.CancelOrder) (connect.Answer, error) {
	return m.ask("Cancel", key, func() (connect.Answer, error) { return m.Simulator.Cancel(ctx, key, o) })
}

func (m *moodyCards) Refund(ctx context.Context, key string, o connect.RefundOrder) (connect.Answer, error) {
	return m.ask("Refund", key, func() (connect.Answer, error) { return m.Simulator.Refund(ctx, key, o) })
}

func (m *moodyCards) SaveSource(ctx context.Context, key string, o connect.SaveOrder) (connect.Answer, error) {
	return m.ask("SaveSource", key, func() (connect.Answer, error) { return m.Simulator.SaveSource(ctx, key, o) })
}

func (m *moodyCards) Increase(ctx context.Context, key string, o connect.IncreaseOrder) (connect.Answer, error) {
	return m.ask("Increase", key, func() (connect.Answer, error) { return m.Simulator.Increase(ctx, key, o) })
}

func (m *moodyCards) AnswerDispute(ctx context.Context, key string, o connect.DisputeOrder) (connect.Answer, error) {
	return m.ask("AnswerDispute", key, func() (connect.Answer, error) { return m.Simulator.AnswerDispute(ctx, key, o) })
}

func (m *moodyCards) Lookup(ctx context.Context, key string) (connect.Answer, error) {
	if m.s.mood("Lookup") != 0 {
		return connect.Answer{}, lostAnswer()
	}
	return m.Simulator.Lookup(ctx, key)
}

// moodyRail is the simulated rail likewise.
type moodyRail struct {
	*payout.Simulator
	s *simulation
}

func (l *moodyRail) Submit(ctx context.Context, batch []payout.Instruction) ([]payout.Ack, error) {
	mood := l.s.mood("Submit")
	if mood == 1 {
		return nil, lostAnswer()
	}
	acks, err := l.Simulator.Submit(ctx, batch)
	if l.s.planted == "what is sent to the rail is sent twice" && err == nil {
		acks, err = l.Simulator.Submit(ctx, batch)
	}
	if mood == 2 {
		return nil, lostAnswer()
	}
	return acks, err
}

func (l *moodyRail) Ask(ctx context.Context, key string) (payout.Ack, bool, error) {
	if l.s.mood("Ask") != 0 {
		return payout.Ack{}, false, lostAnswer()
	}
	return l.Simulator.Ask(ctx, key)
}

func (l *moodyRail) Updates(ctx context.Context, after string) ([]payout.Update, string, error) {
	if l.s.mood("Updates") != 0 {
		return nil, "", lostAnswer()
	}
	return l.Simulator.Updates(ctx, after)
}

// heard is the news that comes by now: in a simulation some later, some twice, in any
// order.
func (w *wild) heard() []connect.News {
	list := w.Acquirer.Notifications()
	s := w.sim
	if s == nil {
		return list
	}
	list = append(list, s.acquirer.said...)
	s.acquirer.said = nil
	s.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	if s.quiet {
		return list
	}
	var now []connect.News
	for _, n := range list {
		switch s.IntN(4) {
		case 0:
			s.acquirer.said = append(s.acquirer.said, n)
		case 1:
			now = append(now, n, n)
		default:
			now = append(now, n)
		}
	}
	return now
}
