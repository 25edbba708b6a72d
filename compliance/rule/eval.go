package rule

import (
	"bytes"
	"cmp"
	"context"
	"strconv"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
)

// Bounds of a decision.
const (
	MaxFactText = 4096    // bytes of a text that a rule looks at
	MaxFactList = 1000    // items of a list that a rule looks at
	MaxSteps    = 200_000 // conditions, items of lists and every 64 bytes of text
)

// run is one decision. Its first error ends it: whatever is asked then is unknown.
type run struct {
	ctx     context.Context
	set     *Set
	p       *compliance.Payment
	steps   int
	err     error
	answers []answer // to the set's questions, as far as they were asked
}

type answer struct {
	asked bool
	value compliance.Value
}

// run begins a decision.
func (s *Set) run(ctx context.Context, p *compliance.Payment) (run, error) {
	if p == nil || p.At.IsZero() {
		return run{}, refused("missing_argument", "payment.at", "a decision needs a payment and its time")
	}
	if err := ctx.Err(); err != nil {
		return run{}, &ledger.Error{Class: ledger.Unavailable, Code: "context_ended", Op: "rule: decide", Err: err}
	}
	return run{ctx: ctx, set: s, p: p}, nil
}

func refused(code, field, msg string) *ledger.Error {
	return &ledger.Error{Class: ledger.Invalid, Code: code, Field: field, Op: "rule: decide", Msg: msg}
}

func (r *run) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// step counts work.
func (r *run) step(n int) {
	if r.steps += n; r.steps > MaxSteps {
		r.fail(refused("rule_too_costly", "rules", "the rules take too many steps for this payment"))
	}
}

// truth evaluates an expression. What decides an and or an or ends it; an unknown part
// does not, for a later one may decide.
func (r *run) truth(e *expr) compliance.Truth {
	if r.step(1); r.err != nil {
		return compliance.Unknown
	}
	switch e.op {
	case opAnd:
		t := compliance.True
		for _, k := range e.order {
			if t = t.And(r.truth(k)); t == compliance.False {
				break
			}
		}
		return t
	case opOr:
		t := compliance.False
		for _, k := range e.order {
			if t = t.Or(r.truth(k)); t == compliance.True {
				break
			}
		}
		return t
	case opNot:
		return r.truth(e.kids[0]).Not()
	case opTruth:
		return r.get(&e.left).Truth()
	case opMissing:
		return compliance.TruthOf(r.lacks(&e.left))
	case opCompare:
		return r.compare(e, r.get(&e.left), &e.right)
	case opIn:
		return r.in(e)
	}
	return r.contains(e)
}

// lacks reports whether an operand is missing. Of what is written out nothing is.
func (r *run) lacks(o *operand) bool {
	if o.kind == anAttribute && o.attr.List {
		return r.size(o.attr) < 0
	}
	return r.get(o).Missing()
}

// kinds are those of the values that types have.
var kinds = [...]compliance.ValueKind{
	Bool: compliance.TruthValue, Number: compliance.NumberValue, Money: compliance.MoneyValue, Duration: compliance.DurationValue,
	Text: compliance.TextValue, Exact: compliance.TextValue, Country: compliance.TextValue, Currency: compliance.TextValue,
}

// get returns the value of an operand.
func (r *run) get(o *operand) compliance.Value {
	switch o.kind {
	case aQuestion:
		return r.answer(o.question)
	case anAttribute:
	default:
		return o.value
	}
	v := o.attr.get(r.p)
	if v.Missing() {
		return v
	}
	if want := kinds[o.attr.Type]; v.Kind() != want {
		r.fail(refused("fact_type", o.attr.Name, o.attr.Name+" is "+v.Kind().String()+" where the rules have "+want.String()))
		return compliance.Value{}
	}
	r.checkText(o.attr, v.Text())
	return v
}

func (r *run) checkText(a *attribute, text string) {
	if len(text) > MaxFactText {
		r.fail(refused("fact_too_long", a.Name, "a text is at most 4,096 bytes"))
	}
	r.step(len(text) / 64)
}

// size returns the length of a list, −1 if it is missing.
func (r *run) size(a *attribute) int {
	n := a.size(r.p)
	if n > MaxFactList {
		r.fail(refused("fact_too_long", a.Name, "a list has at most 1,000 items"))
		return -1
	}
	return n
}

