package compliance

// Truth is true, false, or unknown: the three values of Kleene's logic (S. C.
// Kleene, Introduction to Metamathematics, 1952, § 64). The zero value is unknown,
// so that what nobody told is neither true nor false.
type Truth int8

// The three values, in their order: and is the least of two, or the greatest, not
// the opposite.
const (
	False   Truth = -1
	Unknown Truth = 0
	True    Truth = 1
)

// TruthOf returns True or False.
func TruthOf(b bool) Truth {
	if b {
		return True
	}
	return False
}

// Known reports whether t is true or false.
func (t Truth) Known() bool { return t != Unknown }

// Not turns true into false and back; what is unknown stays unknown.
func (t Truth) Not() Truth { return -t }

// And is false if either is, true if both are, and unknown otherwise.
func (t Truth) And(o Truth) Truth { return min(t, o) }

// Or is true if either is, false if both are, and unknown otherwise.
func (t Truth) Or(o Truth) Truth { return max(t, o) }

// String returns "true", "false" or "unknown".
func (t Truth) String() string {
	switch {
	case t > 0:
		return "true"
	case t < 0:
		return "false"
	}
	return "unknown"
}
