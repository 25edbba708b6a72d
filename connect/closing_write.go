package connect

import (
	"cmp"
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"github.com/soukhq/souk/fx"
	"github.com/soukhq/souk/ledger"
)

// journalColumns are the columns of WriteCSV.
var journalColumns = [...]string{"number", "date", "currency", "account", "label", "purpose", "reason", "debit", "credit"}

// WriteCSV writes a journal as comma-separated values (RFC 4180) in UTF-8, with a line
// of headings; amounts are decimals with a point, in units of their currency. Text
// that a spreadsheet could take for a formula begins with an apostrophe.
func (j *Journal) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(journalColumns[:]); err != nil {
		return err
	}
	for i := range j.Entries {
		e := &j.Entries[i]
		for _, l := range e.Lines {
			if err := out.Write([]string{
				strconv.Itoa(e.Number), e.Day.String(), e.Currency.String(), cellText(l.Number), cellText(l.Label), cellText(l.Purpose), cellText(l.Reason),
				l.Debit.Amount(), l.Credit.Amount(),
			}); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

// cellText is text that no spreadsheet takes for a formula.
func cellText(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n|'", rune(s[0])) {
		return "'" + s
	}
	return s
}

// FECRequest says how a journal is written in the French layout.
type FECRequest struct {
	Code string // of the journal: 1–10 letters and digits
	Name string // of the journal: 1–100 characters
	// Currency is the one that the host's books are kept in: euro, if it is zero.
	// Journal entries of another are converted, each at the rate of its day.
	Currency ledger.Currency
	// Rates of the days, by day and currency: how much of Currency one unit is worth.
	// An entry of another currency without a rate is refused: Invalid, missing_rate.
	Rate func(e *JournalEntry) (fx.Rate, bool)
	// Rounding gets what conversion leaves over. It is needed where something is.
	Rounding AccountNumber
}

// fecColumns are the 18 fields of the file of accounting entries for companies: Livre
// des procédures fiscales, article A47 A-1, VII.
var fecColumns = [...]string{
	"JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib", "PieceRef", "PieceDate",
	"EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate", "Montantdevise", "Idevise",
}

// WriteFEC writes a journal as the French tax administration reads it: tab-separated in
// UTF-8, a line of headings and the 18 fields, dates as YYYYMMDD, amounts with a comma.
// EcritureDate, PieceDate and ValidDate are the day; PieceRef is made of day and
// currency. A file is of one fiscal year, so the journal goes from its first day and
// is numbered from 1. Nothing is written if something is wrong.
func (j *Journal) WriteFEC(w io.Writer, r FECRequest) error {
	r.Currency = cmp.Or(r.Currency, ledger.EUR)
	if err := r.check(); err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString(strings.Join(fecColumns[:], "\t") + "\r\n")
	for i := range j.Entries {
		if err := r.write(&b, &j.Entries[i]); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *FECRequest) check() error {
	if code := strings.Trim(r.Code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"); r.Code == "" || len(r.Code) > 10 || code != "" {
		return badField("invalid_text", "code", "a journal's code is 1 to 10 letters and digits")
	}
	if r.Name == "" {
		return badField("invalid_text", "name", "a journal has a name")
	}
	return checkPlain("name", r.Name, 100)
}

// fecLine is a line as it is in the books' currency.
type fecLine struct {
	JournalLine
	debit, credit ledger.Money
}

func (r *FECRequest) write(b *strings.Builder, e *JournalEntry) error {
	lines, err := r.converted(e)
	if err != nil {
		return err
	}
	day := strings.ReplaceAll(e.Day.String(), "-", "")
	for _, l := range lines {
		other, code := "", ""
		if e.Currency != r.Currency && l.Debit.Minor() != l.Credit.Minor() {
			m, err := l.Debit.Sub(l.Credit)
			if err != nil {
				return err
			}
			other, code = fecAmount(m), e.Currency.String()
		}
		fields := []string{
			r.Code, r.Name, strconv.Itoa(e.Number), day, l.Number, l.Label, "", "", e.Day.String() + " " + e.Currency.String(), day,
			l.Purpose + ": " + l.Reason, fecAmount(l.debit), fecAmount(l.credit), "", "", day, other, code,
		}
		for i := range fields {
			fields[i] = fecText(fields[i])
		}
		b.WriteString(strings.Join(fields, "\t") + "\r\n")
	}
	return nil
}

// converted returns the lines in the currency of the books, and one for what rounding
// leaves.
func (r *FECRequest) converted(e *JournalEntry) ([]fecLine, error) {
	lines := make([]fecLine, 0, len(e.Lines)+1)
	if e.Currency == r.Currency {
		for _, l := range e.Lines {
			lines = append(lines, fecLine{l, l.Debit, l.Credit})
		}
		return lines, nil
	}
	rate, ok := fx.Rate{}, false
	if r.Rate != nil {
		rate, ok = r.Rate(e)
	}
	if !ok || rate.Base != e.Currency || rate.Quote != r.Currency || rate.Check() != nil {
		return nil, badField("missing_rate", "rate", "there is no rate of "+e.Currency.String()+" in "+r.Currency.String()+" on "+e.Day.String())
	}
	left := ledger.Zero(r.Currency) // debits less credits
	for _, l := range e.Lines {
		x := fecLine{JournalLine: l}
		var err error
		if x.debit, err = rate.Of(l.Debit, ledger.RoundHalfEven); err == nil {
			x.credit, err = rate.Of(l.Credit, ledger.RoundHalfEven)
		}
		if err == nil {
			left, err = left.Add(x.debit)
		}
		if err == nil {
			left, err = left.Sub(x.credit)
		}
		if err != nil {
			return nil, err
		}
		lines = append(lines, x)
	}
	if left.IsZero() {
		return lines, nil
	}
	if err := checkNumbers([]AccountNumber{r.Rounding}); err != nil {
		return nil, badField("unmapped_account", "rounding", "the conversion of "+e.Day.String()+" in "+e.Currency.String()+" leaves "+left.String())
	}
	zero := ledger.Zero(e.Currency)
	x := fecLine{JournalLine{r.Rounding.Number, r.Rounding.Label, r.Rounding.Purpose, "rounding", zero, zero}, ledger.Zero(r.Currency), left}
	if left.Sign() < 0 {
		x.debit, x.credit = ledger.Minor(-left.Minor(), r.Currency), ledger.Zero(r.Currency)
	}
	return append(lines, x), nil
}

// fecAmount writes an amount with a comma.
func fecAmount(m ledger.Money) string { return strings.Replace(m.Amount(), ".", ",", 1) }

// fecText leaves out what ends a field or a line.
func fecText(s string) string {
	return strings.Map(func(c rune) rune {
		if c == '\t' || c == '\r' || c == '\n' || c == '|' {
			return ' '
		}
		return c
	}, s)
}