// number returns a value as a number: metadata has it as text. What is no plain
// decimal of at most 30 digits is missing.
func number(v compliance.Value) compliance.Value {
	if v.Kind() != compliance.TextValue {
		return v
	}
	text := v.Text()
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && strconv.FormatInt(n, 10) == text {
		return compliance.OfWhole(n)
	}
	d, err := ledger.ParseDecimal(text, 30, "invalid_number", "number")
	if err != nil {
		return compliance.Value{}
	}
	v, _ = compliance.OfDecimal(d)
	return v
}

// compare compares a value with another; unknown if either is missing, or if two
// currencies have no rate.
func (r *run) compare(e *expr, a compliance.Value, o *operand) compliance.Truth {
	b := r.get(o)
	if a.Missing() || b.Missing() {
		return compliance.Unknown
	}
	n, ok := 0, true
	switch e.as {
	case Number:
		if a, b = number(a), number(b); a.Missing() || b.Missing() {
			return compliance.Unknown
		}
		n = a.CmpNumber(b)
	case Duration:
		n = cmp.Compare(a.Duration(), b.Duration())
	case Money:
		n, ok = r.p.CmpMoney(a.Money(), b.Money())
	default:
		n = 1
		if same(e.fold, a.Text(), o.folded, b.Text()) {
			n = 0
		}
	}
	if !ok {
		return compliance.Unknown
	}
	return compliance.TruthOf(e.cmp.holds(n))
}

// key appends a text as it is compared.
func key(b []byte, fold bool, text string) []byte {
	if fold {
		return compliance.AppendFold(b, text)
	}
	return append(b, text...)
}

// same compares two texts. The second is folded already if it is written out.
func same(fold bool, a, folded, b string) bool {
	if !fold {
		return a == b
	}
	var buf, buf2 [64]byte
	if folded != "" {
		return string(compliance.AppendFold(buf[:0], a)) == folded
	}
	return string(compliance.AppendFold(buf[:0], a)) == string(compliance.AppendFold(buf2[:0], b))
}

// in looks a value up.
func (r *run) in(e *expr) compliance.Truth {
	v, o := r.get(&e.left), &e.right
	if o.kind == anAttribute {
		return r.among(e, o.attr, v, "")
	}
	if v.Missing() {
		return compliance.Unknown
	}
	var buf [64]byte
	switch {
	case o.kind == aNamedList:
		return compliance.TruthOf(r.set.lists[o.list].has(key(buf[:0], e.fold, v.Text()), r.p.At))
	case o.set != nil:
		return compliance.TruthOf(o.set[string(key(buf[:0], e.fold, v.Text()))])
	}
	t := compliance.False
	for i := range o.items {
		r.step(1)
		if t = t.Or(r.compare(e, v, &o.items[i])); t == compliance.True {
			break
		}
	}
	return t
}

// among looks a value up in a list of the payment. An item that is missing may be
// any, so a value that is not found among others is unknown.
func (r *run) among(e *expr, list *attribute, v compliance.Value, folded string) compliance.Truth {
	n := r.size(list)
	if n < 0 || v.Missing() {
		return compliance.Unknown
	}
	t := compliance.False
	for i := range n {
		item := list.item(r.p, i)
		r.step(1)
		r.checkText(list, item)
		switch {
		case item == "":
			t = compliance.Unknown
		case same(e.fold, item, folded, v.Text()):
			return compliance.True
		}
	}
	return t
}

// contains evaluates like, and includes of a text or a list.
func (r *run) contains(e *expr) compliance.Truth {
	o := &e.right
	part := r.get(o)
	if e.left.attr.List {
		return r.among(e, e.left.attr, part, o.folded)
	}
	v := r.get(&e.left)
	if v.Missing() || part.Missing() {
		return compliance.Unknown
	}
	var buf, buf2 [64]byte
	text := key(buf[:0], e.fold, v.Text())
	if e.like != nil {
		return compliance.TruthOf(e.like.matches(text))
	}
	return compliance.TruthOf(bytes.Contains(text, key(buf2[:0], e.fold, part.Text())))
}
