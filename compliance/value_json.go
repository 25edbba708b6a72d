package compliance

import (
	"encoding/json"
	"time"

	"github.com/soukhq/souk/ledger"
)

// stored is a Value as it is stored: one of its fields, or none.
type stored struct {
	Truth    *bool         `json:"truth,omitempty"`
	Number   string        `json:"number,omitempty"`
	Money    *ledger.Money `json:"money,omitempty"`
	Duration string        `json:"duration,omitempty"`
	Text     string        `json:"text,omitempty"`
}

// IsZero reports whether v is missing.
func (v Value) IsZero() bool { return v.Missing() }

// MarshalJSON writes an object that names the kind: {"number":"12.5"}.
func (v Value) MarshalJSON() ([]byte, error) {
	var s stored
	switch v.kind {
	case TruthValue:
		truth := v.truth == True
		s.Truth = &truth
	case NumberValue:
		s.Number = v.Decimal().String()
	case MoneyValue:
		s.Money = &v.money
	case DurationValue:
		s.Duration = v.Duration().String()
	case TextValue:
		s.Text = v.text
	}
	return json.Marshal(s)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (v *Value) UnmarshalJSON(data []byte) error {
	var s stored
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	*v = OfText(s.Text)
	switch {
	case s.Truth != nil:
		*v = OfTruth(TruthOf(*s.Truth))
	case s.Money != nil:
		*v = OfMoney(*s.Money)
	case s.Duration != "":
		d, err := time.ParseDuration(s.Duration)
		*v = OfDuration(d)
		return err
	case s.Number != "":
		d, err := ledger.ParseDecimal(s.Number, maxNumberDigits, "invalid_number", "number")
		if err != nil {
			return err
		}
		*v, err = OfDecimal(d)
		return err
	}
	return nil
}
