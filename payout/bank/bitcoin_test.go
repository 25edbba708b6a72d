package bank

import (
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/ledger"
)

// The test vectors of BIP-173 and BIP-350 (Pieter Wuille, BSD-2-Clause), as they
// stand in those documents: strings, addresses with their scripts, and what is
// wrong.

func TestBech32Strings(t *testing.T) {
	for text, want := range map[string]uint32{
		"A12UEL5L": bech32Sum, "a12uel5l": bech32Sum,
		"an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs": bech32Sum,
		"abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw":                                              bech32Sum,
		"11qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqc8247j": bech32Sum,
		"split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w":                               bech32Sum,
		"?1ezyfcl": bech32Sum,
		"A1LQFN3A": bech32mSum, "a1lqfn3a": bech32mSum,
		"an83characterlonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11sg7hg6": bech32mSum,
		"abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx":                                              bech32mSum,
		"11llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllludsr8": bech32mSum,
		"split1checkupstagehandshakeupstreamerranterredcaperredlc445v":                               bech32mSum,
		"?1v759aa": bech32mSum,
	} {
		prefix, data, sum, msg := decodeBech32(text)
		require.Empty(t, msg, text)
		require.Equal(t, want, sum, text)
		require.Equal(t, strings.ToLower(text), encodeBech32(prefix, data, sum), text)
	}
	for text, says := range map[string]string{
		"\x201nwldj5": "prefix", "\x7f1axkwrx": "prefix", "\x801eym55h": "", "\x201xj0phk": "prefix", "\x7f1g6xzxy": "prefix", "\x801vctc34": "",
		"an84characterslonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1569pvx": "longer",
		"an84characterslonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11d6pts4": "longer",
		"pzry9x0s0muk": "no prefix", "1pzry9x0s0muk": "no prefix", "x1b4n0q5v": "character", "li1dgmt3": "too short",
		"de1lg7wt\xff": "", "A1G7SGD8": "checksum", "10a06t8": "no prefix", "1qzzfhee": "no prefix",
		"qyrz8wqd2c9m": "no prefix", "1qyrz8wqd2c9m": "no prefix", "y1b0jsk6g": "character", "lt1igcx5c0": "character",
		"in1muywd": "too short", "mm1crxm3i": "character", "au1s5cgom": "character", "M1VUXWEZ": "checksum",
		"16plkw9": "no prefix", "1p2gdwpf": "no prefix",
	} {
		_, _, _, msg := decodeBech32(text)
		require.NotEmpty(t, msg, "%q", text)
		require.Contains(t, msg, says, "%q", text)
	}
}

func TestSegwitAddresses(t *testing.T) {
	for text, want := range map[string]struct {
		form   BitcoinForm
		script string
	}{
		"BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4":                                 {WitnessPubKeyHash, "0014751e76e8199196d454941c45d1b3a323f1433bd6"},
		"tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7":             {WitnessScriptHash, "00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262"},
		"bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y": {WitnessProgram, "5128751e76e8199196d454941c45d1b3a323f1433bd6751e76e8199196d454941c45d1b3a323f1433bd6"},
		"BC1SW50QGDZ25J":                       {WitnessProgram, "6002751e"},
		"bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs": {WitnessProgram, "5210751e76e8199196d454941c45d1b3a323"},
		"tb1qqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesrxh6hy": {WitnessScriptHash, "0020000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433"},
		"tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c": {Taproot, "5120000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433"},
		"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0": {Taproot, "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"},
	} {
		a, err := ParseBitcoin(text)
		require.NoError(t, err, text)
		require.Equal(t, want.script, hex.EncodeToString(a.Script()), text)
		require.Equal(t, want.form, a.Form, text)
		require.Equal(t, want.form != WitnessProgram, a.Known(), text)
		require.Equal(t, strings.HasPrefix(strings.ToLower(text), "bc1"), a.Live, text)
		require.Equal(t, strings.ToLower(text), a.Text)
		upper, err := ParseBitcoin(strings.ToUpper(text))
		require.NoError(t, err)
		require.Equal(t, a, upper, "one address, however it is written")
	}
	for _, text := range []string{
		// BIP-350
		"tc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq5zuyut",
		"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",
		"tb1z0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqglt7rf",
		"BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL",
		"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh",
		"tb1q0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq24jc47",
		"bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4",
		"BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R",
		"bc1pw5dgrnzv",
		"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav",
		"BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P",
		"tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq47Zagq",
		"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf",
		"tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vpggkg4j",
		"bc1gmk9yu",
		// BIP-173, with those that were valid before BIP-350
		"tc1qw508d6qejxtdg4y5r3zarvary0c5xw7kg3g4ty",
		"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
		"BC13W508D6QEJXTDG4Y5R3ZARVARY0C5XW7KN40WF2",
		"bc1rw5uspcuh",
		"bc10w508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kw5rljs90",
		"tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sL5k7",
		"bc1zw508d6qejxtdg4y5r3zarvaryvqyzf3du",
		"tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3pjxtptv",
		"bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7k7grplx",
		"BC1SW50QA3JX3S",
		"bc1zw508d6qejxtdg4y5r3zarvaryvg6kdaj",
	} {
		requireNoAddress(t, text)
	}
}

