package connect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/soukhq/souk/ledger"
)

// Notification is what an acquirer posts to the host unasked.
type Notification struct {
	Header func(name string) string // as http.Header.Get
	Body   []byte                   // as it came: a signature covers its bytes
}

// Notice is one thing that a notification says.
type Notice struct {
	ID    string // the acquirer's, the same however often it comes
	Event string // what the acquirer calls it
	News  News   // what it says, if souk books such
	// Dispute is what it says of a dispute; nil: nothing.
	Dispute *DisputeNews
	// Warning is what it says before there is one; nil: nothing.
	Warning *WarningNews
	// Unhandled says why there is nothing in it that souk books.
	// It is kept for people. Empty where there is News, and with no key there where the
	// notice says nothing that another does not.
	Unhandled string
}

// Notifier is an Acquirer that posts its news, signed.
type Notifier interface {
	// Notification checks a notification and reads it. One that the acquirer has not
	// signed is of class Forbidden, one that cannot be read Invalid; then nothing of
	// it counts.
	Notification(ctx context.Context, n Notification) ([]Notice, error)
}

// NotificationLimit is how many bytes a notification may have.
const NotificationLimit = 1 << 20

// Notified is what came of a notification.
type Notified struct {
	Booked  int // notices whose news was booked, or said nothing new
	Ignored int // that had come before
	Kept    int // that cannot be booked: UnbookedNotices lists them
}

// Notify books what the engine's acquirer has posted. Without an error it is to be
// acknowledged, and does not come again; with one of class Forbidden or Invalid
// nothing was written and it is to be refused; after any other the acquirer is to
// send it again. What came before is ignored. What cannot be booked (of another
// system's payment, contradicting, of a kind that souk does not handle) is
// acknowledged, logged, and kept.
func (e *Engine) Notify(ctx context.Context, n Notification) (Notified, error) {
	var done Notified
	err := e.notify(ctx, n, &done)
	if err != nil {
		err = fmt.Errorf("connect: notify: %w", err)
	}
	return done, err
}

func (e *Engine) notify(ctx context.Context, n Notification, done *Notified) error {
	notifier, ok := e.c.Acquirer.(Notifier)
	switch {
	case !ok:
		return badState("no_notifications", "acquirer", "the acquirer "+acquirerName(e)+" posts nothing")
	case len(n.Body) == 0 || len(n.Body) > NotificationLimit:
		return badField("invalid_body", "body", "a notification has 1 byte to 1 MiB")
	}
	if n.Header == nil {
		n.Header = func(string) string { return "" }
	}
	list, err := notifier.Notification(ctx, n)
	if err != nil {
		return err
	}
	if err := e.start(ctx); err != nil {
		return err
	}
	for _, notice := range list {
		if err := e.hearNotice(ctx, notice, done); err != nil {
			return err
		}
	}
	return nil
}

// bookNotice books what a notice says.
func (e *Engine) bookNotice(ctx context.Context, n *Notice) error {
	if n.News.Key != "" {
		if err := e.News(ctx, n.News); err != nil {
			return err
		}
	}
	if n.Dispute != nil {
		if err := e.DisputeNews(ctx, *n.Dispute); err != nil {
			return err
		}
	}
	if n.Warning != nil {
		return e.WarningNews(ctx, *n.Warning)
	}
	return nil
}

// hearNotice books one notice and then remembers its id. A crash in between means
// that it is booked again, which changes nothing: news can be booked once only.
func (e *Engine) hearNotice(ctx context.Context, n Notice, done *Notified) error {
	if n.ID == "" {
		return badField("invalid_notice", "id", "a notice has an id of its own")
	}
	id := noticeID(acquirerName(e), n.ID)
	switch _, err := noticeKind.Read(ctx, e.c.Store, id); {
	case err == nil:
		done.Ignored++
		return nil
	case !errors.Is(err, ledger.NotFound):
		return err
	}
	why := n.Unhandled
	if why == "" && (n.News.Key != "" || n.Dispute != nil || n.Warning != nil) {
		err := e.bookNotice(ctx, &n)
		switch {
		case err == nil:
		case errors.Is(err, ledger.Unknown) || !errors.Is(err, ledger.NotFound) && !errors.Is(err, ledger.State) && !errors.Is(err, ledger.Invalid):
			return err // to be sent again
		default:
			why = err.Error()
		}
	}
	_, err := e.env.Update(ctx, e.c.Store, func(u *ledger.Unit) error {
		if o, err := u.Object(noticeKind.ID(id)); err != nil || o.Version > 0 {
			return err // the same came twice at once
		}
		kept := keep(acquirerName(e), id, n, why)
		kept.Heard = u.At()
		return noticeKind.Put(u, id, kept)
	})
	switch {
	case err != nil:
		return err
	case why == "":
		done.Booked++
		return nil
	}
	done.Kept++
	e.c.Logger.Warn("souk: a notice was not booked", slog.String("event", clip(n.Event)), slog.String("id", clip(n.ID)), slog.String("reason", why))
	return nil
}
