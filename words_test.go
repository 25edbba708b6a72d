package souk

import (
	"go/ast"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Two things stand nowhere in what a host can name: escrow, which only those may offer
// who are licensed to (a share is held, and released), and keys of coins, which stay in
// the host's wallet.
func TestWhatHasNoName(t *testing.T) {
	escrow := regexp.MustCompile(`(?i)escrow`)
	secret := regexp.MustCompile(`(?i)priv(ate)?key|mnemonic|seedphrase|xprv|\bwif\b|passphrase|signtransaction`)
	looked := 0
	for _, s := range sources(t) {
		if s.test || strings.HasPrefix(s.path, "internal/gen/") {
			continue
		}
		coins := strings.HasPrefix(s.path, "connect/bitcoin/") || strings.HasPrefix(s.path, "payout/bank/") || s.pkg == "connect"
		ast.Inspect(s.file, func(n ast.Node) bool {
			text := ""
			switch n := n.(type) {
			case *ast.Ident:
				text = n.Name
			case *ast.BasicLit:
				text = n.Value
			default:
				return true
			}
			looked++
			require.False(t, escrow.MatchString(text), "%s speaks of escrow", s.at(n))
			require.False(t, coins && secret.MatchString(text), "%s speaks of keys of coins: %s", s.at(n), text)
			return true
		})
	}
	require.Greater(t, looked, 50_000)
}