// Addresses made here of hashes, and that of the first block.
func TestBase58Addresses(t *testing.T) {
	genesis, err := ParseBitcoin("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa")
	require.NoError(t, err)
	require.Equal(t, "76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac", hex.EncodeToString(genesis.Script()))
	hashes := [][]byte{make([]byte, 20), []byte(strings.Repeat("\xff", 20)), sum(20, "a"), append([]byte{0, 0}, sum(18, "b")...)}
	for version, want := range base58Versions {
		for _, hash := range hashes {
			text := encodeBase58(version, hash)
			a, err := ParseBitcoin(text)
			require.NoError(t, err, text)
			require.Equal(t, BitcoinAddress{Text: text, Form: want.form, Live: want.live, Program: string(hash)}, a)
			script := hex.EncodeToString(a.Script())
			require.Contains(t, script, "14"+hex.EncodeToString(hash))
			for i := range len(text) { // any one character, changed, is noticed
				requireNoAddress(t, text[:i]+string(other(text[i]))+text[i+1:])
			}
			requireNoAddress(t, text+"1")
			requireNoAddress(t, "1"+text)
			requireNoAddress(t, text[:len(text)-1])
		}
	}
	for _, text := range []string{
		"", "1", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfN", " 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa\n",
		"1A1zP1eP5QGefi2DMPTfTL5SLmv7Divf0a", "bitcoin:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", strings.Repeat("1", 25), strings.Repeat("z", 4000),
		encodeBase58(0x30, sum(20, "litecoin")), encodeBase58(0x80, sum(20, "a key")), encodeBase58(0, sum(19, "short")), encodeBase58(0, sum(21, "long")),
		encodeBase58(0x80, sum(32, "a private key is no address, and is not repeated")),
	} {
		requireNoAddress(t, text)
	}
}

// Each side refuses the other's addresses, and says which field is at fault.
func TestNetworks(t *testing.T) {
	for text, live := range map[string]bool{
		"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa":         true,
		"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4": true,
		encodeBase58(0x6f, sum(20, "t")):             false,
		encodeBase58(0xc4, sum(20, "t")):             false,
		encodeSegwit("tb", 0, sum(20, "t")):          false,
		encodeSegwit("bcrt", 0, sum(20, "r")):        false,
		encodeSegwit("bcrt", 1, sum(32, "r")):        false,
	} {
		a, err := ParseBitcoin(text)
		require.NoError(t, err, text)
		require.NoError(t, a.On(live), text)
		var e *ledger.Error
		require.ErrorAs(t, a.On(!live), &e)
		require.Equal(t, []string{"wrong_network", "address"}, []string{e.Code, e.Field}, text)
		require.ErrorIs(t, e, ledger.Invalid)
	}
}

// Made-up addresses are of a test network, and each seed has its own.
func TestMadeUpAddresses(t *testing.T) {
	seen := map[string]bool{}
	for _, seed := range []string{"", "a", "b", "rcv_000001"} {
		text := TestBitcoin(seed)
		a, err := ParseBitcoin(text)
		require.NoError(t, err)
		require.False(t, a.Live)
		require.Equal(t, WitnessPubKeyHash, a.Form)
		require.Equal(t, text, TestBitcoin(seed))
		require.False(t, seen[text])
		seen[text] = true
	}
}

// Whatever the text, there is an address that says the same again, or a typed
// error that does not repeat it (promise 71).
func FuzzParseBitcoin(f *testing.F) {
	for _, text := range []string{
		"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "bc1pw5dgrnzv", "bcrt1", "tb1q", "",
		"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", "\xff1", encodeSegwit("bcrt", 16, sum(40, "x")),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ParseBitcoin(text)
		if err != nil {
			require.ErrorIs(t, err, ledger.Invalid)
			require.Zero(t, a)
			if len(text) > 12 {
				require.NotContains(t, err.Error(), text)
			}
			return
		}
		again := ""
		switch a.Form {
		case PubKeyHash, ScriptHash:
			for v, is := range base58Versions {
				if is.form == a.Form && is.live == a.Live {
					again = encodeBase58(v, []byte(a.Program))
				}
			}
		default:
			again = encodeSegwit(a.Text[:strings.LastIndexByte(a.Text, '1')], a.Version, []byte(a.Program))
		}
		require.Equal(t, again, a.Text)
		require.True(t, strings.EqualFold(text, a.Text))
	})
}

// FuzzBech32 writes what it read.
func FuzzBech32(f *testing.F) {
	f.Add("A12UEL5L")
	f.Add("?1v759aa")
	f.Add("1qqqqqqq")
	f.Fuzz(func(t *testing.T, text string) {
		prefix, data, sum, msg := decodeBech32(text)
		if msg == "" {
			require.Equal(t, strings.ToLower(text), encodeBech32(prefix, data, sum))
		}
	})
}

func requireNoAddress(t *testing.T, text string) {
	t.Helper()
	a, err := ParseBitcoin(text)
	var e *ledger.Error
	require.ErrorAs(t, err, &e, "%q", text)
	require.Equal(t, []string{"invalid_address", "address"}, []string{e.Code, e.Field}, "%q", text)
	require.ErrorIs(t, err, ledger.Invalid)
	require.Zero(t, a)
	if len(text) > 12 {
		require.NotContains(t, err.Error(), text)
	}
}

// encodeBase58 is the tests' own: souk makes no such addresses.
func encodeBase58(version byte, hash []byte) string {
	body := append([]byte{version}, hash...)
	first := sha256.Sum256(body)
	second := sha256.Sum256(first[:])
	body = append(body, second[:4]...)
	n, digit, text := new(big.Int).SetBytes(body), new(big.Int), ""
	for n.Sign() > 0 {
		n.DivMod(n, big.NewInt(58), digit)
		text = string(base58Digits[digit.Int64()]) + text
	}
	for i := 0; i < len(body) && body[i] == 0; i++ {
		text = "1" + text
	}
	return text
}

func sum(n int, text string) []byte {
	h := sha256.Sum256([]byte(text))
	return append(h[:], h[:]...)[:n]
}

// other is another digit than c.
func other(c byte) byte {
	return base58Digits[(strings.IndexByte(base58Digits, c)+7)%58]
}
