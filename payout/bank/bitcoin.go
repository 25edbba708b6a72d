package bank

import (
	"strings"

	"github.com/soukhq/souk/ledger"
)

// BitcoinForm is what an address asks of whoever spends what it holds.
type BitcoinForm string

// The forms of addresses. Those of a WitnessProgram have no rules yet: coins can
// be sent there (BIP-350 wants wallets to), and nobody should ask for any.
const (
	PubKeyHash        BitcoinForm = "p2pkh"  // base58, begins with 1 (m or n in tests)
	ScriptHash        BitcoinForm = "p2sh"   // base58, begins with 3 (2 in tests)
	WitnessPubKeyHash BitcoinForm = "p2wpkh" // bech32, bc1q and 42 characters
	WitnessScriptHash BitcoinForm = "p2wsh"  // bech32, bc1q and 62 characters
	Taproot           BitcoinForm = "p2tr"   // bech32m, bc1p and 62 characters
	WitnessProgram    BitcoinForm = "witness"
)

// BitcoinAddress is an address whose check digits are right. It is comparable:
// two texts that name the same address become the same value.
type BitcoinAddress struct {
	Text    string // as it is compared and shown: bech32 in lower case
	Form    BitcoinForm
	Live    bool   // of the main network, where coins are worth something
	Version int    // of the witness, 0 to 16; 0 where there is none
	Program string // the hash or witness program: its bytes, as they are
}

// ParseBitcoin reads an address: base58check (P2PKH, P2SH), bech32 (BIP-173, for
// witness version 0) or bech32m (BIP-350, for the others), of the main network,
// testnet, signet or a regression test. What is none of them is of class Invalid,
// code invalid_address, field address. The text is not repeated in the error.
func ParseBitcoin(text string) (BitcoinAddress, error) {
	if len(text) > bech32Most || len(text) < 8 {
		return BitcoinAddress{}, badAddress("it is too short or too long")
	}
	lower := strings.ToLower(text)
	for _, net := range segwitNetworks {
		if strings.HasPrefix(lower, net.prefix+"1") {
			return parseSegwit(text, net.prefix, net.live)
		}
	}
	return parseBase58Address(text)
}

// On refuses an address of the network that is not meant: one of a test network
// where coins are real, and the other way round. Class Invalid, code
// wrong_network, field address.
func (a BitcoinAddress) On(live bool) error {
	switch {
	case a.Live == live:
		return nil
	case a.Live:
		return refused("wrong_network", "this address is of the main network, and these are tests")
	}
	return refused("wrong_network", "this address is of a test network, and coins here are real")
}

// Known reports whether the network has rules for who may spend from the address,
// so that it can belong to somebody.
func (a BitcoinAddress) Known() bool { return a.Form != WitnessProgram }

// Script returns the output script that pays to the address (scriptPubKey).
func (a BitcoinAddress) Script() []byte {
	const (
		dup, hash160, equal, equalVerify, checkSig = 0x76, 0xa9, 0x87, 0x88, 0xac
		one                                        = 0x51
	)
	var s []byte
	switch a.Form {
	case PubKeyHash:
		s = append(s, dup, hash160, byte(len(a.Program)))
		return append(append(s, a.Program...), equalVerify, checkSig)
	case ScriptHash:
		s = append(s, hash160, byte(len(a.Program)))
		return append(append(s, a.Program...), equal)
	}
	version := byte(0)
	if a.Version > 0 {
		version = one + byte(a.Version-1)
	}
	return append(append(s, version, byte(len(a.Program))), a.Program...)
}

func badAddress(msg string) error { return refused("invalid_address", msg) }

func refused(code, msg string) error {
	return &ledger.Error{Class: ledger.Invalid, Code: code, Field: "address", Msg: msg}
}
