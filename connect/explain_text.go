package connect

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/soukhq/souk/ledger"
)

// String writes the explanation for people: what it is of, what was posted and why,
// what was applied, what is left to do, what everybody has of it, and where it does not
// add up. A positive amount is owed to the owner, or earned by the house; a negative
// one is what the owner has less, what others hold for us or what was spent. The same
// flow is the same text.
func (e *Explanation) String() string {
	var b strings.Builder
	for i := range e.Objects {
		o := &e.Objects[i]
		if i == 1 {
			b.WriteString("\nWith it\n")
		}
		if i > 0 {
			b.WriteString("  ")
		}
		b.WriteString(o.String())
		b.WriteByte('\n')
	}
	e.writeSteps(&b)
	e.table(&b, "Applied", len(e.Applied), func(i int) []string {
		t := &e.Applied[i]
		by := t.By
		if by != "" {
			by = "by " + e.who(by)
		}
		return []string{t.What, shown(t.Amount), by, t.How}
	})
	e.table(&b, "Counted and open", len(e.Open), func(i int) []string {
		r := &e.Open[i]
		return []string{r.Object.ID, r.What, r.Amount.String()}
	})
	e.table(&b, "Left", len(e.Left), func(i int) []string {
		l := &e.Left[i]
		return []string{e.who(l.Owner), l.Purpose, signed(l.Amount)}
	})
	if len(e.Differences) == 0 {
		b.WriteString("\nAll of it adds up.\n")
		return b.String()
	}
	e.table(&b, "Does not add up", len(e.Differences), func(i int) []string { return []string{e.Differences[i]} })
	return b.String()
}

// String writes an object in one line.
func (o *ExplainedObject) String() string {
	text := o.What + " " + o.ID.ID
	if o.Of.ID != "" {
		text += " of " + o.Of.ID
	}
	if o.Status != "" {
		text += ", " + o.Status
	}
	if o.Code != "" {
		text += " (" + o.Code + ")"
	}
	if o.Amount.Currency().Valid() {
		text += ", " + o.Amount.String()
	}
	return text + ", " + o.Created.Format(time.RFC3339)
}

func (e *Explanation) writeSteps(b *strings.Builder) {
	if len(e.Steps) == 0 {
		b.WriteString("\nNothing was posted.\n")
		return
	}
	b.WriteString("\nBooked\n")
	for i := range e.Steps {
		t := &e.Steps[i].Transaction
		fmt.Fprintf(b, "  %s %s of %s: %s (%s)\n", t.Posted.Format("2006-01-02 15:04:05"), t.Reason, t.Object.ID, e.Steps[i].Why, t.ID)
		rows(b, "      ", len(t.Entries), func(i int) []string {
			x := &t.Entries[i]
			return []string{e.who(x.Account.Owner), x.Account.Purpose, signed(x.Amount)}
		})
	}
}

// who names an owner.
func (e *Explanation) who(owner string) string {
	switch owner {
	case ledger.House:
		return "house"
	case e.Platform:
		return "platform"
	}
	return owner
}

func (e *Explanation) table(b *strings.Builder, title string, n int, row func(int) []string) {
	if n > 0 {
		b.WriteString("\n" + title + "\n")
		rows(b, "  ", n, row)
	}
}

// rows writes cells in columns, and no spaces at the ends of lines.
func rows(b *strings.Builder, indent string, n int, row func(int) []string) {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for i := range n {
		fmt.Fprintln(w, indent+strings.Join(row(i), "\t"))
	}
	w.Flush()
	for line := range strings.Lines(text.String()) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
}

func shown(m ledger.Money) string {
	if !m.Currency().Valid() {
		return ""
	}
	return m.String()
}

// signed writes an amount with its sign.
func signed(m ledger.Money) string {
	if m.Sign() > 0 {
		return "+" + m.String()
	}
	return m.String()
}
