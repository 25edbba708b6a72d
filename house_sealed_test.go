package souk

import (
	"go/ast"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// sealedKeys is where data keys are made: a key is 256 random bits, which no id and no text
// of ledger.Secret has.
const sealedKeys = "ledger/sealed/random.go"

// opens lists the packages that may open what is sealed: the vault, which keeps it, and
// rails and acquirers, which have to name an account to a bank.
func opens(dir string) bool {
	rail := strings.HasPrefix(dir, "payout/") && !within(dir, "payout/bank", "payout/calendar", "payout/railtest")
	return rail || within(dir, "connect/vault", "connect/acquirer", "ledger/sealed")
}

// TestWhoOpensWhatIsSealed: nobody else imports the package, and so nobody else has a
// Detokeniser; nor does anybody else call what opens by way of another package.
func TestWhoOpensWhatIsSealed(t *testing.T) {
	seen := 0
	for _, s := range sources(t) {
		if s.test || within(s.pkg, "examples") { // an example is a host, which sets rails up
			continue
		}
		for _, in := range s.imports() {
			require.True(t, in != "ledger/sealed" || opens(s.pkg), "%s imports %s", s.path, in)
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if f, ok := call.Fun.(*ast.SelectorExpr); ok {
				switch f.Sel.Name {
				case "Reveal", "Detokenise", "Detokeniser":
					seen++
					require.True(t, opens(s.pkg), "%s opens what is sealed", s.at(n))
				}
			}
			return true
		})
	}
	require.Positive(t, seen, "the vault opens")
}

// TestSealedStandsAlone: it imports ledger and nothing else of ours, and what is in it is
// not thrown into a log by it.
func TestSealedStandsAlone(t *testing.T) {
	for _, s := range sources(t) {
		if s.pkg != "ledger/sealed" || s.test {
			continue
		}
		for _, in := range s.imports() {
			require.Equal(t, "ledger", in, s.path)
		}
		for _, i := range s.file.Imports {
			require.NotContains(t, []string{`"log"`, `"os"`, `"net/http"`}, i.Path.Value, s.path)
		}
	}
}
