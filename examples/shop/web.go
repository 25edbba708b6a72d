package main

import (
	"context"
	_ "embed" // for the page
	"errors"
	"html/template"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/soukhq/souk/connect"
	"github.com/soukhq/souk/ledger"
)

//go:embed page.html
var pageHTML string

var page = template.Must(template.New("page").Parse(pageHTML))

// shown is what the page shows: the goods and the latest orders, or one order.
type shown struct {
	NewOrder string // the id of the next order: a form that is sent twice buys once
	Goods    []good
	Cards    []card
	Orders   []line
}

// line is an order for people.
type line struct {
	ID, Name, Seller, Status string
	Price                    ledger.Money
	MayRefund                bool
}

// card is a token that a real shop gets from its acquirer's form: card numbers
// never come here.
type card struct{ Name, Token string }

var tokens = []card{
	{"a card that pays", connect.TestCard},
	{"a card that is declined", connect.TestDeclined},
	{"a card whose answer takes a minute", connect.TestReceived},
}

// handler is the shop's web side.
func (s *shop) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.answer(s.showFront))
	mux.HandleFunc("POST /orders", s.answer(s.postOrder))
	mux.HandleFunc("GET /orders/{id}", s.answer(s.showOrder))
	mux.HandleFunc("POST /orders/{id}/refund", s.answer(s.postRefund))
	return http.NewCrossOriginProtection().Handler(http.MaxBytesHandler(mux, 1<<16))
}

// answer turns an error into words for the buyer. What is none of theirs is
// logged.
func (s *shop) answer(fn func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := fn(w, r)
		switch {
		case err == nil:
		case errors.Is(err, ledger.NotFound):
			http.Error(w, "there is no such thing", http.StatusNotFound)
		case errors.Is(err, ledger.Invalid):
			http.Error(w, "that cannot be bought so", http.StatusBadRequest)
		case errors.Is(err, ledger.State), errors.Is(err, ledger.InsufficientFunds):
			http.Error(w, "that is not possible now", http.StatusConflict)
		default:
			s.log.Error("not answered", slog.String("path", r.URL.Path), slog.Any("error", err))
			http.Error(w, "try again in a moment", http.StatusInternalServerError)
		}
	}
}

func (s *shop) showFront(w http.ResponseWriter, r *http.Request) error {
	list, err := latest(r.Context(), s)
	if err != nil {
		return err
	}
	lines, err := s.lines(r.Context(), list)
	if err != nil {
		return err
	}
	return show(w, shown{NewOrder: ledger.Env{}.ID("order_"), Goods: goods, Cards: tokens, Orders: lines})
}

func (s *shop) postOrder(w http.ResponseWriter, r *http.Request) error {
	g, err := goodOf(r.PostFormValue("good"))
	if err != nil {
		return err
	}
	id := r.PostFormValue("order")
	if err := s.buy(r.Context(), id, g, r.PostFormValue("card")); err != nil {
		return err
	}
	http.Redirect(w, r, "/orders/"+url.PathEscape(id), http.StatusSeeOther)
	return nil
}

func (s *shop) showOrder(w http.ResponseWriter, r *http.Request) error {
	o, err := find(r.Context(), s, r.PathValue("id"))
	if err != nil {
		return err
	}
	lines, err := s.lines(r.Context(), []order{o})
	if err != nil {
		return err
	}
	return show(w, shown{Orders: lines})
}

func (s *shop) postRefund(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if err := s.refund(r.Context(), id); err != nil {
		return err
	}
	http.Redirect(w, r, "/orders/"+url.PathEscape(id), http.StatusSeeOther)
	return nil
}

// lines looks up how orders stand.
func (s *shop) lines(ctx context.Context, list []order) ([]line, error) {
	var lines []line
	for _, o := range list {
		status, err := s.status(ctx, o)
		if err != nil {
			return nil, err
		}
		g, err := goodOf(o.Good)
		if err != nil { // it is sold no more
			g = good{Name: o.Good}
		}
		lines = append(lines, line{o.ID, g.Name, g.Seller, status, ledger.Minor(o.Cents, ledger.USD), status == "paid"})
	}
	return lines, nil
}

func show(w io.Writer, what shown) error {
	var text strings.Builder // a page that fails is not half sent
	if err := page.Execute(&text, what); err != nil {
		return err
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// serve answers, and carries out what is due, until ctx ends.
func (s *shop) serve(ctx context.Context, l net.Listener, h http.Handler) error {
	ctx, stop := context.WithCancel(ctx)
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	var work sync.WaitGroup
	work.Go(func() { _ = s.engine.Run(ctx) }) // it logs what fails, and ends with ctx
	work.Go(func() {
		<-ctx.Done()
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = server.Shutdown(last) // who has not been answered by then hangs up
	})
	err := server.Serve(l)
	stop()
	work.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
