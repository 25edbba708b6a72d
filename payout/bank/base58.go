package bank

import (
	"bytes"
	"crypto/sha256"
	"math/big"
	"strings"
)

// base58Digits leaves out 0, O, I and l, which look alike.
const base58Digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// base58Versions are the first bytes of addresses.
var base58Versions = map[byte]struct {
	form BitcoinForm
	live bool
}{0x00: {PubKeyHash, true}, 0x05: {ScriptHash, true}, 0x6f: {PubKeyHash, false}, 0xc4: {ScriptHash, false}}

// base58Size is a version, a hash of 160 bits and a checksum.
const base58Size = 1 + 20 + 4

func parseBase58Address(text string) (BitcoinAddress, error) {
	data, ok := decodeBase58(text)
	if !ok || len(data) != base58Size {
		return BitcoinAddress{}, badAddress("this is neither a base58 nor a segwit address")
	}
	body, check := data[:base58Size-4], data[base58Size-4:]
	first := sha256.Sum256(body)
	second := sha256.Sum256(first[:])
	if !bytes.Equal(check, second[:4]) {
		return BitcoinAddress{}, badAddress("its checksum does not fit: a character is wrong")
	}
	v, ok := base58Versions[body[0]]
	if !ok {
		return BitcoinAddress{}, badAddress("it is of another kind than payments to a key or a script of bitcoin")
	}
	return BitcoinAddress{Text: text, Form: v.form, Live: v.live, Program: string(body[1:])}, nil
}

// decodeBase58 reads a number in base 58. Each digit 1 in front is a byte of
// zero; the caller has bounded the length.
func decodeBase58(text string) ([]byte, bool) {
	n, radix := new(big.Int), big.NewInt(58)
	zeros := len(text) - len(strings.TrimLeft(text, "1"))
	for i := range len(text) {
		digit := strings.IndexByte(base58Digits, text[i])
		if digit < 0 {
			return nil, false
		}
		n.Add(n.Mul(n, radix), big.NewInt(int64(digit)))
	}
	return append(make([]byte, zeros), n.Bytes()...), true
}
