// Package browser opens Debian's Chromium for tests, and hears what it complains of.
package browser

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// Window is a window of a browser. Its context is what chromedp works with.
type Window struct {
	Context context.Context

	mu       sync.Mutex
	problems []string
}

// Open opens one for a test, for two minutes at most. Without a browser the test is skipped,
// or fails if SOUK_TEST_BROWSER_REQUIRED is set.
func Open(t *testing.T) *Window {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		if os.Getenv("SOUK_TEST_BROWSER_REQUIRED") != "" {
			t.Fatal("there is no browser")
		}
		t.Skip("there is no browser; Debian has one in chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("lang", "en"))
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	require.NoError(t, chromedp.Do(ctx)) // it lives as long as this context, without the timeout
	ctx, stop = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(stop)
	w := &Window{Context: ctx}
	require.NoError(t, chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			w.note(e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			w.note("console." + string(e.Type))
		case *log.EventEntryAdded:
			w.note(e.Entry.Text + " " + e.Entry.URL)
		}
	}))
	_, err := chromedp.Call(ctx, log.Enable, cdp.Empty{})
	require.NoError(t, err)
	return w
}

func (w *Window) note(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.problems = append(w.problems, text)
}

// Problems are what the console said of errors, and of what the policy of a page stopped.
func (w *Window) Problems() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.problems...)
}

// Focused waits until an element of a kind has the focus: a frame is another process's, and
// keys that are pressed before it has it are lost.
func (w *Window) Focused(t *testing.T, tag string) {
	t.Helper()
	_, err := chromedp.Run(w.Context, chromedp.Poll[bool](`document.activeElement.tagName === "`+tag+`"`))
	require.NoError(t, err, "%v", w.Problems())
}

// Keep keeps a picture of the page in SOUK_ARTEFACTS, if that is set.
func (w *Window) Keep(t *testing.T, name string) {
	t.Helper()
	picture, err := chromedp.Run(w.Context, chromedp.FullScreenshot(100))
	require.NoError(t, err)
	if dir := os.Getenv("SOUK_ARTEFACTS"); dir != "" {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), picture, 0o600))
	}
}
