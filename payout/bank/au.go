package bank

// ParseBSB reads the six digits that name a bank, a state and a branch in
// Australia, as 062111, 062-111 or 062 111, and returns the digits. What is none is
// of class Invalid, code invalid_bsb, field bsb. Whether it is in use is in the
// register of AusPayNet, which is not asked.
func ParseBSB(text string) (string, error) {
	if digits, ok := grouped(text, 3, 3); ok {
		return digits, nil
	}
	return "", invalid("invalid_bsb", "bsb", "it has six digits")
}

// BSBBank looks up the bank of a BSB in a table of prefixes, of two or three
// digits, which the host has from AusPayNet. The longer prefix goes first. False if
// none fits.
func BSBBank(bsb string, prefixes map[string]string) (string, bool) {
	for n := min(len(bsb), 6); n >= 2; n-- {
		if name, ok := prefixes[bsb[:n]]; ok {
			return name, true
		}
	}
	return "", false
}
