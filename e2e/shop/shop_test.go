// Package shop has a seller of the shop example give their bank details in a real browser.
package shop

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
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

func browser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil && os.Getenv("SOUK_TEST_BROWSER_REQUIRED") == "" {
		t.Skip("there is no browser; Debian has one in chromium")
	}
	require.NoError(t, err)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("lang", "en"))
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	require.NoError(t, chromedp.Do(ctx)) // it lives as long as this context, without the timeout
	ctx, stop = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(stop)
	return ctx
}

// A seller says where they are paid, on a phone and on a desk, by keyboard alone: the shop's
// page has the vault's fields in it, and never what is typed there.
func TestASellerSaysWhereTheyArePaid(t *testing.T) {
	shop := open(t)
	for i, width := range []int64{360, 1280} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			ctx := browser(t)
			var mu sync.Mutex
			var problems []string
			note := func(text string) {
				mu.Lock()
				defer mu.Unlock()
				problems = append(problems, text)
			}
			require.NoError(t, chromedp.Listen(ctx, func(event any) {
				switch e := event.(type) {
				case *runtime.EventExceptionThrown:
					note(e.ExceptionDetails.Text)
				case *runtime.EventConsoleAPICalled:
					note("console." + string(e.Type))
				case *log.EventEntryAdded:
					note(e.Entry.Text + " " + e.Entry.URL)
				}
			}))
			_, err := chromedp.Call(ctx, log.Enable, cdp.Empty{})
			require.NoError(t, err)
			seller, account := []string{"Ann", "Ben"}[i], []string{"000111111116", "000222222227"}[i]
			require.NoError(t, chromedp.Do(ctx, chromedp.EmulateViewport(width, 740), chromedp.Navigate(shop+"/sellers/"+seller)))
			_, err = chromedp.Run(ctx, chromedp.Poll[bool](`!!document.querySelector("#fields iframe") && document.querySelector("#fields iframe").offsetHeight > 60`))
			require.NoError(t, err, "%v", problems)
			wide, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > window.innerWidth`))
			require.NoError(t, err)
			require.False(t, wide)
			focused := func(tag string) { // keys that are pressed before another process's frame has the focus are lost
				_, err := chromedp.Run(ctx, chromedp.Poll[bool](`document.activeElement.tagName === "`+tag+`"`))
				require.NoError(t, err, "%v", problems)
			}
			require.NoError(t, chromedp.Do(ctx, chromedp.KeyEvent(kb.Tab)))
			focused("IFRAME")
			var keys []chromedp.Action[chromedp.Void]
			for _, text := range []string{"110000000", account, "", seller + " Smith"} {
				keys = append(keys, chromedp.KeyEvent(text), chromedp.KeyEvent(kb.Tab))
			}
			require.NoError(t, chromedp.Do(ctx, keys...))
			focused("BUTTON")
			picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
			require.NoError(t, err)
			if dir := os.Getenv("SOUK_ARTEFACTS"); dir != "" {
				require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("shop-seller-%d.png", width)), picture, 0o600))
			}
			require.NoError(t, chromedp.Do(ctx, chromedp.KeyEvent(kb.Enter)))
			text := ""
			for !strings.Contains(text, "ends in "+account[8:]) { // while one page goes and the other comes, the browser may not know
				require.NoError(t, ctx.Err(), "%v", problems)
				_, err := chromedp.Run(ctx, chromedp.Sleep(20*time.Millisecond))
				require.NoError(t, err)
				text, _ = chromedp.Run(ctx, chromedp.Evaluate[string](`document.documentElement.outerHTML`))
			}
			require.NotContains(t, text, account)
			require.Empty(t, problems)
		})
	}
}
