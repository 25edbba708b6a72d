package bank

import "crypto/sha256"

// TestBitcoin makes an address of the test network up, always the same one of a
// seed. Nobody has a key for it: it is for simulators.
func TestBitcoin(seed string) string {
	hash := sha256.Sum256([]byte(seed))
	return encodeSegwit("tb", 0, hash[:20])
}

func encodeSegwit(prefix string, version int, program []byte) string {
	data, acc, bits := []byte{byte(version)}, 0, 0
	for _, b := range program {
		acc, bits = acc<<8|int(b), bits+8
		for bits >= 5 {
			bits -= 5
			data = append(data, byte(acc>>bits&31))
		}
		acc &= 1<<bits - 1
	}
	if bits > 0 {
		data = append(data, byte(acc<<(5-bits)&31))
	}
	if version == 0 {
		return encodeBech32(prefix, data, bech32Sum)
	}
	return encodeBech32(prefix, data, bech32mSum)
}

func encodeBech32(prefix string, data []byte, sum uint32) string {
	check := bech32Polymod(prefix, append(append([]byte(nil), data...), 0, 0, 0, 0, 0, 0)) ^ sum
	text := []byte(prefix + "1")
	for _, v := range data {
		text = append(text, bech32Digits[v])
	}
	for i := range bech32Check {
		text = append(text, bech32Digits[check>>(5*(5-i))&31])
	}
	return string(text)
}
