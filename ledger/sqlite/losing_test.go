package sqlite_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync/atomic"
)

var errLost = errors.New("the answer was lost")

// losing is a driver that loses the answer to the next commit, before or after
// it happened.
type losing struct {
	after bool
	next  atomic.Bool
}

func (l *losing) connector(name string) driver.Connector { return losingConnector{l, name} }

type losingConnector struct {
	l    *losing
	name string
}

func (c losingConnector) Connect(context.Context) (driver.Conn, error) {
	inner, err := c.Driver().Open(c.name)
	if err != nil {
		return nil, err
	}
	return losingConn{inner.(wholeConn), c.l}, nil
}

func (c losingConnector) Driver() driver.Driver {
	db, err := sql.Open("sqlite", "")
	if err != nil {
		panic(err)
	}
	defer db.Close()
	return db.Driver()
}

type wholeConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
}

type losingConn struct {
	wholeConn
	l *losing
}

func (c losingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	loses := query == "commit" && c.l.next.Swap(false)
	if loses && !c.l.after {
		return nil, errLost
	}
	r, err := c.wholeConn.ExecContext(ctx, query, args)
	if loses && err == nil {
		return nil, errLost
	}
	return r, err
}
