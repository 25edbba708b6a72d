package rule

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/soukhq/souk/compliance"
	"github.com/soukhq/souk/ledger"
)

// versionDigits is how many hexadecimal digits name a version.
const versionDigits = 16

// Options are what rules may use beside the attributes that there are.
type Options struct {
	// Lists are the host's, by their name without the @.
	Lists map[string]*List
	// Host declares attributes that the host tells on top of those that there are.
	// Their names begin with "host.", as compliance.Payment.Host has them; Type, Values,
	// Private and About count. One that a payment does not have is missing.
	Host []Attribute
}

// Set is a set of rules, compiled. It does not change, and may be used by many
// goroutines at once.
type Set struct {
	rules     []compiled
	order     []int // of the rules: allow, block, review, and within each as written
	text      string
	version   string
	lists     []*List
	listNames []string
	questions []compliance.Question
	late      bool
	money     []ledger.Currency
	facts     map[string]bool
}

// compiled is one rule of a set.
type compiled struct {
	Info
	cond *expr
}

// Info is what is known of a rule of a set.
type Info struct {
	Name   string // as it is written, or made: "block 2" is the second without one that blocks
	Action compliance.Action
	Text   string // the rule without its name, as Format writes it
	Line   int    // of the text that was compiled, from 1
	Late   bool   // it is asked after authorization
}

// Compile checks a text of rules and makes a Set of it. What is wrong is an *Error
// with its place: the first that is found.
func Compile(text string, o Options) (*Set, error) {
	rules, rest, err := parse(text)
	if err != nil {
		return nil, err
	}
	s := &Set{}
	s.text = printRules(rules, rest)
	if len(s.text) > MaxText {
		return nil, tooLong()
	}
	c, bad := newChecker(text, o, s)
	if bad != nil {
		return nil, bad
	}
	nodes := 0
	for _, r := range rules {
		if nodes += r.nodes; nodes > MaxAllNodes {
			return nil, c.fail(r.at, "rule_too_complex", "", "", "a set has at most 10,000 conditions and operators")
		}
		if err := c.rule(r); err != nil {
			return nil, err
		}
	}
	for _, a := range actions {
		for i := range s.rules {
			if s.rules[i].Action == a {
				s.order = append(s.order, i)
			}
		}
	}
	s.version = c.version(rules)
	s.money = slices.SortedFunc(maps.Keys(c.money), func(a, b ledger.Currency) int { return strings.Compare(a.String(), b.String()) })
	s.facts = c.facts
	return s, nil
}

// rule checks a rule and adds it to the set.
func (c *checker) rule(r *source) *Error {
	if !r.named {
		n := 1
		for _, have := range c.set.rules {
			if have.Action == r.action && !c.names[have.Name] {
				n++
			}
		}
		r.name = string(r.action) + " " + strconv.Itoa(n)
	}
	for _, have := range c.set.rules {
		if have.Name == r.name {
			return c.fail(r.at, "invalid_rule", "a name of its own", shown(r.name), "another rule has it")
		}
	}
	if r.named {
		c.names[r.name] = true
	}
	c.late = false
	if err := c.expr(r.cond); err != nil {
		return err
	}
	c.set.late = c.set.late || c.late
	c.set.rules = append(c.set.rules, compiled{Info{r.name, r.action, r.String(), r.at.Line, c.late}, r.cond})
	return nil
}

// version names what decides: the rules without comments, and the types of what the
// host has declared.
func (c *checker) version(rules []*source) string {
	h := sha256.New()
	for _, r := range rules {
		if r.named {
			h.Write([]byte(printName(r.name) + ": "))
		}
		h.Write([]byte(r.String() + "\n"))
	}
	for i, name := range c.set.listNames {
		h.Write([]byte("@" + name + ":" + strconv.Itoa(int(c.set.lists[i].of)) + "\n"))
	}
	for _, name := range slices.Sorted(maps.Keys(c.used)) {
		h.Write([]byte(name + ":" + strconv.Itoa(int(c.used[name])) + "\n"))
	}
	return hex.EncodeToString(h.Sum(nil))[:versionDigits]
}

// Version names the rules: 16 hexadecimal digits of a hash of what they say. Comments
// and spaces make no difference. It stands in every decision.
func (s *Set) Version() string { return s.version }

// Text returns the rules as Format writes them.
func (s *Set) Text() string { return s.text }

// Rules returns what is known of each rule, in the order of the text.
func (s *Set) Rules() []Info {
	list := make([]Info, len(s.rules))
	for i := range s.rules {
		list[i] = s.rules[i].Info
	}
	return list
}

// Late reports whether any rule has to be asked after authorization. If none has,
// nobody needs to ask then.
func (s *Set) Late() bool { return s.late }

// Currencies lists those that rules name, by their codes. A payment in another is
// compared if it carries the rate of its own currency in them
// (compliance.Payment.Rates), and otherwise such a comparison is unknown.
func (s *Set) Currencies() []ledger.Currency { return slices.Clone(s.money) }

// Uses reports whether any rule looks at an attribute, or counts by it. Metadata goes
// by its name without a key: "customer.metadata".
func (s *Set) Uses(fact string) bool { return s.facts[fact] }

// Questions lists what the rules may ask the Counter, without the keys: what a host
// that counts has to keep.
func (s *Set) Questions() []compliance.Question { return slices.Clone(s.questions) }

// Decide implements compliance.Rule. The first rule that is true decides: of those
// that allow, then of those that block, then of those that review, each in the order
// of the text. What is missing makes no rule true. A payment without a time (At) is
// refused with missing_argument; a text of more than 4,096 bytes, or a list of more
// than 1,000, that a rule looks at with fact_too_long; a fact of another type than
// declared with fact_type; work without end with rule_too_costly. An error of the
// Counter is returned as it is.
func (s *Set) Decide(ctx context.Context, p *compliance.Payment) (compliance.Decision, error) {
	r, err := s.run(ctx, p)
	if err != nil {
		return compliance.Decision{}, err
	}
	d := compliance.Decision{Version: s.version}
	for _, i := range s.order {
		c := &s.rules[i]
		if c.Late != (p.Stage == compliance.AfterAuthorization) {
			continue
		}
		switch t := r.truth(c.cond); {
		case r.err != nil:
			return compliance.Decision{}, r.err
		case t == compliance.True:
			d.Action, d.Rule, d.Text = c.Action, c.Name, c.Text
			d.Because = r.because(c.cond)
			return d, nil
		case t == compliance.Unknown:
			d.Undecided = append(d.Undecided, compliance.Undecided{Rule: c.Name, Missing: r.missing(c.cond)})
		}
	}
	return d, nil
}
