package bank

import "strings"

// bech32Digits is the alphabet of BIP-173.
const bech32Digits = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

const (
	bech32Most  = 90 // characters
	bech32Check = 6  // characters of checksum

	// What the checksum comes to: which of the two encodings it is.
	bech32Sum  = 1          // BIP-173
	bech32mSum = 0x2bc830a3 // BIP-350
)

// segwitNetworks are the prefixes that are of bitcoin. Signet shares that of
// testnet.
var segwitNetworks = []struct {
	prefix string
	live   bool
}{{"bc", true}, {"tb", false}, {"bcrt", false}}

// parseSegwit reads an address of a witness program.
func parseSegwit(text, prefix string, live bool) (BitcoinAddress, error) {
	got, data, sum, msg := decodeBech32(text)
	if msg != "" {
		return BitcoinAddress{}, badAddress(msg)
	}
	if got != prefix || len(data) == 0 {
		return BitcoinAddress{}, badAddress("it has no witness program")
	}
	version := int(data[0])
	program, ok := regroup(data[1:])
	switch {
	case version > 16:
		return BitcoinAddress{}, badAddress("there is no such witness version")
	case !ok:
		return BitcoinAddress{}, badAddress("its padding is not of zeros")
	case len(program) < 2 || len(program) > 40:
		return BitcoinAddress{}, badAddress("its witness program is too short or too long")
	case version == 0 && len(program) != 20 && len(program) != 32:
		return BitcoinAddress{}, badAddress("a witness program of version 0 has 20 or 32 bytes")
	case (version == 0) != (sum == bech32Sum):
		return BitcoinAddress{}, badAddress("its checksum is that of the other encoding (bech32 is for version 0, bech32m for the others)")
	}
	a := BitcoinAddress{Text: strings.ToLower(text), Form: WitnessProgram, Live: live, Version: version, Program: string(program)}
	switch {
	case version == 0 && len(program) == 20:
		a.Form = WitnessPubKeyHash
	case version == 0:
		a.Form = WitnessScriptHash
	case version == 1 && len(program) == 32:
		a.Form = Taproot
	}
	return a, nil
}

// decodeBech32 reads a string of either encoding: its prefix, the groups of five
// bits without the checksum, and what that came to. msg says what is wrong.
func decodeBech32(text string) (prefix string, data []byte, sum uint32, msg string) {
	bad := func(msg string) (string, []byte, uint32, string) { return "", nil, 0, msg }
	lower := strings.ToLower(text)
	cut := strings.LastIndexByte(lower, '1')
	switch {
	case len(text) > bech32Most:
		return bad("it is longer than 90 characters")
	case lower != text && strings.ToUpper(text) != text:
		return bad("it mixes upper and lower case")
	case cut < 1 || cut+1+bech32Check > len(text):
		return bad("it has no prefix, or is too short for a checksum")
	}
	for i := range cut {
		if text[i] < 33 || text[i] > 126 {
			return bad("its prefix has a character that is none")
		}
	}
	data = make([]byte, 0, len(text))
	for i := cut + 1; i < len(lower); i++ {
		digit := strings.IndexByte(bech32Digits, lower[i])
		if digit < 0 {
			return bad("it has a character that no such address has")
		}
		data = append(data, byte(digit))
	}
	prefix = lower[:cut]
	if sum = bech32Polymod(prefix, data); sum != bech32Sum && sum != bech32mSum {
		return bad("its checksum does not fit: a character is wrong")
	}
	return prefix, data[:len(data)-bech32Check], sum, ""
}

// bech32Polymod is the checksum's polynomial over the prefix and the data
// (BIP-173, "Checksum").
func bech32Polymod(prefix string, data []byte) uint32 {
	sum := uint32(1)
	step := func(v byte) {
		top := sum >> 25
		sum = (sum&0x1ffffff)<<5 ^ uint32(v)
		for i, g := range [...]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
			if top>>i&1 == 1 {
				sum ^= g
			}
		}
	}
	for i := range len(prefix) {
		step(prefix[i] >> 5)
	}
	step(0)
	for i := range len(prefix) {
		step(prefix[i] & 31)
	}
	for _, v := range data {
		step(v)
	}
	return sum
}

// regroup turns groups of five bits into bytes. What is left over is at most four
// bits, all zero.
func regroup(data []byte) (out []byte, ok bool) {
	acc, bits := uint32(0), 0
	for _, v := range data {
		acc, bits = acc<<5|uint32(v), bits+5
		if bits >= 8 {
			bits -= 8
			out = append(out, byte(acc>>bits))
			acc &= 1<<bits - 1
		}
	}
	return out, bits < 5 && acc == 0
}
