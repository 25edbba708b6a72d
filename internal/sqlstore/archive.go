package sqlstore

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"

	"github.com/soukhq/souk/ledger"
)

// Keeper is a database that old transactions are moved out of.
type Keeper interface {
	// Moment runs fn over one moment, which fn only reads: few rows, that are looked
	// up by index, or all.
	Moment(ctx context.Context, all bool, fn func(Conn) error) error
	// Move deletes the entries of transactions and keeps what accounts carry
	// forward, in one transaction of the database. If it finds anything but what
	// was read, it fails as Taken and nothing happens.
	Move(ctx context.Context, m *Moving) error
}

// Moving is what one transaction of the database moves.
type Moving struct {
	Seqs    []int64 // of whole transactions
	Entries int64   // how many they have
	Carried []CarriedRow
}

// CarriedRow is a row of souk_carried: what is carried forward once all was moved.
type CarriedRow struct {
	Account, Posted, Tx, Effective, EffectiveTx, Entries, Balance int64
}

// Taken is the error of Move if somebody else moved some of it.
func Taken() error {
	return &ledger.Error{Class: ledger.Conflict, Code: "changed", Op: "ledger: archive", Msg: "others keep moving the same"}
}

// archive is one call of Archive.
type archive struct {
	ctx  context.Context
	d    Dialect
	k    Keeper
	r    ledger.ArchiveRequest
	out  *bufio.Writer
	done *ledger.ArchiveResult
	look int // how many transactions one look finds
}

// Archive moves what lies before a moment out of a closed period. Nothing is
// locked while lines are written: a transaction that was posted never changes, and
// Move looks again that it is there.
func Archive(ctx context.Context, d Dialect, k Keeper, r ledger.ArchiveRequest) (*ledger.ArchiveResult, error) {
	done := &ledger.ArchiveResult{}
	r, err := r.Check()
	if err != nil {
		return done, err
	}
	a := &archive{ctx, d, k, r, bufio.NewWriterSize(r.To, 1<<16), done, looked}
	return done, a.run()
}

func (a *archive) run() error {
	err := a.moment(false, func(on Conn) error {
		v := NewView(a.ctx, a.d, on, false)
		defer v.End()
		return a.r.CheckClosed(v)
	})
	for more, lost := true, 0; more && err == nil; {
		was := a.done.Transactions
		if more, err = a.some(); a.done.Transactions > was {
			lost = 0
		}
		if errors.Is(err, ledger.Conflict) && lost < maxLost {
			more, err, lost = true, nil, lost+1
		}
	}
	return err
}

// maxLost is how often in a row others may be faster.
const maxLost = 8

// moment reads, and gives what goes wrong its type.
func (a *archive) moment(all bool, fn func(Conn) error) error {
	if err := a.ctx.Err(); err != nil {
		return canceled("archive", err)
	}
	if err := a.k.Moment(a.ctx, all, fn); err != nil {
		return fault(a.d, "archive", err)
	}
	return nil
}

// some moves what one look at all transactions finds; more: there may be others.
func (a *archive) some() (more bool, err error) {
	seqs, more, err := a.find()
	for err == nil && len(seqs) > 0 {
		var m *Moving
		var list []ledger.Archived
		if m, list, err = a.load(seqs[:min(len(seqs), a.r.Limit)]); err != nil {
			break
		}
		if len(list) == 0 { // others moved them
			return true, Taken()
		}
		if err = a.write(list); err != nil {
			break
		}
		if err = a.ctx.Err(); err != nil {
			return more, canceled("archive", err)
		}
		if err = a.k.Move(a.ctx, m); err != nil {
			break
		}
		a.done.Transactions, a.done.Entries = a.done.Transactions+int64(len(list)), a.done.Entries+m.Entries
		seqs = seqs[len(list):]
	}
	return more, err
}

// looked is how many transactions one look finds: it reads all that there ever
// were, since no index that every posting would have to write stands by for it.
const looked = 1 << 18

// find returns the oldest transactions that are in the books, up to one that
// stands in the way.
func (a *archive) find() (seqs []int64, more bool, err error) {
	before := micro(a.r.Before)
	a.done.Stopped = ""
	err = a.moment(true, func(on Conn) error {
		return on.Query(a.ctx, func(row Answer) error {
			var seq, effective int64
			var id string
			err := row.Scan(&seq, &effective, &id)
			switch {
			case a.done.Stopped != "":
			case effective >= before:
				a.done.Stopped = id
			default:
				seqs = append(seqs, seq)
			}
			return err
		}, `select t.seq, coalesce(t.effective_at, t.posted_at), t.id from souk_transactions t
			where t.book = ? and t.posted_at < ? and `+a.d.InBooks()+`
			order by t.posted_at, t.seq limit ?`, a.r.Book, before, a.look)
	})
	return seqs, a.done.Stopped == "" && len(seqs) == a.look, err
}

// write hands lines over, and has them synced.
func (a *archive) write(list []ledger.Archived) error {
	if a.done.Transactions == 0 { // a line that an earlier call left unfinished ends here, and is marked
		_, _ = a.out.WriteString("\n\n") // an error stays with the writer until it is flushed
	}
	for i := range list {
		line, err := json.Marshal(&list[i])
		if err != nil {
			return corrupt("transaction "+list[i].Transaction.ID, err)
		}
		_, _ = a.out.Write(line)
		_ = a.out.WriteByte('\n')
	}
	err := a.out.Flush()
	if held, ok := a.r.To.(interface{ Flush() error }); ok && err == nil {
		err = held.Flush()
	}
	if file, ok := a.r.To.(interface{ Sync() error }); ok && err == nil {
		err = file.Sync()
	}
	if err != nil {
		return &ledger.Error{Class: ledger.Unavailable, Code: "archive_not_written", Field: "to", Op: "ledger: archive", Err: err}
	}
	return nil
}
