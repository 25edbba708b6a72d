// Package shop has a seller of the shop example give their bank details in a real browser.
package shop

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/soukhq/souk/e2e/browser"
)

// open runs the example as its README says, and returns where it is.
func open(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "shop")
	build := exec.Command("go", "build", "-o", file, "github.com/soukhq/souk/examples/shop")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	run := exec.Command(file, "-addr", "localhost:0")
	run.Dir, run.Stderr = t.TempDir(), os.Stderr
	said, err := run.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, run.Start())
	t.Cleanup(func() {
		_ = run.Process.Signal(os.Interrupt)
		_ = run.Wait()
	})
	line, err := bufio.NewReader(said).ReadString('\n')
	require.NoError(t, err)
	_, at, found := strings.Cut(strings.TrimSpace(line), "open at ")
	require.True(t, found, line)
	return at
}

// A seller says where they are paid, on a phone and on a desk, by keyboard alone: the shop's
// page has the vault's fields in it, and never what is typed there.
func TestASellerSaysWhereTheyArePaid(t *testing.T) {
	shop := open(t)
	for i, width := range []int64{360, 1280} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			window := browser.Open(t)
			ctx := window.Context
			seller, account := []string{"Ann", "Ben"}[i], []string{"000111111116", "000222222227"}[i]
			require.NoError(t, chromedp.Do(ctx, chromedp.EmulateViewport(width, 740), chromedp.Navigate(shop+"/sellers/"+seller)))
			_, err := chromedp.Run(ctx, chromedp.Poll[bool](`!!document.querySelector("#fields iframe") && document.querySelector("#fields iframe").offsetHeight > 60`))
			require.NoError(t, err, "%v", window.Problems())
			wide, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > window.innerWidth`))
			require.NoError(t, err)
			require.False(t, wide)
			require.NoError(t, chromedp.Do(ctx, chromedp.KeyEvent(kb.Tab)))
			window.Focused(t, "IFRAME")
			var keys []chromedp.Action[chromedp.Void]
			for _, text := range []string{"110000000", account, "", seller + " Smith"} {
				keys = append(keys, chromedp.KeyEvent(text), chromedp.KeyEvent(kb.Tab))
			}
			require.NoError(t, chromedp.Do(ctx, keys...))
			window.Focused(t, "BUTTON")
			window.Keep(t, fmt.Sprintf("shop-seller-%d.png", width))
			require.NoError(t, chromedp.Do(ctx, chromedp.KeyEvent(kb.Enter)))
			text := ""
			for !strings.Contains(text, "ends in "+account[8:]) { // while one page goes and the other comes, the browser may not know
				require.NoError(t, ctx.Err(), "%v", window.Problems())
				_, err := chromedp.Run(ctx, chromedp.Sleep(20*time.Millisecond))
				require.NoError(t, err)
				text, _ = chromedp.Run(ctx, chromedp.Evaluate[string](`document.documentElement.outerHTML`))
			}
			require.NotContains(t, text, account)
			require.Empty(t, window.Problems())
		})
	}
}
