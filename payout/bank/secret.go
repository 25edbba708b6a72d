package bank

import "fmt"

// Mask is what may be shown of an account number where the whole must not be: its
// last four characters, or less of one so short that these would be most of it.
func Mask(number string) string { return "****" + last4(number) }

func last4(number string) string {
	return number[len(number)-min(4, len(number)/2):]
}

// show writes the masked text, whatever verb and flags of fmt ask for the value: an
// account number must not get into a log by way of %+v or %#v.
func show(s fmt.State, verb rune, masked string) {
	if verb == 'q' {
		masked = fmt.Sprintf("%q", masked)
	}
	// What is written to fails or not: fmt has no place for it either.
	_, _ = s.Write([]byte(masked))
}
