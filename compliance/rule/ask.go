package rule

import (
	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
)

// answer asks a question of the Counter, once in a decision. It is missing if nobody
// counts, or if the payment lacks what is counted by.
func (r *run) answer(q *question) compliance.Value {
	if r.answers == nil {
		r.answers = make([]answer, len(r.set.questions))
	}
	a := &r.answers[q.index]
	if a.asked || r.p.Counter == nil {
		return a.value
	}
	by := r.get(&q.by)
	if by.Missing() || r.err != nil {
		return compliance.Value{}
	}
	a.asked = true
	ask := r.set.questions[q.index]
	if ask.Key = by.Text(); q.by.attr.Type.folds() {
		ask.Key = compliance.Fold(ask.Key)
	}
	if err := r.ctx.Err(); err != nil {
		r.fail(&ledger.Error{Class: ledger.Unavailable, Code: "context_ended", Op: "rule: decide", Err: err})
		return compliance.Value{}
	}
	v, err := r.p.Counter.Ask(r.ctx, r.p, ask)
	if err != nil {
		r.fail(err)
		return compliance.Value{}
	}
	if v.Missing() {
		return v
	}
	ok := false
	switch ask.Measure {
	case compliance.CountOf:
		ok = v.Kind() == compliance.NumberValue && v.Decimal().Sign() >= 0
	case compliance.SinceFirst:
		ok = v.Kind() == compliance.DurationValue && v.Duration() >= 0
	default:
		ok = v.Kind() == compliance.MoneyValue && v.Money().Currency() == ask.Currency
	}
	if !ok {
		r.fail(refused("fact_type", "counter", "the answer to "+q.String()+" is "+v.Kind().String()+" that cannot be"))
		return compliance.Value{}
	}
	a.value = v
	return v
}
